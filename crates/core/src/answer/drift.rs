//! What the nodes of a run covered, compared.

use highwater_format::fact::{Axis, Interval, RunWindow};
use serde::{Deserialize, Serialize};

use crate::node::NodeStatus;

/// See [`Answer::Drift`](super::Answer::Drift).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriftReport {
    /// Id of the run.
    pub run: String,
    /// What the run is asked to cover; absent if its nodes say it.
    pub window: Option<RunWindow>,
    /// What the nodes are compared with: the window of the run, or without one all that its nodes did, from the first start to the last
    /// end. Absent if there is neither.
    pub compared_with: Option<RunWindow>,
    /// Whether no line has drifted.
    pub consistent: bool,
    /// Lines that have drifted, those of other pages too.
    pub drifted: u32,
    /// The lines of this page: the nodes in the order of the graph, then by name, each with its partitions.
    pub nodes: Vec<NodeDrift>,
    /// Lines in all.
    pub count: u32,
    /// `from` of the next page; absent at the end.
    pub next: Option<u32>,
}

/// What a node, or a partition of it, covered in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeDrift {
    /// Name of the node.
    pub node: String,
    /// Partition; absent where the node has none.
    pub partition: Option<String>,
    /// Status of the node.
    pub status: NodeStatus,
    /// What its numbers are; absent if it has no intervals, and nothing to compare.
    pub axis: Option<Axis>,
    /// What it had to cover: what it is compared with, or the windows of its cadence that lie in it whole. Absent if nothing.
    pub expected: Option<Interval>,
    /// What its attempts have done in this run, from the first start to the last end. Absent if nothing.
    pub covered: Option<Interval>,
    /// What of the expected is done neither by this run nor by another; the first ones, where there are many.
    pub missing: Vec<Interval>,
    /// What it did in this run outside of what it is compared with; the first ones, where there are many.
    pub outside: Vec<Interval>,
    /// How it has drifted; empty if it has not. A node that may still go on is behind in nothing.
    pub drift: Vec<DriftKind>,
}

/// How a node differs from what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    /// It has done nothing of it.
    Nothing,
    /// Its beginning is missing.
    StartsLate,
    /// Its end is missing.
    Behind,
    /// Something in the middle is missing.
    Gap,
    /// It did something before its beginning.
    StartsEarly,
    /// It did something after its end.
    Ahead,
    /// It did something on another axis.
    OtherAxis,
}
