//! Batches: what a sink is to take at once. The machine, decide and apply.
//!
//! A batch is durable before its sink takes it, and what it moves, moves when the sink's receipt is there. One whose attempt died in between
//! is in doubt: only the sink knows, so whoever comes next asks it, by the key, and says what it said.

pub(crate) mod covered;

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{BatchAborted, BatchCommitted, BatchPrepared, Fact, HwmMove};
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, BatchView, Prepared as PreparedAnswer};
use crate::bug;
use crate::command::{AbortBatch, AttemptRef, CommitBatch, HwmUpdate, ListBatches, PrepareBatch};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::output::{Notice, NoticeLevel};
use crate::row::{AttemptRow, BatchRow};
use crate::state::{At, State};
use crate::{attempt, coverage, hwm, hwm_spec, limits, names, page};

/// Status of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchStatus {
    /// Its attempt is at work on it.
    Prepared,
    /// Its attempt is over, and nobody has said what the sink did.
    InDoubt,
    /// The sink took it.
    Committed,
    /// The sink did not take it.
    Aborted,
}

use BatchStatus::{Aborted, Committed, InDoubt, Prepared};

/// Every transition of a batch: status before, fact, status after. Whatever is not here does not happen.
pub const TRANSITIONS: &[(Option<BatchStatus>, &str, BatchStatus)] = &[
    (None, "batch-prepared", Prepared),
    (Some(Prepared), "batch-committed", Committed),
    (Some(Prepared), "batch-aborted", Aborted),
    (Some(Prepared), "attempt-failed", InDoubt),
    (Some(Prepared), "attempt-crashed", InDoubt),
    (Some(Prepared), "attempt-handed-back", InDoubt),
    (Some(Prepared), "run-cancelled", InDoubt),
    (Some(Prepared), "run-finished", InDoubt),
    (Some(InDoubt), "batch-committed", Committed),
    (Some(InDoubt), "batch-aborted", Aborted),
];

impl BatchStatus {
    /// All statuses.
    pub const ALL: [BatchStatus; 4] = [Prepared, InDoubt, Committed, Aborted];

    /// The status in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Prepared => "prepared",
            InDoubt => "in-doubt",
            Committed => "committed",
            Aborted => "aborted",
        }
    }

    /// Whether it is not known yet what the sink did.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Prepared | InDoubt)
    }
}

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: Option<BatchStatus>, fact: &Fact) -> Option<BatchStatus> {
    match (from, fact) {
        (None, Fact::BatchPrepared(_)) => Some(Prepared),
        (Some(Prepared | InDoubt), Fact::BatchCommitted(_)) => Some(Committed),
        (Some(Prepared | InDoubt), Fact::BatchAborted(_)) => Some(Aborted),
        (
            Some(Prepared),
            Fact::AttemptFailed(_)
            | Fact::AttemptCrashed(_)
            | Fact::AttemptHandedBack(_)
            | Fact::RunCancelled(_)
            | Fact::RunFinished(_),
        ) => Some(InDoubt),
        _ => None,
    }
}

/// The batches of a node, in whatever run, of which it is not known what the sink did; oldest first.
pub(crate) fn open_of<'a>(state: &'a State, node: &str) -> impl Iterator<Item = &'a BatchRow> + use<'a> {
    let (first, last) = ((Arc::from(node), 0), (Arc::from(node), u64::MAX));
    state.open_batches.range(first..=last).filter_map(|(_, batch)| state.batches.get(batch))
}

/// The batch that this attempt is at work on.
pub(crate) fn prepared_by<'a>(state: &'a State, attempt: &AttemptRow) -> Option<&'a BatchRow> {
    let is_its_own = |open: &&BatchRow| {
        open.status == Prepared && open.run == attempt.run && open.attempt == attempt.attempt
    };
    open_of(state, &attempt.node).find(is_its_own)
}

pub(crate) fn prepare(context: &mut Context<'_>, command: &PrepareBatch) -> Result<Decided, Stop> {
    let state = context.state;
    let row = attempt::check_held(state, &command.attempt)?;
    attempt::check_state(command.state.as_ref(), &row.node)?;
    let mut facts = Vec::new();
    for open in open_of(state, &row.node) {
        if open.status == Prepared {
            if open.run == row.run && open.attempt == row.attempt {
                return Err(Error::conflict(format!(
                    "batch {} of node `{}` is prepared; commit or abort it before the next one",
                    open.batch, row.node
                ))
                .into());
            }
            continue;
        }
        if command.supersede.is_empty() && !bug!(ForgetDoubt) {
            return Err(Error::conflict(format!(
                "batch {} of node `{}` is in doubt: ask the sink for `{}`, and commit or abort it first, or say why it is superseded",
                open.batch, row.node, open.key
            ))
            .into());
        }
        names::check_length("the reason", &command.supersede, limits::TEXT_BYTES)?;
        facts.push(
            BatchAborted {
                batch: open.batch,
                reason: format!("superseded: {}", command.supersede),
                run: Some(row.run.clone()),
                attempt: Some(row.attempt),
                actor: None,
            }
            .into(),
        );
    }
    attempt::check_moves_hwms(row, &command.hwms)?;
    let covered = coverage::checked(context, row, &command.covered)?;
    let hwms = checked_moves(state, &command.hwms)?;
    let open = state.open_batches.len() - facts.len();
    context.check_bound("open batches", open, 1, limits::OPEN_BATCHES)?;
    let batch = state.head().token.saturating_add(1);
    let key = format!("{}#{batch}", context.pipeline);
    let fact = BatchPrepared {
        batch,
        run: row.run.clone(),
        node: row.node.clone(),
        attempt: row.attempt,
        key: key.clone(),
        hwms,
        state: command.state.clone(),
        counts: command.counts,
        covered,
    };
    facts.push(fact.into());
    Decided::facts(facts, Answer::Prepared(PreparedAnswer { batch, key }))
}

/// The moves of a batch, or why one of them could not be made.
fn checked_moves(state: &State, updates: &[HwmUpdate]) -> Result<Vec<HwmMove>, Error> {
    if updates.len() > limits::PROPOSED_HWMS {
        return Err(Error::invalid(format!(
            "a batch of {} HWMs; at most {} are allowed, prepare several batches",
            updates.len(),
            limits::PROPOSED_HWMS
        )));
    }
    hwm::check_names(updates)?;
    let mut moves = Vec::with_capacity(updates.len());
    for update in updates {
        if hwm_spec::of(state, &update.name).is_some_and(|spec| spec.unordered) {
            return Err(Error::invalid(format!(
                "HWM `{}` is of an unordered source, so no batch moves it; say it when the attempt succeeds",
                update.name
            )));
        }
        if update.cast {
            return Err(Error::invalid(format!(
                "HWM `{}` would be cast when its sink has taken the batch; declare its type, or cast the value before",
                update.name
            )));
        }
        hwm::moved(state, update, None)?;
        let HwmUpdate { name, value, keys, .. } = update.clone();
        moves.push(HwmMove { name, value, keys });
    }
    Ok(moves)
}

/// Who says what became of a batch: the attempt that holds its node, or somebody by hand.
struct Voice {
    run: Option<String>,
    attempt: Option<u32>,
}

/// Whether this may be said of the batch, and by whom it is said.
fn voice(state: &State, row: &BatchRow, attempt: Option<&AttemptRef>) -> Result<Voice, Error> {
    let Some(attempt) = attempt else {
        if row.status == Prepared {
            return Err(Error::conflict(format!(
                "attempt {} of node `{}` in run `{}` is at work on batch {}; wait for it, or take its lease away first",
                row.attempt, row.node, row.run, row.batch
            )));
        }
        return Ok(Voice { run: None, attempt: None });
    };
    let held = attempt::check_held(state, attempt)?;
    let is_its_own = held.run == row.run && held.attempt == row.attempt;
    if held.node != row.node || (row.status == Prepared && !is_its_own) {
        return Err(Error::conflict(format!(
            "batch {} is of attempt {} of node `{}` in run `{}`, and not of this one",
            row.batch, row.attempt, row.node, row.run
        )));
    }
    Ok(Voice { run: Some(held.run.clone()), attempt: Some(held.attempt) })
}

fn find(state: &State, batch: u64) -> Result<&BatchRow, Error> {
    state.batches.get(&batch).ok_or_else(|| {
        Error::invalid(format!(
            "there is no batch {batch}, or it ended long ago; list the batches to see which there are"
        ))
    })
}

pub(crate) fn commit(context: &mut Context<'_>, command: &CommitBatch) -> Result<Decided, Stop> {
    let state = context.state;
    let row = find(state, command.batch)?;
    if let Some(receipt) = &command.receipt {
        names::check_length("the receipt", receipt, limits::TEXT_BYTES)?;
    }
    if command.attempt.is_none() {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    match row.status {
        Aborted => return Err(ended(row).into()),
        Committed => return context.done(Vec::new()),
        Prepared | InDoubt => {}
    }
    let Voice { run, attempt } = voice(state, row, command.attempt.as_ref())?;
    let by_hand = attempt.is_none();
    let fact = BatchCommitted {
        batch: row.batch,
        receipt: command.receipt.clone(),
        run,
        attempt,
        reason: by_hand.then(|| command.reason.clone()),
        actor: command.actor.clone().filter(|_| by_hand),
    };
    let mut facts: Vec<Fact> = vec![fact.into()];
    for HwmMove { name, value, keys } in row.hwms.clone() {
        let update = HwmUpdate { name, value, cast: false, keys };
        // What the sink took is a fact. A position that was overtaken meanwhile is not, and stays.
        match hwm::moved(state, &update, Some((&row.run, &row.node))) {
            Ok(fact) => facts.extend(fact),
            Err(error) => context.notices.push(Notice {
                level: NoticeLevel::Warn,
                pipeline: context.pipeline.to_owned(),
                code: "hwm-not-moved".to_owned(),
                message: format!(
                    "batch {} is committed, and moves less than it wanted: {}",
                    row.batch, error.message
                ),
            }),
        }
    }
    facts.extend(covered::done(context, row)?);
    context.done(facts)
}

pub(crate) fn abort(context: &Context<'_>, command: &AbortBatch) -> Result<Decided, Stop> {
    let row = find(context.state, command.batch)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    match row.status {
        Committed => return Err(ended(row).into()),
        Aborted => return context.done(Vec::new()),
        Prepared | InDoubt => {}
    }
    let Voice { run, attempt } = voice(context.state, row, command.attempt.as_ref())?;
    let (batch, reason) = (row.batch, command.reason.clone());
    let actor = command.actor.clone().filter(|_| attempt.is_none());
    context.done(vec![BatchAborted { batch, reason, run, attempt, actor }.into()])
}

fn ended(row: &BatchRow) -> Error {
    let why = row.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    Error::conflict(format!("batch {} was {} already{why}; it ends once", row.batch, row.status.name()))
}

pub(crate) fn list(context: &Context<'_>, command: &ListBatches) -> Result<Decided, Stop> {
    let is_wanted = |row: &&BatchRow| {
        (command.statuses.is_empty() || command.statuses.contains(&row.status))
            && command.node.as_ref().is_none_or(|node| *node == row.node)
    };
    let newest_first = context.state.batches.iter().rev().map(|(_, row)| row);
    let wanted = newest_first.filter(is_wanted).take(page::limit(command.limit));
    Decided::answer(Answer::Batches(wanted.map(view).collect()))
}

pub(crate) fn view(row: &BatchRow) -> BatchView {
    BatchView {
        batch: row.batch,
        key: row.key.clone(),
        status: row.status,
        run: row.run.clone(),
        node: row.node.clone(),
        attempt: row.attempt,
        hwms: row.hwms.clone(),
        state: row.state.clone(),
        counts: row.counts,
        prepared_at_ms: row.prepared_at_ms,
        ended_at_ms: row.ended_at_ms,
        receipt: row.receipt.clone(),
        reason: row.reason.clone(),
        actor: row.actor.clone(),
        covered: row.covered.clone(),
    }
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    let (run, node) = match fact {
        Fact::BatchPrepared(fact) => return insert(state, fact, extra, at),
        Fact::BatchCommitted(ended) => return change(state, ended.batch, fact, extra, at),
        Fact::BatchAborted(ended) => return change(state, ended.batch, fact, extra, at),
        Fact::AttemptFailed(fact) => (&fact.run, Some(&fact.node)),
        Fact::AttemptCrashed(fact) => (&fact.run, Some(&fact.node)),
        Fact::AttemptHandedBack(fact) => (&fact.run, Some(&fact.node)),
        Fact::RunFinished(fact) => (&fact.run, None),
        Fact::RunCancelled(fact) => (&fact.run, None),
        _ => return,
    };
    let open = state.open_batches.iter().filter_map(|(_, batch)| state.batches.get(batch));
    let of_it = open.filter(|row| row.run == *run && node.is_none_or(|node| *node == row.node));
    let batches: Vec<u64> = of_it.map(|row| row.batch).collect();
    batches.iter().for_each(|batch| change(state, *batch, fact, &Extra::default(), at));
}

fn insert(state: &mut State, fact: &BatchPrepared, extra: &Extra, at: At) {
    if state.batches.get(&fact.batch).is_some() {
        return;
    }
    let row = BatchRow {
        batch: fact.batch,
        run: fact.run.clone(),
        node: fact.node.clone(),
        attempt: fact.attempt,
        status: Prepared,
        key: fact.key.clone(),
        hwms: fact.hwms.clone(),
        state: fact.state.clone(),
        counts: fact.counts,
        prepared_at_ms: at.at_ms,
        ended_at_ms: None,
        receipt: None,
        reason: None,
        actor: None,
        covered: fact.covered.clone(),
        extra: extra.clone(),
    };
    state.open_batches.insert((Arc::from(row.node.as_str()), row.batch), row.batch);
    state.batches.insert(row.batch, row);
    state.change_head(|head| head.token = head.token.max(fact.batch));
    if state.batches.len() > limits::BATCHES_KEPT + state.open_batches.len() {
        let oldest = state.batches.iter().find(|(_, row)| !row.status.is_open()).map(|(batch, _)| *batch);
        oldest.iter().for_each(|batch| state.batches.remove(batch));
    }
}

/// Puts the row in place, and what is derived from it.
pub(crate) fn place(state: &mut State, row: BatchRow, can_be_taken_back: bool) {
    if row.status.is_open() {
        let key = (Arc::from(row.node.as_str()), row.batch);
        state.open_batches.put(key, row.batch, can_be_taken_back);
    }
    state.batches.put(row.batch, row, can_be_taken_back);
}

fn change(state: &mut State, batch: u64, fact: &Fact, extra: &Extra, at: At) {
    let Some(row) = state.batches.get(&batch) else { return };
    let Some(status) = transition(Some(row.status), fact) else { return };
    let (place, attempt) =
        ((Arc::from(row.node.as_str()), batch), (row.run.clone(), row.node.clone(), row.attempt));
    let came_with_it = (row.state.clone(), row.counts);
    state.batches.modify(&batch, |row| {
        row.status = status;
        row.extra.absorb(extra);
        row.ended_at_ms = (!status.is_open()).then_some(at.at_ms);
        match fact {
            Fact::BatchCommitted(fact) => {
                row.receipt.clone_from(&fact.receipt);
                row.reason.clone_from(&fact.reason);
                row.actor.clone_from(&fact.actor);
            }
            Fact::BatchAborted(fact) => {
                row.reason = Some(fact.reason.clone());
                row.actor.clone_from(&fact.actor);
            }
            _ => {}
        }
    });
    if !status.is_open() {
        state.open_batches.remove(&place);
    }
    if let Fact::BatchCommitted(fact) = fact {
        if let Some(row) = state.batches.get(&batch).filter(|row| !row.covered.is_empty()).cloned() {
            covered::give_back(state, &row);
        }
        match fact.run.clone().zip(fact.attempt) {
            // Another run goes on from where it stands itself.
            Some((run, _)) if run != attempt.0 => {}
            Some((run, number)) => attempt::take_over(state, &(run, attempt.1, number), came_with_it),
            // Tokens and batches are counted as one: after a revert, an attempt of this number may be one that came later.
            None if state.attempts.get(&attempt).is_some_and(|row| row.token > batch) => {}
            None => attempt::take_over(state, &attempt, came_with_it),
        }
    }
}

/// The batches of the state that is left stay known in the one that comes: what a sink has does not go back with it.
pub(crate) fn keep(target: &mut State, present: &State) {
    target.batches = present.batches.clone();
    target.open_batches = present.open_batches.clone();
    let prepared = target.batches.iter().filter(|(_, row)| row.status == Prepared);
    let batches: Vec<u64> = prepared.map(|(batch, _)| *batch).collect();
    for batch in batches {
        target.batches.modify(&batch, |row| row.status = InDoubt);
    }
    covered::keep_unseen(target, present);
}
