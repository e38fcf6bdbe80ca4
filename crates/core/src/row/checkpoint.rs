//! Rows of a stream and its checkpoints.

use highwater_format::Extra;
use highwater_format::fact::{CheckpointPolicy, OperatorSpec, SourcePosition, StatePart};
use serde::{Deserialize, Serialize};

use crate::checkpoint::CheckpointStatus;
use crate::transaction::TransactionStatus;

/// The declared stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamRow {
    /// Operators, by name.
    pub operators: Vec<OperatorSpec>,
    /// Groups into which all keys fall.
    pub key_groups: u32,
    /// When checkpoints are made, and how many are kept.
    pub policy: CheckpointPolicy,
    /// When the last checkpoint was triggered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggered_at_ms: Option<i64>,
    /// When the last checkpoint ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
    /// The checkpoint that it started from last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<u64>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A checkpoint: under way, completed and kept, or aborted and not forgotten yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointRow {
    /// Number.
    pub checkpoint: u64,
    /// Status.
    pub status: CheckpointStatus,
    /// Name under which it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub savepoint: Option<String>,
    /// The operators that it is over.
    pub operators: Vec<OperatorSpec>,
    /// Groups into which all keys fall.
    pub key_groups: u32,
    /// Which start of the stream it belongs to.
    pub generation: u64,
    /// Lease under which it was triggered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// Token of that lease.
    #[serde(default)]
    pub token: u64,
    /// When it was triggered.
    pub triggered_at_ms: i64,
    /// When it was completed or aborted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
    /// Sub-tasks that have not acknowledged.
    pub missing: u64,
    /// Positions that were acknowledged.
    #[serde(default)]
    pub positions: u64,
    /// Size of its state, shared parts included, in bytes.
    #[serde(default)]
    pub size_bytes: u64,
    /// Size of what no earlier checkpoint that is kept has, in bytes.
    #[serde(default)]
    pub added_bytes: u64,
    /// Why it was aborted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_reason: Option<String>,
    /// Who aborted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_actor: Option<String>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// What one sub-task handed over at a barrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcknowledgementRow {
    /// The checkpoint.
    pub checkpoint: u64,
    /// The operator.
    pub operator: String,
    /// The sub-task, from 0.
    pub subtask: u32,
    /// When it came.
    pub at_ms: i64,
    /// Its state, or what finds it again.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "highwater_format::body::optional_bytes"
    )]
    pub state: Option<Vec<u8>>,
    /// Names of the parts of its state that are kept elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Positions in sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<SourcePosition>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A part of a state that is kept elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatePartRow {
    /// The part.
    pub part: StatePart,
    /// Acknowledgements that need it; 0 if it may be deleted.
    pub references: u64,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A transaction of a sink that is not settled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionRow {
    /// The checkpoint.
    pub checkpoint: u64,
    /// The operator.
    pub operator: String,
    /// The sub-task, from 0.
    pub subtask: u32,
    /// Status.
    pub status: TransactionStatus,
    /// What commits or aborts it.
    #[serde(with = "highwater_format::body::bytes")]
    pub transaction: Vec<u8>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}
