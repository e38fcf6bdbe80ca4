//! Facts about batches: what a sink is to take at once, written down before it does.

use serde::{Deserialize, Serialize};

use super::coverage::{Axis, Interval, is_time};
use super::hwm::HwmMove;
use super::shared::{Counts, is_none};

/// A batch is ready for its sink. What it moves, moves when its receipt is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchPrepared {
    /// Number of the batch, and its fencing token: larger than every token before.
    pub batch: u64,
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// What the sink knows the batch by.
    pub key: String,
    /// HWMs that move with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hwms: Vec<HwmMove>,
    /// Resume state that comes with it.
    #[serde(default, skip_serializing_if = "is_none", with = "crate::body::optional_bytes")]
    pub state: Option<Vec<u8>>,
    /// Totals of the attempt with it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub counts: Option<Counts>,
    /// Intervals that are done with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<CoveredIntervals>,
}

/// Intervals that a batch has the rows of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredIntervals {
    /// Partition whose coverage it is; absent where the node has none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub partition: Option<String>,
    /// What the numbers are.
    #[serde(default, skip_serializing_if = "is_time")]
    pub axis: Axis,
    /// The intervals, in order; no two touch.
    pub intervals: Vec<Interval>,
}

/// The sink took a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchCommitted {
    /// Number of the batch.
    pub batch: u64,
    /// What the sink gave as a proof.
    #[serde(default, skip_serializing_if = "is_none")]
    pub receipt: Option<String>,
    /// Run of the attempt that said so; absent if it was said by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub run: Option<String>,
    /// Number of the attempt that said so.
    #[serde(default, skip_serializing_if = "is_none")]
    pub attempt: Option<u32>,
    /// Why it was said by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: Option<String>,
    /// Who said it by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// The sink did not take a batch, and will not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchAborted {
    /// Number of the batch.
    pub batch: u64,
    /// Why.
    pub reason: String,
    /// Run of the attempt that said so; absent if it was said by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub run: Option<String>,
    /// Number of the attempt that said so.
    #[serde(default, skip_serializing_if = "is_none")]
    pub attempt: Option<u32>,
    /// Who said it by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// What the sink of a node is like was declared. It replaces the declaration before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkDeclared {
    /// Name of the node.
    pub node: String,
    /// What its sink does with a batch that comes twice.
    pub kind: SinkKind,
}

/// What a sink does with a batch that comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SinkKind {
    /// It keeps the key of a batch with its rows, in one transaction, and takes each key once.
    Transactional,
    /// The same rows again change nothing.
    Idempotent,
    /// It keeps the fencing token with the rows, and refuses what comes with a lower one.
    Token,
    /// It takes whatever comes.
    AtLeastOnce,
}
