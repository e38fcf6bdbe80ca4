//! What is due: facts that no command asks for, because a time has come. Runs and attempts run into their deadlines, and workers that
//! were asked to stop lose what they hold.
//!
//! A round writes what is due before it decides anything (`round.rs`), so every answer already knows of it; an engine that has the
//! pipeline in memory wakes up for it, and where none has, the next command finds it. Two engines that both notice it write it once:
//! the second one loses its append, decides again, and finds nothing due. Times are those of the calendar, on the clock of the host whose engine decides.
//!
//! Nothing is looked through as long as nothing can be due: [`State::due_from_ms`] is never later than the earliest time. What
//! gets a time moves it forward (`apply`), and a look that finds nothing due moves it to where it belongs.

use highwater_format::fact::Fact;

use crate::attempt::{self};
use crate::bug;
use crate::deadline;
use crate::rng::Rng;
use crate::row::{AttemptRow, LeaseRow};
use crate::state::State;
use crate::stop;

/// With the time, the order in which things become due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// The holder of this lease was asked to stop.
    Lease(String),
    /// The attempt behind this lease.
    Attempt(String),
    Run(String),
}

/// What a look finds.
#[derive(Debug)]
pub(crate) struct Found {
    /// What is due, first what was due first.
    due: Vec<(i64, What)>,
    /// Nothing else is due before.
    pub(crate) next_ms: i64,
}

/// Looks through all that has a time.
pub(crate) fn look(state: &State, now_ms: i64) -> Found {
    let mut found = Found { due: Vec::new(), next_ms: i64::MAX };
    let now_ms = if bug!(FireEarly) { now_ms.saturating_add(5_000) } else { now_ms };
    let mut note = |at_ms: Option<i64>, what: &dyn Fn() -> What| match at_ms {
        Some(at_ms) if at_ms <= now_ms && at_ms < i64::MAX => found.due.push((at_ms, what())),
        Some(at_ms) => found.next_ms = found.next_ms.min(at_ms),
        None => {}
    };
    for (name, row) in state.leases.iter() {
        note(stop::of_holder(state, row), &|| What::Lease(name.clone()));
        note(attempt_behind(state, row).and_then(deadline::of_attempt), &|| What::Attempt(name.clone()));
    }
    for row in state.runs_by_number.iter().filter_map(|(_, run)| state.runs.get(run)) {
        note(deadline::of_run(row), &|| What::Run(row.run.clone()));
    }
    found.due.sort_unstable();
    found
}

fn attempt_behind<'a>(state: &'a State, row: &LeaseRow) -> Option<&'a AttemptRow> {
    attempt::last(state, state.nodes.get(row.attempt.as_ref()?)?)
}

impl Found {
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    /// The facts of one thing that is due, if it still is in the state that those before it have left.
    pub(crate) fn facts(&self, place: usize, state: &State, now_ms: i64, rng: &mut Rng) -> Vec<Fact> {
        let Some((at_ms, what)) = self.due.get(place) else { return Vec::new() };
        match what {
            What::Lease(name) => {
                let held = state.leases.get(name);
                held.and_then(|row| stop::take_away_from(state, row)).unwrap_or_default()
            }
            What::Attempt(name) => {
                let row = state.leases.get(name).and_then(|row| attempt_behind(state, row));
                let row = row.filter(|row| deadline::of_attempt(row).is_some());
                let failed = row.map(|row| deadline::attempt_failed(state, row, *at_ms, now_ms, rng));
                failed.map(Fact::from).into_iter().collect()
            }
            What::Run(run) => {
                let row = state.runs.get(run).filter(|row| deadline::of_run(row).is_some());
                row.map(|row| deadline::run_failed(row, *at_ms)).into_iter().collect()
            }
        }
    }
}

/// What gets a time with this fact may be due earlier than all before. Where the state became another one, nobody knows.
pub(crate) fn apply(state: &mut State, fact: &Fact) {
    let at_ms = match fact {
        Fact::RunStarted(fact) => fact.deadline_at_ms,
        Fact::AttemptStarted(fact) => fact.deadline_at_ms,
        Fact::WorkerStopped(fact) => fact.fence_at_ms,
        Fact::StateReplaced(_) => Some(i64::MIN),
        _ => None,
    };
    state.due_from_ms = at_ms.map_or(state.due_from_ms, |at_ms| state.due_from_ms.min(at_ms));
}
