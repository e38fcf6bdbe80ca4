//! Answers about batches and sinks.

use highwater_format::fact::{Counts, CoveredIntervals, HwmMove, SinkKind};
use serde::{Deserialize, Serialize};

use crate::batch::BatchStatus;

/// See [`Answer::Prepared`](super::Answer::Prepared).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// Number of the batch. It is a fencing token too, larger than every token before: a sink that keeps it refuses what
    /// comes late from others.
    pub batch: u64,
    /// What the sink is to know the batch by; no two batches have the same.
    pub key: String,
}

/// A batch as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchView {
    /// Number, and fencing token.
    pub batch: u64,
    /// What the sink knows it by.
    pub key: String,
    /// Status.
    pub status: BatchStatus,
    /// Run of the attempt that prepared it.
    pub run: String,
    /// Its node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// HWMs that move with it.
    pub hwms: Vec<HwmMove>,
    /// Resume state that comes with it.
    pub state: Option<Vec<u8>>,
    /// Totals with it.
    pub counts: Option<Counts>,
    /// When it was prepared, milliseconds since the Unix epoch.
    pub prepared_at_ms: i64,
    /// When it was committed or aborted, milliseconds since the Unix epoch.
    pub ended_at_ms: Option<i64>,
    /// What the sink gave as a proof.
    pub receipt: Option<String>,
    /// Why it was aborted, or committed by hand.
    pub reason: Option<String>,
    /// Who committed or aborted it by hand.
    pub actor: Option<String>,
    /// Intervals that are done with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<CoveredIntervals>,
}

/// What rows a node may write twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guarantee {
    /// Name of the node.
    pub node: String,
    /// What was declared of its sink.
    pub sink: Option<SinkKind>,
    /// True if each row has its effect exactly once; otherwise at least once.
    pub exactly_once: bool,
    /// Why.
    pub reason: String,
}
