//! Trigger: when the next checkpoint begins, or why not now.

use highwater_format::fact::{AbortCause, CheckpointAborted, CheckpointTriggered, Fact};

use crate::answer::{Answer, CheckpointTrigger, TriggerWait, Triggered};
use crate::checkpoint::{self, CheckpointStatus};
use crate::command::{Holder, TriggerCheckpoint};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::{CheckpointRow, StreamRow};
use crate::{lease, limits, names, stream};

pub(crate) fn trigger(context: &mut Context<'_>, command: &TriggerCheckpoint) -> Result<Decided, Stop> {
    let state = context.state;
    let stream = stream::find(state)?;
    lease::check_named(state, command.holder.as_ref())?;
    names::check_optional_name("the name of the savepoint", command.savepoint.as_ref())?;
    let mut facts: Vec<Fact> = Vec::new();
    let mut in_flight: Vec<&CheckpointRow> = Vec::new();
    for row in checkpoint::rows(state, CheckpointStatus::InProgress) {
        match overdue(stream, row, command.holder.as_ref(), context.now_ms) {
            Some((cause, reason)) => {
                let checkpoint = row.checkpoint;
                facts.push(CheckpointAborted { checkpoint, cause, reason, actor: None }.into());
            }
            None => in_flight.push(row),
        }
    }
    if let Some(name) = &command.savepoint
        && let Some(row) = checkpoint::named(state, name)
    {
        return Err(Error::conflict(format!(
            "the savepoint `{name}` is there already, as checkpoint {} ({}); choose another name, or delete it",
            row.checkpoint,
            row.status.name()
        ))
        .into());
    }
    if let Some(wait) = wait(stream, &in_flight, command.if_due, context.now_ms) {
        return Decided::facts(facts, Answer::CheckpointTrigger(CheckpointTrigger::Wait(wait)));
    }
    if command.savepoint.is_some() {
        let kept = state.checkpoints.iter().filter(|(_, row)| row.savepoint.is_some()).count();
        context.check_bound("savepoints", kept, 1, limits::SAVEPOINTS)?;
    }
    let checkpoint = state.head().checkpoints.saturating_add(1);
    let fact = CheckpointTriggered {
        checkpoint,
        savepoint: command.savepoint.clone(),
        lease: command.holder.as_ref().map(|holder| holder.lease.clone()),
        token: command.holder.as_ref().map_or(0, |holder| holder.token),
    };
    facts.push(fact.into());
    let deadline_at_ms = context.now_ms.saturating_add_unsigned(stream.policy.timeout_ms);
    let triggered = CheckpointTrigger::Triggered(Triggered { checkpoint, deadline_at_ms });
    Decided::facts(facts, Answer::CheckpointTrigger(triggered))
}

/// Why a checkpoint that is under way has to be given up now.
fn overdue(
    stream: &StreamRow,
    row: &CheckpointRow,
    holder: Option<&Holder>,
    now_ms: i64,
) -> Option<(AbortCause, String)> {
    if holder.is_some_and(|holder| row.token < holder.token) {
        let reason = format!("its coordinator was fenced: it had token {}", row.token);
        return Some((AbortCause::Restored, reason));
    }
    let waited_ms = now_ms.saturating_sub(row.triggered_at_ms);
    let is_late = u64::try_from(waited_ms).is_ok_and(|waited| waited >= stream.policy.timeout_ms);
    is_late.then(|| (AbortCause::Timeout, format!("{} sub-tasks had not acknowledged in time", row.missing)))
}

/// When and why one can be triggered later, if not now.
fn wait(stream: &StreamRow, in_flight: &[&CheckpointRow], if_due: bool, now_ms: i64) -> Option<TriggerWait> {
    let policy = &stream.policy;
    if in_flight.len() >= policy.max_in_flight as usize {
        let deadline = |row: &&CheckpointRow| row.triggered_at_ms.saturating_add_unsigned(policy.timeout_ms);
        let reason = format!("{} of at most {} are under way", in_flight.len(), policy.max_in_flight);
        return Some(TriggerWait { until_ms: in_flight.iter().map(deadline).min(), reason });
    }
    if !if_due {
        return None;
    }
    match due_at(stream, now_ms) {
        None => {
            let reason = "the policy has no interval: checkpoints are triggered by hand".to_owned();
            Some(TriggerWait { until_ms: None, reason })
        }
        Some(due) if due > now_ms => {
            Some(TriggerWait { until_ms: Some(due), reason: "the next one is not due yet".to_owned() })
        }
        Some(_) => None,
    }
}

/// When the policy wants the next one. A clock that was set back makes it due now and not when the old time comes again.
pub(crate) fn due_at(stream: &StreamRow, now_ms: i64) -> Option<i64> {
    let policy = &stream.policy;
    if policy.interval_ms == 0 {
        return None;
    }
    let after = |at_ms: Option<i64>, pause_ms: u64| {
        let at_ms = at_ms.filter(|at_ms| *at_ms <= now_ms);
        at_ms.map_or(now_ms, |at_ms| at_ms.saturating_add_unsigned(pause_ms))
    };
    Some(
        after(stream.triggered_at_ms, policy.interval_ms).max(after(stream.ended_at_ms, policy.min_pause_ms)),
    )
}
