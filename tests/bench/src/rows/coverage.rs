//! What it costs to keep many intervals of one node, without any I/O.

use highwater_core::answer::Answer;
use highwater_core::command::{Command, DescribeCoverage, MarkCoverage};
use highwater_core::{Engine, Options, limits};
use highwater_format::fact::{Axis, CoverageStatus, Interval};

use super::Row;
use crate::duel::{Better, Duel, duel};
use crate::rivals::intervals::{Intervals, PIECES, piece};
use crate::step_loop::StepLoop;
use crate::{Plan, Problem};

const NODE: &str = "load";

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "coverage-update",
        unit: "us/interval",
        about: "an interval done, or forgotten again, among 100,000 pieces of a node, through the native engine",
        rival: "SQLite in memory, a row for each piece, one inserted or deleted in a transaction",
        measure: update,
    },
    Row {
        name: "coverage-gaps",
        unit: "us/gap",
        about: "the gaps between 100,000 pieces of a node, page by page, through the native engine",
        rival: "SQLite in memory, a row for each piece, a window function",
        measure: gaps,
    },
];

/// The numbers of all pieces, in an order that jumps.
fn scattered(turn: i64) -> i64 {
    turn * 7_919 % PIECES
}

fn update(plan: &Plan) -> Result<Duel, Problem> {
    let (mut ours, mut rival) = (engine()?, Intervals::in_memory()?);
    let (mut our_turn, mut rival_turn) = (0, 0);
    duel(
        plan,
        Better::Less,
        || {
            plan.microseconds_each(|| {
                our_turn += 1;
                // Each is forgotten, and done again the next time.
                let status = if our_turn % 2 == 1 { CoverageStatus::Missing } else { CoverageStatus::Done };
                mark(&mut ours, vec![piece(scattered(our_turn / 2))], status)
            })
        },
        || {
            plan.microseconds_each(|| {
                rival_turn += 1;
                let piece = piece(scattered(rival_turn / 2));
                if rival_turn % 2 == 1 { rival.forget(&piece) } else { rival.done(&piece) }
            })
        },
    )
}

fn gaps(plan: &Plan) -> Result<Duel, Problem> {
    let (mut ours, mut rival) = (engine()?, Intervals::in_memory()?);
    duel(
        plan,
        Better::Less,
        || plan.microseconds_each(|| all_gaps(&mut ours)),
        || plan.microseconds_each(|| rival.gaps()),
    )
}

fn engine() -> Result<StepLoop<Engine>, Problem> {
    let mut steps = StepLoop::new(Engine::new(Options::new((1, 1))), 1);
    let all: Vec<Interval> = (0..PIECES).map(piece).collect();
    for some in all.chunks(limits::INTERVALS_PER_COMMAND) {
        mark(&mut steps, some.to_vec(), CoverageStatus::Done)?;
    }
    Ok(steps)
}

fn mark(
    steps: &mut StepLoop<Engine>,
    intervals: Vec<Interval>,
    status: CoverageStatus,
) -> Result<usize, Problem> {
    let command = MarkCoverage {
        node: NODE.to_owned(),
        axis: Some(Axis::Integer),
        intervals,
        status,
        reason: "measured".to_owned(),
        ..MarkCoverage::default()
    };
    match steps.ask(Command::MarkCoverage(command))? {
        Answer::CoverageChanged(changed) => Ok(changed.changed.len().max(1)),
        other => Err(format!("{other:?} is no answer to a mark").into()),
    }
}

fn all_gaps(steps: &mut StepLoop<Engine>) -> Result<usize, Problem> {
    let (mut from, mut found) = (None, 0);
    loop {
        let limit = u32::try_from(limits::PAGE)?;
        let command = DescribeCoverage {
            node: NODE.to_owned(),
            from,
            gaps: true,
            limit,
            ..DescribeCoverage::default()
        };
        let Answer::Coverage(page) = steps.ask(Command::DescribeCoverage(command))? else {
            return Err("that is no answer to a wish for gaps".into());
        };
        found += page.spans.len();
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_find_the_same_gaps() {
        let (mut ours, mut rival) = (engine().expect("an engine"), Intervals::in_memory().expect("a table"));
        assert_eq!(all_gaps(&mut ours).expect("gaps"), PIECES as usize - 1);
        assert_eq!(rival.gaps().expect("gaps"), PIECES as usize - 1);
        mark(&mut ours, vec![piece(3)], CoverageStatus::Missing).expect("forgotten");
        rival.forget(&piece(3)).expect("forgotten");
        assert_eq!(all_gaps(&mut ours).expect("gaps"), PIECES as usize - 2);
        assert_eq!(rival.gaps().expect("gaps"), PIECES as usize - 2);
    }
}
