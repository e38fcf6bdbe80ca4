//! Leases: the machine, decide and apply.
//!
//! A lease has one holder. Its fencing token grows at every hand-over, for all leases of the pipeline together, so that
//! any two tokens of a pipeline can be compared. Nothing here looks at a clock to take a lease away: expiry is observed
//! (see `observe.rs`) and the hand-over is a fact that holds the evidence.

use highwater_format::Extra;
use highwater_format::fact::{AttemptCrashed, Fact, LeaseAcquired, LeaseForced, LeaseReleased};

use crate::answer::{Answer, Granted, Held, LeaseAnswer, LeaseView};
use crate::bug;
use crate::command::{AcquireLease, ForceUnlock, Holder, ReleaseLease};
use crate::decide::{Context, Decided, Need, Stop};
use crate::error::Error;
use crate::observe::Holding;
use crate::row::LeaseRow;
use crate::state::{At, State};
use crate::{attempt, limits, names, stop};

/// Whether a lease is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeaseStatus {
    /// Nobody holds it.
    Free,
    /// One worker holds it.
    Held,
}

use LeaseStatus::{Free, Held as HeldStatus};

/// Every transition of a lease: status before, fact, status after. Whatever is not here does not happen.
pub const TRANSITIONS: &[(LeaseStatus, &str, LeaseStatus)] = &[
    (Free, "lease-acquired", HeldStatus),
    (HeldStatus, "lease-acquired", HeldStatus),
    (HeldStatus, "lease-released", Free),
    (HeldStatus, "lease-forced", Free),
    (Free, "attempt-started", HeldStatus),
    (HeldStatus, "attempt-succeeded", Free),
    (HeldStatus, "attempt-failed", Free),
    (HeldStatus, "attempt-crashed", Free),
    (HeldStatus, "run-cancelled", Free),
    (HeldStatus, "run-finished", Free),
    (HeldStatus, "attempt-handed-back", Free),
];

/// Names that start so belong to attempts.
pub(crate) const NODE_PREFIX: &str = "node:";

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: LeaseStatus, fact: &Fact) -> Option<LeaseStatus> {
    match (from, fact) {
        (_, Fact::LeaseAcquired(_)) | (Free, Fact::AttemptStarted(_)) => Some(HeldStatus),
        (
            HeldStatus,
            Fact::LeaseReleased(_)
            | Fact::LeaseForced(_)
            | Fact::AttemptSucceeded(_)
            | Fact::AttemptFailed(_)
            | Fact::AttemptCrashed(_)
            | Fact::AttemptHandedBack(_)
            | Fact::RunCancelled(_)
            | Fact::RunFinished(_),
        ) => Some(Free),
        _ => None,
    }
}

/// The length of a lease that was asked for, or why it cannot be.
pub(crate) fn length(wanted_ms: u64) -> Result<u64, Error> {
    match wanted_ms {
        0 => Ok(limits::LEASE_DEFAULT_MS),
        limits::LEASE_MIN_MS..=limits::LEASE_MS => Ok(wanted_ms),
        _ => Err(Error::invalid(format!(
            "a lease of {wanted_ms} ms; choose {} to {} ms, or 0 for {} ms",
            limits::LEASE_MIN_MS,
            limits::LEASE_MS,
            limits::LEASE_DEFAULT_MS
        ))),
    }
}

pub(crate) fn acquire(context: &mut Context<'_>, command: &AcquireLease) -> Result<Decided, Stop> {
    names::check_name("the name of the lease", &command.name)?;
    names::check_name("the worker", &command.worker)?;
    if command.name.starts_with(NODE_PREFIX) {
        return Err(Error::invalid(format!(
            "the lease `{}` has a name that is kept for nodes; choose one that does not start with `{NODE_PREFIX}`",
            command.name
        ))
        .into());
    }
    let lease_ms = length(command.lease_ms)?;
    stop::check_allowed(context.state, &command.worker)?;
    let token = context.state.head().token.saturating_add(1);
    let mut fact = LeaseAcquired {
        name: command.name.clone(),
        token,
        worker: command.worker.clone(),
        lease_ms,
        evidence: None,
    };
    let mut granted = Granted { token, lease_ms, taken_from: None };
    let Some(held) = context.state.leases.get(&command.name).cloned() else {
        context.check_bound("leases", context.state.leases.len(), 1, limits::LEASES)?;
        return Decided::facts(vec![fact.into()], Answer::Lease(LeaseAnswer::Granted(granted)));
    };
    if held.worker == command.worker {
        let granted = Granted { token: held.token, lease_ms: held.lease_ms, taken_from: None };
        return Decided::answer(Answer::Lease(LeaseAnswer::Granted(granted)));
    }
    if !context.fetched.beats {
        return Err(Stop::Need(Need::Beats));
    }
    match context.watch.judge(&held, &command.worker) {
        Holding::Still(evidence) => {
            fact.evidence = Some(evidence);
            granted.taken_from = Some(held.worker);
            Decided::facts(vec![fact.into()], Answer::Lease(LeaseAnswer::Granted(granted)))
        }
        Holding::Alive { ask_again_ms, .. } => {
            let until_ms = context.now_ms.saturating_add(ask_again_ms);
            Decided::answer(Answer::Lease(LeaseAnswer::Held(Held {
                worker: held.worker,
                token: held.token,
                until_ms,
            })))
        }
    }
}

pub(crate) fn release(context: &Context<'_>, command: &ReleaseLease) -> Result<Decided, Stop> {
    let (name, token) = (&command.holder.lease, command.holder.token);
    let row = check_holder(context.state, name, token)?;
    if let Some((run, node)) = &row.attempt {
        return Err(Error::invalid(format!(
            "the lease `{name}` belongs to an attempt of node `{node}` in run `{run}`; end the attempt instead"
        ))
        .into());
    }
    context.done(vec![LeaseReleased { name: name.clone(), token }.into()])
}

pub(crate) fn force_unlock(context: &Context<'_>, command: &ForceUnlock) -> Result<Decided, Stop> {
    names::check_lease(&command.lease)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    let Some(row) = context.state.leases.get(&command.lease) else {
        return Err(Error::invalid(format!(
            "nobody holds the lease `{}`; list the leases to see which are held",
            command.lease
        ))
        .into());
    };
    context.done(take_away(context.state, row, &command.reason, command.actor.as_ref()))
}

/// Its holder holds it no more, and the attempt behind it is over.
pub(crate) fn take_away(state: &State, row: &LeaseRow, why: &str, actor: Option<&String>) -> Vec<Fact> {
    let (name, token, reason) = (row.name.clone(), row.token, why.to_owned());
    let mut facts = vec![LeaseForced { name, token, reason, actor: actor.cloned() }.into()];
    if let Some((run, node)) = &row.attempt {
        let attempt = state.nodes.get(&(run.clone(), node.clone())).map_or(0, |node| node.attempts);
        let crashed = AttemptCrashed {
            run: run.clone(),
            node: node.clone(),
            attempt,
            evidence: None,
            reason: Some(why.to_owned()),
            actor: actor.cloned(),
        };
        facts.push(crashed.into());
    }
    facts
}

pub(crate) fn list(context: &Context<'_>) -> Result<Decided, Stop> {
    Decided::answer(Answer::Leases(context.state.leases.iter().map(|(_, row)| view(row)).collect()))
}

pub(crate) fn view(row: &LeaseRow) -> LeaseView {
    LeaseView {
        name: row.name.clone(),
        worker: row.worker.clone(),
        token: row.token,
        lease_ms: row.lease_ms,
        acquired_at_ms: row.acquired_at_ms,
        evidence: row.evidence.clone(),
    }
}

/// Refuses whoever names a lease that they do not hold; nobody has to name one.
pub(crate) fn check_named(state: &State, holder: Option<&Holder>) -> Result<(), Error> {
    holder.map_or(Ok(()), |holder| check_holder(state, &holder.lease, holder.token).map(drop))
}

/// The lease if this token holds it; otherwise its former holder must stop.
pub(crate) fn check_holder<'a>(state: &'a State, name: &str, token: u64) -> Result<&'a LeaseRow, Error> {
    names::check_lease(name)?;
    match state.leases.get(name) {
        Some(row) if row.token == token => Ok(row),
        Some(row) => Err(Error::fenced(format!(
            "token {token} does not hold the lease `{name}`: worker `{}` does, with token {}; stop this work",
            row.worker, row.token
        ))),
        None => Err(Error::fenced(format!(
            "token {token} does not hold the lease `{name}`: nobody does; acquire it again before you go on"
        ))),
    }
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::LeaseAcquired(acquired) => {
            let row = LeaseRow {
                name: acquired.name.clone(),
                worker: acquired.worker.clone(),
                token: acquired.token,
                lease_ms: acquired.lease_ms,
                acquired_at_ms: at.at_ms,
                evidence: acquired.evidence.clone(),
                attempt: None,
                extra: extra.clone(),
            };
            hold(state, fact, row);
        }
        Fact::AttemptStarted(started) => {
            let row = LeaseRow {
                name: attempt::lease_name(&started.run, &started.node),
                worker: started.worker.clone(),
                token: started.token,
                lease_ms: started.lease_ms,
                acquired_at_ms: at.at_ms,
                evidence: None,
                attempt: Some((started.run.clone(), started.node.clone())),
                extra: Extra::default(),
            };
            hold(state, fact, row);
        }
        Fact::LeaseReleased(released) => free(state, fact, &released.name),
        Fact::LeaseForced(forced) => free(state, fact, &forced.name),
        Fact::AttemptSucceeded(ended) => free(state, fact, &attempt::lease_name(&ended.run, &ended.node)),
        Fact::AttemptFailed(_) if bug!(LeaseOutlivesAttempt) => {}
        Fact::AttemptFailed(ended) => free(state, fact, &attempt::lease_name(&ended.run, &ended.node)),
        Fact::AttemptCrashed(ended) => free(state, fact, &attempt::lease_name(&ended.run, &ended.node)),
        Fact::AttemptHandedBack(ended) => free(state, fact, &attempt::lease_name(&ended.run, &ended.node)),
        Fact::RunCancelled(ended) => free_all(state, fact, &ended.run),
        Fact::RunFinished(ended) => free_all(state, fact, &ended.run),
        _ => {}
    }
}

fn status(state: &State, name: &str) -> LeaseStatus {
    if state.leases.get(name).is_some() { HeldStatus } else { Free }
}

fn hold(state: &mut State, fact: &Fact, row: LeaseRow) {
    if transition(status(state, &row.name), fact).is_some() {
        state.change_head(|head| head.token = head.token.max(row.token));
        state.leases.insert(row.name.clone(), row);
    }
}

/// The leases of a run's attempts end with it.
fn free_all(state: &mut State, fact: &Fact, run: &str) {
    let of_run = |row: &&LeaseRow| row.attempt.as_ref().is_some_and(|(owner, _)| owner == run);
    let names: Vec<String> =
        state.leases.iter().map(|(_, row)| row).filter(of_run).map(|row| row.name.clone()).collect();
    names.iter().for_each(|name| free(state, fact, name));
}

fn free(state: &mut State, fact: &Fact, name: &String) {
    if transition(status(state, name), fact).is_some() {
        state.leases.remove(name);
    }
}
