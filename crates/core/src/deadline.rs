//! Deadlines: a run that is not over by its deadline fails, and so does one attempt that takes longer than its node allows.
//!
//! Both are times of the calendar, fixed when the run or the attempt starts, and a pause does not stop their clock. What is promised:
//! the engine that decides the failure saw that time on the wall clock of its host, and nothing that any engine decides later finds the
//! attempt running. A clock that is wrong makes a deadline early or late by as much as it is wrong, and loses nothing: who is
//! cut off is fenced, and what its sink was given is in doubt, as after a crash. When the facts are written, see `due.rs`.

use highwater_format::fact::{AttemptFailed, ErrorRecord, Fact, FinalStatus, RunFinished};

use crate::attempt::AttemptStatus;
use crate::error::Error;
use crate::rng::Rng;
use crate::row::{AttemptRow, RunRow};
use crate::state::State;
use crate::{bug, limits, node, time};

/// The class of the error that a run or an attempt has which ran into its deadline. Retry policies can name it like any other.
pub(crate) const CLASS: &str = "deadline";

/// Refuses a deadline that nothing could keep, or that is none. `what` says whose it is.
pub(crate) fn check(what: &str, deadline_ms: Option<u64>) -> Result<(), Error> {
    match deadline_ms {
        None | Some(1..=limits::DEADLINE_MS) => Ok(()),
        Some(deadline_ms) => Err(Error::invalid(format!(
            "the deadline of {what} is {deadline_ms} ms; choose 1 to {} ms, or leave it out",
            limits::DEADLINE_MS
        ))),
    }
}

/// When the time is up of what starts now.
pub(crate) fn at_ms(now_ms: i64, deadline_ms: Option<u64>) -> Option<i64> {
    deadline_ms.map(|deadline_ms| now_ms.saturating_add_unsigned(deadline_ms))
}

/// The deadline of a run, as long as it can run into it.
pub(crate) fn of_run(row: &RunRow) -> Option<i64> {
    row.deadline_at_ms.filter(|_| !row.status.is_final() || bug!(FailFinished))
}

/// The deadline of an attempt, as long as it can run into it.
pub(crate) fn of_attempt(row: &AttemptRow) -> Option<i64> {
    row.deadline_at_ms.filter(|_| row.status == AttemptStatus::Running && !bug!(OutliveDeadline))
}

/// The run ran into its deadline, and all that is unfinished in it ends with it.
pub(crate) fn run_failed(row: &RunRow, deadline_at_ms: i64) -> Fact {
    let message = format!("it was not over by its deadline, {}", time::readable(deadline_at_ms));
    let error = Some(ErrorRecord { class: CLASS.to_owned(), message, detail: None });
    RunFinished { run: row.run.clone(), status: FinalStatus::Failed, error }.into()
}

/// The attempt ran into its deadline; the retry policy of its node says what comes next.
pub(crate) fn attempt_failed(
    state: &State,
    row: &AttemptRow,
    deadline_at_ms: i64,
    now_ms: i64,
    rng: &mut Rng,
) -> AttemptFailed {
    let took = time::readable(deadline_at_ms);
    let message = format!("attempt {} was not done by its deadline, {took}", row.attempt);
    let error = ErrorRecord { class: CLASS.to_owned(), message, detail: None };
    node::failed(state, row, row.counts, error, now_ms, rng)
}

/// Whether a run failed because of its deadline, and not because somebody said so.
pub(crate) fn ended_run(row: &RunRow) -> bool {
    is_past(row.deadline_at_ms, row.finished_at_ms) && is_deadline(row.error.as_ref())
}

/// The same of an attempt.
pub(crate) fn ended_attempt(row: &AttemptRow) -> bool {
    row.status == AttemptStatus::Failed
        && is_past(row.deadline_at_ms, row.finished_at_ms)
        && is_deadline(row.error.as_ref())
}

fn is_past(deadline_at_ms: Option<i64>, ended_at_ms: Option<i64>) -> bool {
    deadline_at_ms.is_some_and(|at_ms| ended_at_ms.is_some_and(|ended_at_ms| ended_at_ms >= at_ms))
}

/// Whether the error is that of something that ran into a deadline.
pub(crate) fn is_deadline(error: Option<&ErrorRecord>) -> bool {
    error.is_some_and(|error| error.class == CLASS)
}
