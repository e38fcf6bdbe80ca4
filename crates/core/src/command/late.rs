//! Commands about late data.

use highwater_format::fact::{Axis, Interval, LateRule};
use serde::{Deserialize, Serialize};

/// See [`Command::DeclareLateRule`](super::Command::DeclareLateRule).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeclareLateRule {
    /// Name of the node; absent means all nodes that have no rule of their own.
    pub node: Option<String>,
    /// The rule; absent takes it back. Where there is none, late data is recorded.
    pub rule: Option<LateRule>,
}

/// See [`Command::ListLateRules`](super::Command::ListLateRules).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListLateRules {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most entries wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::ReportArrivals`](super::Command::ReportArrivals).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportArrivals {
    /// What arrived.
    pub arrivals: Vec<Arrival>,
    /// Run that reports it.
    pub run: Option<String>,
    /// Who reports it.
    pub worker: Option<String>,
}

/// Rows that arrived in a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Name of the node that loads them.
    pub node: String,
    /// Partition; absent where the node has none.
    pub partition: Option<String>,
    /// What the numbers are; absent means what they are already, or times for a new node.
    pub axis: Option<Axis>,
    /// Intervals in which rows arrived. A single row is that from its place up to the next number.
    pub intervals: Vec<Interval>,
    /// How many rows arrived in all of them, for the count; 0 if nobody knows.
    pub rows: u64,
}
