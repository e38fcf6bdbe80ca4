//! Answers about coverage.

use highwater_format::fact::{Axis, CoverageStatus, Interval, LateRule};
use serde::{Deserialize, Serialize};

use super::LateData;

/// See [`Answer::Coverage`](super::Answer::Coverage).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// What the numbers are.
    pub axis: Axis,
    /// Spans in order. Without a wish for gaps alone, each begins where the one before ends.
    pub spans: Vec<Span>,
    /// Who works on what, in order.
    pub claims: Vec<ClaimView>,
    /// Up to where everything is done, from the start of the coverage on; absent if nothing is.
    pub edge: Option<i64>,
    /// `from` of the next page; absent at the end.
    pub next: Option<i64>,
    /// What the node does about late data, by its own rule or that of all nodes; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_rule: Option<LateRule>,
    /// Late data that was reported; absent if there never was any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<LateData>,
}

/// A part of an axis that stands in one way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Where it begins.
    pub start: i64,
    /// Where it ends; the end is not part of it.
    pub end: i64,
    /// How it stands.
    pub status: CoverageStatus,
    /// Version of the pipeline that touched it last; absent if it is missing.
    pub version: Option<u64>,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: Option<i64>,
    /// Run that did it.
    pub run: Option<String>,
    /// Why, if it was done by hand.
    pub reason: Option<String>,
    /// Who, if it was done by hand.
    pub actor: Option<String>,
}

/// An interval that an attempt works on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimView {
    /// Where it begins.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
    /// Run of the attempt.
    pub run: String,
    /// Its fencing token.
    pub token: u64,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// See [`Answer::CoverageLines`](super::Answer::CoverageLines).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CoverageLines {
    /// By node and partition.
    pub lines: Vec<CoverageLine>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// A node and partition that has coverage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CoverageLine {
    /// Name of the node.
    pub node: String,
    /// Partition; absent where the node has none.
    pub partition: Option<String>,
    /// What the numbers are.
    pub axis: Axis,
    /// Where its coverage begins.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
    /// Up to where everything is done, from the start on; absent if nothing is.
    pub edge: Option<i64>,
    /// Reports of late data.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub late_reports: u64,
}

/// See [`Answer::CoverageChanged`](super::Answer::CoverageChanged).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CoverageChanged {
    /// What the numbers are.
    pub axis: Axis,
    /// What changed, or would.
    pub changed: Vec<Interval>,
    /// False if nothing had to change, or it was only asked what would.
    pub applied: bool,
    /// Version of the pipeline at which it holds.
    pub version: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
