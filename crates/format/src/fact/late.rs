//! Facts about late data: rows that came for an interval after it was done.

use serde::{Deserialize, Serialize};

use super::coverage::{Axis, Interval, is_time};
use super::shared::{is_default, is_none, is_zero};

/// What happens to late data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LateAction {
    /// It is counted and shown; what is done stays done.
    #[default]
    Record,
    /// What is done has to be done again.
    Reopen,
    /// It is counted, and whoever reports it is told that nobody will load it.
    Refuse,
}

/// What a node does about late data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRule {
    /// What happens to it.
    pub action: LateAction,
    /// How far behind the end of what was done last it may be, in units of the axis; absent means however far.
    #[serde(default, skip_serializing_if = "is_none")]
    pub allowed: Option<u64>,
    /// What happens to what is further behind.
    #[serde(default, skip_serializing_if = "is_default")]
    pub beyond: LateAction,
    /// Whether what the nodes after this one have done of the same intervals has to be done again too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub downstream: bool,
}

/// What a node does about late data was declared, or taken back. It replaces the declaration before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LateRuleDeclared {
    /// Name of the node; empty means all nodes that have no rule of their own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// The rule; absent means that there is none any more.
    #[serde(default, skip_serializing_if = "is_none")]
    pub rule: Option<LateRule>,
}

/// What was decided about rows that somebody reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LateArrival {
    /// Name of the node.
    pub node: String,
    /// Partition whose coverage it is; absent where the node has none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub partition: Option<String>,
    /// What the numbers are.
    #[serde(default, skip_serializing_if = "is_time")]
    pub axis: Axis,
    /// How many rows came.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rows: u64,
    /// What was done, and has to be done again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reopened: Vec<Interval>,
    /// What was done, or is being done, and stays so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<Interval>,
    /// The same, where the rows were refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Interval>,
    /// What attempts that run now may mark as done although they have not seen the rows: it is stale then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Interval>,
    /// The node whose late data it is, if it is not its own.
    #[serde(default, skip_serializing_if = "is_none")]
    pub upstream: Option<String>,
    /// Why it has to be done again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Rows were reported that came late, or that running attempts may not have seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LateDataReported {
    /// The last fencing token that was given out before: attempts up to it may not have seen the rows.
    pub token: u64,
    /// What was decided, one for each node and partition that somebody named, and those that follow from it.
    pub arrivals: Vec<LateArrival>,
    /// Run that reports it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub run: Option<String>,
    /// Who reports it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub worker: Option<String>,
}
