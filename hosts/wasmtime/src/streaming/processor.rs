//! Drives a source through an operator into a sink, with an effect that is exactly once.
//!
//! | what | when it dies behind that, the next start |
//! |---|---|
//! | read, process, write into the open transaction | reads again from the last checkpoint; the sink drops the transaction |
//! | trigger, pre-commit, write the parts of the state | the same; the checkpoint is aborted |
//! | acknowledge: one record has positions, parts and transaction | commits the transaction |
//! | commit the sink | commits it again, which changes nothing |
//! | settle, reclaim | goes on |
//!
//! A checkpoint that is aborted, because it took too long for example, has the same answer within the process: everything goes back to the
//! last one that is completed.

use std::fmt;

use highwater_core::answer::{CheckpointTrigger, TransactionView};
use highwater_core::checkpoint::CheckpointStatus;
use highwater_core::command::CheckpointRef;
use highwater_format::fact::{Acknowledgement, TransactionRef};

use super::part_store::unavailable;
use super::{BoxError, KeyedState, Operator, PartStore, Source, TransactionalSink, reclaim};
use crate::connection::milliseconds;
use crate::limits::{ASK_AGAIN, PROCESSOR_IDLE, PROCESSOR_READ};
use crate::{Error, ErrorKind, LeaseGuard, Pipeline, Stream, StreamSpec};

/// What a processor is called, and how it works.
#[derive(Clone, Debug)]
#[must_use]
pub struct ProcessorSpec {
    operator: String,
    stream: StreamSpec,
    read: usize,
}

impl ProcessorSpec {
    /// A processor whose state, positions and transactions are those of the operator with this name.
    pub fn new(operator: impl Into<String>) -> ProcessorSpec {
        ProcessorSpec { operator: operator.into(), stream: StreamSpec::new(), read: PROCESSOR_READ }
    }

    /// When checkpoints are made, and how many are kept.
    pub fn stream(mut self, change: impl FnOnce(StreamSpec) -> StreamSpec) -> Self {
        self.stream = change(self.stream);
        self
    }

    /// Most records that are read at once, which are processed before the next look at the clock.
    pub fn read(mut self, records: usize) -> Self {
        self.read = records.max(1);
        self
    }
}

/// What a step of a processor did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many records were read, and what followed from them was written.
    Processed(usize),
    /// There was nothing to read: wait a little.
    Idle,
    /// A checkpoint is completed, and the sink is committed.
    Checkpointed(u64),
    /// A checkpoint was aborted, and everything went back to the last completed one.
    RolledBack {
        /// The checkpoint that was aborted.
        checkpoint: u64,
        /// Why.
        reason: String,
    },
    /// The source has ended, and everything is committed.
    Ended,
}

/// A source, an operator with keyed state, and a sink, whose effect is exactly once.
///
/// It is alone: a second one for the same pipeline and operator waits until the first one's lease is over, and the first one is then fenced.
/// After an error it is done: drop it, and start another one, which goes on from the last checkpoint.
pub struct ExactlyOnceProcessor<S, O, K, P> {
    pipeline: Pipeline,
    stream: Stream,
    lease: LeaseGuard,
    spec: ProcessorSpec,
    source: S,
    operator: O,
    sink: K,
    parts: P,
    state: KeyedState,
    start: u64,
    /// Not worth asking before whether a checkpoint is due.
    ask_at_ms: i64,
    /// Something was read since the last checkpoint. Without it there is nothing to hand over; and where a checkpoint takes longer than
    /// the interval, the next one is due at once, and nothing would ever be read.
    has_read: bool,
    has_ended: bool,
}

impl<S, O, K, P> ExactlyOnceProcessor<S, O, K, P>
where
    S: Source,
    O: Operator<In = S::Record>,
    K: TransactionalSink<Record = O::Out>,
    P: PartStore,
{
    /// Waits until nobody else runs it, finishes what an earlier process left in doubt, and goes on from the last checkpoint.
    ///
    /// # Errors
    ///
    /// What the engine refuses, and what source, sink and part store say ([`Unavailable`](crate::ErrorKind::Unavailable)).
    pub async fn start(
        pipeline: &Pipeline,
        spec: ProcessorSpec,
        source: S,
        operator: O,
        sink: K,
        parts: P,
    ) -> Result<Self, Error> {
        let lease = pipeline.lease(format!("stream/{}", spec.operator)).acquire().await?;
        let stream = pipeline.stream();
        stream.declare(spec.stream.clone().operator(&spec.operator, 1)).await?;
        let state = KeyedState::new(&spec.operator, 0, 1, 1)?;
        let mut processor = ExactlyOnceProcessor {
            pipeline: pipeline.clone(),
            stream,
            lease,
            spec,
            source,
            operator,
            sink,
            parts,
            state,
            start: 0,
            ask_at_ms: i64::MIN,
            has_read: false,
            has_ended: false,
        };
        processor.go_back().await?;
        Ok(processor)
    }

    /// The state, to look at or to ask for its statistics.
    pub fn state(&mut self) -> &mut KeyedState {
        &mut self.state
    }

    /// The sink, to look at.
    pub fn sink(&mut self) -> &mut K {
        &mut self.sink
    }

    /// Goes on until the source has ended and everything is committed. A source without an end makes this go on for ever.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step).
    pub async fn run(&mut self) -> Result<(), Error> {
        loop {
            match self.step().await? {
                Progress::Ended => return Ok(()),
                Progress::Idle => {
                    let connection = &self.pipeline.connection;
                    let until_ms = connection.now_ms().saturating_add_unsigned(milliseconds(PROCESSOR_IDLE));
                    connection.sleep_before_asking_again(until_ms).await;
                }
                Progress::Processed(_) | Progress::Checkpointed(_) | Progress::RolledBack { .. } => {}
            }
        }
    }

    /// Makes a checkpoint if one is due and something was read since the last one, or if somebody else has triggered one; otherwise reads once.
    ///
    /// # Errors
    ///
    /// [`Fenced`](crate::ErrorKind::Fenced) if another processor took over, [`Unavailable`](crate::ErrorKind::Unavailable) with what source, operator, sink or
    /// part store say, and what the engine refuses. The processor is then done.
    pub async fn step(&mut self) -> Result<Progress, Error> {
        if self.has_ended {
            return Ok(Progress::Ended);
        }
        if let Some(checkpoint) = self.due().await? {
            return self.barrier(checkpoint).await;
        }
        let records = self.source.read(self.spec.read).await.map_err(|error| failed("source", &error))?;
        match records {
            None => self.end().await,
            Some(records) if records.is_empty() => Ok(Progress::Idle),
            Some(records) => self.process(records).await,
        }
    }

    /// Makes a checkpoint now. What was read before it is in it.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step); [`Conflict`](crate::ErrorKind::Conflict) if somebody else has one under way.
    pub async fn checkpoint(&mut self) -> Result<Progress, Error> {
        self.checkpoint_by(self.stream.trigger()).await
    }

    /// Makes a checkpoint now that is kept under this name.
    ///
    /// # Errors
    ///
    /// As [`checkpoint`](Self::checkpoint).
    pub async fn savepoint(&mut self, name: impl Into<String>) -> Result<Progress, Error> {
        self.checkpoint_by(self.stream.savepoint(name)).await
    }

    /// Gives back the lease, so that another processor need not wait. What is not in a checkpoint is read again by the next one.
    ///
    /// # Errors
    ///
    /// What the engine refuses.
    pub async fn stop(self) -> Result<(), Error> {
        self.lease.release().await?;
        Ok(())
    }

    /// The checkpoint whose barrier is here: one that somebody else has triggered, a savepoint before an upgrade for example, or else a new one
    /// if it is due.
    async fn due(&mut self) -> Result<Option<u64>, Error> {
        let now_ms = self.pipeline.connection.now_ms();
        if now_ms < self.ask_at_ms {
            return Ok(None);
        }
        let view = self.stream.describe().await?;
        if let Some(checkpoint) = view.as_ref().and_then(|view| view.in_flight.first()) {
            return Ok(Some(*checkpoint));
        }
        let due_at_ms = view.and_then(|view| view.due_at_ms);
        if self.has_read && due_at_ms.is_some_and(|due_at_ms| due_at_ms <= now_ms) {
            let trigger = self.stream.trigger_if_due().under_lease(&self.lease).await?;
            if let CheckpointTrigger::Triggered(barrier) = trigger {
                return Ok(Some(barrier.checkpoint));
            }
        }
        let latest_ms = now_ms.saturating_add_unsigned(milliseconds(ASK_AGAIN));
        self.ask_at_ms = due_at_ms.map_or(latest_ms, |due_at_ms| due_at_ms.min(latest_ms));
        Ok(None)
    }

    async fn process(&mut self, records: Vec<S::Record>) -> Result<Progress, Error> {
        let count = records.len();
        let mut out = Vec::new();
        self.has_read = true;
        for record in records {
            let done = self.operator.process(record, &mut self.state, &mut out);
            done.map_err(|error| failed("operator", &error))?;
        }
        self.write(out).await?;
        Ok(Progress::Processed(count))
    }

    async fn write(&mut self, out: Vec<O::Out>) -> Result<(), Error> {
        if out.is_empty() {
            return Ok(());
        }
        self.sink.write(out).await.map_err(|error| failed("sink", &error))
    }

    async fn end(&mut self) -> Result<Progress, Error> {
        let mut out = Vec::new();
        self.operator.end(&mut self.state, &mut out).map_err(|error| failed("operator", &error))?;
        self.write(out).await?;
        match self.checkpoint().await? {
            Progress::Checkpointed(_) => {
                self.has_ended = true;
                Ok(Progress::Ended)
            }
            other => Ok(other),
        }
    }

    async fn checkpoint_by(
        &mut self,
        trigger: crate::Call<crate::command::TriggerCheckpoint, CheckpointTrigger>,
    ) -> Result<Progress, Error> {
        match trigger.under_lease(&self.lease).await? {
            CheckpointTrigger::Triggered(barrier) => self.barrier(barrier.checkpoint).await,
            CheckpointTrigger::Wait(wait) => Err(Error::new(ErrorKind::Conflict, wait.reason)),
        }
    }

    /// Everything that was read is before the barrier: hands it over, and commits it.
    async fn barrier(&mut self, checkpoint: u64) -> Result<Progress, Error> {
        let transaction = self.sink.pre_commit().await.map_err(|error| failed("sink", &error))?;
        let snapshot = self.state.snapshot(checkpoint)?;
        let new_parts: Vec<String> = snapshot.new_parts().map(str::to_owned).collect();
        let handed_over = snapshot.write(&self.parts).await?;
        let positions = self.source.positions();
        let handed_over =
            Acknowledgement { positions, transaction: Some(transaction.clone()), ..handed_over };
        let acknowledged = self.stream.acknowledge(checkpoint, [handed_over]).under_lease(&self.lease).await;
        let refused = match acknowledged {
            Ok(acknowledged) if acknowledged.status == CheckpointStatus::Completed => {
                self.finish(&acknowledged.commit, &[]).await?;
                self.state.complete(checkpoint);
                self.has_read = false;
                self.sink.begin(self.start).await.map_err(|error| failed("sink", &error))?;
                reclaim(&self.stream, &self.parts).await?;
                return Ok(Progress::Checkpointed(checkpoint));
            }
            Ok(_) => "it was declined".to_owned(),
            Err(error) if error.kind() == ErrorKind::Conflict => error.message().to_owned(),
            Err(error) => return Err(error),
        };
        // It was aborted meanwhile, so nobody else may know of what was made for it.
        self.sink.abort(&transaction).await.map_err(|error| failed("sink", &error))?;
        for part in new_parts {
            self.parts.delete(&part).await.map_err(|error| unavailable("deleted", &part, &error))?;
        }
        self.go_back().await?;
        Ok(Progress::RolledBack { checkpoint, reason: refused })
    }

    /// Goes on from the last completed checkpoint, after what is in doubt.
    async fn go_back(&mut self) -> Result<(), Error> {
        let start = self.stream.restore(CheckpointRef::Latest).under_lease(&self.lease).await?;
        self.finish(&start.commit, &start.abort).await?;
        let connection = self.pipeline.connection.clone();
        let state = KeyedState::restore(&start, &self.spec.operator, 0, &self.parts).await?;
        self.state = state.with_clock(move || connection.now_ms());
        self.start = start.generation;
        self.has_read = false;
        self.sink.begin(self.start).await.map_err(|error| failed("sink", &error))?;
        self.source.seek(&start.positions).await.map_err(|error| failed("source", &error))?;
        reclaim(&self.stream, &self.parts).await?;
        Ok(())
    }

    /// Lets the sink do what was decided, and confirms it.
    async fn finish(&mut self, commit: &[TransactionView], abort: &[TransactionView]) -> Result<(), Error> {
        let ours = |it: &&TransactionView| it.operator == self.spec.operator;
        let mut settled = Vec::new();
        for it in commit.iter().filter(ours) {
            self.sink.commit(&it.transaction).await.map_err(|error| failed("sink", &error))?;
            settled.push(reference(it));
        }
        for it in abort.iter().filter(ours) {
            self.sink.abort(&it.transaction).await.map_err(|error| failed("sink", &error))?;
            settled.push(reference(it));
        }
        if !settled.is_empty() {
            self.stream.settle(settled).await?;
        }
        Ok(())
    }
}

impl<S, O, K, P> fmt::Debug for ExactlyOnceProcessor<S, O, K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExactlyOnceProcessor")
            .field("spec", &self.spec)
            .field("state", &self.state)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

fn reference(it: &TransactionView) -> TransactionRef {
    TransactionRef { checkpoint: it.checkpoint, operator: it.operator.clone(), subtask: it.subtask }
}

fn failed(who: &str, error: &BoxError) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the {who} of the stream failed: {error}"))
}
