//! Commands about a stream and its checkpoints. They go without dedupe keys: saying them again changes nothing, or is told what
//! came of the first time.

use highwater_format::fact::{Acknowledgement, CheckpointPolicy, OperatorSpec, TransactionRef};

use super::{Command, Holder};
use crate::checkpoint::CheckpointStatus;

impl Command {
    /// Whether the command is about a stream. Such a command goes without a dedupe key.
    #[must_use]
    pub fn is_about_stream(&self) -> bool {
        matches!(
            self,
            Command::DeclareStream(_)
                | Command::DescribeStream
                | Command::RestoreStream(_)
                | Command::TriggerCheckpoint(_)
                | Command::AcknowledgeCheckpoint(_)
                | Command::AbortCheckpoint(_)
                | Command::DescribeCheckpoint(_)
                | Command::ListCheckpoints(_)
                | Command::DeleteCheckpoint(_)
                | Command::SettleTransactions(_)
                | Command::ReclaimState(_)
        )
    }
}

/// See [`Command::DeclareStream`](super::Command::DeclareStream).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeclareStream {
    /// All operators that have state, positions or transactions, each with its sub-tasks.
    pub operators: Vec<OperatorSpec>,
    /// Groups into which all keys fall: the largest parallelism that there can ever be; 0 means 128.
    pub key_groups: u32,
    /// When checkpoints are made, and how many are kept; absent means every minute, and the last three.
    pub policy: Option<CheckpointPolicy>,
}

/// See [`Command::TriggerCheckpoint`](super::Command::TriggerCheckpoint).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TriggerCheckpoint {
    /// Keeps it under this name until somebody deletes it.
    pub savepoint: Option<String>,
    /// Only if the policy says that one is due.
    pub if_due: bool,
    /// Lease of whoever coordinates the stream: acknowledgements are only good under the same.
    pub holder: Option<Holder>,
}

/// See [`Command::AcknowledgeCheckpoint`](super::Command::AcknowledgeCheckpoint).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgeCheckpoint {
    /// The checkpoint.
    pub checkpoint: u64,
    /// One for each sub-task; no sub-task twice.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Lease under which the checkpoint was triggered.
    pub holder: Option<Holder>,
}

/// See [`Command::AbortCheckpoint`](super::Command::AbortCheckpoint).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AbortCheckpoint {
    /// The checkpoint.
    pub checkpoint: u64,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// Which checkpoint is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CheckpointRef {
    /// The newest one that completed since the last start, or else the one that this start began with.
    #[default]
    Latest,
    /// The one with this number.
    Number(u64),
    /// The one that is kept under this name.
    Savepoint(String),
}

impl From<u64> for CheckpointRef {
    fn from(number: u64) -> Self {
        CheckpointRef::Number(number)
    }
}

/// See [`Command::DescribeCheckpoint`](super::Command::DescribeCheckpoint).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeCheckpoint {
    /// The checkpoint.
    pub checkpoint: CheckpointRef,
}

/// See [`Command::ListCheckpoints`](super::Command::ListCheckpoints).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListCheckpoints {
    /// Statuses wanted; empty means all.
    pub statuses: Vec<CheckpointStatus>,
    /// `next` of the page before.
    pub cursor: Option<u64>,
    /// Most checkpoints wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::DeleteCheckpoint`](super::Command::DeleteCheckpoint).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteCheckpoint {
    /// The checkpoint.
    pub checkpoint: CheckpointRef,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::RestoreStream`](super::Command::RestoreStream).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RestoreStream {
    /// The checkpoint to start from. The latest where there is none starts from the beginning.
    pub from: CheckpointRef,
    /// Lets go of the state of operators that are not declared any more.
    pub drop_operators: bool,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Lease of whoever coordinates the stream.
    pub holder: Option<Holder>,
    /// Why; must not be empty if it is not the latest.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::SettleTransactions`](super::Command::SettleTransactions).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettleTransactions {
    /// Transactions that are committed if their checkpoint completed, and aborted if it was aborted.
    pub transactions: Vec<TransactionRef>,
}

/// See [`Command::ReclaimState`](super::Command::ReclaimState).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReclaimState {
    /// Names of parts that are deleted where they were kept.
    pub deleted: Vec<String>,
    /// Most parts wanted that may be deleted now; 0 means the default.
    pub limit: u32,
}
