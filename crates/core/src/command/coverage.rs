//! Commands about coverage: what a node has done of its axis.

use highwater_format::fact::{Axis, CoverageStatus, Interval};
use serde::{Deserialize, Serialize};

/// What a worker wants to cover; see [`BeginNode`](super::BeginNode).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// Partition whose coverage it is; absent where the node has none.
    pub partition: Option<String>,
    /// What the numbers are; absent means what they are already, or times for a new node.
    pub axis: Option<Axis>,
    /// What shall be covered. Handed out is what of it is not done and nobody else works on. Where nothing is named, neither here nor
    /// below, it is the window of the run: of a node that has a cadence the windows that are due and lie in it whole. In a run that has a
    /// window, nothing outside it is handed out of its axis.
    pub intervals: Vec<Interval>,
    /// Cover what the cadence of the node wants and is due, window by window, oldest first; of it what lies in the intervals, or
    /// all if there are none. A window that is done in part is handed out whole, and so are those that the cadence looks back at
    /// from the newest one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub due: bool,
    /// Take a share in this backfill, instead of intervals. Such an attempt moves no HWM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<String>,
    /// Most intervals that are handed out; 0 leaves it open.
    pub limit: u32,
    /// Hand out what is done as well. It counts as done until the attempt has done it again.
    pub restate: bool,
}

/// Intervals that an attempt has done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Covered {
    /// Partition whose coverage it is; absent where the node has none.
    pub partition: Option<String>,
    /// What the numbers are; absent means what they are already, or times for a new node.
    pub axis: Option<Axis>,
    /// The intervals. Nobody else may work on them.
    pub intervals: Vec<Interval>,
}

/// See [`Command::DescribeCoverage`](super::Command::DescribeCoverage).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DescribeCoverage {
    /// Name of the node.
    pub node: String,
    /// Partition; absent where the node has none.
    pub partition: Option<String>,
    /// Where to begin; absent means where the coverage, or what somebody works on, begins. `next` of the page before.
    pub from: Option<i64>,
    /// Where to end; absent means where the coverage, or what somebody works on, ends.
    pub to: Option<i64>,
    /// Only what is not done.
    pub gaps: bool,
    /// Most spans wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::ListCoverage`](super::Command::ListCoverage).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListCoverage {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most entries wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::MarkCoverage`](super::Command::MarkCoverage).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarkCoverage {
    /// Name of the node.
    pub node: String,
    /// Partition; absent where the node has none.
    pub partition: Option<String>,
    /// What the numbers are; absent means what they are already, or times for a new node.
    pub axis: Option<Axis>,
    /// The intervals. Nobody may work on them.
    pub intervals: Vec<Interval>,
    /// What they shall be: done, although no attempt did them; stale, so that they are done again; failed; or missing, so
    /// that it is forgotten that they ever were anything else.
    pub status: CoverageStatus,
    /// Why; must not be empty, but for a dry run.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
    /// Only say what would change.
    pub dry_run: bool,
}
