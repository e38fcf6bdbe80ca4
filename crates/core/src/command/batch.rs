//! Commands about batches and sinks.

use highwater_format::fact::{Counts, SinkKind};
use serde::{Deserialize, Serialize};

use super::{AttemptRef, Covered, HwmUpdate};
use crate::batch::BatchStatus;

/// See [`Command::PrepareBatch`](super::Command::PrepareBatch).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PrepareBatch {
    /// The attempt.
    pub attempt: AttemptRef,
    /// HWMs that move when the batch is committed.
    pub hwms: Vec<HwmUpdate>,
    /// Resume state that comes with it; absent leaves the last one.
    pub state: Option<Vec<u8>>,
    /// Totals of the attempt with it; absent leaves those reported last.
    pub counts: Option<Counts>,
    /// Why batches of the node that are in doubt do not matter any more: they are aborted with this reason. Empty refuses to
    /// go on while there are any.
    pub supersede: String,
    /// Intervals that are done when the batch is committed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<Covered>,
}

/// See [`Command::CommitBatch`](super::Command::CommitBatch).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CommitBatch {
    /// Number of the batch.
    pub batch: u64,
    /// The attempt that says so: its own batch, or one of its node that is in doubt. Absent says it by hand, which only goes for one that is in doubt.
    pub attempt: Option<AttemptRef>,
    /// What the sink gave as a proof.
    pub receipt: Option<String>,
    /// Why it is said by hand; must not be empty then.
    pub reason: String,
    /// Who says it by hand.
    pub actor: Option<String>,
}

/// See [`Command::AbortBatch`](super::Command::AbortBatch).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AbortBatch {
    /// Number of the batch.
    pub batch: u64,
    /// The attempt that says so, as for a commit.
    pub attempt: Option<AttemptRef>,
    /// Why; must not be empty.
    pub reason: String,
    /// Who says it by hand.
    pub actor: Option<String>,
}

/// See [`Command::ListBatches`](super::Command::ListBatches). All filters must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListBatches {
    /// Statuses wanted; empty means all.
    pub statuses: Vec<BatchStatus>,
    /// Node wanted; absent means all.
    pub node: Option<String>,
    /// Most batches wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::DeclareSink`](super::Command::DeclareSink).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeclareSink {
    /// Name of the node.
    pub node: String,
    /// What its sink does with a batch that comes twice.
    pub kind: SinkKind,
}
