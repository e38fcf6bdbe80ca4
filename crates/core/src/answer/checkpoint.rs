//! Answers about a stream and its checkpoints.

use highwater_format::fact::{CheckpointPolicy, OperatorSpec, SourcePosition, StatePart};

use crate::checkpoint::CheckpointStatus;
use crate::transaction::TransactionStatus;

/// See [`Answer::Stream`](super::Answer::Stream).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamView {
    /// Operators, by name.
    pub operators: Vec<OperatorSpec>,
    /// Groups into which all keys fall.
    pub key_groups: u32,
    /// When checkpoints are made, and how many are kept.
    pub policy: CheckpointPolicy,
    /// Number of the last start; 0 if it never started.
    pub generation: u64,
    /// The checkpoint that it started from last.
    pub restored_from: Option<u64>,
    /// The checkpoint that a start from the latest would begin with.
    pub latest: Option<u64>,
    /// Checkpoints that are under way, oldest first.
    pub in_flight: Vec<u64>,
    /// Checkpoints that are completed and kept, oldest first.
    pub retained: Vec<u64>,
    /// When the policy wants the next one, milliseconds since the Unix epoch; absent if by hand only.
    pub due_at_ms: Option<i64>,
    /// Transactions that sinks have to commit or to abort, as far as they are listed; see [`TransactionView`].
    pub transactions: Vec<TransactionView>,
    /// Parts of states that are kept elsewhere and needed.
    pub parts: u64,
    /// Parts that nothing needs any more, and that may be deleted.
    pub reclaimable: u64,
}

/// A transaction of a sink that is not settled.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactionView {
    /// The checkpoint.
    pub checkpoint: u64,
    /// The operator.
    pub operator: String,
    /// The sub-task, from 0.
    pub subtask: u32,
    /// What is to be done with it.
    pub status: TransactionStatus,
    /// What commits or aborts it.
    pub transaction: Vec<u8>,
}

/// See [`Answer::CheckpointTrigger`](super::Answer::CheckpointTrigger).
#[derive(Clone, Debug, PartialEq)]
pub enum CheckpointTrigger {
    /// Send its barrier into the sources.
    Triggered(Triggered),
    /// Not now.
    Wait(TriggerWait),
}

/// See [`CheckpointTrigger::Triggered`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Triggered {
    /// Number of the checkpoint, which is that of its barrier.
    pub checkpoint: u64,
    /// When it is aborted if it is not complete, milliseconds since the Unix epoch.
    pub deadline_at_ms: i64,
}

/// See [`CheckpointTrigger::Wait`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TriggerWait {
    /// When to ask again, milliseconds since the Unix epoch; absent if only a hand can trigger one.
    pub until_ms: Option<i64>,
    /// Why not now.
    pub reason: String,
}

/// See [`Answer::Acknowledged`](super::Answer::Acknowledged).
#[derive(Clone, Debug, PartialEq)]
pub struct Acknowledged {
    /// Status of the checkpoint now.
    pub status: CheckpointStatus,
    /// Sub-tasks that have not acknowledged.
    pub missing: u64,
    /// Version of the pipeline at which it holds.
    pub version: u64,
    /// Transactions that are to be committed now, because the checkpoint is completed.
    pub commit: Vec<TransactionView>,
}

/// A checkpoint as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointView {
    /// Number.
    pub checkpoint: u64,
    /// Status.
    pub status: CheckpointStatus,
    /// Name under which it is kept, if it is a savepoint.
    pub savepoint: Option<String>,
    /// The operators that it is over.
    pub operators: Vec<OperatorSpec>,
    /// Groups into which all keys fall.
    pub key_groups: u32,
    /// Which start of the stream it belongs to.
    pub generation: u64,
    /// Token of the lease under which it was triggered; 0 if there was none.
    pub token: u64,
    /// When it was triggered, milliseconds since the Unix epoch.
    pub triggered_at_ms: i64,
    /// When it was completed or aborted, milliseconds since the Unix epoch.
    pub ended_at_ms: Option<i64>,
    /// Sub-tasks that have not acknowledged.
    pub missing: u64,
    /// Size of its state, shared parts included, in bytes.
    pub size_bytes: u64,
    /// Size of what was new with it, in bytes.
    pub added_bytes: u64,
    /// Why it was aborted.
    pub abort_reason: Option<String>,
    /// Who aborted it.
    pub abort_actor: Option<String>,
    /// What the sub-tasks handed over, by operator and sub-task; empty in lists.
    pub acknowledgements: Vec<AcknowledgementView>,
}

/// What one sub-task handed over at a barrier.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgementView {
    /// The operator.
    pub operator: String,
    /// The sub-task, from 0.
    pub subtask: u32,
    /// When it came, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Its state, or what finds it again.
    pub state: Option<Vec<u8>>,
    /// Parts of its state that are kept elsewhere.
    pub parts: Vec<StatePart>,
    /// Positions in sources.
    pub positions: Vec<SourcePosition>,
}

/// See [`Answer::Checkpoints`](super::Answer::Checkpoints).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoints {
    /// Newest first.
    pub checkpoints: Vec<CheckpointView>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<u64>,
}

/// See [`Answer::StreamRestored`](super::Answer::StreamRestored).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamRestored {
    /// The checkpoint that it starts from; absent if it starts from the beginning.
    pub checkpoint: Option<CheckpointView>,
    /// Number of this start: whoever writes under an earlier one is stale.
    pub generation: u64,
    /// False if it was only asked.
    pub applied: bool,
    /// Where to go on in the sources.
    pub positions: Vec<SourcePosition>,
    /// Who takes over which part of whose state.
    pub assignments: Vec<Assignment>,
    /// Checkpoints that are under way and are aborted by this.
    pub aborted: Vec<u64>,
    /// Transactions of completed checkpoints that must be committed, maybe again, before anything is written.
    pub commit: Vec<TransactionView>,
    /// Transactions of checkpoints that did not complete, which must be aborted.
    pub abort: Vec<TransactionView>,
    /// Completed checkpoints that are newer: what they stand for was given to the sinks, and will be given again.
    pub repeated: Vec<u64>,
    /// Operators with state in the checkpoint that are not declared any more.
    pub dropped_operators: Vec<String>,
}

/// What a sub-task takes over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// The operator.
    pub operator: String,
    /// The sub-task, from 0.
    pub subtask: u32,
    /// First of its key groups.
    pub first_group: u32,
    /// Last of its key groups.
    pub last_group: u32,
    /// Sub-tasks of the checkpoint that had some of these groups.
    pub from: Vec<u32>,
}

/// See [`Answer::Reclaimable`](super::Answer::Reclaimable).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reclaimable {
    /// Parts that nothing needs any more: delete them, and say so with the next call.
    pub parts: Vec<StatePart>,
    /// True if there are more.
    pub more: bool,
}
