//! Pausing: nothing begins in a run that is held up, what runs in it may end, and resuming it goes on. The machine is that of
//! runs, in `run.rs`.
//!
//! Starting a paused run again does not resume it: whoever paused it must be able to rely on a scheduler not undoing that.

use highwater_format::fact::{Fact, Reason, ReasonCode, RunPaused, RunResumed};

use crate::answer::Pause;
use crate::command::PauseRun;
use crate::decide::{Context, Decided, Draft, Stop};
use crate::row::RunRow;
use crate::run::{self, RunStatus};
use crate::state::At;
use crate::{bug, names};

pub(crate) fn pause(context: &Context<'_>, command: &PauseRun) -> Result<Decided, Stop> {
    names::check_reason(&command.reason, command.actor.as_ref())?;
    let row = run::find(context.state, &command.run)?;
    run::check_open(row, "only a run that is not over can be paused")?;
    let fact =
        RunPaused { run: command.run.clone(), reason: command.reason.clone(), actor: command.actor.clone() };
    let is_paused = row.status == RunStatus::Paused;
    let facts = if is_paused { Vec::new() } else { vec![fact.into()] };
    Ok(Decided { facts, answer: Draft::Run(command.run.clone()) })
}

/// What starting a run comes to that there is already.
pub(crate) fn start_again(row: &RunRow, worker: Option<&String>) -> Result<Decided, Stop> {
    run::check_open(row, "start a new run, with this one as its parent")?;
    let fact = RunResumed { run: row.run.clone(), worker: worker.cloned(), ..RunResumed::default() };
    let facts = if row.status == RunStatus::Paused { Vec::new() } else { vec![fact.into()] };
    Ok(Decided { facts, answer: Draft::RunStarted { run: row.run.clone(), resumed: true } })
}

/// Why nothing may begin in the run, if nothing may.
pub(crate) fn holds_up(row: &RunRow) -> Option<Reason> {
    let pause = row.pause.as_ref().filter(|_| !bug!(BeginWhilePaused))?;
    let by = pause.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    let message = format!("run `{}` is paused{by}: {}; resume it to go on", row.run, pause.reason);
    Some(Reason { code: ReasonCode::Paused, message })
}

/// What a fact about a run says of its pause: only one that pauses leaves it paused.
pub(crate) fn of(fact: &Fact, at: At) -> Option<Pause> {
    let Fact::RunPaused(fact) = fact else { return None };
    Some(Pause { since_ms: at.at_ms, reason: fact.reason.clone(), actor: fact.actor.clone() })
}
