//! Carrying a plan out.

use highwater_format::fact::{
    BackfillCreated, CoverageMarked, CoverageStatus, Fact, NodeReset, RunResumed, RunStarted,
};

use super::{steps, windows};
use crate::answer::{Answer, PlanAction, PlanApplied, PlanStep};
use crate::bug;
use crate::command::{ApplyPlan, PlanOf, PlanRange};
use crate::coverage::{self, Line, claim};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::{backfill, interval_set, limits, names, run};

pub(crate) fn apply(context: &mut Context<'_>, command: &ApplyPlan) -> Result<Decided, Stop> {
    names::check_optional_name("the id", command.id.as_ref())?;
    names::check_optional_name("the one who applies it", command.actor.as_ref())?;
    names::check_length("the basis", &command.basis, limits::NAME_BYTES)?;
    if command.of != PlanOf::Run {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    let now = steps(context, &command.of)?;
    if now.basis() != command.basis && !bug!(ApplyOldPlan) {
        return Err(Error::conflict(format!(
            "what the plan rests on has moved: one made now, at version {}, has the basis {} and not {}; look at it, and apply that one",
            context.version(),
            now.basis(),
            command.basis
        ))
        .into());
    }
    let mut applied = PlanApplied { version: context.next_version, ..PlanApplied::default() };
    let facts = match &command.of {
        PlanOf::Run => {
            let run = context.id(command.id.as_ref());
            applied.run = Some(run.clone());
            vec![started(context, command, run)?]
        }
        PlanOf::Resume(run) => {
            applied.run = Some(run.clone());
            vec![
                RunResumed {
                    run: run.clone(),
                    worker: None,
                    reason: Some(command.reason.clone()),
                    actor: command.actor.clone(),
                }
                .into(),
            ]
        }
        PlanOf::RetryFailed(run) => {
            applied.run = Some(run.clone());
            reset(command, run, &now.steps)
        }
        PlanOf::Backfill(range) | PlanOf::Restatement(range) => {
            let created = created(context, command, range, &now.steps)?;
            applied.backfill = Some(created.backfill.clone());
            let mut facts = match &command.of {
                PlanOf::Restatement(_) => stale(context, command, range, &now.steps)?,
                _ => Vec::new(),
            };
            facts.push(created.into());
            facts
        }
    };
    if facts.is_empty() {
        applied.version = context.version();
    }
    Decided::facts(facts, Answer::PlanApplied(applied))
}

fn started(context: &mut Context<'_>, command: &ApplyPlan, run: String) -> Result<Fact, Error> {
    if context.state.runs.get(&run).is_some() {
        return Err(Error::conflict(format!(
            "there is a run `{run}` already; take another id, or resume it"
        )));
    }
    run::check_room(context)?;
    Ok(RunStarted {
        run,
        trigger: Some("plan".to_owned()),
        worker: command.actor.clone(),
        ..RunStarted::default()
    }
    .into())
}

fn reset(command: &ApplyPlan, run: &str, steps: &[PlanStep]) -> Vec<Fact> {
    use highwater_format::fact::ReasonCode::Reset;
    let failed = steps.iter().filter(|step| step.reason.code == Reset);
    let reset = |step: &PlanStep| NodeReset {
        run: run.to_owned(),
        node: step.node.clone(),
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    };
    failed.map(|step| reset(step).into()).collect()
}

fn created(
    context: &mut Context<'_>,
    command: &ApplyPlan,
    range: &PlanRange,
    steps: &[PlanStep],
) -> Result<BackfillCreated, Error> {
    let backfill = context.id(command.id.as_ref());
    if context.state.backfills.get(backfill.as_str()).is_some() {
        return Err(Error::conflict(format!("there is a backfill `{backfill}` already; take another id")));
    }
    if steps.is_empty() {
        return Err(Error::invalid(
            "the plan has no windows, so a backfill would have nothing to do; look at the interval and the cadences",
        ));
    }
    let nodes = windows::nodes(context.state, range)?;
    context.check_bound("nodes of a backfill", 0, nodes.len(), limits::NODES)?;
    backfill::check_room(context)?;
    Ok(BackfillCreated {
        backfill,
        axis: windows::axis(context.state, &nodes)?,
        nodes,
        partition: range.partition.clone(),
        interval: range.interval,
        order: command.order,
        max_concurrent: command.max_concurrent,
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    })
}

/// What is done and shall be done once more is stale from now on, so that everybody sees it.
fn stale(
    context: &mut Context<'_>,
    command: &ApplyPlan,
    range: &PlanRange,
    steps: &[PlanStep],
) -> Result<Vec<Fact>, Error> {
    let (mut facts, mut marked) = (Vec::new(), 0);
    for of_node in steps.chunk_by(|a, b| a.node == b.node) {
        let PlanStep { node, axis, .. } = &of_node[0];
        let all = interval_set::union(of_node.iter().filter_map(|step| step.interval).collect());
        let line = Line::checked(node, range.partition.as_ref())?;
        // What somebody works on now would be done, and not once more.
        claim::check_free(context.state, &line, &all, None)?;
        let run = of_node.iter().filter(|step| step.action == PlanAction::Run);
        let wanted = interval_set::union(run.filter_map(|step| step.interval).collect());
        let intervals = coverage::done(context.state, &line, &wanted);
        if intervals.is_empty() || bug!(RestateNothing) {
            continue;
        }
        marked += intervals.len();
        coverage::check_room(context, marked)?;
        facts.push(Fact::CoverageMarked(CoverageMarked {
            node: node.clone(),
            partition: range.partition.clone(),
            axis: *axis,
            status: CoverageStatus::Stale,
            intervals,
            run: None,
            reason: Some(command.reason.clone()),
            actor: command.actor.clone(),
            attempt: None,
        }));
    }
    Ok(facts)
}
