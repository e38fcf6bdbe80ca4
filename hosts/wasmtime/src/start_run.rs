//! What a run starts with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use highwater_core::command;
use highwater_format::fact::{Axis, Interval, RunWindow};

use crate::connection::milliseconds;
use crate::{Error, IntoValue};

/// What a run starts with. All of it may be left out.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use highwater::StartRun;
///
/// let hw = highwater::open("memory:").await?;
/// let start = StartRun::new()
///     .run_id("2024-02-29")
///     .tag("team", "finance")
///     .param("full_refresh", false)
///     .trigger("cron")
///     .code_version("4f2a9c1")
///     .deadline(Duration::from_secs(2 * 60 * 60));
/// let run = hw.pipeline("prod/orders_daily")?.start_run(start).await?;
/// assert_eq!(run.describe().await?.tags["team"], "finance");
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct StartRun {
    pub(crate) command: command::StartRun,
    /// The first thing that was wrong with it.
    pub(crate) refusal: Option<Error>,
}

impl StartRun {
    /// A run of which nothing is said: its id is made up, and sorts by time.
    pub fn new() -> StartRun {
        StartRun::default()
    }

    /// The id, unique in the pipeline. The id of an unfinished run resumes it.
    pub fn run_id(mut self, run: impl Into<String>) -> Self {
        self.command.run = Some(run.into());
        self
    }

    /// A parameter, for whoever looks at the run later.
    pub fn param(mut self, name: impl Into<String>, value: impl IntoValue) -> Self {
        match value.into_value() {
            Ok(value) => {
                self.command.params.insert(name.into(), value);
            }
            Err(error) => self.refusal = self.refusal.or(Some(error)),
        }
        self
    }

    /// A label, to find the run by.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.command.tags.insert(name.into(), value.into());
        self
    }

    /// What caused it: `manual`, `cron`, or any word of a scheduler.
    pub fn trigger(mut self, trigger: impl Into<String>) -> Self {
        self.command.trigger = Some(trigger.into());
        self
    }

    /// The version of the pipeline's code, for example a commit.
    pub fn code_version(mut self, version: impl Into<String>) -> Self {
        self.command.code_version = Some(version.into());
        self
    }

    /// The time that the run is *for*, to the millisecond. Not before 1970.
    pub fn logical_time(mut self, time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => {
                self.command.logical_time_ms = Some(i64::try_from(milliseconds(after)).unwrap_or(i64::MAX));
            }
            Err(_) => {
                let error = Error::invalid("the logical time of the run is before 1970; give a later one");
                self.refusal = self.refusal.or(Some(error));
            }
        }
        self
    }

    /// How long it may take, from its start on, at most a year. A run that is not over by then fails: its attempts are fenced, and
    /// what is unfinished in it ends with it. The time is that of the calendar, and a pause does not stop it.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.command.deadline_ms = Some(milliseconds(deadline));
        self
    }

    /// What it is asked to cover, in milliseconds since the Unix epoch: the attempts of its nodes are handed nothing outside it, also when
    /// it is resumed a day later. [`Pipeline::find_window`](crate::Pipeline::find_window) gives the window of a date, and
    /// [`Run::drift`](crate::Run::drift) tells what the nodes covered in truth.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::{Begin, Cadence, Cover, StartRun};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders_daily")?;
    /// let day = pipeline.find_window("2026-05-01", Cadence::days(1).zone("Europe/Berlin")?).await?;
    /// let run = pipeline.start_run(StartRun::new().window(day)).await?;
    /// let Begin::Run(attempt) = run.node("load").cover(Cover::window()).begin().await? else { panic!("there is work") };
    /// assert_eq!(attempt.intervals(), [day]);
    /// attempt.succeed().await?;
    /// assert!(run.drift().await?.consistent);
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn window(self, window: impl Into<Interval>) -> Self {
        self.window_on(Axis::Time, window.into())
    }

    /// The same in whole numbers, for example ids.
    pub fn integer_window(self, window: impl Into<Interval>) -> Self {
        self.window_on(Axis::Integer, window.into())
    }

    fn window_on(mut self, axis: Axis, Interval { start, end }: Interval) -> Self {
        self.command.window = Some(RunWindow { axis, start, end });
        self
    }

    /// The run that this one retries or belongs to.
    pub fn parent(mut self, run: impl Into<String>) -> Self {
        self.command.parent = Some(run.into());
        self
    }
}
