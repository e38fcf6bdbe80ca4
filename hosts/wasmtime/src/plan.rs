//! Plans and backfills of a pipeline.

use highwater_core::answer::{self, BackfillView, Done, PlanApplied};
use highwater_core::command::{self, ApplyPlan, ChangeBackfill, Command, ListBackfills, PlanOf, PlanRange};
use highwater_format::fact::{BackfillAction, BackfillOrder, Interval};

use crate::call::reads;
use crate::{Call, Pages, Pipeline, lists};

/// What a plan is of.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::{Begin, Cadence, Cover, PlanFor, StartRun};
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders_daily")?;
/// pipeline.declare_cadence("load", Cadence::days(1).starting("2026-01-01")).await?;
/// let january = pipeline.find_window("2026-01-01", Cadence::months(1)).await?;
///
/// // Look at the plan first: one step says that 31 windows were never done.
/// let of = PlanFor::backfill(january).nodes(["load"]);
/// let plan = pipeline.plan(of.clone()).await?;
/// assert_eq!((plan.steps.len(), plan.steps[0].windows), (1, 31));
///
/// // Applied, it is a backfill. Any worker takes a share of it; live HWMs are left alone.
/// let backfill = pipeline.apply_plan(of, &plan.basis).because("a new report").id("january").await?.backfill;
/// let run = pipeline.start_run(StartRun::new()).await?;
/// let node = run.node("load").cover(Cover::backfill("january").limit(7));
/// let Begin::Run(attempt) = node.begin().await? else { panic!("there is work") };
/// assert_eq!(attempt.intervals().len(), 7);
/// attempt.succeed().await?;
/// let progress = pipeline.backfill("january").await?;
/// assert_eq!((progress.done, progress.windows), (7, 31));
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PlanFor {
    of: PlanOf,
}

impl PlanFor {
    /// A new run of all nodes of the graph.
    pub fn run() -> PlanFor {
        PlanFor { of: PlanOf::Run }
    }

    /// What is left of an unfinished run.
    pub fn resume(run: impl Into<String>) -> PlanFor {
        PlanFor { of: PlanOf::Resume(run.into()) }
    }

    /// An unfinished run, with its failed nodes tried again.
    pub fn retry_failed(run: impl Into<String>) -> PlanFor {
        PlanFor { of: PlanOf::RetryFailed(run.into()) }
    }

    /// Windows that are not done: of all nodes with a cadence of their own, unless [nodes](PlanFor::nodes) are named.
    pub fn backfill(interval: impl Into<Interval>) -> PlanFor {
        PlanFor { of: PlanOf::Backfill(PlanRange { interval: interval.into(), ..PlanRange::default() }) }
    }

    /// Windows that were done, once more: of all nodes with a cadence of their own, unless [nodes](PlanFor::nodes) are named.
    pub fn restatement(interval: impl Into<Interval>) -> PlanFor {
        PlanFor { of: PlanOf::Restatement(PlanRange { interval: interval.into(), ..PlanRange::default() }) }
    }

    /// The nodes that are meant. For plans of windows.
    pub fn nodes<N: Into<String>>(self, nodes: impl IntoIterator<Item = N>) -> Self {
        self.range(|range| range.nodes = nodes.into_iter().map(Into::into).collect())
    }

    /// The nodes that come after them as well. For plans of windows.
    pub fn downstream(self) -> Self {
        self.range(|range| range.downstream = true)
    }

    /// Partition whose coverage it is. For plans of windows.
    pub fn partition(self, partition: impl Into<String>) -> Self {
        self.range(|range| range.partition = Some(partition.into()))
    }

    fn range(mut self, change: impl FnOnce(&mut PlanRange)) -> Self {
        if let PlanOf::Backfill(range) | PlanOf::Restatement(range) = &mut self.of {
            change(range);
        }
        self
    }
}

impl Pipeline {
    /// What would run, be skipped or wait, and why. Changes nothing.
    pub fn plan(&self, of: PlanFor) -> Call<command::Plan, answer::Plan> {
        let command = command::Plan { of: of.of, ..command::Plan::default() };
        Call::new(self, command, Command::Plan, reads!(Plan))
    }

    /// Carries out a plan that somebody has seen. If one made now would have other steps, this is a
    /// [`Conflict`](crate::ErrorKind::Conflict), and nothing is done.
    pub fn apply_plan(&self, of: PlanFor, basis: impl Into<String>) -> Call<ApplyPlan, PlanApplied> {
        let command = ApplyPlan { of: of.of, basis: basis.into(), ..ApplyPlan::default() };
        Call::new(self, command, Command::ApplyPlan, reads!(PlanApplied))
    }

    /// A backfill as it stands.
    pub fn backfill(&self, backfill: impl Into<String>) -> Call<ListBackfills, BackfillView> {
        let command = ListBackfills { backfill: Some(backfill.into()), ..ListBackfills::default() };
        Call::new(self, command, Command::ListBackfills, |_, answer| match answer {
            answer::Answer::Backfills(mut page) => page.backfills.pop(),
            _ => None,
        })
    }

    /// Backfills by their ids.
    pub fn list_backfills(&self) -> Pages<BackfillView> {
        lists::backfills(self, None)
    }

    /// Hands out nothing of a backfill until it is resumed. Who works goes on.
    pub fn pause_backfill(
        &self,
        id: impl Into<String>,
        reason: impl Into<String>,
    ) -> Call<ChangeBackfill, Done> {
        self.change_backfill(id.into(), BackfillAction::Pause, reason.into())
    }

    /// Goes on with a backfill.
    pub fn resume_backfill(
        &self,
        id: impl Into<String>,
        reason: impl Into<String>,
    ) -> Call<ChangeBackfill, Done> {
        self.change_backfill(id.into(), BackfillAction::Resume, reason.into())
    }

    /// Hands out nothing of a backfill any more. What was done stays done.
    pub fn cancel_backfill(
        &self,
        id: impl Into<String>,
        reason: impl Into<String>,
    ) -> Call<ChangeBackfill, Done> {
        self.change_backfill(id.into(), BackfillAction::Cancel, reason.into())
    }

    /// Forgets a backfill. What was done stays done.
    pub fn delete_backfill(
        &self,
        id: impl Into<String>,
        reason: impl Into<String>,
    ) -> Call<ChangeBackfill, Done> {
        self.change_backfill(id.into(), BackfillAction::Delete, reason.into())
    }

    fn change_backfill(
        &self,
        backfill: String,
        action: BackfillAction,
        reason: String,
    ) -> Call<ChangeBackfill, Done> {
        let command = ChangeBackfill { backfill, action, reason, actor: None };
        Call::new(self, command, Command::ChangeBackfill, reads!(Done))
    }
}

impl Call<command::Plan, answer::Plan> {
    /// Number of the first step wanted, from 0; `next` of the page before.
    pub fn from_step(self, step: u32) -> Self {
        self.edit(|command| command.from = step)
    }

    /// Most steps wanted; `next` of the answer is where the others begin.
    pub fn limit(self, limit: u32) -> Self {
        self.edit(|command| command.limit = limit)
    }
}

impl Call<ApplyPlan, PlanApplied> {
    /// Why. Needed for all but a run.
    pub fn because(self, reason: impl Into<String>) -> Self {
        self.edit(|command| command.reason = reason.into())
    }

    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Id of the run or backfill that it makes; without it one that sorts by time.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.edit(|command| command.id = Some(id.into()))
    }

    /// Hands out the newest windows of a backfill first.
    pub fn newest_first(self) -> Self {
        self.edit(|command| command.order = BackfillOrder::NewestFirst)
    }

    /// Most attempts that work on a backfill at once.
    pub fn max_concurrent(self, attempts: u32) -> Self {
        self.edit(|command| command.max_concurrent = attempts)
    }
}

impl Call<ChangeBackfill, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}
