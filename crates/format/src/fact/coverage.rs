//! Facts about coverage: which intervals of its axis a node has finished, and who works on which.

use serde::{Deserialize, Serialize};

use super::shared::is_none;

/// What lies from `start` up to but not including `end`, on the axis of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// Where it begins.
    pub start: i64,
    /// Where it ends; the end itself is not part of it.
    pub end: i64,
}

impl From<std::ops::Range<i64>> for Interval {
    fn from(range: std::ops::Range<i64>) -> Self {
        Interval { start: range.start, end: range.end }
    }
}

/// What the numbers of a node's intervals are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// Instants: milliseconds since the Unix epoch.
    #[default]
    Time,
    /// Whole numbers, for example ids or offsets.
    Integer,
}

/// How a piece of an axis stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageStatus {
    /// Never done, or forgotten.
    #[default]
    Missing,
    /// Done.
    Done,
    /// The last attempt at it failed, and it was not done before.
    Failed,
    /// It was done, and somebody said that it has to be done again.
    Stale,
}

/// An attempt was handed intervals to work on. What it has not marked when it succeeds is done then; what it has not marked when
/// it fails has failed, unless it was done before. However it ends, it works on them no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverageClaimed {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Fencing token of the attempt.
    pub token: u64,
    /// Partition whose coverage it is; absent where the node has none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub partition: Option<String>,
    /// What the numbers are.
    #[serde(default, skip_serializing_if = "is_time")]
    pub axis: Axis,
    /// The intervals, in order; no two overlap. Windows of a cadence may touch.
    pub intervals: Vec<Interval>,
    /// Number of the attempt in its run. Where it is absent, what comes of the claim is not counted for the run.
    #[serde(default, skip_serializing_if = "is_none")]
    pub attempt: Option<u32>,
}

/// Intervals of a node were marked: as done by an attempt, or as anything by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverageMarked {
    /// Name of the node.
    pub node: String,
    /// Partition whose coverage it is; absent where the node has none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub partition: Option<String>,
    /// What the numbers are.
    #[serde(default, skip_serializing_if = "is_time")]
    pub axis: Axis,
    /// What they are now.
    pub status: CoverageStatus,
    /// The intervals, in order; no two touch.
    pub intervals: Vec<Interval>,
    /// Run whose attempt did it; absent if it was done by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub run: Option<String>,
    /// Why it was done by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: Option<String>,
    /// Who did it by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
    /// Number of the attempt that did it. Where it is absent, it is not counted for the run.
    #[serde(default, skip_serializing_if = "is_none")]
    pub attempt: Option<u32>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
pub(super) fn is_time(axis: &Axis) -> bool {
    *axis == Axis::Time
}
