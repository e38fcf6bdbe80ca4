//! Late data: what a node does about rows that come for an interval after it was done, and reports of them.

use highwater_core::answer::{Arrivals, Done, LateRuleView};
use highwater_core::command::{self, Command, DeclareLateRule, ReportArrivals};
use highwater_format::fact::{self, Axis, Interval, LateAction};

use crate::call::reads;
use crate::{Call, Pages, Pipeline, lists};

/// What a node does about late data. Where nothing is declared, it is [recorded](LateRule::record).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::{Arrival, CoverageStatus, LateRule};
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders")?;
/// pipeline.declare_late_rule("load", LateRule::reopen().allowed(1_000).downstream()).await?;
///
/// pipeline.coverage("load").mark(CoverageStatus::Done, [0..100], "loaded before").await?;
/// let arrived = pipeline.report_arrivals([Arrival::at("load", [42, 150]).rows(3)]).await?;
/// assert_eq!(arrived.arrivals[0].reopened, [(42..43).into()]); // the next worker is handed it again
/// assert_eq!(arrived.arrivals[0].pending, [(150..151).into()]); // not done yet: nothing need be done
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct LateRule {
    rule: fact::LateRule,
}

impl LateRule {
    fn of(action: LateAction) -> LateRule {
        LateRule { rule: fact::LateRule { action, ..fact::LateRule::default() } }
    }

    /// What is done becomes stale, so that the next worker that covers is handed it again; in whole windows, where the node has a cadence.
    pub fn reopen() -> LateRule {
        LateRule::of(LateAction::Reopen)
    }

    /// It is counted and shown, and what is done stays done.
    pub fn record() -> LateRule {
        LateRule::of(LateAction::Record)
    }

    /// It is counted, and whoever reports it is told that nobody will load it.
    pub fn refuse() -> LateRule {
        LateRule::of(LateAction::Refuse)
    }

    /// How far behind the end of what was done last it may be, in units of the axis: milliseconds, or whole numbers. What is further
    /// behind is recorded, unless [something else](LateRule::beyond) is said.
    pub fn allowed(mut self, units: u64) -> Self {
        self.rule.allowed = Some(units);
        self
    }

    /// What happens to what is further behind than that.
    pub fn beyond(mut self, action: LateAction) -> Self {
        self.rule.beyond = action;
        self
    }

    /// What the nodes after this one have done of the same intervals has to be done again too.
    pub fn downstream(mut self) -> Self {
        self.rule.downstream = true;
        self
    }
}

/// Rules that [`Pipeline::list_late_rules`] gave.
impl From<fact::LateRule> for LateRule {
    fn from(rule: fact::LateRule) -> LateRule {
        LateRule { rule }
    }
}

/// The declaration for all nodes that have no rule of their own.
impl From<LateRule> for DeclareLateRule {
    fn from(LateRule { rule }: LateRule) -> DeclareLateRule {
        DeclareLateRule { node: None, rule: Some(rule) }
    }
}

/// Rows that arrived in a source.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Arrival {
    arrival: command::Arrival,
}

impl Arrival {
    /// Rows in these intervals, for the node that loads them.
    pub fn within<I: Into<Interval>>(
        node: impl Into<String>,
        intervals: impl IntoIterator<Item = I>,
    ) -> Arrival {
        let intervals = intervals.into_iter().map(Into::into).collect();
        Arrival { arrival: command::Arrival { node: node.into(), intervals, ..command::Arrival::default() } }
    }

    /// Rows at these places: milliseconds since the Unix epoch, or whole numbers.
    pub fn at(node: impl Into<String>, positions: impl IntoIterator<Item = i64>) -> Arrival {
        let at = |start: i64| Interval { start, end: start.saturating_add(1) };
        Arrival::within(node, positions.into_iter().map(at))
    }

    /// Partition that they are of.
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.arrival.partition = Some(partition.into());
        self
    }

    /// What the numbers are, for a node that has no coverage yet; otherwise times.
    pub fn axis(mut self, axis: Axis) -> Self {
        self.arrival.axis = Some(axis);
        self
    }

    /// How many rows they are, for the count.
    pub fn rows(mut self, rows: u64) -> Self {
        self.arrival.rows = rows;
        self
    }
}

impl Pipeline {
    /// Declares what a node does about late data. The same again changes nothing.
    pub fn declare_late_rule(&self, node: impl Into<String>, rule: LateRule) -> Call<DeclareLateRule, Done> {
        self.late_rule(Some(node.into()), Some(rule))
    }

    /// Declares what all nodes do about late data that have no rule of their own.
    pub fn declare_default_late_rule(&self, rule: LateRule) -> Call<DeclareLateRule, Done> {
        self.late_rule(None, Some(rule))
    }

    /// Takes the rule of a node back.
    pub fn remove_late_rule(&self, node: impl Into<String>) -> Call<DeclareLateRule, Done> {
        self.late_rule(Some(node.into()), None)
    }

    /// Takes the rule of all nodes back that have none of their own.
    pub fn remove_default_late_rule(&self) -> Call<DeclareLateRule, Done> {
        self.late_rule(None, None)
    }

    fn late_rule(&self, node: Option<String>, rule: Option<LateRule>) -> Call<DeclareLateRule, Done> {
        let command = DeclareLateRule { node, ..rule.map(DeclareLateRule::from).unwrap_or_default() };
        Call::new(self, command, Command::DeclareLateRule, reads!(Done))
    }

    /// Rules of late data by the names of their nodes; first the one of all nodes that have none of their own.
    pub fn list_late_rules(&self) -> Pages<LateRuleView> {
        lists::late_rules(self, None)
    }

    /// Reports that rows arrived: what of them is late is dealt with as it was declared, and the answer says what became of it. What
    /// is being worked on is safe: it counts as done only once an attempt has done it that began after the report.
    pub fn report_arrivals(
        &self,
        arrivals: impl IntoIterator<Item = Arrival>,
    ) -> Call<ReportArrivals, Arrivals> {
        let arrivals = arrivals.into_iter().map(|arrival| arrival.arrival).collect();
        let command = ReportArrivals { arrivals, ..ReportArrivals::default() };
        Call::new(self, command, Command::ReportArrivals, reads!(Arrivals))
    }
}

impl Call<ReportArrivals, Arrivals> {
    /// The run that reports it.
    pub fn run(self, run: impl Into<String>) -> Self {
        self.edit(|command| command.run = Some(run.into()))
    }

    /// Who reports it.
    pub fn by(self, worker: impl Into<String>) -> Self {
        self.edit(|command| command.worker = Some(worker.into()))
    }
}
