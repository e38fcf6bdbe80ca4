//! `highwater plan`.

use clap::{Args, Subcommand};
use highwater::answer::{Plan, PlanStep};
use highwater::command::{ApplyPlan, Command, Plan as AskPlan, PlanOf, PlanRange};
use highwater::{BackfillOrder, PlanAction};

use crate::coverage::interval::{self, Written};
use crate::failure::Outcome;
use crate::limits::PAGE_ENTRIES;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::status::Status;
use crate::table::{Grid, text};
use crate::views::plan::PlanData;

/// The verbs of `highwater plan`.
#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// What a new run would do.
    Run(RunArguments),
    /// What is left of an unfinished run.
    Resume(RestArguments),
    /// An unfinished run, with its failed nodes tried again.
    RetryFailed(RestArguments),
    /// Windows that are not done. Applied, it is a backfill that workers take shares of.
    Backfill(RangeArguments),
    /// Windows that were done, once more. Applied, they are stale, and a backfill does them again.
    Restate(RangeArguments),
}

/// How a plan is carried out.
#[derive(Args, Debug)]
struct ApplyArguments {
    /// Carries the plan out; without this word it is only shown.
    #[arg(long)]
    apply: bool,
    /// Carries it out only if it still is the plan with this basis.
    #[arg(long, value_name = "BASIS")]
    basis: Option<String>,
    /// Id of the run or backfill that it makes; otherwise one that sorts by time.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct RunArguments {
    /// Id of the pipeline.
    pipeline: String,
    #[command(flatten)]
    apply: ApplyArguments,
}

/// Names a run.
#[derive(Args, Debug)]
pub(crate) struct RestArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the run.
    run: String,
    #[command(flatten)]
    apply: ApplyArguments,
}

/// Names windows.
#[derive(Args, Debug)]
pub(crate) struct RangeArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// The windows that lie in this: a day, month or year in UTC, times from..up to, or whole numbers such as 0..500.
    #[arg(value_name = "INTERVAL", value_parser = interval::parse, allow_hyphen_values = true)]
    interval: Written,
    /// Nodes that are meant; without it all that have a cadence of their own. May be repeated.
    #[arg(long = "node", value_name = "NAME")]
    nodes: Vec<String>,
    /// The nodes that come after them as well.
    #[arg(long)]
    downstream: bool,
    /// Partition whose coverage it is.
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Hands out the newest windows first.
    #[arg(long)]
    newest_first: bool,
    /// Most attempts that work on it at once.
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_concurrent: u32,
    #[command(flatten)]
    apply: ApplyArguments,
}

impl RangeArguments {
    fn range(&self) -> PlanRange {
        PlanRange {
            nodes: self.nodes.clone(),
            downstream: self.downstream,
            partition: self.partition.clone(),
            interval: self.interval.interval,
        }
    }
}

/// What is asked, whatever the verb.
struct Asked {
    pipeline: String,
    command: ApplyPlan,
    apply: ApplyArguments,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: PlanCommand) -> Outcome<()> {
    let of = |of| ApplyPlan { of, ..ApplyPlan::default() };
    let ranged = |of, arguments: RangeArguments| {
        let order =
            if arguments.newest_first { BackfillOrder::NewestFirst } else { BackfillOrder::OldestFirst };
        let command =
            ApplyPlan { of, order, max_concurrent: arguments.max_concurrent, ..ApplyPlan::default() };
        Asked { pipeline: arguments.pipeline, command, apply: arguments.apply }
    };
    let asked = match command {
        PlanCommand::Run(RunArguments { pipeline, apply }) => {
            Asked { pipeline, command: of(PlanOf::Run), apply }
        }
        PlanCommand::Resume(RestArguments { pipeline, run, apply }) => {
            Asked { pipeline, command: of(PlanOf::Resume(run)), apply }
        }
        PlanCommand::RetryFailed(RestArguments { pipeline, run, apply }) => {
            Asked { pipeline, command: of(PlanOf::RetryFailed(run)), apply }
        }
        PlanCommand::Backfill(arguments) => ranged(PlanOf::Backfill(arguments.range()), arguments),
        PlanCommand::Restate(arguments) => ranged(PlanOf::Restatement(arguments.range()), arguments),
    };
    plan(session, asked).await
}

async fn plan(session: &Session<'_>, asked: Asked) -> Outcome<()> {
    let Asked { pipeline, mut command, apply } = asked;
    let plan = read(session, &pipeline, &command.of).await?;
    let data = PlanData::new(&pipeline, &plan);
    session.console.show(&data, || table(session, &plan))?;
    if !apply.apply {
        session
            .console
            .say(&format!("basis {}; the same words with --apply --reason WHY carry it out", plan.basis));
        return Ok(());
    }
    if command.of != PlanOf::Run {
        command.reason = session.reason("the same words with --reason WHY")?;
    }
    let runs = plan.steps.iter().filter(|step| step.action == PlanAction::Run).count();
    session.confirm(&format!("carry out this plan, {runs} steps of which run?"))?;
    command.basis = apply.basis.unwrap_or(plan.basis);
    command.id = apply.id;
    command.actor = Some(session.actor());
    let applied = expect_answer!(session.ask(&pipeline, Command::ApplyPlan(command)).await?, PlanApplied)?;
    match (&applied.backfill, &applied.run) {
        (Some(backfill), _) => {
            session.say_done(&format!("backfill {backfill}"));
            session.console.say(&format!(
                "see highwater backfill show {} {}",
                word(&pipeline),
                word(backfill)
            ));
        }
        (None, Some(run)) => session.say_done(&format!("run {run}")),
        (None, None) => session.say_done("applied"),
    }
    Ok(())
}

/// All pages as one.
async fn read(session: &Session<'_>, pipeline: &str, of: &PlanOf) -> Outcome<Plan> {
    let mut all = Plan::default();
    let mut from = 0;
    loop {
        let command = AskPlan { of: of.clone(), from, limit: PAGE_ENTRIES };
        let page = expect_answer!(session.ask(pipeline, Command::Plan(command)).await?, Plan)?;
        // Pages of two plans are no plan: begin again where somebody came between.
        let is_other = from > 0 && page.basis != all.basis;
        let steps = if from == 0 || is_other { Vec::new() } else { std::mem::take(&mut all.steps) };
        let next = page.next;
        all = Plan { steps: [steps, page.steps].concat(), ..page };
        from = match (is_other, next) {
            (true, _) => 0,
            (false, Some(next)) => next,
            (false, None) => return Ok(all),
        };
    }
}

fn table(session: &Session<'_>, plan: &Plan) -> String {
    let mut grid = Grid::new(session.console, &["NODE", "FROM", "UP TO", ">WINDOWS", "ACTION", "~WHY"]);
    for PlanStep { node, axis, interval, windows, action, reason } in &plan.steps {
        let number = |at| interval::number(*axis, at);
        grid.row(vec![
            text(node).add_attribute(comfy_table::Attribute::Bold),
            text(&interval.map(|interval| number(interval.start)).unwrap_or_default()),
            text(&interval.map(|interval| number(interval.end)).unwrap_or_default()),
            text(&if interval.is_some() { windows.to_string() } else { String::new() }),
            action.look().cell(session.console),
            text(&reason.message),
        ]);
    }
    grid.finish()
}
