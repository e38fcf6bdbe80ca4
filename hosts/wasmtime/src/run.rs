//! A run of a pipeline.

use std::sync::Arc;

use highwater_core::answer::{Answer, DriftReport, NodeWhy, Reset, RunReport, RunView};
use highwater_core::command::{
    CancelRun, Command, DescribeRun, FinishRun, ReportDrift, ReportRun, ResetFailed, Why,
};
use highwater_format::fact::{ErrorRecord, FinalStatus};

use crate::call::reads;
use crate::{Call, Node, Pipeline};

/// A run, by its id. Cheap to clone.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::{Begin, RunStatus, StartRun};
///
/// let hw = highwater::open("memory:").await?;
/// let run = hw.pipeline("dev/orders")?.start_run(StartRun::new()).await?;
/// let Begin::Run(attempt) = run.node("load").begin().await? else { panic!("nobody else works here") };
/// attempt.succeed().await?;
/// assert_eq!(run.finish().await?.status, RunStatus::Succeeded);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Run {
    pub(crate) pipeline: Pipeline,
    pub(crate) id: Arc<str>,
    resumed: bool,
}

impl Run {
    pub(crate) fn new(pipeline: &Pipeline, id: String, resumed: bool) -> Run {
        Run { pipeline: pipeline.clone(), id: id.into(), resumed }
    }

    pub(crate) fn read_started(pipeline: &Pipeline, answer: Answer) -> Option<Run> {
        match answer {
            Answer::RunStarted(started) => Some(Run::new(pipeline, started.run.run, started.resumed)),
            _ => None,
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its pipeline.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// True if starting it found it unfinished.
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// The node with this name: nothing is asked yet. One that no graph names is made on first use.
    #[must_use]
    pub fn node(&self, name: impl Into<String>) -> Node {
        Node::new(self, name.into())
    }

    /// The run as it stands, with its nodes and all attempts.
    pub fn describe(&self) -> Call<DescribeRun, RunView> {
        let command = DescribeRun { run: self.id.to_string() };
        Call::new(&self.pipeline, command, Command::DescribeRun, reads!(Run))
    }

    /// What the run came to so far: how much of it is done, rates and durations, failures, when it is done if it goes on as runs before
    /// it did, and what to do about what is wrong. What was repeated does not count twice.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::answer::RecommendationCode;
    /// use highwater::{Begin, StartRun};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let run = hw.pipeline("dev/orders")?.start_run(StartRun::new()).await?;
    /// let Begin::Run(attempt) = run.node("load").begin().await? else { panic!("nobody else works here") };
    /// attempt.fail("the source is down").await?;
    /// let report = run.report().await?;
    /// assert_eq!((report.nodes, report.done_percent), (1, 0));
    /// assert_eq!(report.recommendations[0].code, RecommendationCode::WaitingNodes);
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn report(&self) -> Call<ReportRun, RunReport> {
        let command = ReportRun { run: self.id.to_string() };
        Call::new(&self.pipeline, command, Command::ReportRun, reads!(Report))
    }

    /// What each node covered in this run, against the window of the run, or without one against all that its nodes did: behind, ahead,
    /// with gaps, on another axis, nothing at all. What another run had done before is missing nowhere.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::answer::DriftKind;
    /// use highwater::{Begin, Counts, Cover, StartRun};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let run = hw.pipeline("dev/orders")?.start_run(StartRun::new().integer_window(0..100)).await?;
    /// for (node, done) in [("items", 0..80), ("orders", 0..100)] {
    ///     let begun = run.node(node).cover(Cover::window()).begin().await?;
    ///     let Begin::Run(attempt) = begun else { panic!("nobody else works here") };
    ///     attempt.progress(Counts::default()).covered([done]).await?;
    /// }
    /// run.cancel("the source is down").await?;
    /// let drift = run.drift().await?;
    /// assert_eq!((drift.consistent, drift.drifted), (false, 1));
    /// assert_eq!(drift.nodes[0].drift, [DriftKind::Behind]);
    /// assert_eq!(drift.nodes[0].missing, [(80..100).into()]);
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn drift(&self) -> Call<ReportDrift, DriftReport> {
        let command = ReportDrift { run: self.id.to_string(), ..ReportDrift::default() };
        Call::new(&self.pipeline, command, Command::ReportDrift, reads!(Drift))
    }

    /// Ends the run. How it ended follows from its nodes, unless it is said.
    pub fn finish(&self) -> Call<FinishRun, RunView> {
        let command = FinishRun { run: self.id.to_string(), status: None, error: None };
        Call::new(&self.pipeline, command, Command::FinishRun, reads!(Run))
    }

    /// Stops the run for good. Whoever works on it is fenced.
    pub fn cancel(&self, reason: impl Into<String>) -> Call<CancelRun, RunView> {
        let command = CancelRun { run: self.id.to_string(), reason: reason.into(), actor: None };
        Call::new(&self.pipeline, command, Command::CancelRun, reads!(Run))
    }

    /// Why its nodes are where they are.
    pub fn why(&self) -> Call<Why, Vec<NodeWhy>> {
        let command = Why { run: self.id.to_string(), node: None };
        Call::new(&self.pipeline, command, Command::Why, reads!(Why))
    }

    /// Makes all its failed nodes ready to be tried again, with all their attempts.
    pub fn reset_failed(&self, reason: impl Into<String>) -> Call<ResetFailed, Reset> {
        let command =
            ResetFailed { run: self.id.to_string(), reason: reason.into(), actor: None, dry_run: false };
        Call::new(&self.pipeline, command, Command::ResetFailed, reads!(Reset))
    }
}

impl Call<ReportDrift, DriftReport> {
    /// The line to begin with: `next` of the page before.
    pub fn from(self, line: u32) -> Self {
        self.edit(|command| command.from = line)
    }

    /// Most lines wanted.
    pub fn limit(self, limit: u32) -> Self {
        self.edit(|command| command.limit = limit)
    }
}

impl Call<FinishRun, RunView> {
    /// How it ended, whatever its nodes say.
    pub fn status(self, status: FinalStatus) -> Self {
        self.edit(|command| command.status = Some(status))
    }

    /// What went wrong.
    pub fn error(self, error: ErrorRecord) -> Self {
        self.edit(|command| command.error = Some(error))
    }
}

impl Call<CancelRun, RunView> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Call<ResetFailed, Reset> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Only says which nodes it would be.
    pub fn dry_run(self) -> Self {
        self.edit(|command| command.dry_run = true)
    }
}
