//! What it costs to plan a backfill, without any I/O.

use highwater_core::answer::Answer;
use highwater_core::command::{Command, DeclareCadence, MarkCoverage, Plan as AskPlan, PlanOf, PlanRange};
use highwater_core::{Engine, Options, limits};
use highwater_format::fact::{Cadence, CadenceUnit, CoverageStatus, Interval};

use super::Row;
use crate::duel::{Better, Duel, duel};
use crate::rivals::days::{DAYS, Days, NODES, is_done, node};
use crate::step_loop::StepLoop;
use crate::{Plan, Problem};

const DAY_MS: i64 = 86_400_000;

pub(crate) const ROWS: &[Row] = &[Row {
    name: "plan-1000x365",
    unit: "us/window",
    about: "a backfill of 1,000 nodes and 365 days planned, of which each node has nine in ten, through the native engine",
    rival: "SQLite in memory, a row for each day that is done, all days of all nodes joined to them",
    measure: plan,
}];

fn plan(plan: &Plan) -> Result<Duel, Problem> {
    let (mut ours, mut rival) = (engine()?, Days::in_memory()?);
    duel(
        plan,
        Better::Less,
        || plan.microseconds_each(|| planned(&mut ours).map(|(windows, _)| windows)),
        || plan.microseconds_each(|| rival.all().map(|(windows, _)| windows)),
    )
}

fn engine() -> Result<StepLoop<Engine>, Problem> {
    let mut steps = StepLoop::new(Engine::new(Options::new((1, 1))), 1);
    let cadence =
        Cadence { unit: CadenceUnit::Day, every: 1, end: Some(DAYS * DAY_MS), ..Cadence::default() };
    steps.ask(Command::DeclareCadence(DeclareCadence {
        cadence: Some(cadence),
        ..DeclareCadence::default()
    }))?;
    let done = (0..DAYS).filter(|day| is_done(*day));
    let days: Vec<Interval> =
        done.map(|day| Interval { start: day * DAY_MS, end: (day + 1) * DAY_MS }).collect();
    for number in 0..NODES {
        let command = MarkCoverage {
            node: node(number),
            intervals: days.clone(),
            status: CoverageStatus::Done,
            reason: "measured".to_owned(),
            ..MarkCoverage::default()
        };
        steps.ask(Command::MarkCoverage(command))?;
    }
    Ok(steps)
}

/// Plans all, reads the first page, and says of how many windows the plan is and how many steps it has.
fn planned(steps: &mut StepLoop<Engine>) -> Result<(usize, usize), Problem> {
    let interval = Interval { start: 0, end: DAYS * DAY_MS };
    let range = PlanRange { nodes: (0..NODES).map(node).collect(), interval, ..PlanRange::default() };
    let command = AskPlan { of: PlanOf::Backfill(range), from: 0, limit: u32::try_from(limits::PAGE)? };
    match steps.ask(Command::Plan(command))? {
        Answer::Plan(plan) => Ok((usize::try_from(NODES * DAYS)?, plan.count as usize)),
        other => Err(format!("{other:?} is no plan").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_find_what_is_missing() {
        let (_, steps) = planned(&mut engine().expect("an engine")).expect("a plan");
        let (windows, missing) = Days::in_memory().expect("a table").all().expect("rows");
        assert_eq!(windows, usize::try_from(NODES * DAYS).expect("a count"));
        // Each missing day is a step, and what is done between two of them is another.
        let of_node = missing / usize::try_from(NODES).expect("a count");
        assert!(
            steps == missing * 2 || steps == (of_node * 2 + 1) * 1_000 || steps == (of_node * 2 - 1) * 1_000
        );
    }
}
