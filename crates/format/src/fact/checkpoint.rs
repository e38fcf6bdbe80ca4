//! Facts about the checkpoints of a stream: what was declared, triggered, acknowledged, completed, and what became of it.

use serde::{Deserialize, Serialize};

use super::shared::{is_none, is_zero};
use crate::value::Value;

/// The stream of the pipeline was declared, or declared anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamDeclared {
    /// Its operators, by name.
    pub operators: Vec<OperatorSpec>,
    /// Groups into which all keys fall; the largest parallelism that there can ever be.
    pub key_groups: u32,
    /// When checkpoints are made, and how many are kept.
    pub policy: CheckpointPolicy,
}

/// An operator of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorSpec {
    /// Name, unique in the stream.
    pub name: String,
    /// Sub-tasks that share its work.
    pub parallelism: u32,
}

/// When checkpoints are made, and how many are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckpointPolicy {
    /// From one trigger to the next, in milliseconds; 0 makes them by hand only.
    pub interval_ms: u64,
    /// A checkpoint that is not complete after this time is aborted, in milliseconds.
    pub timeout_ms: u64,
    /// Least pause from the end of one to the trigger of the next, in milliseconds.
    pub min_pause_ms: u64,
    /// Most that are under way at once.
    pub max_in_flight: u32,
    /// Completed ones that are kept, savepoints not counted.
    pub retain: u32,
    /// Completed ones that are older are dropped, but never the newest, in milliseconds; 0 keeps them.
    pub expire_ms: u64,
}

impl Default for CheckpointPolicy {
    /// Every minute, ten minutes to complete, one at a time, the last three are kept.
    fn default() -> Self {
        CheckpointPolicy {
            interval_ms: 60_000,
            timeout_ms: 600_000,
            min_pause_ms: 0,
            max_in_flight: 1,
            retain: 3,
            expire_ms: 0,
        }
    }
}

/// A checkpoint was triggered: its barrier may be sent into the sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointTriggered {
    /// Number, larger than that of every earlier one.
    pub checkpoint: u64,
    /// Name under which it is kept, if it is a savepoint.
    #[serde(default, skip_serializing_if = "is_none")]
    pub savepoint: Option<String>,
    /// Lease under which it was triggered; acknowledgements are only good under the same.
    #[serde(default, skip_serializing_if = "is_none")]
    pub lease: Option<String>,
    /// Token of that lease.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub token: u64,
}

/// Sub-tasks have their state of the barrier in a safe place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointAcknowledged {
    /// The checkpoint.
    pub checkpoint: u64,
    /// One for each sub-task.
    pub acknowledgements: Vec<Acknowledgement>,
}

/// What one sub-task hands over at the barrier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The operator.
    pub operator: String,
    /// The sub-task, from 0.
    #[serde(default, skip_serializing_if = "is_zero_32")]
    pub subtask: u32,
    /// Its state, or what finds it again; nobody looks inside.
    #[serde(default, skip_serializing_if = "is_none", with = "crate::body::optional_bytes")]
    pub state: Option<Vec<u8>>,
    /// Parts of its state that are kept elsewhere, all of them: those that an earlier checkpoint named are shared with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<StatePart>,
    /// Positions in sources at the barrier. They become HWMs when the checkpoint completes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<SourcePosition>,
    /// The transaction of a sink that is pre-committed: what commits or aborts it.
    #[serde(default, skip_serializing_if = "is_none", with = "crate::body::optional_bytes")]
    pub transaction: Option<Vec<u8>>,
}

/// A part of a state that is kept elsewhere: a file, an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatePart {
    /// Name, unique in the pipeline, for example a URI. What it stands for never changes.
    pub name: String,
    /// Its size, in bytes.
    pub size_bytes: u64,
    /// Digest of its content, in the words of whoever made it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub digest: Option<String>,
}

/// A position in a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourcePosition {
    /// Name of the HWM that it becomes.
    pub name: String,
    /// Where to go on.
    pub value: Value,
}

/// All sub-tasks have acknowledged. This is the record on which the sinks commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointCompleted {
    /// The checkpoint.
    pub checkpoint: u64,
}

/// A checkpoint will never complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointAborted {
    /// The checkpoint.
    pub checkpoint: u64,
    /// What kind of reason it is.
    pub cause: AbortCause,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// Why a checkpoint was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbortCause {
    /// It was not complete in time.
    Timeout,
    /// A sub-task or somebody declined it.
    Declined,
    /// The stream was restored, or its coordinator is another one.
    Restored,
    /// A newer one was completed before it.
    Subsumed,
}

/// Completed checkpoints are kept no longer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointsDiscarded {
    /// The checkpoints.
    pub checkpoints: Vec<u64>,
    /// What kind of reason it is.
    pub cause: DiscardCause,
    /// Why, if it was done by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: Option<String>,
    /// Who, if it was done by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// Why a completed checkpoint is kept no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiscardCause {
    /// So many newer ones are kept.
    Retention,
    /// It was too old.
    Expired,
    /// Somebody deleted it.
    Deleted,
}

/// The stream starts, from a checkpoint or from the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamRestored {
    /// The checkpoint; absent if it starts from the beginning.
    #[serde(default, skip_serializing_if = "is_none")]
    pub checkpoint: Option<u64>,
    /// Number of this start, larger than that of every earlier one.
    pub generation: u64,
    /// Why, if it was not the newest one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// Sinks confirm that transactions are committed, or aborted, as their checkpoints were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionsSettled {
    /// The transactions.
    pub transactions: Vec<TransactionRef>,
}

/// Names the transaction of a sink's sub-task in a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TransactionRef {
    /// The checkpoint.
    pub checkpoint: u64,
    /// The operator.
    pub operator: String,
    /// The sub-task, from 0.
    #[serde(default, skip_serializing_if = "is_zero_32")]
    pub subtask: u32,
}

/// Parts of states that nothing needed any more are deleted where they were kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatePartsDeleted {
    /// Their names.
    pub parts: Vec<String>,
}

fn is_zero_32(number: &u32) -> bool {
    *number == 0
}
