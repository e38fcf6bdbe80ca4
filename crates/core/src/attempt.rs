//! Attempts of a node: the machine and apply. Every attempt is kept; a new one never overwrites an old one.

use highwater_format::Extra;
use highwater_format::fact::{AttemptCrashed, AttemptStarted, Counts, ErrorRecord, Fact};
use serde::{Deserialize, Serialize};

use crate::bug;
use crate::command::{AttemptRef, HwmUpdate};
use crate::error::Error;
use crate::row::{AttemptRow, NodeRow};
use crate::state::{At, AttemptKey, NodeKey, State};
use crate::{deadline, limits, names, run};

/// Status of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptStatus {
    /// Its worker holds the lease.
    Running,
    /// Done.
    Succeeded,
    /// Its worker said that it failed.
    Failed,
    /// Its worker was found dead or was fenced.
    Crashed,
    /// Stopped with its run.
    Cancelled,
    /// Ended by its worker at a safe place, neither done nor failed.
    HandedBack,
}

use AttemptStatus::{Cancelled, Crashed, Failed, HandedBack, Running, Succeeded};

/// Every transition of an attempt: status before, fact, status after. Whatever is not here does not happen.
pub const TRANSITIONS: &[(Option<AttemptStatus>, &str, AttemptStatus)] = &[
    (None, "attempt-started", Running),
    (Some(Running), "attempt-progressed", Running),
    (Some(Running), "attempt-succeeded", Succeeded),
    (Some(Running), "attempt-failed", Failed),
    (Some(Running), "attempt-crashed", Crashed),
    (Some(Running), "run-cancelled", Cancelled),
    (Some(Running), "run-finished", Cancelled),
    (Some(Running), "attempt-handed-back", HandedBack),
];

impl AttemptStatus {
    /// All statuses.
    pub const ALL: [AttemptStatus; 6] = [Running, Succeeded, Failed, Crashed, Cancelled, HandedBack];

    /// The status in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Running => "running",
            Succeeded => "succeeded",
            Failed => "failed",
            Crashed => "crashed",
            Cancelled => "cancelled",
            HandedBack => "handed-back",
        }
    }
}

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: Option<AttemptStatus>, fact: &Fact) -> Option<AttemptStatus> {
    match (from, fact) {
        (None, Fact::AttemptStarted(_)) | (Some(Running), Fact::AttemptProgressed(_)) => Some(Running),
        (Some(Running), Fact::AttemptSucceeded(_)) => Some(Succeeded),
        (Some(Running), Fact::AttemptFailed(_)) => Some(Failed),
        (Some(Running), Fact::AttemptCrashed(_)) => Some(Crashed),
        (Some(Running), Fact::AttemptHandedBack(_)) => Some(HandedBack),
        (Some(Running), Fact::RunCancelled(_) | Fact::RunFinished(_)) => Some(Cancelled),
        _ => None,
    }
}

/// Name of the lease that protects the attempts of a node. Slashes of the run are escaped, so that no two pairs share a name.
pub(crate) fn lease_name(run: &str, node: &str) -> String {
    let prefix = crate::lease::NODE_PREFIX;
    if run.contains(['/', '%']) {
        return format!("{prefix}{}/{node}", run.replace('%', "%25").replace('/', "%2F"));
    }
    format!("{prefix}{run}/{node}")
}

/// The last attempt of a node.
pub(crate) fn last<'a>(state: &'a State, node: &NodeRow) -> Option<&'a AttemptRow> {
    state.attempts.get(&(node.run.clone(), node.node.clone(), node.attempts))
}

/// All attempts of a node that are kept, oldest first.
pub(crate) fn of_node<'a>(state: &'a State, key: &NodeKey) -> impl Iterator<Item = &'a AttemptRow> + use<'a> {
    let (first, last) = ((key.0.clone(), key.1.clone(), 0), (key.0.clone(), key.1.clone(), u32::MAX));
    state.attempts.range(first..=last).map(|(_, row)| row)
}

/// The running attempt behind a reference, or why its token is worth nothing.
pub(crate) fn check_held<'a>(state: &'a State, attempt: &AttemptRef) -> Result<&'a AttemptRow, Error> {
    names::check_name("the run id", &attempt.run)?;
    names::check_name("the name of the node", &attempt.node)?;
    let run = run::find(state, &attempt.run).map_err(|error| gone(state, attempt, error))?;
    let key = (attempt.run.clone(), attempt.node.clone());
    let Some(node) = state.nodes.get(&key) else {
        let (node, run) = (&attempt.node, &attempt.run);
        let error = Error::invalid(format!("node `{node}` of run `{run}` was never begun; begin it first"));
        return Err(gone(state, attempt, error));
    };
    let is_its = |row: &&AttemptRow| match bug!(ForgetToken) {
        false => row.token == attempt.token,
        true => row.attempt == node.attempts,
    };
    let Some(row) = of_node(state, &key).find(is_its) else {
        return Err(Error::fenced(format!(
            "token {} is not that of an attempt of node `{}` in run `{}`; its last attempt is number {}: stop this work",
            attempt.token, attempt.node, attempt.run, node.attempts
        )));
    };
    match row.status {
        Running => Ok(row),
        Cancelled => {
            Err(Error::fenced(format!("run `{}` is {}: stop this work", attempt.run, run::words(run))))
        }
        Crashed => Err(Error::fenced(format!(
            "attempt {} of node `{}` lost its lease (token {}); the node is at attempt {} now: stop this work",
            row.attempt, attempt.node, attempt.token, node.attempts
        ))),
        Failed if deadline::ended_attempt(row) => {
            let why = row.error.as_ref().map(|error| error.message.as_str()).unwrap_or_default();
            Err(Error::fenced(format!(
                "{why}: it has failed, and its token {} is worth nothing any more: stop this work",
                row.token
            )))
        }
        Succeeded | Failed | HandedBack => {
            let how = if row.status == HandedBack { "was handed back" } else { "has succeeded" };
            let how = if row.status == Failed { "has failed" } else { how };
            Err(Error::conflict(format!(
                "attempt {} of node `{}` in run `{}` {how} already; it ends once",
                row.attempt, attempt.node, attempt.run
            )))
        }
    }
}

/// A token that was given out is worth nothing where its run or node is not there any more: the state was put back to a time
/// before it, or the run ended long ago.
fn gone(state: &State, attempt: &AttemptRef, error: Error) -> Error {
    if !(1..=state.head().token).contains(&attempt.token) {
        return error;
    }
    Error::fenced(format!(
        "token {} is worth nothing any more: there is no node `{}` in a run `{}`, or not any more: stop this work",
        attempt.token, attempt.node, attempt.run
    ))
}

/// Refuses an error record that is too large to keep.
pub(crate) fn check_error(error: &ErrorRecord) -> Result<(), Error> {
    names::check_name("the error class", &error.class)?;
    names::check_length("the error message", &error.message, limits::TEXT_BYTES)?;
    error
        .detail
        .as_ref()
        .map_or(Ok(()), |detail| names::check_length("the error detail", detail, limits::DETAIL_BYTES))
}

/// Refuses a resume state that is too large to keep.
pub(crate) fn check_state(resume: Option<&Vec<u8>>, node: &str) -> Result<(), Error> {
    let size = resume.map_or(0, Vec::len);
    if size <= limits::STATE_BYTES {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the resume state of node `{node}` has {size} bytes; at most {} are allowed: keep large state in the sink",
        limits::STATE_BYTES
    )))
}

/// State and totals that came with a batch are those of the attempt from now on.
pub(crate) fn take_over(
    state: &mut State,
    key: &AttemptKey,
    (resume, counts): (Option<Vec<u8>>, Option<Counts>),
) {
    if resume.is_none() && counts.is_none() {
        return;
    }
    state.attempts.modify(key, |row| {
        row.state = resume.or(row.state.take());
        row.counts = counts.unwrap_or(row.counts);
    });
}

/// Why an attempt counts as crashed, in words.
pub(crate) fn crash_words(fact: &AttemptCrashed) -> String {
    match &fact.evidence {
        None => {
            let by = fact.actor.as_deref().unwrap_or("hand");
            let why = fact.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            format!("the lease of attempt {} was taken away by {by}{why}", fact.attempt)
        }
        Some(evidence) => {
            let beat =
                evidence.beat.map_or("never beat".to_owned(), |beat| format!("stood still at beat {beat}"));
            format!(
                "the worker of attempt {} {beat} for {} ms, watched by {}",
                fact.attempt, evidence.still_ms, evidence.observer
            )
        }
    }
}

/// Forgets all attempts of a node.
pub(crate) fn drop_all(state: &mut State, key: &NodeKey) {
    let keys: Vec<AttemptKey> =
        of_node(state, key).map(|row| (row.run.clone(), row.node.clone(), row.attempt)).collect();
    keys.iter().for_each(|key| state.attempts.remove(key));
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    let key = match fact {
        Fact::AttemptStarted(fact) => return insert(state, fact, extra, at),
        Fact::AttemptProgressed(fact) => (fact.run.clone(), fact.node.clone(), fact.attempt),
        Fact::AttemptSucceeded(fact) => (fact.run.clone(), fact.node.clone(), fact.attempt),
        Fact::AttemptFailed(fact) => (fact.run.clone(), fact.node.clone(), fact.attempt),
        Fact::AttemptCrashed(fact) => (fact.run.clone(), fact.node.clone(), fact.attempt),
        Fact::AttemptHandedBack(fact) => (fact.run.clone(), fact.node.clone(), fact.attempt),
        Fact::RunCancelled(ended) => return change_all(state, &ended.run, fact, at),
        Fact::RunFinished(ended) => return change_all(state, &ended.run, fact, at),
        _ => return,
    };
    change(state, &key, fact, extra, at);
}

fn insert(state: &mut State, fact: &AttemptStarted, extra: &Extra, at: At) {
    let key = (fact.run.clone(), fact.node.clone(), fact.attempt);
    let from = state.attempts.get(&key).map(|row| row.status);
    if transition(from, &Fact::AttemptStarted(fact.clone())).is_none() {
        return;
    }
    let before = fact.attempt.checked_sub(1).map(|attempt| (fact.run.clone(), fact.node.clone(), attempt));
    let row = AttemptRow {
        run: fact.run.clone(),
        node: fact.node.clone(),
        attempt: fact.attempt,
        status: Running,
        worker: fact.worker.clone(),
        token: fact.token,
        started_at_ms: at.at_ms,
        finished_at_ms: None,
        counts: Counts::default(),
        state: before.and_then(|key| state.attempts.get(&key)).and_then(|row| row.state.clone()),
        error: None,
        reason: fact.reason.clone(),
        proposed: Vec::new(),
        fingerprint: fact.fingerprint.clone(),
        backfill: fact.backfill.clone(),
        deadline_at_ms: fact.deadline_at_ms,
        extra: extra.clone(),
    };
    state.attempts.insert(key, row);
    state.change_head(|head| head.token = head.token.max(fact.token));
    let oldest = of_node(state, &(fact.run.clone(), fact.node.clone())).next().map(|row| row.attempt);
    if let Some(oldest) = oldest.filter(|oldest| fact.attempt - oldest >= limits::ATTEMPTS_KEPT as u32) {
        state.attempts.remove(&(fact.run.clone(), fact.node.clone(), oldest));
    }
}

/// Refuses HWMs of an attempt that works on a backfill: where the daily runs are is theirs to say.
pub(crate) fn check_moves_hwms(attempt: &AttemptRow, hwms: &[HwmUpdate]) -> Result<(), Error> {
    match (&attempt.backfill, hwms.first()) {
        (Some(backfill), Some(hwm)) if !bug!(BackfillMovesHwms) => Err(Error::invalid(format!(
            "an attempt on backfill `{backfill}` cannot move HWM `{}`: a backfill leaves HWMs alone, leave them out",
            hwm.name
        ))),
        _ => Ok(()),
    }
}

/// The end of a run is the end of its running attempts.
fn change_all(state: &mut State, run: &str, fact: &Fact, at: At) {
    let last = |row: &NodeRow| (row.run.clone(), row.node.clone(), row.attempts);
    let keys: Vec<AttemptKey> = run::nodes_of(state, run).map(last).collect();
    keys.iter().for_each(|key| change(state, key, fact, &Extra::default(), at));
}

fn change(state: &mut State, key: &AttemptKey, fact: &Fact, extra: &Extra, at: At) {
    let Some(status) = transition(state.attempts.get(key).map(|row| row.status), fact) else { return };
    state.attempts.modify(key, |row| {
        row.status = status;
        row.extra.absorb(extra);
        if status != Running {
            row.finished_at_ms = Some(at.at_ms);
        }
        match fact {
            Fact::AttemptProgressed(fact) => {
                row.counts = fact.counts;
                row.state = fact.state.clone().or(row.state.take());
                row.proposed.retain(|known| fact.proposed.iter().all(|it| it.name != known.name));
                row.proposed.extend(fact.proposed.iter().cloned());
            }
            Fact::AttemptSucceeded(fact) => row.counts = fact.counts,
            Fact::AttemptHandedBack(fact) => {
                row.counts = fact.counts;
                row.state = fact.state.clone().or(row.state.take());
            }
            Fact::AttemptFailed(fact) => {
                row.counts = fact.counts;
                row.error = Some(fact.error.clone());
            }
            _ => {}
        }
    });
}
