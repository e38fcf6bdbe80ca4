//! A pipeline.

use std::sync::Arc;

use highwater_core::answer::{
    Answer, CadenceView, CoverageLine, Done, HwmView, HwmsSet, LeaseView, LogRecord, NodeSummary,
    PipelineView, Position, RunView, WorkerView,
};
use highwater_core::command::{
    self, Command, DeclareGraph, DescribeNode, ForceUnlock, GetPositions, ResumeRun, SetHwms,
};
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;

use crate::call::{reads, unexpected};
use crate::connection::Connection;
use crate::{
    Batch, Call, Coverage, Error, Graph, Hwm, IntoMoment, IntoValue, Lease, Pages, PipelineAt, Run,
    RunFilter, StartRun, Stream, lists,
};

/// A pipeline: one id, one journal, one state. Cheap to clone.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::StartRun;
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders_daily")?;
/// let run = pipeline.start_run(StartRun::new().run_id("2024-02-29")).await?;
/// assert_eq!(pipeline.describe().await?.open_runs, ["2024-02-29"]);
/// # run.finish().await?;
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub(crate) connection: Arc<Connection>,
    pub(crate) id: Arc<str>,
}

impl Pipeline {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A summary: version, graph, open runs, how many HWMs and leases.
    pub fn describe(&self) -> Call<(), PipelineView> {
        Call::new(self, (), |()| Command::DescribePipeline, reads!(Pipeline))
    }

    /// Declares the graph. The same graph again changes nothing.
    pub fn declare_graph(&self, graph: Graph) -> Call<DeclareGraph, Done> {
        Call::new(self, graph.command, Command::DeclareGraph, reads!(Done))
    }

    /// Starts a run, or resumes the unfinished run with that id. One that is paused stays so.
    pub fn start_run(&self, start: StartRun) -> Call<command::StartRun, Run> {
        let StartRun { mut command, refusal } = start;
        command.worker.get_or_insert_with(|| self.connection.worker.to_string());
        let call = Call::new(self, command, Command::StartRun, Run::read_started);
        call.try_edit(|_| refusal.map_or(Ok(()), Err))
    }

    /// Resumes an unfinished run. One that is paused goes on.
    pub fn resume_run(&self, run: impl Into<String>) -> Call<ResumeRun, Run> {
        let worker = Some(self.connection.worker.to_string());
        let command = ResumeRun { run: run.into(), worker, ..ResumeRun::default() };
        Call::new(self, command, Command::ResumeRun, Run::read_started)
    }

    /// The run with this id, whether it exists or not: nothing is asked yet.
    #[must_use]
    pub fn run(&self, run: impl Into<String>) -> Run {
        Run::new(self, run.into(), false)
    }

    /// A node over all runs: its last success, with what it worked on and what it made.
    pub fn describe_node(&self, node: impl Into<String>) -> Call<DescribeNode, NodeSummary> {
        let command = DescribeNode { node: node.into() };
        Call::new(self, command, Command::DescribeNode, reads!(Node))
    }

    /// Runs, newest first, without their nodes.
    pub fn list_runs(&self, filter: RunFilter) -> Pages<RunView> {
        lists::runs(self, None, filter)
    }

    /// The HWM with this name, whether it exists or not: nothing is asked yet.
    #[must_use]
    pub fn hwm(&self, name: impl Into<String>) -> Hwm {
        Hwm { pipeline: self.clone(), name: name.into() }
    }

    /// Moves many HWMs, all or none.
    pub fn set_hwms<N: Into<String>, V: IntoValue>(
        &self,
        hwms: impl IntoIterator<Item = (N, V)>,
    ) -> Call<SetHwms, HwmsSet> {
        let call = Call::new(self, SetHwms::default(), Command::SetHwms, reads!(HwmsSet));
        hwms.into_iter().fold(call, |call, (name, value)| call.hwm(name, value))
    }

    /// HWMs whose name starts with `prefix`, by name; all for an empty one.
    pub fn list_hwms(&self, prefix: impl Into<String>) -> Pages<HwmView> {
        lists::hwms(self, None, prefix.into())
    }

    /// From where to where the readers of these HWMs read; of all that were declared, if none is named. One that is kept per
    /// partition gives the position of the whole, and then those of its partitions.
    pub fn positions<N: Into<String>>(
        &self,
        names: impl IntoIterator<Item = N>,
    ) -> Call<GetPositions, Vec<Position>> {
        let command = GetPositions { names: names.into_iter().map(Into::into).collect() };
        Call::new(self, command, Command::GetPositions, reads!(Positions))
    }

    /// Its stream: operators, and their checkpoints. Nothing is asked yet.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream::new(self)
    }

    /// The coverage of the node with this name: nothing is asked yet.
    #[must_use]
    pub fn coverage(&self, node: impl Into<String>) -> Coverage {
        Coverage::new(self, node.into())
    }

    /// Nodes and partitions that have coverage, by name.
    pub fn list_coverage(&self) -> Pages<CoverageLine> {
        lists::coverage(self, None)
    }

    /// Cadences by the names of their nodes; first the one of all nodes that have none of their own.
    pub fn list_cadences(&self) -> Pages<CadenceView> {
        lists::cadences(self, None)
    }

    /// The lease with this name: nothing is asked yet.
    #[must_use]
    pub fn lease(&self, name: impl Into<String>) -> Lease {
        Lease::new(self, name.into())
    }

    /// All leases, those of attempts included.
    pub fn list_leases(&self) -> Call<(), Vec<LeaseView>> {
        Call::new(self, (), |()| Command::ListLeases, reads!(Leases))
    }

    /// Takes a lease away from its holder, who is fenced from then on. Names are those that [`Pipeline::list_leases`] gives.
    pub fn force_unlock(
        &self,
        lease: impl Into<String>,
        reason: impl Into<String>,
    ) -> Call<ForceUnlock, Done> {
        let command = ForceUnlock { lease: lease.into(), reason: reason.into(), actor: None };
        Call::new(self, command, Command::ForceUnlock, reads!(Done))
    }

    /// Workers that have beaten here, and what they hold.
    pub fn list_workers(&self) -> Call<(), Vec<WorkerView>> {
        Call::new(self, (), |()| Command::ListWorkers, reads!(Workers))
    }

    /// The journal, record by record, from this version on (the first one is 1).
    pub fn log(&self, from_version: u64) -> Pages<LogRecord> {
        lists::log(self, None, from_version)
    }

    /// Several commands that are carried out together: all or none.
    pub fn batch(&self) -> Batch {
        Batch::new(self, None)
    }

    /// The pipeline as it was at a moment of its past, to be read only: a version, a time, or a backup.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders")?;
    /// pipeline.hwm("loaded").set(10).await?;
    /// let version = pipeline.describe().await?.version;
    /// pipeline.hwm("loaded").set(20).await?;
    ///
    /// let before = pipeline.at(version);
    /// assert_eq!(before.hwm("loaded").await?.map(|hwm| hwm.value), Some(highwater::Value::Int(10)));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn at(&self, moment: impl IntoMoment) -> PipelineAt {
        PipelineAt::new(self, moment.into_moment())
    }

    pub(crate) async fn submit_one(
        &self,
        command: Command,
        dedupe_key: Option<String>,
        freshness: Freshness,
    ) -> Result<Answer, Error> {
        only(self.connection.submit(&self.id, vec![command], dedupe_key, freshness).await?)
    }

    pub(crate) async fn read_at(&self, command: Command, moment: Moment) -> Result<Answer, Error> {
        only(self.connection.read_at(&self.id, vec![command], moment).await?)
    }
}

fn only(answers: Vec<Answer>) -> Result<Answer, Error> {
    let [answer] = <[Answer; 1]>::try_from(answers).map_err(|_| unexpected())?;
    Ok(answer)
}

impl Call<ForceUnlock, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}
