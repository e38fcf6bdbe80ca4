//! Acknowledge: what the sub-tasks hand over, and what follows when it is the last of it.

use std::collections::BTreeSet;

use highwater_format::fact::{
    AbortCause, Acknowledgement, CheckpointAborted, CheckpointAcknowledged, CheckpointCompleted,
    CheckpointsDiscarded, DiscardCause, Fact, OperatorSpec,
};

use crate::answer::{Acknowledged, Answer, TransactionView};
use crate::bug;
use crate::checkpoint::CheckpointStatus::{Aborted, Completed, InProgress};
use crate::command::{AcknowledgeCheckpoint, Holder, HwmUpdate};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::{AcknowledgementRow, CheckpointRow};
use crate::state::State;
use crate::table::ONLY;
use crate::transaction::{self, TransactionStatus};
use crate::{checkpoint, hwm, lease, limits, state_part};

pub(crate) fn acknowledge(
    context: &mut Context<'_>,
    command: &AcknowledgeCheckpoint,
) -> Result<Decided, Stop> {
    let state = context.state;
    let row = checkpoint::find(state, command.checkpoint)?;
    lease::check_named(state, command.holder.as_ref())?;
    check_same_holder(row, command.holder.as_ref())?;
    if row.status == Aborted {
        return Err(Error::conflict(format!(
            "checkpoint {} was aborted ({}); abort what you pre-committed for it, and go on",
            row.checkpoint,
            row.abort_reason.as_deref().unwrap_or_default()
        ))
        .into());
    }
    let new = new_acknowledgements(context, row, &command.acknowledgements)?;
    let missing = row.missing.saturating_sub(new.len() as u64);
    if new.is_empty() {
        let commit = to_commit(state, row.checkpoint, &[]);
        let (status, version) = (row.status, context.version());
        return Decided::answer(Answer::Acknowledged(Acknowledged { status, missing, version, commit }));
    }
    let mut answer =
        Acknowledged { status: InProgress, missing, version: context.next_version, commit: vec![] };
    let mut facts = Vec::new();
    if missing == 0 || bug!(CompleteEarly) {
        facts = match completion(context, row, &new) {
            Ok(facts) => {
                answer.status = Completed;
                answer.commit = to_commit(state, row.checkpoint, &new);
                facts
            }
            Err(reason) => {
                answer.status = Aborted;
                vec![aborted(row.checkpoint, AbortCause::Declined, reason)]
            }
        };
    }
    facts.insert(0, CheckpointAcknowledged { checkpoint: row.checkpoint, acknowledgements: new }.into());
    Decided::facts(facts, Answer::Acknowledged(answer))
}

/// What completes a checkpoint, or why it never can be.
fn completion(
    context: &mut Context<'_>,
    row: &CheckpointRow,
    new: &[Acknowledgement],
) -> Result<Vec<Fact>, String> {
    let state = context.state;
    let moves = positions(state, row.checkpoint, new).collect::<Vec<_>>();
    if let Some(name) = hwm::named_twice(&moves) {
        return Err(format!("the position `{name}` was acknowledged by two sub-tasks"));
    }
    let moves = hwm::moves(context, &moves, None).map_err(|error| error.message)?;
    let mut facts: Vec<Fact> = vec![CheckpointCompleted { checkpoint: row.checkpoint }.into()];
    facts.extend(moves);
    let reason = || format!("checkpoint {} was completed before it", row.checkpoint);
    let older = checkpoint::rows(state, InProgress).filter(|other| other.checkpoint < row.checkpoint);
    facts.extend(older.map(|other| aborted(other.checkpoint, AbortCause::Subsumed, reason())));
    facts.extend(dropped(state, row, context.now_ms));
    Ok(facts)
}

fn aborted(checkpoint: u64, cause: AbortCause, reason: String) -> Fact {
    CheckpointAborted { checkpoint, cause, reason, actor: None }.into()
}

/// A barrier belongs to whoever triggered it: under another token it is that of a coordinator who was replaced.
fn check_same_holder(row: &CheckpointRow, holder: Option<&Holder>) -> Result<(), Error> {
    if row.lease.is_none() || bug!(ForgetHolder) {
        return Ok(());
    }
    let is_same =
        |holder: &Holder| row.lease.as_deref() == Some(holder.lease.as_str()) && row.token == holder.token;
    match holder {
        Some(holder) if is_same(holder) => Ok(()),
        Some(holder) => Err(Error::fenced(format!(
            "checkpoint {} was triggered under token {}, and this is token {}; it belongs to another coordinator",
            row.checkpoint, row.token, holder.token
        ))),
        None => Err(Error::fenced(format!(
            "checkpoint {} was triggered under the lease `{}`; name the lease and its token",
            row.checkpoint,
            row.lease.as_deref().unwrap_or_default()
        ))),
    }
}

/// The acknowledgements that are not there yet, all of them checked.
fn new_acknowledgements(
    context: &mut Context<'_>,
    row: &CheckpointRow,
    given: &[Acknowledgement],
) -> Result<Vec<Acknowledgement>, Error> {
    let state = context.state;
    let (mut new, mut added, mut transactions) = (Vec::new(), 0, 0);
    let mut subtasks = BTreeSet::new();
    for it in given {
        let operator = row.operators.iter().find(|operator| operator.name == it.operator);
        if operator.is_none_or(|operator| it.subtask >= operator.parallelism) {
            return Err(Error::invalid(format!(
                "checkpoint {} is not over {}/{}; it is over {}",
                row.checkpoint,
                it.operator,
                it.subtask,
                operators(&row.operators)
            )));
        }
        match state.acknowledgements.get(&checkpoint::key(row.checkpoint, &it.operator, it.subtask)) {
            Some(known) if is_same(state, known, it) => continue,
            Some(_) => {
                return Err(Error::conflict(format!(
                    "{}/{} has acknowledged checkpoint {} with something else",
                    it.operator, it.subtask, row.checkpoint
                )));
            }
            None => {}
        }
        if !subtasks.insert((&it.operator, it.subtask)) {
            return Err(Error::invalid(format!(
                "{}/{} acknowledges twice in one command",
                it.operator, it.subtask
            )));
        }
        added += check(state, it)?;
        transactions += usize::from(it.transaction.is_some());
        new.push(it.clone());
    }
    if row.status != InProgress && !new.is_empty() {
        return Err(Error::conflict(format!(
            "checkpoint {} is {} already",
            row.checkpoint,
            row.status.name()
        )));
    }
    if added > 0 {
        context.check_bound("parts of states", state.parts.len(), added, limits::STATE_PARTS)?;
    }
    if transactions > 0 {
        let present = state.transactions.len();
        context.check_bound("transactions to settle", present, transactions, limits::TRANSACTIONS)?;
    }
    let given = new.iter().map(|it| it.positions.len()).sum::<usize>();
    let present = usize::try_from(row.positions).unwrap_or(usize::MAX);
    context.check_bound("positions in a checkpoint", present, given, limits::HWMS_PER_COMMAND)?;
    Ok(new)
}

fn operators(operators: &[OperatorSpec]) -> String {
    let words = operators.iter().map(|it| format!("{} (0 to {})", it.name, it.parallelism.saturating_sub(1)));
    words.take(10).collect::<Vec<_>>().join(", ")
}

/// Whether the same was handed over before, so that nothing is said by saying it again.
fn is_same(state: &State, known: &AcknowledgementRow, it: &Acknowledgement) -> bool {
    let transaction = state
        .transactions
        .get(&checkpoint::key(known.checkpoint, &it.operator, it.subtask))
        .map(|row| &row.transaction);
    known.state == it.state
        && known.positions == it.positions
        && known.parts.iter().eq(it.parts.iter().map(|part| &part.name))
        // A transaction that is settled is not known any more.
        && (transaction.is_none() || transaction == it.transaction.as_ref())
}

/// Refuses an acknowledgement that cannot be kept, and gives the number of its new parts.
fn check(state: &State, it: &Acknowledgement) -> Result<usize, Error> {
    let sizes = [
        ("state", it.state.as_ref().map_or(0, Vec::len), limits::STATE_BYTES),
        ("transaction", it.transaction.as_ref().map_or(0, Vec::len), limits::TRANSACTION_BYTES),
    ];
    for (what, size, most) in sizes {
        if size > most {
            return Err(Error::invalid(format!(
                "the {what} of {}/{} has {size} bytes; at most {most} are allowed, keep it elsewhere and name it",
                it.operator, it.subtask
            )));
        }
    }
    if it.parts.len() > limits::PARTS_PER_SUBTASK {
        return Err(Error::invalid(format!(
            "{}/{} names {} parts; at most {} are allowed, make fewer and larger ones",
            it.operator,
            it.subtask,
            it.parts.len(),
            limits::PARTS_PER_SUBTASK
        )));
    }
    let mut added = 0;
    for part in &it.parts {
        added += usize::from(state_part::check(state, part)?);
    }
    for position in &it.positions {
        hwm::check_position(state, position)?;
    }
    Ok(added)
}

/// The positions of a checkpoint, as moves of HWMs.
fn positions<'a>(
    state: &'a State,
    checkpoint: u64,
    new: &'a [Acknowledgement],
) -> impl Iterator<Item = HwmUpdate> + 'a {
    let known = checkpoint::acknowledgements(state, checkpoint).flat_map(|row| &row.positions);
    known.chain(new.iter().flat_map(|it| &it.positions)).map(hwm::update_of)
}

/// The transactions that a completed checkpoint commits.
fn to_commit(state: &State, checkpoint: u64, new: &[Acknowledgement]) -> Vec<TransactionView> {
    let status = TransactionStatus::Committing;
    let known = checkpoint::keys_of(&state.transactions, checkpoint);
    let known = known
        .iter()
        .filter_map(|key| state.transactions.get(key))
        .map(|row| TransactionView { status, ..transaction::view(row) });
    let new = new.iter().filter_map(|it| {
        let (operator, subtask) = (it.operator.clone(), it.subtask);
        Some(TransactionView { checkpoint, operator, subtask, status, transaction: it.transaction.clone()? })
    });
    known.chain(new).collect()
}

/// What is kept no longer once this one is completed.
fn dropped(state: &State, completed: &CheckpointRow, now_ms: i64) -> Vec<Fact> {
    let Some(stream) = state.stream.get(&ONLY) else { return Vec::new() };
    let retain = stream.policy.retain as usize - usize::from(completed.savepoint.is_none());
    let kept: Vec<&CheckpointRow> =
        checkpoint::rows(state, Completed).filter(|row| row.savepoint.is_none()).collect();
    let (surplus, kept) = kept.split_at(kept.len().saturating_sub(retain));
    let expire_ms = i64::try_from(stream.policy.expire_ms).unwrap_or(i64::MAX);
    let is_old = |row: &&CheckpointRow| {
        expire_ms > 0 && now_ms.saturating_sub(row.ended_at_ms.unwrap_or(now_ms)) >= expire_ms
    };
    let fact = |checkpoints: Vec<u64>, cause| {
        let fact = CheckpointsDiscarded { checkpoints, cause, reason: None, actor: None };
        (!fact.checkpoints.is_empty()).then(|| fact.into())
    };
    let surplus = surplus.iter().map(|row| row.checkpoint).collect();
    let expired = kept.iter().copied().filter(is_old).map(|row| row.checkpoint).collect();
    [fact(surplus, DiscardCause::Retention), fact(expired, DiscardCause::Expired)]
        .into_iter()
        .flatten()
        .collect()
}
