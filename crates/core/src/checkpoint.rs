//! Checkpoints: the machine, decide and apply.
//!
//! A checkpoint is a barrier that goes through the stream, and what each sub-task hands over when it passes. It is completed by the
//! record of the last acknowledgement, which also moves the HWMs to the positions of that barrier and drops what is kept no longer:
//! all of that holds together or not at all.

use highwater_format::Extra;
use highwater_format::fact::{
    AbortCause, CheckpointAborted, CheckpointAcknowledged, CheckpointTriggered, CheckpointsDiscarded,
    DiscardCause, Fact,
};
use serde::{Deserialize, Serialize};

use crate::answer::{AcknowledgementView, Answer, CheckpointView, Checkpoints};
use crate::command::{AbortCheckpoint, CheckpointRef, DeleteCheckpoint, DescribeCheckpoint, ListCheckpoints};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::{AcknowledgementRow, CheckpointRow};
use crate::state::{At, AttemptKey, State};
use crate::table::{ONLY, Table};
use crate::{limits, names, page, state_part, stream};

/// Status of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckpointStatus {
    /// Its barrier is on the way.
    InProgress,
    /// All sub-tasks have acknowledged it.
    Completed,
    /// It will never be completed.
    Aborted,
    /// It was completed, and is kept no longer.
    Discarded,
}

use CheckpointStatus::{Aborted, Completed, Discarded, InProgress};

/// Every transition of a checkpoint: status before, fact, status after. Whatever is not here does not happen.
pub const TRANSITIONS: &[(Option<CheckpointStatus>, &str, CheckpointStatus)] = &[
    (None, "checkpoint-triggered", InProgress),
    (Some(InProgress), "checkpoint-acknowledged", InProgress),
    (Some(InProgress), "checkpoint-completed", Completed),
    (Some(InProgress), "checkpoint-aborted", Aborted),
    (Some(Completed), "checkpoints-discarded", Discarded),
];

impl CheckpointStatus {
    /// All statuses.
    pub const ALL: [CheckpointStatus; 4] = [InProgress, Completed, Aborted, Discarded];

    /// The status in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            InProgress => "in-progress",
            Completed => "completed",
            Aborted => "aborted",
            Discarded => "discarded",
        }
    }
}

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: Option<CheckpointStatus>, fact: &Fact) -> Option<CheckpointStatus> {
    match (from, fact) {
        (None, Fact::CheckpointTriggered(_)) | (Some(InProgress), Fact::CheckpointAcknowledged(_)) => {
            Some(InProgress)
        }
        (Some(InProgress), Fact::CheckpointCompleted(_)) => Some(Completed),
        (Some(InProgress), Fact::CheckpointAborted(_)) => Some(Aborted),
        (Some(Completed), Fact::CheckpointsDiscarded(_)) => Some(Discarded),
        _ => None,
    }
}

pub(crate) fn abort(context: &Context<'_>, command: &AbortCheckpoint) -> Result<Decided, Stop> {
    names::check_reason(&command.reason, command.actor.as_ref())?;
    let row = find(context.state, command.checkpoint)?;
    match row.status {
        Aborted => context.done(Vec::new()),
        InProgress => {
            let (reason, actor) = (command.reason.clone(), command.actor.clone());
            let (checkpoint, cause) = (row.checkpoint, AbortCause::Declined);
            context.done(vec![CheckpointAborted { checkpoint, cause, reason, actor }.into()])
        }
        status => Err(Error::conflict(format!(
            "checkpoint {} is {}; only one that is under way can be aborted, delete it if it is not wanted",
            row.checkpoint,
            status.name()
        ))
        .into()),
    }
}

pub(crate) fn delete(context: &Context<'_>, command: &DeleteCheckpoint) -> Result<Decided, Stop> {
    names::check_reason(&command.reason, command.actor.as_ref())?;
    let Some(row) = resolve_completed(context.state, &command.checkpoint)? else {
        return Err(Error::invalid("there is no completed checkpoint to delete").into());
    };
    let fact = CheckpointsDiscarded {
        checkpoints: vec![row.checkpoint],
        cause: DiscardCause::Deleted,
        reason: Some(command.reason.clone()),
        actor: command.actor.clone(),
    };
    context.done(vec![fact.into()])
}

pub(crate) fn describe(context: &Context<'_>, command: &DescribeCheckpoint) -> Result<Decided, Stop> {
    let row = match &command.checkpoint {
        CheckpointRef::Number(number) => Some(find(context.state, *number)?),
        CheckpointRef::Savepoint(name) => Some(named(context.state, name).ok_or_else(|| unknown(name))?),
        CheckpointRef::Latest => latest(context.state),
    };
    Decided::answer(Answer::Checkpoint(row.map(|row| view(context.state, row, true))))
}

pub(crate) fn list(context: &Context<'_>, command: &ListCheckpoints) -> Result<Decided, Stop> {
    let (state, limit) = (context.state, page::limit(command.limit));
    let wanted = |row: &&CheckpointRow| command.statuses.is_empty() || command.statuses.contains(&row.status);
    let before = command.cursor.unwrap_or(u64::MAX);
    let mut found = state.checkpoints.range(..before).rev().map(|(_, row)| row).filter(wanted);
    let checkpoints: Vec<CheckpointView> =
        found.by_ref().take(limit).map(|row| view(state, row, false)).collect();
    let next = found.next().and_then(|_| checkpoints.last().map(|view| view.checkpoint));
    Decided::answer(Answer::Checkpoints(Checkpoints { checkpoints, next }))
}

pub(crate) fn view(state: &State, row: &CheckpointRow, with_acknowledgements: bool) -> CheckpointView {
    let part = |name: &String| state.parts.get(name).map(|row| row.part.clone());
    let acknowledgement = |row: &AcknowledgementRow| AcknowledgementView {
        operator: row.operator.clone(),
        subtask: row.subtask,
        at_ms: row.at_ms,
        state: row.state.clone(),
        parts: row.parts.iter().filter_map(part).collect(),
        positions: row.positions.clone(),
    };
    let acknowledgements = match with_acknowledgements {
        true => acknowledgements(state, row.checkpoint).map(acknowledgement).collect(),
        false => Vec::new(),
    };
    CheckpointView {
        checkpoint: row.checkpoint,
        status: row.status,
        savepoint: row.savepoint.clone(),
        operators: row.operators.clone(),
        key_groups: row.key_groups,
        generation: row.generation,
        token: row.token,
        triggered_at_ms: row.triggered_at_ms,
        ended_at_ms: row.ended_at_ms,
        missing: row.missing,
        size_bytes: row.size_bytes,
        added_bytes: row.added_bytes,
        abort_reason: row.abort_reason.clone(),
        abort_actor: row.abort_actor.clone(),
        acknowledgements,
    }
}

pub(crate) fn find(state: &State, checkpoint: u64) -> Result<&CheckpointRow, Error> {
    state.checkpoints.get(&checkpoint).ok_or_else(|| {
        Error::invalid(format!(
            "there is no checkpoint {checkpoint}, or it is kept no longer; list the checkpoints to see which there are"
        ))
    })
}

/// The completed checkpoint that is meant; none if the latest is meant and there is none.
pub(crate) fn resolve_completed<'a>(
    state: &'a State,
    reference: &CheckpointRef,
) -> Result<Option<&'a CheckpointRow>, Error> {
    let row = match reference {
        CheckpointRef::Latest => return Ok(latest(state)),
        CheckpointRef::Number(number) => find(state, *number)?,
        CheckpointRef::Savepoint(name) => named(state, name).ok_or_else(|| unknown(name))?,
    };
    match row.status {
        Completed => Ok(Some(row)),
        status => Err(Error::conflict(format!(
            "{} is {}, and only a completed one can be used",
            stream::words(reference),
            status.name()
        ))),
    }
}

/// The checkpoint to start from after a crash: the newest one that completed since the last start, or else the one that this
/// start began with. So a start from an older one is not undone by the next crash.
pub(crate) fn latest(state: &State) -> Option<&CheckpointRow> {
    let generation = state.head().generation;
    let restored_from = state.stream.get(&ONLY).and_then(|stream| stream.restored_from);
    let completed = || rows(state, Completed).rev();
    let of_this_start = completed().find(|row| row.generation == generation);
    of_this_start
        .or_else(|| completed().find(|row| Some(row.checkpoint) == restored_from))
        .or_else(|| completed().next())
}

pub(crate) fn named<'a>(state: &'a State, name: &str) -> Option<&'a CheckpointRow> {
    let is_named =
        |row: &&CheckpointRow| row.status != Aborted && row.savepoint.as_deref().is_some_and(|it| it == name);
    state.checkpoints.iter().map(|(_, row)| row).find(is_named)
}

fn unknown(name: &str) -> Error {
    let name: String = name.chars().take(limits::NAME_BYTES).collect();
    Error::invalid(format!("there is no savepoint `{name}`; list the checkpoints to see which there are"))
}

/// Checkpoints of one status, the oldest first.
pub(crate) fn rows(
    state: &State,
    status: CheckpointStatus,
) -> impl DoubleEndedIterator<Item = &CheckpointRow> {
    state.checkpoints.iter().map(|(_, row)| row).filter(move |row| row.status == status)
}

/// What the sub-tasks have handed over, by operator and sub-task.
pub(crate) fn acknowledgements(state: &State, checkpoint: u64) -> impl Iterator<Item = &AcknowledgementRow> {
    let keys = keys_of(&state.acknowledgements, checkpoint);
    keys.into_iter().filter_map(|key| state.acknowledgements.get(&key))
}

/// Where what a sub-task handed over stands. Numbers are padded, so that their order is that of text.
pub(crate) fn key(checkpoint: u64, operator: &str, subtask: u32) -> AttemptKey {
    (format!("{checkpoint:020}"), operator.to_owned(), subtask)
}

/// The keys of a checkpoint in such a table.
pub(crate) fn keys_of<V: Clone>(table: &Table<AttemptKey, V>, checkpoint: u64) -> Vec<AttemptKey> {
    let first = key(checkpoint, "", 0);
    let number = first.0.clone();
    table.range(first..).map(|(key, _)| key).take_while(|key| key.0 == number).cloned().collect()
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::CheckpointTriggered(triggered) => begin(state, fact, triggered, extra, at),
        Fact::CheckpointAcknowledged(acknowledged) => take_over(state, fact, acknowledged, extra, at),
        Fact::CheckpointCompleted(completed) => end(state, fact, completed.checkpoint, extra, at),
        Fact::CheckpointAborted(aborted) => {
            end(state, fact, aborted.checkpoint, extra, at);
            forget_aborted(state);
        }
        Fact::CheckpointsDiscarded(discarded) => {
            for checkpoint in &discarded.checkpoints {
                if transition(status(state, *checkpoint), fact).is_some() {
                    let_go(state, *checkpoint);
                    state.checkpoints.remove(checkpoint);
                }
            }
        }
        _ => {}
    }
}

fn status(state: &State, checkpoint: u64) -> Option<CheckpointStatus> {
    state.checkpoints.get(&checkpoint).map(|row| row.status)
}

fn begin(state: &mut State, fact: &Fact, triggered: &CheckpointTriggered, extra: &Extra, at: At) {
    let checkpoint = triggered.checkpoint;
    let Some(status) = transition(status(state, checkpoint), fact) else { return };
    let Some(stream) = state.stream.get(&ONLY).cloned() else { return };
    let row = CheckpointRow {
        checkpoint,
        status,
        savepoint: triggered.savepoint.clone(),
        missing: stream.operators.iter().map(|operator| u64::from(operator.parallelism)).sum(),
        operators: stream.operators,
        key_groups: stream.key_groups,
        generation: state.head().generation,
        lease: triggered.lease.clone(),
        token: triggered.token,
        triggered_at_ms: at.at_ms,
        ended_at_ms: None,
        positions: 0,
        size_bytes: 0,
        added_bytes: 0,
        abort_reason: None,
        abort_actor: None,
        extra: extra.clone(),
    };
    state.checkpoints.insert(checkpoint, row);
    state.change_head(|head| head.checkpoints = head.checkpoints.max(checkpoint));
    state.stream.modify(&ONLY, |row| row.triggered_at_ms = Some(at.at_ms));
}

fn take_over(state: &mut State, fact: &Fact, acknowledged: &CheckpointAcknowledged, extra: &Extra, at: At) {
    let checkpoint = acknowledged.checkpoint;
    if transition(status(state, checkpoint), fact).is_none() {
        return;
    }
    for it in &acknowledged.acknowledgements {
        let key = key(checkpoint, &it.operator, it.subtask);
        if state.acknowledgements.get(&key).is_some() {
            continue;
        }
        let own = it.state.as_ref().map_or(0, Vec::len) as u64;
        let (mut size, mut added) = (own, own);
        for part in &it.parts {
            size = size.saturating_add(part.size_bytes);
            if state.parts.get(&part.name).is_none() {
                added = added.saturating_add(part.size_bytes);
            }
            state_part::need(state, part);
        }
        let row = AcknowledgementRow {
            checkpoint,
            operator: it.operator.clone(),
            subtask: it.subtask,
            at_ms: at.at_ms,
            state: it.state.clone(),
            parts: it.parts.iter().map(|part| part.name.clone()).collect(),
            positions: it.positions.clone(),
            extra: extra.clone(),
        };
        state.acknowledgements.insert(key, row);
        state.checkpoints.modify(&checkpoint, |row| {
            row.missing = row.missing.saturating_sub(1);
            row.positions = row.positions.saturating_add(it.positions.len() as u64);
            row.size_bytes = row.size_bytes.saturating_add(size);
            row.added_bytes = row.added_bytes.saturating_add(added);
        });
    }
}

fn end(state: &mut State, fact: &Fact, checkpoint: u64, extra: &Extra, at: At) {
    let Some(status) = transition(status(state, checkpoint), fact) else { return };
    state.checkpoints.modify(&checkpoint, |row| {
        row.status = status;
        row.ended_at_ms = Some(at.at_ms);
        row.extra.absorb(extra);
        if let Fact::CheckpointAborted(aborted) = fact {
            row.abort_reason = Some(aborted.reason.clone());
            row.abort_actor.clone_from(&aborted.actor);
        }
    });
    state.stream.modify(&ONLY, |row| row.ended_at_ms = Some(at.at_ms));
    if status == Aborted {
        let_go(state, checkpoint);
    }
}

/// What the sub-tasks handed over for a checkpoint is needed no longer, as far as no other one shares it.
fn let_go(state: &mut State, checkpoint: u64) {
    for key in keys_of(&state.acknowledgements, checkpoint) {
        let parts = state.acknowledgements.get(&key).map(|row| row.parts.clone()).unwrap_or_default();
        parts.iter().for_each(|name| state_part::release(state, name));
        state.acknowledgements.remove(&key);
    }
}

/// Of aborted checkpoints only the last ones are remembered.
fn forget_aborted(state: &mut State) {
    let aborted: Vec<u64> = rows(state, Aborted).map(|row| row.checkpoint).collect();
    let surplus = aborted.len().saturating_sub(limits::ABORTED_CHECKPOINTS_KEPT);
    aborted[..surplus].iter().for_each(|checkpoint| state.checkpoints.remove(checkpoint));
}
