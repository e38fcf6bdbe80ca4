//! Stopping workers: who is asked to stop begins nothing more, is told at its next beat what to let go of, and loses what it
//! still holds when its time is up (`due.rs`).
//!
//! A stop is about a name and lasts until somebody allows it again: a worker that has let go of everything may be between two
//! nodes. Its time is that of the calendar. A clock that is wrong takes a lease away too early or too late, and neither loses
//! anything: who was fenced can write no more.

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{Fact, WorkerAllowed, WorkerStopped};

use crate::answer::{Answer, Holding, StopAsked, StopCause, StopView, WorkerStop};
use crate::command::{AllowWorker, StopWorker};
use crate::decide::{Context, Decided, Need, Stop};
use crate::error::Error;
use crate::row::{LeaseRow, Said};
use crate::state::State;
use crate::{bug, lease, limits, names, worker};

pub(crate) fn stop(context: &mut Context<'_>, command: &StopWorker) -> Result<Decided, Stop> {
    names::check_name("the worker", &command.worker)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    let state = context.state;
    let held: Vec<&LeaseRow> = worker::leases_of(state, &command.worker).collect();
    let known = find(state, &command.worker).cloned();
    if held.is_empty() && known.is_none() && !context.fetched.beats {
        return Err(Stop::Need(Need::Beats));
    }
    let has_beaten = context.watch.beats.contains_key(&command.worker);
    if held.is_empty() && known.is_none() && !has_beaten {
        return Err(Error::invalid(format!(
            "there is no worker `{}` here: it holds nothing and has never beaten; list the workers to see which there are",
            command.worker
        ))
        .into());
    }
    let present = usize::from(known.is_none());
    context.check_bound("stopped workers", state.stops.len(), present, limits::STOPPED_WORKERS)?;
    let fact = next(command, known.as_ref(), context.now_ms);
    let fence_at_ms = fact.fence_at_ms;
    let is_due = fence_at_ms.is_some_and(|at_ms| at_ms <= context.now_ms);
    let mut facts: Vec<Fact> = Vec::new();
    for row in held.iter().filter(|_| is_due) {
        facts.extend(take_away(state, row, &fact));
    }
    if known.as_ref() != Some(&fact) {
        facts.insert(0, fact.into());
    }
    let holdings: Vec<Holding> = held.iter().map(|row| worker::holding(row)).collect();
    let (fenced, holds) = if is_due { (holdings, Vec::new()) } else { (Vec::new(), holdings) };
    let worker = command.worker.clone();
    Decided::facts(facts, Answer::WorkerStop(WorkerStop { worker, holds, fenced, fence_at_ms }))
}

/// What is said now, on what was said before: a time that was given is not made longer, and who asked first is remembered.
fn next(command: &StopWorker, known: Option<&WorkerStopped>, now_ms: i64) -> WorkerStopped {
    let fence_at_ms = command.grace_ms.map(|grace_ms| now_ms.saturating_add_unsigned(grace_ms));
    match known {
        None => WorkerStopped {
            worker: command.worker.clone(),
            fence_at_ms,
            reason: command.reason.clone(),
            actor: command.actor.clone(),
        },
        Some(known) => {
            let earliest = known.fence_at_ms.into_iter().chain(fence_at_ms).min();
            WorkerStopped { fence_at_ms: earliest, ..known.clone() }
        }
    }
}

pub(crate) fn allow(context: &Context<'_>, command: &AllowWorker) -> Result<Decided, Stop> {
    names::check_name("the worker", &command.worker)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    if find(context.state, &command.worker).is_none() {
        return context.done(Vec::new());
    }
    let (worker, reason, actor) = (command.worker.clone(), command.reason.clone(), command.actor.clone());
    context.done(vec![WorkerAllowed { worker, reason, actor }.into()])
}

pub(crate) fn find<'a>(state: &'a State, worker: &str) -> Option<&'a WorkerStopped> {
    state.stops.get(worker).map(|row| &row.fact)
}

pub(crate) fn view(fact: &WorkerStopped) -> StopView {
    StopView { fence_at_ms: fact.fence_at_ms, reason: fact.reason.clone(), actor: fact.actor.clone() }
}

/// Refuses a worker that was asked to stop.
pub(crate) fn check_allowed(state: &State, worker: &str) -> Result<(), Error> {
    match find(state, worker).filter(|_| !bug!(BeginWhileStopped)) {
        None => Ok(()),
        Some(fact) => Err(Error::fenced(format!(
            "worker `{worker}` was asked to stop{}: {}; it begins nothing more: end this process, or allow the worker again",
            fact.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default(),
            fact.reason
        ))),
    }
}

/// When the lease is taken away from its holder, if that was asked to stop and given a time.
pub(crate) fn of_holder(state: &State, held: &LeaseRow) -> Option<i64> {
    find(state, &held.worker)?.fence_at_ms
}

/// The time is up of the holder, which was asked to stop.
pub(crate) fn take_away_from(state: &State, held: &LeaseRow) -> Option<Vec<Fact>> {
    Some(take_away(state, held, find(state, &held.worker)?))
}

fn take_away(state: &State, held: &LeaseRow, fact: &WorkerStopped) -> Vec<Fact> {
    lease::take_away(state, held, &format!("asked to stop: {}", fact.reason), fact.actor.as_ref())
}

/// What the holder of a lease is asked: the stop of a worker weighs more than the pause of a run, since it has a time.
pub(crate) fn asked_of(state: &State, row: &LeaseRow) -> Option<StopAsked> {
    let holding = worker::holding(row);
    if let Some(StopView { fence_at_ms, reason, actor }) = find(state, &row.worker).map(view) {
        return Some(StopAsked { holding, cause: StopCause::WorkerStopped, fence_at_ms, reason, actor });
    }
    let (run, _) = row.attempt.as_ref()?;
    let pause = state.runs.get(run)?.pause.clone()?;
    let (reason, actor) = (pause.reason, pause.actor);
    Some(StopAsked { holding, cause: StopCause::RunPaused, fence_at_ms: None, reason, actor })
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra) {
    match fact {
        Fact::WorkerStopped(fact) => {
            let said = Said { fact: fact.clone(), extra: extra.clone() };
            state.stops.insert(Arc::from(fact.worker.as_str()), said);
        }
        Fact::WorkerAllowed(fact) => state.stops.remove(&Arc::from(fact.worker.as_str())),
        _ => {}
    }
}
