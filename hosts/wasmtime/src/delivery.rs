//! Batches on their way into a sink, with receipts.

use highwater_core::answer::{BatchView, Done, Prepared};
use highwater_core::batch::BatchStatus;
use highwater_core::command::{AbortBatch, Command, CommitBatch, DeclareSink, ListBatches, PrepareBatch};
use highwater_format::fact::{Counts, SinkKind};

use crate::call::reads;
use crate::coverage::add;
use crate::hwm::update;
use crate::{Attempt, Call, Interval, IntoValue, Pipeline, Reader};

/// A batch that is written down, and that its sink may take now.
///
/// Give the sink [`Delivery::key`] with the rows, in one transaction where it has any. Then [`Delivery::commit`] says that it took
/// them, and only then the HWMs of the batch move. A process that dies in between leaves the batch *in doubt*: the next attempt finds it in
/// [`Attempt::in_doubt`], asks the sink for the key, and commits or aborts it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::collections::BTreeMap;
/// use highwater::{Ready, StartRun};
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders")?;
/// let run = pipeline.start_run(StartRun::new()).await?;
/// let mut sink: BTreeMap<String, Vec<i64>> = BTreeMap::new(); // takes each key once
///
/// if let Ready::Run(attempt) = run.node("load").begin_or_wait().await? {
///     for doubt in attempt.in_doubt() {
///         match sink.contains_key(&doubt.key) {
///             true => drop(attempt.commit_in_doubt(doubt).await?),
///             false => drop(attempt.abort_in_doubt(doubt, "the sink has it not").await?),
///         }
///     }
///     let delivery = attempt.prepare().hwm("orders.id", 3).await?;
///     sink.insert(delivery.key().to_owned(), vec![1, 2, 3]);
///     delivery.commit().receipt("3 rows").await?;
///     attempt.succeed().await?;
/// }
/// assert_eq!(pipeline.hwm("orders.id").get_as::<i64>().await?, Some(3));
///
/// // The same with windows: what a batch has the rows of is done when it is committed.
/// use highwater::Cover;
/// if let Ready::Run(attempt) = run.node("by-day").cover(Cover::integers([0..10])).begin_or_wait().await? {
///     let delivery = attempt.prepare().covered([0..4]).await?;
///     delivery.commit().await?;
///     assert_eq!(attempt.intervals_left().await?, [(4..10).into()]);
///     attempt.succeed().await?;
/// }
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "a batch that is neither committed nor aborted is in doubt"]
pub struct Delivery<'a> {
    attempt: &'a Attempt,
    batch: u64,
    key: String,
}

impl<'a> Delivery<'a> {
    /// What the sink is to know the batch by; no two batches have the same.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its number: a fencing token, larger than every token before. A sink that keeps it refuses what comes late from others.
    #[must_use]
    pub fn token(&self) -> u64 {
        self.batch
    }

    /// The sink took it: its HWMs move, and its state is that of the attempt, in one record.
    pub fn commit(&self) -> Call<CommitBatch, Done> {
        commit(self.attempt, self.batch)
    }

    /// The sink did not take it, and will not.
    pub fn abort(&self, reason: impl Into<String>) -> Call<AbortBatch, Done> {
        abort(self.attempt, self.batch, reason.into())
    }
}

impl Attempt {
    /// Writes down what the sink is to take at once, before it does. Refused while a batch of this node is in doubt.
    pub fn prepare(&self) -> Prepare<'_> {
        let covered = self.covered();
        let command = PrepareBatch { attempt: self.reference(), covered, ..PrepareBatch::default() };
        let call = Call::new(&self.run().pipeline, command, Command::PrepareBatch, reads!(Prepared));
        Prepare { attempt: self, call: call.under(self.hold(), false) }
    }

    /// Batches of this node, of whatever run, of which nobody knows whether the sink took them, oldest first. Ask the sink for
    /// each by its key, in such a way that it takes none of them later, and commit or abort it.
    #[must_use]
    pub fn in_doubt(&self) -> &[BatchView] {
        &self.go().in_doubt
    }

    /// The sink has a batch that was in doubt. Its intervals are done then, and [`Attempt::intervals_left`] has them no more.
    pub fn commit_in_doubt(&self, batch: &BatchView) -> Call<CommitBatch, Done> {
        commit(self, batch.batch)
    }

    /// The sink has not got a batch that was in doubt, and never will.
    pub fn abort_in_doubt(&self, batch: &BatchView, reason: impl Into<String>) -> Call<AbortBatch, Done> {
        abort(self, batch.batch, reason.into())
    }
}

fn commit(attempt: &Attempt, batch: u64) -> Call<CommitBatch, Done> {
    let command = CommitBatch { batch, attempt: Some(attempt.reference()), ..CommitBatch::default() };
    Call::new(&attempt.run().pipeline, command, Command::CommitBatch, reads!(Done))
        .under(attempt.hold(), false)
}

fn abort(attempt: &Attempt, batch: u64, reason: String) -> Call<AbortBatch, Done> {
    let command = AbortBatch { batch, attempt: Some(attempt.reference()), reason, actor: None };
    Call::new(&attempt.run().pipeline, command, Command::AbortBatch, reads!(Done))
        .under(attempt.hold(), false)
}

/// A batch that is being written down. Awaiting it gives the [`Delivery`].
#[derive(Debug)]
#[must_use = "a command is only sent when it is awaited"]
pub struct Prepare<'a> {
    attempt: &'a Attempt,
    call: Call<PrepareBatch, Prepared>,
}

impl<'a> Prepare<'a> {
    /// Moves an HWM when the batch is committed.
    pub fn hwm(self, name: impl Into<String>, value: impl IntoValue) -> Self {
        self.with(|call| call.try_edit(|command| update(&mut command.hwms, name, value)))
    }

    /// Moves the HWM of a reader to where it came when the batch is committed.
    pub fn up_to(self, reader: &Reader) -> Self {
        self.with(|call| call.edit(|command| command.hwms.extend(reader.update())))
    }

    /// State for the next attempt, if this one dies after the batch was committed.
    pub fn state(self, state: impl Into<Vec<u8>>) -> Self {
        self.with(|call| call.edit(|command| command.state = Some(state.into())))
    }

    /// Marks intervals as done when the batch is committed, in the same record. Nobody else may work on them.
    pub fn covered<I: Into<Interval>>(self, intervals: impl IntoIterator<Item = I>) -> Self {
        self.with(|call| call.edit(|command| add(&mut command.covered, intervals)))
    }

    /// The totals with it.
    pub fn counts(self, counts: Counts) -> Self {
        self.with(|call| call.edit(|command| command.counts = Some(counts)))
    }

    /// Goes on although batches are in doubt, and aborts them with this reason: for sinks that were emptied, for example.
    pub fn supersede(self, reason: impl Into<String>) -> Self {
        self.with(|call| call.edit(|command| command.supersede = reason.into()))
    }

    fn with(self, change: impl FnOnce(Call<PrepareBatch, Prepared>) -> Call<PrepareBatch, Prepared>) -> Self {
        Prepare { attempt: self.attempt, call: change(self.call) }
    }
}

impl<'a> std::future::IntoFuture for Prepare<'a> {
    type Output = Result<Delivery<'a>, crate::Error>;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let prepared = self.call.await?;
            Ok(Delivery { attempt: self.attempt, batch: prepared.batch, key: prepared.key })
        })
    }
}

impl Call<CommitBatch, Done> {
    /// What the sink gave as a proof: kept with the batch.
    pub fn receipt(self, receipt: impl Into<String>) -> Self {
        self.edit(|command| command.receipt = Some(receipt.into()))
    }

    /// Who says it by hand.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Call<AbortBatch, Done> {
    /// Who says it by hand.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Pipeline {
    /// Declares what the sink of a node does with rows that come twice; [`Pipeline::describe`] shows the guarantee that follows.
    pub fn declare_sink(&self, node: impl Into<String>, kind: SinkKind) -> Call<DeclareSink, Done> {
        Call::new(self, DeclareSink { node: node.into(), kind }, Command::DeclareSink, reads!(Done))
    }

    /// Batches, newest first; those in these statuses, or all.
    pub fn list_batches(
        &self,
        statuses: impl IntoIterator<Item = BatchStatus>,
    ) -> Call<ListBatches, Vec<BatchView>> {
        let command = ListBatches { statuses: statuses.into_iter().collect(), ..ListBatches::default() };
        Call::new(self, command, Command::ListBatches, reads!(Batches))
    }

    /// Says by hand that the sink took a batch that is in doubt.
    pub fn commit_batch(&self, batch: u64, reason: impl Into<String>) -> Call<CommitBatch, Done> {
        let command = CommitBatch { batch, reason: reason.into(), ..CommitBatch::default() };
        Call::new(self, command, Command::CommitBatch, reads!(Done))
    }

    /// Says by hand that the sink did not take a batch that is in doubt, and will not.
    pub fn abort_batch(&self, batch: u64, reason: impl Into<String>) -> Call<AbortBatch, Done> {
        let command = AbortBatch { batch, reason: reason.into(), ..AbortBatch::default() };
        Call::new(self, command, Command::AbortBatch, reads!(Done))
    }
}
