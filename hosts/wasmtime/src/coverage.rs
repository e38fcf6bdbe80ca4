//! The coverage of a node: which intervals of its axis it has done.

use highwater_core::answer::CoverageChanged;
use highwater_core::command::{self, Command, Covered, DescribeCoverage, MarkCoverage};
use highwater_format::fact::{Axis, CoverageStatus, Interval};

use crate::call::reads;
use crate::{Attempt, Call, Error, Pipeline};

/// What an attempt shall cover; see [`Node::cover`](crate::Node::cover).
#[derive(Clone, Debug, Default)]
pub struct Cover {
    pub(crate) command: command::Cover,
}

impl Cover {
    /// Intervals of time: milliseconds since the Unix epoch.
    pub fn times<I: Into<Interval>>(intervals: impl IntoIterator<Item = I>) -> Cover {
        Cover::on(Axis::Time, intervals)
    }

    /// Intervals of whole numbers, for example ids or offsets.
    pub fn integers<I: Into<Interval>>(intervals: impl IntoIterator<Item = I>) -> Cover {
        Cover::on(Axis::Integer, intervals)
    }

    /// What the [cadence](crate::Cadence) of the node wants and is due, window by window, and the oldest first. A window of which a part is
    /// done is handed out whole.
    pub fn due() -> Cover {
        Cover { command: command::Cover { due: true, ..command::Cover::default() } }
    }

    /// The [window of the run](crate::StartRun::window), as far as it is not done; of a node that has a cadence, the windows that are due
    /// and lie in it whole.
    pub fn window() -> Cover {
        Cover::default()
    }

    /// A share in a backfill: windows of it that are not done and that nobody works on. Such an attempt moves no HWM.
    pub fn backfill(id: impl Into<String>) -> Cover {
        Cover { command: command::Cover { backfill: Some(id.into()), ..command::Cover::default() } }
    }

    /// Only windows that lie in one of these intervals.
    #[must_use]
    pub fn within<I: Into<Interval>>(mut self, intervals: impl IntoIterator<Item = I>) -> Self {
        self.command.intervals = intervals.into_iter().map(Into::into).collect();
        self
    }

    fn on<I: Into<Interval>>(axis: Axis, intervals: impl IntoIterator<Item = I>) -> Cover {
        let intervals = intervals.into_iter().map(Into::into).collect();
        Cover { command: command::Cover { axis: Some(axis), intervals, ..command::Cover::default() } }
    }

    /// Partition whose coverage it is.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.command.partition = Some(partition.into());
        self
    }

    /// Most intervals that are handed out at once.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.command.limit = limit;
        self
    }

    /// Hand out what is done as well. It counts as done until the attempt has done it again.
    #[must_use]
    pub fn restate(mut self) -> Self {
        self.command.restate = true;
        self
    }
}

/// The coverage of a node: nothing is asked yet. Made by [`Pipeline::coverage`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::{CoverageStatus, Interval};
///
/// let hw = highwater::open("memory:").await?;
/// let load = hw.pipeline("dev/orders")?.coverage("load");
/// load.mark(CoverageStatus::Done, [0..100, 200..300], "loaded by hand").await?;
/// let gaps = load.describe().gaps().await?;
/// assert_eq!(gaps.spans.iter().map(|gap| gap.start..gap.end).collect::<Vec<_>>(), [100..200]);
/// let plan = load.mark(CoverageStatus::Stale, [50..60], "").dry_run().await?;
/// assert_eq!(plan.changed, [Interval { start: 50, end: 60 }]);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Coverage {
    pub(crate) pipeline: Pipeline,
    node: String,
    partition: Option<String>,
}

impl Coverage {
    pub(crate) fn new(pipeline: &Pipeline, node: String) -> Coverage {
        Coverage { pipeline: pipeline.clone(), node, partition: None }
    }

    /// The coverage of one partition of the node.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.partition = Some(partition.into());
        self
    }

    pub(crate) fn line(&self) -> (String, Option<String>) {
        (self.node.clone(), self.partition.clone())
    }

    /// What is done, what not, and who works on what.
    pub fn describe(&self) -> Call<DescribeCoverage, highwater_core::answer::Coverage> {
        let (node, partition) = self.line();
        let command = DescribeCoverage { node, partition, ..DescribeCoverage::default() };
        Call::new(&self.pipeline, command, Command::DescribeCoverage, reads!(Coverage))
    }

    /// Marks intervals by hand. Only what is not so already is marked.
    pub fn mark<I: Into<Interval>>(
        &self,
        status: CoverageStatus,
        intervals: impl IntoIterator<Item = I>,
        reason: impl Into<String>,
    ) -> Call<MarkCoverage, CoverageChanged> {
        let command = MarkCoverage {
            node: self.node.clone(),
            partition: self.partition.clone(),
            intervals: intervals.into_iter().map(Into::into).collect(),
            status,
            reason: reason.into(),
            ..MarkCoverage::default()
        };
        Call::new(&self.pipeline, command, Command::MarkCoverage, reads!(CoverageChanged))
    }
}

impl Call<DescribeCoverage, highwater_core::answer::Coverage> {
    /// Only this part of the axis; otherwise from where the coverage, or what somebody works on, begins up to where it ends.
    pub fn within(self, interval: impl Into<Interval>) -> Self {
        let Interval { start, end } = interval.into();
        self.edit(|command| (command.from, command.to) = (Some(start), Some(end)))
    }

    /// Only what is not done.
    pub fn gaps(self) -> Self {
        self.edit(|command| command.gaps = true)
    }

    /// Most spans wanted; `next` of the answer is where the others begin.
    pub fn limit(self, limit: u32) -> Self {
        self.edit(|command| command.limit = limit)
    }
}

/// Most claims that are read at once.
const CLAIMS_PER_PAGE: u32 = 10_000;

impl Attempt {
    /// What is left of its [intervals](Attempt::intervals), as the engine knows it: not what it has reported as done, and not what
    /// batches that were in doubt turned out to have done.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn intervals_left(&self) -> Result<Vec<Interval>, Error> {
        let (mut left, intervals) = (Vec::new(), self.intervals());
        let (Some(first), Some(last)) = (intervals.first(), intervals.last()) else { return Ok(left) };
        let mut coverage = self.run().pipeline().coverage(self.node());
        coverage.partition = self.partition.clone();
        let mut from = first.start;
        loop {
            let page = coverage.describe().within(from..last.end).limit(CLAIMS_PER_PAGE).await?;
            let own = page.claims.iter().filter(|claim| claim.token == self.token());
            left.extend(own.map(|claim| Interval { start: claim.start, end: claim.end }));
            let is_full = page.claims.len() >= CLAIMS_PER_PAGE as usize;
            match page.claims.last().filter(|claim| is_full && claim.end < last.end) {
                Some(claim) => from = claim.end,
                None => return Ok(left),
            }
        }
    }
}

impl Call<MarkCoverage, CoverageChanged> {
    /// What the numbers are, for a node that has no coverage yet; otherwise times.
    pub fn axis(self, axis: Axis) -> Self {
        self.edit(|command| command.axis = Some(axis))
    }

    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Only says what would change.
    pub fn dry_run(self) -> Self {
        self.edit(|command| command.dry_run = true)
    }
}

/// Adds intervals to those that an attempt has done.
pub(crate) fn add<I: Into<Interval>>(covered: &mut Vec<Covered>, intervals: impl IntoIterator<Item = I>) {
    if covered.is_empty() {
        covered.push(Covered::default());
    }
    if let Some(covered) = covered.last_mut() {
        covered.intervals.extend(intervals.into_iter().map(Into::into));
    }
}
