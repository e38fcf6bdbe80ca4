//! The guard of an attempt.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use highwater_core::answer::{Done, Failed, Go};
use highwater_core::command::{
    ArtifactReport, AttemptRef, Command, Covered, FailAttempt, PartitionOutcome, ReportProgress,
    SucceedAttempt,
};
use highwater_format::fact::{Counts, ErrorRecord, Interval, Reason};

use crate::call::reads;
use crate::coverage::add;
use crate::hold::Hold;
use crate::hwm::update;
use crate::{Call, IntoValue, Run};

/// An attempt of a node that is ours. Beats go out as long as it lives.
///
/// It ends with [`succeed`](Attempt::succeed) or [`fail`](Attempt::fail). One that is dropped before it ended is
/// reported as failed, with the class `dropped`, in the background: if the process ends before that got through, the
/// attempt counts as crashed once its lease has run out. [`Highwater::close`](crate::Highwater::close) waits for it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::{Begin, Counts, StartRun};
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("dev/orders")?;
/// let run = pipeline.start_run(StartRun::new()).await?;
/// if let Begin::Run(attempt) = run.node("load").begin().await? {
///     attempt.progress(Counts { rows_read: 500, ..Counts::default() }).state("page 3").await?;
///     attempt
///         .succeed()
///         .hwm("orders.updated_at", 1_709_164_800)
///         .counts(Counts { rows_read: 900, rows_written: 900, ..Counts::default() })
///         .await?;
/// }
/// assert_eq!(pipeline.hwm("orders.updated_at").get_as::<i64>().await?, Some(1_709_164_800));
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "dropping an attempt that has not ended reports it as failed"]
pub struct Attempt {
    run: Run,
    node: String,
    go: Box<Go>,
    hold: Arc<Hold>,
    /// Partition whose intervals it was handed.
    pub(crate) partition: Option<String>,
}

impl Attempt {
    pub(crate) fn new(run: &Run, node: &str, go: Go, lease_ms: u64, partition: Option<String>) -> Attempt {
        let pipeline = &run.pipeline;
        let hold = pipeline.connection.hold(&pipeline.id, go.lease.clone(), go.token, lease_ms);
        Attempt { run: run.clone(), node: node.to_owned(), go: Box::new(go), hold, partition }
    }

    /// Its run.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The name of its node.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Its number in the run, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.go.attempt
    }

    /// Its fencing token. A sink that can keep it, and refuses writes with a lower one, is safe from workers that were
    /// thought dead.
    #[must_use]
    pub fn token(&self) -> u64 {
        self.go.token
    }

    /// The name of the lease behind it.
    #[must_use]
    pub fn lease(&self) -> &str {
        &self.go.lease
    }

    /// Why it runs.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.go.reason
    }

    /// The state that an earlier attempt of this run left with [`Attempt::progress`].
    #[must_use]
    pub fn state(&self) -> Option<&[u8]> {
        self.go.state.as_deref()
    }

    /// The totals that the attempt before reported last.
    #[must_use]
    pub fn previous(&self) -> Option<Counts> {
        self.go.previous
    }

    /// The intervals to work on, if the node was begun [to cover](crate::Node::cover) some: in order, and nobody else's while the attempt
    /// lives.
    #[must_use]
    pub fn intervals(&self) -> &[Interval] {
        &self.go.intervals
    }

    /// The partitions to work on, if the node was begun [with some](crate::Node::partitions): in the order of their keys, and nobody
    /// else's while the attempt lives.
    #[must_use]
    pub fn partitions(&self) -> &[String] {
        &self.go.partitions
    }

    /// When it has failed if it has not ended before: by the deadline of its node or by that of its run, whichever is first.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        let at_ms = u64::try_from(self.go.deadline_at_ms?).unwrap_or(0);
        UNIX_EPOCH.checked_add(Duration::from_millis(at_ms))
    }

    /// True once it is known that somebody took over, took the lease away, or that its deadline has passed. Stop then: everything
    /// further is refused.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.hold.is_fenced()
    }

    /// Resolves when [`Attempt::is_fenced`] becomes true, and otherwise never: to be raced against the work.
    pub fn fenced(&self) -> impl Future<Output = ()> + Send + use<> {
        self.hold.fenced()
    }

    /// Reports how far it is: totals so far, not increments.
    pub fn progress(&self, counts: Counts) -> Call<ReportProgress, Done> {
        let covered = self.covered();
        let command =
            ReportProgress { attempt: self.reference(), counts, covered, ..ReportProgress::default() };
        Call::new(&self.run.pipeline, command, Command::ReportProgress, reads!(Done)).under(&self.hold, false)
    }

    /// Ends it well. Positions that are said here move in the same record.
    pub fn succeed(&self) -> Call<SucceedAttempt, Done> {
        let covered = self.covered();
        let command = SucceedAttempt { attempt: self.reference(), covered, ..SucceedAttempt::default() };
        Call::new(&self.run.pipeline, command, Command::SucceedAttempt, reads!(Done)).under(&self.hold, true)
    }

    /// Ends it badly. The answer says whether there will be another one, and when: the node's retry policy decides.
    pub fn fail(&self, error: impl Display) -> Call<FailAttempt, Failed> {
        let command = self.failure("error", error.to_string());
        Call::new(&self.run.pipeline, command, Command::FailAttempt, reads!(Failed)).under(&self.hold, true)
    }

    /// Drops it without a word, as if the process had died here: the node is held until the lease has run out.
    pub fn abandon(self) {
        self.hold.end();
    }

    pub(crate) fn hold(&self) -> &Arc<Hold> {
        &self.hold
    }

    pub(crate) fn go(&self) -> &Go {
        &self.go
    }

    /// The partition that reported intervals are of.
    pub(crate) fn covered(&self) -> Vec<Covered> {
        let of = |partition: &String| Covered { partition: Some(partition.clone()), ..Covered::default() };
        self.partition.iter().map(of).collect()
    }

    pub(crate) fn reference(&self) -> AttemptRef {
        AttemptRef { run: self.run.id.to_string(), node: self.node.clone(), token: self.go.token }
    }

    fn failure(&self, class: &str, message: String) -> FailAttempt {
        let error = ErrorRecord { class: class.to_owned(), message, detail: None };
        FailAttempt { attempt: self.reference(), counts: None, error, partitions: Vec::new() }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.hold.has_ended() || self.hold.is_fenced() {
            return;
        }
        self.hold.end();
        let how = if std::thread::panicking() { "by a panic" } else { "without saying how it ended" };
        let command = self.failure("dropped", format!("the attempt was dropped {how}"));
        let Run { pipeline, .. } = &self.run;
        pipeline.connection.handle.submit_detached(&pipeline.id, vec![Command::FailAttempt(command)]);
    }
}

impl Call<ReportProgress, Done> {
    /// Says what became of partitions, in the same record.
    pub fn partitions(self, outcomes: impl IntoIterator<Item = PartitionOutcome>) -> Self {
        self.edit(|command| command.partitions.extend(outcomes))
    }

    /// State for the next attempt, if this one dies. Without it, the state that was reported last stays.
    pub fn state(self, state: impl Into<Vec<u8>>) -> Self {
        self.edit(|command| command.state = Some(state.into()))
    }

    /// Marks intervals as done in the same record. Nobody else may work on them.
    pub fn covered<I: Into<Interval>>(self, intervals: impl IntoIterator<Item = I>) -> Self {
        self.edit(|command| add(&mut command.covered, intervals))
    }

    /// Moves an HWM in the same record.
    pub fn hwm(self, name: impl Into<String>, value: impl IntoValue) -> Self {
        self.try_edit(|command| update(&mut command.hwms, name, value))
    }
}

impl Call<SucceedAttempt, Done> {
    /// Says what became of partitions, in the same record. What else it was handed and has said nothing of is done as well.
    pub fn partitions(self, outcomes: impl IntoIterator<Item = PartitionOutcome>) -> Self {
        self.edit(|command| command.partitions.extend(outcomes))
    }

    /// Marks intervals as done in the same record. What else it was handed and has not marked is done as well.
    pub fn covered<I: Into<Interval>>(self, intervals: impl IntoIterator<Item = I>) -> Self {
        self.edit(|command| add(&mut command.covered, intervals))
    }

    /// Moves an HWM in the same record.
    pub fn hwm(self, name: impl Into<String>, value: impl IntoValue) -> Self {
        self.try_edit(|command| update(&mut command.hwms, name, value))
    }

    /// The totals. Without them, those that were reported last stay.
    pub fn counts(self, counts: Counts) -> Self {
        self.edit(|command| command.counts = Some(counts))
    }

    /// Something that it made: a file or a folder by its path, or whatever the [`Inspector`](crate::Inspector) can look at. It must be
    /// there, empty or not; its size and a digest of its content are noted, unless an
    /// [`ArtifactReport`] says otherwise.
    pub fn artifact(self, artifact: impl Into<ArtifactReport>) -> Self {
        self.edit(|command| command.artifacts.push(artifact.into()))
    }
}

impl Call<FailAttempt, Failed> {
    /// Says what became of partitions all the same, in the same record. What else it was handed has failed, unless it was done before.
    pub fn partitions(self, outcomes: impl IntoIterator<Item = PartitionOutcome>) -> Self {
        self.edit(|command| command.partitions.extend(outcomes))
    }

    /// The class of the error, which retry policies look at; `error` if nothing is said.
    pub fn class(self, class: impl Into<String>) -> Self {
        self.edit(|command| command.error.class = class.into())
    }

    /// More about the error, for example a backtrace.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        self.edit(|command| command.error.detail = Some(detail.into()))
    }

    /// The totals. Without them, those that were reported last stay.
    pub fn counts(self, counts: Counts) -> Self {
        self.edit(|command| command.counts = Some(counts))
    }
}
