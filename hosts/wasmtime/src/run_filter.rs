//! Which runs to list.

use highwater_core::command::ListRuns;
use highwater_core::run::RunStatus;

/// Which runs to list. All that is said must hold; nothing said means all.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::{RunFilter, RunStatus, StartRun};
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("dev/orders")?;
/// pipeline.start_run(StartRun::new().tag("team", "finance")).await?;
/// pipeline.start_run(StartRun::new()).await?;
///
/// let finance = RunFilter::new().status(RunStatus::Running).tag("team", "finance");
/// assert_eq!(pipeline.list_runs(finance).all().await?.len(), 1);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RunFilter {
    pub(crate) command: ListRuns,
}

impl RunFilter {
    /// All runs.
    pub fn new() -> RunFilter {
        RunFilter::default()
    }

    /// Those with this status, or with one of several when it is said several times.
    pub fn status(mut self, status: RunStatus) -> Self {
        self.command.statuses.push(status);
        self
    }

    /// Those with this label.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.command.tags.insert(name.into(), value.into());
        self
    }

    /// Those that started at this time or later, milliseconds since the Unix epoch.
    pub fn since_ms(mut self, time_ms: i64) -> Self {
        self.command.since_ms = Some(time_ms);
        self
    }

    /// Those that started before this time, milliseconds since the Unix epoch.
    pub fn until_ms(mut self, time_ms: i64) -> Self {
        self.command.until_ms = Some(time_ms);
        self
    }
}
