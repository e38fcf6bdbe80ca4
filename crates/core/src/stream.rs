//! The stream of a pipeline: its operators, and how it starts.
//!
//! A start is a fact: it aborts what is under way, puts the HWMs where the checkpoint has them, and gives the start a number
//! (its generation) under which everything that belongs to it is written.

use std::cmp::Ordering;

use highwater_format::Extra;
use highwater_format::fact::{
    AbortCause, CheckpointAborted, CheckpointPolicy, Fact, HwmRewound, HwmSet, OperatorSpec, SourcePosition,
    StreamDeclared, StreamRestored,
};

use crate::answer::{self, Answer, Assignment, StreamView};
use crate::bug;
use crate::checkpoint::CheckpointStatus::{Aborted, Completed, InProgress};
use crate::command::{CheckpointRef, DeclareStream, RestoreStream};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::order::sorted;
use crate::row::{CheckpointRow, StreamRow};
use crate::state::State;
use crate::table::ONLY;
use crate::transaction::{self, TransactionStatus};
use crate::{checkpoint, hwm, hwm_spec, key_group, lease, limits, names, trigger};

pub(crate) fn declare(context: &mut Context<'_>, command: &DeclareStream) -> Result<Decided, Stop> {
    let key_groups = if command.key_groups == 0 { limits::KEY_GROUPS_DEFAULT } else { command.key_groups };
    if key_groups > limits::KEY_GROUPS {
        let message = format!("{key_groups} key groups; at most {} are allowed", limits::KEY_GROUPS);
        return Err(Error::invalid(message).into());
    }
    let operators = checked_operators(context, &command.operators, key_groups)?;
    let policy = command.policy.clone().unwrap_or_default();
    check_policy(&policy)?;
    if let Some(present) = context.state.stream.get(&ONLY) {
        if present.operators == operators && present.key_groups == key_groups && present.policy == policy {
            return context.done(Vec::new());
        }
        let is_kept = |row: &CheckpointRow| row.status != Aborted;
        if present.key_groups != key_groups && context.state.checkpoints.iter().any(|(_, row)| is_kept(row)) {
            return Err(Error::invalid(format!(
                "the stream has {} key groups and checkpoints that rest on them, so they cannot become {key_groups}; \
                 keep the number, or delete all checkpoints first",
                present.key_groups
            ))
            .into());
        }
    }
    context.done(vec![StreamDeclared { operators, key_groups, policy }.into()])
}

/// The operators by name, or what is wrong with them.
fn checked_operators(
    context: &mut Context<'_>,
    operators: &[OperatorSpec],
    key_groups: u32,
) -> Result<Vec<OperatorSpec>, Error> {
    if operators.is_empty() {
        return Err(Error::invalid("the stream has no operators; name those that have state or positions"));
    }
    let mut subtasks = 0_usize;
    for operator in operators {
        names::check_name("the name of the operator", &operator.name)?;
        if operator.parallelism == 0 || operator.parallelism > key_groups {
            return Err(Error::invalid(format!(
                "operator `{}` has a parallelism of {}; it must be 1 to {key_groups}, the number of key groups",
                operator.name, operator.parallelism
            )));
        }
        subtasks = subtasks.saturating_add(operator.parallelism as usize);
    }
    context.check_bound("sub-tasks in its stream", 0, subtasks, limits::SUBTASKS)?;
    let operators = sorted(operators.to_vec(), |a, b| a.name.cmp(&b.name));
    match operators.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => {
            Err(Error::invalid(format!("operator `{}` is declared twice; declare it once", pair[0].name)))
        }
        None => Ok(operators),
    }
}

fn check_policy(policy: &CheckpointPolicy) -> Result<(), Error> {
    let longest = limits::CHECKPOINT_MS;
    let times = [
        ("interval_ms", policy.interval_ms, 0),
        ("timeout_ms", policy.timeout_ms, 1),
        ("min_pause_ms", policy.min_pause_ms, 0),
        ("expire_ms", policy.expire_ms, 0),
    ];
    for (name, ms, least) in times {
        if ms < least || ms > longest {
            return Err(Error::invalid(format!("`{name}` is {ms}; choose {least} to {longest} ms")));
        }
    }
    let counts = [
        ("max_in_flight", policy.max_in_flight, limits::CHECKPOINTS_IN_FLIGHT),
        ("retain", policy.retain, limits::CHECKPOINTS_RETAINED),
    ];
    for (name, count, most) in counts {
        if count == 0 || count as usize > most {
            return Err(Error::invalid(format!("`{name}` is {count}; choose 1 to {most}")));
        }
    }
    Ok(())
}

/// The stream, which must be declared.
pub(crate) fn find(state: &State) -> Result<&StreamRow, Error> {
    state.stream.get(&ONLY).ok_or_else(|| {
        Error::invalid("the pipeline has no stream; declare its operators with `declare-stream` first")
    })
}

pub(crate) fn describe(context: &Context<'_>) -> Result<Decided, Stop> {
    let state = context.state;
    let Some(stream) = state.stream.get(&ONLY) else {
        return Decided::answer(Answer::Stream(None));
    };
    Decided::answer(Answer::Stream(Some(StreamView {
        operators: stream.operators.clone(),
        key_groups: stream.key_groups,
        policy: stream.policy.clone(),
        generation: state.head().generation,
        restored_from: stream.restored_from,
        latest: checkpoint::latest(state).map(|row| row.checkpoint),
        in_flight: numbers(checkpoint::rows(state, InProgress)),
        retained: numbers(checkpoint::rows(state, Completed)),
        due_at_ms: trigger::due_at(stream, context.now_ms),
        transactions: transaction::views(state, |_| true).take(limits::PAGE).collect(),
        parts: state.parts.len() as u64,
        reclaimable: state.reclaimable.len() as u64,
    })))
}

pub(crate) fn restore(context: &mut Context<'_>, command: &RestoreStream) -> Result<Decided, Stop> {
    let state = context.state;
    let stream = find(state)?;
    lease::check_named(state, command.holder.as_ref())?;
    let row = checkpoint::resolve_completed(state, &command.from)?;
    check_why(state, row, command)?;
    let mut answer = plan(context, stream, row);
    if let Some(row) = row
        && row.key_groups != stream.key_groups
    {
        return Err(Error::invalid(format!(
            "checkpoint {} has {} key groups and the stream has {}; declare it with the same number",
            row.checkpoint, row.key_groups, stream.key_groups
        ))
        .into());
    }
    if !answer.dropped_operators.is_empty() && !command.drop_operators && !command.dry_run {
        return Err(Error::invalid(format!(
            "checkpoint {} has state of {}, which the stream does not declare any more; declare them, or let go of \
             their state with drop-operators",
            row.map_or(0, |row| row.checkpoint),
            answer.dropped_operators.join(", ")
        ))
        .into());
    }
    if command.dry_run {
        return Decided::answer(Answer::StreamRestored(answer));
    }
    answer.applied = true;
    let facts = facts(state, command, &answer);
    Decided::facts(facts, Answer::StreamRestored(answer))
}

/// To leave newer checkpoints behind is something that people explain.
fn check_why(state: &State, row: Option<&CheckpointRow>, command: &RestoreStream) -> Result<(), Error> {
    let number = row.map(|row| row.checkpoint);
    let is_latest = number == checkpoint::latest(state).map(|row| row.checkpoint);
    if command.dry_run || is_latest && command.reason.is_empty() {
        return Ok(());
    }
    names::check_reason(&command.reason, command.actor.as_ref())
}

/// What a start from this checkpoint means.
fn plan(context: &Context<'_>, stream: &StreamRow, row: Option<&CheckpointRow>) -> answer::StreamRestored {
    let state = context.state;
    let view = row.map(|row| checkpoint::view(state, row, true));
    let is_newer = |other: &&CheckpointRow| row.is_some_and(|row| row.checkpoint < other.checkpoint);
    let is_declared = |name: &str| stream.operators.iter().any(|operator| operator.name == name);
    let acknowledgements = view.iter().flat_map(|view| &view.acknowledgements);
    let mut dropped: Vec<String> = acknowledgements
        .clone()
        .filter(|it| !is_declared(&it.operator) && (it.state.is_some() || !it.parts.is_empty()))
        .map(|it| it.operator.clone())
        .collect();
    dropped.dedup();
    answer::StreamRestored {
        generation: state.head().generation.saturating_add(1),
        applied: false,
        positions: acknowledgements.flat_map(|it| it.positions.iter().cloned()).collect(),
        assignments: assignments(stream, row.map_or(&[][..], |row| &row.operators)),
        aborted: numbers(checkpoint::rows(state, InProgress)),
        commit: transaction::views(state, |status| status == TransactionStatus::Committing).collect(),
        abort: transaction::views(state, |status| status != TransactionStatus::Committing).collect(),
        repeated: numbers(checkpoint::rows(state, Completed).filter(is_newer)),
        dropped_operators: dropped,
        checkpoint: view,
    }
}

fn numbers<'a>(rows: impl Iterator<Item = &'a CheckpointRow>) -> Vec<u64> {
    rows.map(|row| row.checkpoint).collect()
}

/// The key groups of every sub-task, and the sub-tasks of the checkpoint that had some of them.
fn assignments(stream: &StreamRow, before: &[OperatorSpec]) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    for operator in &stream.operators {
        let old = before.iter().find(|old| old.name == operator.name).map_or(0, |old| old.parallelism);
        for subtask in 0..operator.parallelism {
            let (first_group, last_group) =
                key_group::range(subtask, operator.parallelism, stream.key_groups);
            let from = match old {
                0 => Vec::new(),
                old => {
                    let owner = |group| key_group::subtask(group, old, stream.key_groups);
                    (owner(first_group)..=owner(last_group)).collect()
                }
            };
            let operator = operator.name.clone();
            assignments.push(Assignment { operator, subtask, first_group, last_group, from });
        }
    }
    assignments
}

fn facts(state: &State, command: &RestoreStream, answer: &answer::StreamRestored) -> Vec<Fact> {
    let checkpoint = answer.checkpoint.as_ref().map(|view| view.checkpoint);
    let why = match checkpoint {
        Some(checkpoint) => format!("the stream was restored from checkpoint {checkpoint}"),
        None => "the stream was started from the beginning".to_owned(),
    };
    let why = if command.reason.is_empty() { why } else { format!("{why}: {}", command.reason) };
    let mut facts: Vec<Fact> = Vec::new();
    for &number in &answer.aborted {
        let (reason, actor) = (why.clone(), command.actor.clone());
        facts.push(
            CheckpointAborted { checkpoint: number, cause: AbortCause::Restored, reason, actor }.into(),
        );
    }
    let positions = answer.positions.iter().filter(|_| !bug!(RestoreForgetsPositions));
    facts.extend(positions.filter_map(|position| put_back(state, position, &why, command.actor.as_ref())));
    let reason = Some(command.reason.clone()).filter(|reason| !reason.is_empty());
    let (generation, actor) = (answer.generation, command.actor.clone());
    facts.push(StreamRestored { checkpoint, generation, reason, actor }.into());
    facts
}

/// The move of an HWM to where a checkpoint has it, if it is elsewhere: mostly back, and forward after a revert.
fn put_back(state: &State, position: &SourcePosition, why: &str, actor: Option<&String>) -> Option<Fact> {
    let (name, value) = (position.name.clone(), position.value.clone());
    let present = state.hwms.get(position.name.as_str()).and_then(|row| row.last.value.as_ref())?;
    let function = hwm::function(hwm_spec::of(state, &name));
    let order = hwm_spec::order(function, present, &value);
    match order {
        Some(Ordering::Equal) => None,
        Some(Ordering::Greater) => {
            Some(HwmRewound { name, value, reason: why.to_owned(), actor: actor.cloned() }.into())
        }
        Some(Ordering::Less) | None => Some(
            HwmSet { name, value, cast: order.is_none(), run: None, node: None, keys: Vec::new() }.into(),
        ),
    }
}

/// The name of a checkpoint in the words of errors.
pub(crate) fn words(reference: &CheckpointRef) -> String {
    match reference {
        CheckpointRef::Latest => "completed checkpoint".to_owned(),
        CheckpointRef::Number(number) => format!("checkpoint {number}"),
        CheckpointRef::Savepoint(name) => format!("savepoint `{name}`"),
    }
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra) {
    match fact {
        Fact::StreamDeclared(declared) => {
            let mut row = state.stream.get(&ONLY).cloned().unwrap_or_default();
            row.operators.clone_from(&declared.operators);
            row.key_groups = declared.key_groups;
            row.policy = declared.policy.clone();
            row.extra.absorb(extra);
            state.stream.insert(ONLY, row);
        }
        Fact::StreamRestored(restored) => {
            state.change_head(|head| head.generation = head.generation.max(restored.generation));
            state.stream.modify(&ONLY, |row| {
                row.restored_from = restored.checkpoint;
                row.ended_at_ms = None;
                row.triggered_at_ms = None;
                row.extra.absorb(extra);
            });
        }
        _ => {}
    }
}
