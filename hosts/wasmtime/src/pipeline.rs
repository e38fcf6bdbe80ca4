//! A pipeline.

use std::sync::Arc;

use highwater_core::answer::{
    Answer, Done, HwmView, HwmsSet, LeaseView, LogRecord, PipelineView, RunView, WorkerView,
};
use highwater_core::command::{self, Command, DeclareGraph, ForceUnlock, ResumeRun, SetHwms};
use highwater_core::input::Freshness;

use crate::call::{reads, unexpected};
use crate::connection::Connection;
use crate::{Batch, Call, Error, Graph, Hwm, IntoValue, Lease, Pages, Run, RunFilter, StartRun};

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

    /// Starts a run, or resumes the unfinished run with that id.
    pub fn start_run(&self, start: StartRun) -> Call<command::StartRun, Run> {
        let StartRun { mut command, refusal } = start;
        command.worker.get_or_insert_with(|| self.connection.worker.to_string());
        let call = Call::new(self, command, Command::StartRun, Run::read_started);
        call.try_edit(|_| refusal.map_or(Ok(()), Err))
    }

    /// Resumes an unfinished run.
    pub fn resume_run(&self, run: impl Into<String>) -> Call<ResumeRun, Run> {
        let command = ResumeRun { run: run.into(), worker: Some(self.connection.worker.to_string()) };
        Call::new(self, command, Command::ResumeRun, Run::read_started)
    }

    /// The run with this id, whether it exists or not: nothing is asked yet.
    #[must_use]
    pub fn run(&self, run: impl Into<String>) -> Run {
        Run::new(self, run.into(), false)
    }

    /// Runs, newest first, without their nodes.
    pub fn list_runs(&self, filter: RunFilter) -> Pages<RunView> {
        let pipeline = self.clone();
        Pages::new(move |cursor, limit| {
            let command = Command::ListRuns(command::ListRuns { cursor, limit, ..filter.command.clone() });
            let pipeline = pipeline.clone();
            Box::pin(async move {
                match pipeline.read(command).await? {
                    Answer::Runs(page) => Ok((page.runs, page.next)),
                    _ => Err(unexpected()),
                }
            })
        })
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
        let (pipeline, prefix) = (self.clone(), prefix.into());
        Pages::new(move |cursor, limit| {
            let command = Command::ListHwms(command::ListHwms { prefix: prefix.clone(), cursor, limit });
            let pipeline = pipeline.clone();
            Box::pin(async move {
                match pipeline.read(command).await? {
                    Answer::Hwms(page) => Ok((page.hwms, page.next)),
                    _ => Err(unexpected()),
                }
            })
        })
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
        let pipeline = self.clone();
        Pages::new(move |cursor, limit| {
            let from_version = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(from_version);
            let command = Command::ReadLog(command::ReadLog { from_version, limit });
            let pipeline = pipeline.clone();
            Box::pin(async move {
                match pipeline.read(command).await? {
                    Answer::Log(page) => Ok((page.records, page.next.map(|version| version.to_string()))),
                    _ => Err(unexpected()),
                }
            })
        })
    }

    /// Several commands that are carried out together: all or none.
    pub fn batch(&self) -> Batch {
        Batch::new(self)
    }

    pub(crate) async fn submit_one(
        &self,
        command: Command,
        dedupe_key: Option<String>,
        freshness: Freshness,
    ) -> Result<Answer, Error> {
        let answers = self.connection.submit(&self.id, vec![command], dedupe_key, freshness).await?;
        let [answer] = <[Answer; 1]>::try_from(answers).map_err(|_| unexpected())?;
        Ok(answer)
    }

    async fn read(&self, command: Command) -> Result<Answer, Error> {
        self.submit_one(command, None, Freshness::Latest).await
    }
}

impl Call<ForceUnlock, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}
