//! The stream of a pipeline and its checkpoints.

use std::time::Duration;

use highwater_core::answer::{
    Acknowledged, Answer, CheckpointTrigger, CheckpointView, Done, Reclaimable, StreamRestored, StreamView,
};
use highwater_core::command::{
    AbortCheckpoint, AcknowledgeCheckpoint, CheckpointRef, Command, DeclareStream, DeleteCheckpoint,
    DescribeCheckpoint, ListCheckpoints, ReclaimState, RestoreStream, SettleTransactions, TriggerCheckpoint,
};
use highwater_format::fact::{Acknowledgement, CheckpointPolicy, OperatorSpec, TransactionRef};

use crate::call::reads;
use crate::connection::milliseconds;
use crate::{Call, LeaseGuard, Pages, Pipeline, lists};

/// The operators of a stream, and how it makes checkpoints.
///
/// ```
/// use std::time::Duration;
/// use highwater::StreamSpec;
///
/// let spec = StreamSpec::new()
///     .operator("orders", 2)
///     .operator("count", 4)
///     .interval(Duration::from_secs(10))
///     .retain(5);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct StreamSpec {
    command: DeclareStream,
}

impl StreamSpec {
    /// A stream without operators.
    pub fn new() -> StreamSpec {
        StreamSpec::default()
    }

    /// Adds an operator that has state, positions or transactions, with the number of its sub-tasks.
    pub fn operator(mut self, name: impl Into<String>, parallelism: u32) -> Self {
        self.command.operators.push(OperatorSpec { name: name.into(), parallelism });
        self
    }

    /// Groups into which all keys fall, which is the largest parallelism that there can ever be. Cannot change while there are
    /// checkpoints. Without it there are 128.
    pub fn key_groups(mut self, groups: u32) -> Self {
        self.command.key_groups = groups;
        self
    }

    /// From one checkpoint to the next; zero makes them by hand only. Without it a minute.
    pub fn interval(self, interval: Duration) -> Self {
        self.policy(|policy| policy.interval_ms = milliseconds(interval))
    }

    /// A checkpoint that is not complete after this time is aborted. Without it ten minutes.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.policy(|policy| policy.timeout_ms = milliseconds(timeout))
    }

    /// Least pause from the end of one checkpoint to the next. Without it none.
    pub fn min_pause(self, pause: Duration) -> Self {
        self.policy(|policy| policy.min_pause_ms = milliseconds(pause))
    }

    /// Most checkpoints under way at once. Without it one.
    pub fn max_in_flight(self, checkpoints: u32) -> Self {
        self.policy(|policy| policy.max_in_flight = checkpoints)
    }

    /// Completed checkpoints that are kept, savepoints not counted. Without it three.
    pub fn retain(self, checkpoints: u32) -> Self {
        self.policy(|policy| policy.retain = checkpoints)
    }

    /// Older checkpoints are dropped, but never the newest. Without it none is.
    pub fn expire(self, age: Duration) -> Self {
        self.policy(|policy| policy.expire_ms = milliseconds(age))
    }

    fn policy(mut self, change: impl FnOnce(&mut CheckpointPolicy)) -> Self {
        change(self.command.policy.get_or_insert_default());
        self
    }
}

/// The stream of a pipeline: its operators, and its checkpoints. Cheap to clone.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::answer::CheckpointTrigger;
/// use highwater::{Acknowledgement, CheckpointRef, CheckpointStatus, SourcePosition, StreamSpec, Value};
///
/// let hw = highwater::open("memory:").await?;
/// let stream = hw.pipeline("prod/orders")?.stream();
/// stream.declare(StreamSpec::new().operator("orders", 1)).await?;
/// let start = stream.restore(CheckpointRef::Latest).await?;
/// assert!(start.checkpoint.is_none(), "the first start is from the beginning");
///
/// if let CheckpointTrigger::Triggered(barrier) = stream.trigger().await? {
///     let position = SourcePosition { name: "orders/0".to_owned(), value: Value::Int(17) };
///     let done = Acknowledgement { operator: "orders".to_owned(), positions: vec![position], ..Default::default() };
///     let acknowledged = stream.acknowledge(barrier.checkpoint, [done]).await?;
///     assert_eq!(acknowledged.status, CheckpointStatus::Completed);
/// }
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    pipeline: Pipeline,
}

impl Stream {
    pub(crate) fn new(pipeline: &Pipeline) -> Stream {
        Stream { pipeline: pipeline.clone() }
    }

    /// Declares its operators and its policy. The same again changes nothing.
    pub fn declare(&self, spec: StreamSpec) -> Call<DeclareStream, Done> {
        Call::new(&self.pipeline, spec.command, Command::DeclareStream, reads!(Done))
    }

    /// What it is, what is under way, and what sinks have to settle; `None` if it is not declared.
    pub fn describe(&self) -> Call<(), Option<StreamView>> {
        Call::new(&self.pipeline, (), |()| Command::DescribeStream, reads!(Stream))
    }

    /// Starts it from a checkpoint: what was under way is aborted, and the positions are put where the checkpoint has them.
    pub fn restore(&self, from: impl Into<CheckpointRef>) -> Call<RestoreStream, StreamRestored> {
        let command = RestoreStream { from: from.into(), ..RestoreStream::default() };
        Call::new(&self.pipeline, command, Command::RestoreStream, reads!(StreamRestored))
    }

    /// Begins a checkpoint now.
    pub fn trigger(&self) -> Call<TriggerCheckpoint, CheckpointTrigger> {
        let command = TriggerCheckpoint::default();
        Call::new(&self.pipeline, command, Command::TriggerCheckpoint, reads!(CheckpointTrigger))
    }

    /// Begins a checkpoint if the policy says that one is due; otherwise says when to ask again.
    pub fn trigger_if_due(&self) -> Call<TriggerCheckpoint, CheckpointTrigger> {
        self.trigger().edit(|command| command.if_due = true)
    }

    /// Begins a checkpoint that is kept under this name until somebody deletes it.
    pub fn savepoint(&self, name: impl Into<String>) -> Call<TriggerCheckpoint, CheckpointTrigger> {
        self.trigger().edit(|command| command.savepoint = Some(name.into()))
    }

    /// Hands over what sub-tasks have at the barrier of a checkpoint. The last one completes it.
    pub fn acknowledge(
        &self,
        checkpoint: u64,
        acknowledgements: impl IntoIterator<Item = Acknowledgement>,
    ) -> Call<AcknowledgeCheckpoint, Acknowledged> {
        let acknowledgements = acknowledgements.into_iter().collect();
        let command = AcknowledgeCheckpoint { checkpoint, acknowledgements, holder: None };
        Call::new(&self.pipeline, command, Command::AcknowledgeCheckpoint, reads!(Acknowledged))
    }

    /// Gives up a checkpoint that is under way.
    pub fn abort(&self, checkpoint: u64, reason: impl Into<String>) -> Call<AbortCheckpoint, Done> {
        let command = AbortCheckpoint { checkpoint, reason: reason.into(), actor: None };
        Call::new(&self.pipeline, command, Command::AbortCheckpoint, reads!(Done))
    }

    /// One checkpoint with all that was handed over; `None` if the latest is asked for and there is none.
    pub fn checkpoint(
        &self,
        checkpoint: impl Into<CheckpointRef>,
    ) -> Call<DescribeCheckpoint, Option<CheckpointView>> {
        let command = DescribeCheckpoint { checkpoint: checkpoint.into() };
        Call::new(&self.pipeline, command, Command::DescribeCheckpoint, reads!(Checkpoint))
    }

    /// Checkpoints, newest first, without what was handed over.
    pub fn checkpoints(&self) -> Pages<CheckpointView> {
        lists::list(
            &self.pipeline,
            None,
            |cursor, limit| {
                let cursor = cursor.and_then(|cursor| cursor.parse().ok());
                Command::ListCheckpoints(ListCheckpoints { statuses: Vec::new(), cursor, limit })
            },
            |answer| match answer {
                Answer::Checkpoints(page) => {
                    Some((page.checkpoints, page.next.map(|cursor| cursor.to_string())))
                }
                _ => None,
            },
        )
    }

    /// Deletes a completed checkpoint, savepoints too.
    pub fn delete(
        &self,
        checkpoint: impl Into<CheckpointRef>,
        reason: impl Into<String>,
    ) -> Call<DeleteCheckpoint, Done> {
        let (checkpoint, reason) = (checkpoint.into(), reason.into());
        let command = DeleteCheckpoint { checkpoint, reason, actor: None };
        Call::new(&self.pipeline, command, Command::DeleteCheckpoint, reads!(Done))
    }

    /// Confirms that transactions of sinks are committed, or aborted, as their checkpoints were. Saying it again changes nothing.
    pub fn settle(
        &self,
        transactions: impl IntoIterator<Item = TransactionRef>,
    ) -> Call<SettleTransactions, Done> {
        let command = SettleTransactions { transactions: transactions.into_iter().collect() };
        Call::new(&self.pipeline, command, Command::SettleTransactions, reads!(Done))
    }

    /// Parts of states that nothing needs any more, after those are struck off that the caller has deleted.
    pub fn reclaim<N: Into<String>>(
        &self,
        deleted: impl IntoIterator<Item = N>,
    ) -> Call<ReclaimState, Reclaimable> {
        let command = ReclaimState { deleted: deleted.into_iter().map(Into::into).collect(), limit: 0 };
        Call::new(&self.pipeline, command, Command::ReclaimState, reads!(Reclaimable))
    }
}

impl Call<TriggerCheckpoint, CheckpointTrigger> {
    /// Does it as the holder of this lease: only who holds it can acknowledge.
    pub fn under_lease(self, lease: &LeaseGuard) -> Self {
        self.under(lease.hold(), false).edit(|command| command.holder = Some(lease.holder()))
    }
}

impl Call<AcknowledgeCheckpoint, Acknowledged> {
    /// Does it only if the lease is still ours: otherwise it is [`Fenced`](crate::ErrorKind::Fenced).
    pub fn under_lease(self, lease: &LeaseGuard) -> Self {
        self.under(lease.hold(), false).edit(|command| command.holder = Some(lease.holder()))
    }
}

impl Call<RestoreStream, StreamRestored> {
    /// Does it only if the lease is still ours: otherwise it is [`Fenced`](crate::ErrorKind::Fenced).
    pub fn under_lease(self, lease: &LeaseGuard) -> Self {
        self.under(lease.hold(), false).edit(|command| command.holder = Some(lease.holder()))
    }

    /// Why; needed if it is not the latest.
    pub fn because(self, reason: impl Into<String>) -> Self {
        self.edit(|command| command.reason = reason.into())
    }

    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Lets go of the state of operators that are not declared any more.
    pub fn drop_operators(self) -> Self {
        self.edit(|command| command.drop_operators = true)
    }

    /// Only says what would happen.
    pub fn dry_run(self) -> Self {
        self.edit(|command| command.dry_run = true)
    }
}

impl Call<AbortCheckpoint, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Call<DeleteCheckpoint, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}
