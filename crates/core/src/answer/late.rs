//! Answers about late data.

use highwater_format::fact::{Axis, Interval, LateAction, LateRule};
use serde::{Deserialize, Serialize};

/// See [`Answer::LateRules`](super::Answer::LateRules).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LateRules {
    /// By the names of their nodes; that of all nodes comes first.
    pub rules: Vec<LateRuleView>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// What a node does about late data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LateRuleView {
    /// Name of the node; absent for all nodes that have no rule of their own.
    pub node: Option<String>,
    /// The rule.
    pub rule: LateRule,
}

/// See [`Answer::Arrivals`](super::Answer::Arrivals).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arrivals {
    /// One for each arrival, in their order, each followed by those of the nodes after it that have to do something again.
    pub arrivals: Vec<Arrived>,
    /// Version of the pipeline at which it holds.
    pub version: u64,
}

/// What became of rows that arrived. The four lists together are all that was named, and in `reopened` whole windows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arrived {
    /// Name of the node.
    pub node: String,
    /// Partition; absent where the node has none.
    pub partition: Option<String>,
    /// What the numbers are.
    pub axis: Axis,
    /// What was done and has to be done again.
    pub reopened: Vec<Interval>,
    /// What was done, or is being done, and stays so: the rows were counted, nothing more.
    pub recorded: Vec<Interval>,
    /// The same, where the rule refuses the rows: nobody will load them.
    pub refused: Vec<Interval>,
    /// What is not done yet, so that nothing need be done: no attempt that began before the report makes it count as done.
    pub pending: Vec<Interval>,
    /// The node whose late data it is, if it is not its own.
    pub upstream: Option<String>,
}

/// How often something happened to late data, and to how many rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateCount {
    /// Reports.
    pub reports: u64,
    /// Rows, as far as the reports said how many.
    pub rows: u64,
}

/// Late data of a node and partition, counted up. A report counts once, for the worst that happened to a part of it: refused before
/// recorded before reopened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LateData {
    /// What was reopened.
    pub reopened: LateCount,
    /// What was recorded.
    pub recorded: LateCount,
    /// What was refused.
    pub refused: LateCount,
    /// The last reports, newest first.
    pub last: Vec<LateReport>,
}

/// One report of late data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LateReport {
    /// Version of the pipeline that has it.
    pub version: u64,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The worst that happened to a part of it.
    pub action: LateAction,
    /// Where what was late begins.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
    /// How many rows came.
    pub rows: u64,
    /// Run that reported it.
    pub run: Option<String>,
    /// Who reported it.
    pub worker: Option<String>,
    /// The node whose late data it is, if it is not its own.
    pub upstream: Option<String>,
}

/// How much late data there was for a node and partition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LateLine {
    /// Name of the node.
    pub node: String,
    /// Partition; absent where the node has none.
    pub partition: Option<String>,
    /// What was reopened.
    pub reopened: LateCount,
    /// What was recorded.
    pub recorded: LateCount,
    /// What was refused.
    pub refused: LateCount,
}
