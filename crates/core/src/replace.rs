//! Replacing the state: what of an older or foreign state becomes the present one, as one fact, and apply.
//!
//! The rules: tokens and counters never get smaller; leases do not come back, and attempts that ran in the other state are
//! crashed; batches of the present stay, because what a sink has does not go back; HWMs keep their history and get one more change; dedupe keys of the present stay remembered.

use std::sync::Arc;

use highwater_format::fact::{
    AbortCause, AttemptCrashed, CheckpointAborted, Fact, ReplaceCause, RowKey, StateReplaced,
};
use highwater_format::{EntriesWriter, EntryOf, Extra, decode_entries};

use crate::answer::Decision;
use crate::attempt::AttemptStatus;
use crate::bug;
use crate::checkpoint::{self, CheckpointStatus};
use crate::coverage::Line;
use crate::error::Error;
use crate::order::sorted;
use crate::row::{HwmEvent, HwmPoint, HwmRow, NodeRow, RememberedRow, Row, RunRow, SuccessRow};
use crate::state::{At, State};
use crate::table::{ONLY, Table};
use crate::{batch, coverage, deadline, hwm, hwm_spec, limits, partition, rows, snapshot, success};

/// Where another state comes from, and who wants it why.
#[derive(Clone, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) cause: ReplaceCause,
    pub(crate) source: Option<&'a str>,
    pub(crate) version: u64,
    pub(crate) backup: Option<String>,
    pub(crate) reason: &'a str,
    pub(crate) actor: Option<&'a String>,
}

impl Origin<'_> {
    /// The name of the cause, for decisions.
    fn what(&self) -> &'static str {
        match self.cause {
            ReplaceCause::Revert => "revert",
            ReplaceCause::Restore => "restore",
            ReplaceCause::Fork => "fork",
        }
    }

    /// What happened, and who did it.
    fn words_with_actor(&self) -> String {
        let by = self.actor.map(|actor| format!("by {actor}, ")).unwrap_or_default();
        format!("{by}{}", self.words())
    }

    /// What happened.
    fn words(&self) -> String {
        let version = self.version;
        let what = match (self.cause, self.source, &self.backup) {
            (ReplaceCause::Fork, Some(source), _) => format!("forked from version {version} of `{source}`"),
            (_, _, Some(backup)) => format!("restored from the backup `{backup}` of version {version}"),
            _ => format!("reverted to version {version}"),
        };
        let why = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        format!("{what}{why}")
    }
}

/// The state that follows when `other` takes the place of `present`.
pub(crate) fn target(present: &State, other: State, origin: &Origin<'_>, at: At) -> State {
    let mut target = other;
    keep_checkpoints(&mut target, present);
    // Who shall not work here does not begin again because the state is an older one.
    target.stops = present.stops.clone();
    target.dead_letters = present.dead_letters.clone();
    if !bug!(RevertLeases) {
        fence(&mut target, &origin.words(), origin.actor, at);
    }
    let old = std::mem::replace(&mut target.hwms, present.hwms.clone());
    target.hwm_past = present.hwm_past.clone();
    put_hwms_back(&mut target, &old, origin, at);
    batch::keep(&mut target, present);
    keep_counters(&mut target, present);
    keep_dedupe_keys(&mut target, present);
    forget_successes(&mut target, present, origin);
    lift_deadlines(&mut target, at);
    note_decisions(&mut target, present, origin, at);
    target
}

/// A deadline that has passed does not come back: a run that does would fail before anybody could go on with it.
fn lift_deadlines(target: &mut State, at: At) {
    let is_over = |row: &RunRow| deadline::of_run(row).is_some_and(|at_ms| at_ms <= at.at_ms);
    let rows = target.runs.iter().filter(|(_, row)| is_over(row));
    let runs: Vec<String> = rows.map(|(run, _)| run.clone()).collect();
    for run in runs {
        target.runs.modify(&run, |row| row.deadline_at_ms = None);
    }
}

/// No lease is held any more: the attempts behind them are crashed, and checkpoints that were under way are aborted.
pub(crate) fn fence(state: &mut State, why: &str, actor: Option<&String>, at: At) {
    let running: Vec<Fact> = state
        .attempts
        .iter()
        .filter(|(_, row)| row.status == AttemptStatus::Running)
        .map(|(_, row)| {
            let (run, node, attempt) = (row.run.clone(), row.node.clone(), row.attempt);
            let (reason, actor) = (Some(why.to_owned()), actor.cloned());
            AttemptCrashed { run, node, attempt, evidence: None, reason, actor }.into()
        })
        .collect();
    let in_progress: Vec<Fact> = checkpoint::rows(state, CheckpointStatus::InProgress)
        .map(|row| {
            let (cause, reason, actor) = (AbortCause::Restored, why.to_owned(), actor.cloned());
            CheckpointAborted { checkpoint: row.checkpoint, cause, reason, actor }.into()
        })
        .collect();
    running.iter().chain(&in_progress).for_each(|fact| state.apply(fact, &Extra::default(), at));
    let names: Vec<String> = state.leases.iter().map(|(name, _)| name.clone()).collect();
    names.iter().for_each(|name| state.leases.remove(name));
}

/// HWMs get the values that they had; each that moves has one more change in its history.
fn put_hwms_back(target: &mut State, old: &Table<Arc<str>, HwmRow>, origin: &Origin<'_>, at: At) {
    let what = if origin.cause == ReplaceCause::Fork { HwmEvent::Fork } else { HwmEvent::Revert };
    let mut names: Vec<Arc<str>> = target.hwms.iter().map(|(name, _)| Arc::clone(name)).collect();
    names.extend(old.iter().map(|(name, _)| Arc::clone(name)));
    names = sorted(names, Ord::cmp);
    names.dedup();
    for name in names {
        let point = old.get(&name).map(|row| &row.last);
        let value = point.and_then(|point| point.value.clone());
        let keys = old.get(&name).map(|row| row.keys.clone()).unwrap_or_default();
        if target.hwms.get(&name).and_then(|row| row.last.value.as_ref()) == value.as_ref() {
            target.hwms.modify(&name, |row| row.keys = keys);
            continue;
        }
        let point = HwmPoint {
            version: at.version,
            at_ms: at.at_ms,
            what,
            value,
            run: point.and_then(|point| point.run.clone()),
            node: point.and_then(|point| point.node.clone()),
            reason: Some(origin.words()),
            actor: origin.actor.cloned(),
        };
        hwm::record(target, &name, point, keys, &Extra::default());
    }
}

/// Checkpoints stand for what is in files and sinks, which no revert undoes: those of the present stay, and a fork has none.
fn keep_checkpoints(target: &mut State, present: &State) {
    if bug!(RevertCheckpoints) {
        return;
    }
    target.checkpoints = present.checkpoints.clone();
    target.acknowledgements = present.acknowledgements.clone();
    target.transactions = present.transactions.clone();
    target.parts = present.parts.clone();
    target.reclaimable = present.reclaimable.clone();
}

/// No token and no number is given out twice.
fn keep_counters(target: &mut State, present: &State) {
    let kept = present.head();
    target.change_head(|head| {
        if !bug!(RevertToken) {
            head.token = head.token.max(kept.token);
        }
        head.runs_started = head.runs_started.max(kept.runs_started);
        head.runs_finished = head.runs_finished.max(kept.runs_finished);
        head.remembered = head.remembered.max(kept.remembered);
        head.checkpoints = head.checkpoints.max(kept.checkpoints);
        head.generation = head.generation.max(kept.generation);
    });
}

/// What was done under a key in either state is not done again, as far as there is room for keys.
fn keep_dedupe_keys(target: &mut State, present: &State) {
    if bug!(RevertKeys) {
        return;
    }
    let old = std::mem::replace(&mut target.remembered, present.remembered.clone());
    let by_number = std::mem::replace(&mut target.remembered_by_number, present.remembered_by_number.clone());
    for row in by_number.iter().filter_map(|(_, key)| old.get(key)) {
        if target.remembered.len() >= limits::DEDUPE_KEYS || target.remembered.get(&row.key).is_some() {
            continue;
        }
        let number = target.head().remembered;
        target.change_head(|head| head.remembered = head.remembered.saturating_add(1));
        target.remembered_by_number.insert(number, row.key.clone());
        target.remembered.insert(row.key.clone(), RememberedRow { number, ..row.clone() });
    }
}

/// What nodes have made outside is not put back: only a success that is the last one in both states still stands for others.
fn forget_successes(target: &mut State, present: &State, origin: &Origin<'_>) {
    if origin.cause == ReplaceCause::Fork || bug!(RevertSuccesses) {
        return;
    }
    let is_other = |(node, row): &(&String, &SuccessRow)| present.successes.get(*node) != Some(*row);
    let others: Vec<String> =
        target.successes.iter().filter(is_other).map(|(node, _)| node.clone()).collect();
    others.iter().for_each(|node| success::forget(target, node));
}

/// Every node that is another one now says why. A fork tells nothing of the versions of its source.
fn note_decisions(target: &mut State, present: &State, origin: &Origin<'_>, at: At) {
    let bare = |row: &NodeRow| NodeRow { decisions: Vec::new(), ..row.clone() };
    let keys: Vec<_> = target.nodes.iter().map(|(key, _)| key.clone()).collect();
    for key in keys {
        let kept = present.nodes.get(&key);
        target.nodes.modify(&key, |row| {
            if let Some(kept) = kept.filter(|kept| bare(kept) == bare(row)) {
                row.clone_from(kept);
                return;
            }
            if origin.cause == ReplaceCause::Fork {
                row.decisions.clear();
            }
            if row.decisions.len() == limits::DECISIONS_KEPT {
                row.decisions.remove(0);
            }
            let what = origin.what().to_owned();
            row.decisions.push(Decision {
                version: at.version,
                at_ms: at.at_ms,
                what,
                why: origin.words_with_actor(),
            });
        });
    }
}

/// The fact that makes `target` of `present`; none if they are the same.
pub(crate) fn fact(
    present: &State,
    target: &State,
    origin: &Origin<'_>,
) -> Result<Option<StateReplaced>, Error> {
    let (before, after) = (rows::of(present), rows::of(target));
    let unwritable = |error| Error::invalid(format!("the state cannot be replaced: {error}"));
    let mut put = EntriesWriter::default();
    let mut removed: Vec<RowKey> = Vec::new();
    let mut bytes = 0;
    for key in rows::different(&before, &after) {
        match after.get(key) {
            Some((row, extra)) => put.push(row, extra).map_err(unwritable)?,
            None => {
                bytes += 32 + key.table.len() + key.names.iter().map(|name| 5 + name.len()).sum::<usize>();
                removed.push(key.clone());
            }
        }
    }
    bytes += put.bytes_len();
    if bytes > limits::REPLACED_BYTES {
        return Err(Error::invalid(format!(
            "{bytes} bytes of rows differ, and one record may replace at most {}; nothing was changed: go back in smaller steps",
            limits::REPLACED_BYTES
        )));
    }
    let rows_put = put.finish().map_err(unwritable)?;
    let same = removed.is_empty() && decode_entries::<Row>(&rows_put).is_ok_and(|put| put.entries.is_empty());
    Ok((!same).then(|| StateReplaced {
        cause: origin.cause,
        source: origin.source.map(str::to_owned),
        source_version: origin.version,
        backup: origin.backup.clone(),
        reason: origin.reason.to_owned(),
        actor: origin.actor.cloned(),
        rows_put,
        rows_removed: removed,
    }))
}

/// Refuses a fact whose rows this version cannot read: applying it in part would be another state.
pub(crate) fn check(fact: &Fact) -> Result<(), Error> {
    let Fact::StateReplaced(fact) = fact else { return Ok(()) };
    decode_entries::<Row>(&fact.rows_put)
        .map(drop)
        .map_err(|error| Error::corrupt(format!("the rows of a replaced state: {error}")))
}

pub(crate) fn apply(state: &mut State, fact: &StateReplaced) {
    let Ok(put) = decode_entries::<Row>(&fact.rows_put) else { return };
    fact.rows_removed.iter().for_each(|key| remove(state, key));
    for EntryOf { fact: row, extra } in put.entries {
        forget_places(state, &rows::key(&row));
        snapshot::place(state, row, extra, true);
    }
}

fn remove(state: &mut State, key: &RowKey) {
    forget_places(state, key);
    match (key.table.as_str(), key.names.as_slice()) {
        ("graph", []) => state.graph.remove(&ONLY),
        ("run", [run]) => state.runs.remove(run),
        ("node", [run, node]) => state.nodes.remove(&(run.clone(), node.clone())),
        ("attempt", [run, node]) => {
            if let Ok(number) = u32::try_from(key.number) {
                state.attempts.remove(&(run.clone(), node.clone(), number));
            }
        }
        ("hwm", [name]) => state.hwms.remove(&Arc::from(name.as_str())),
        ("hwm-spec", [name]) => state.hwm_specs.remove(&Arc::from(name.as_str())),
        ("hwm-source", [name]) => state.hwm_sources.remove(&Arc::from(name.as_str())),
        ("batch", []) => state.batches.remove(&key.number),
        ("sink", [node]) => state.sinks.remove(&Arc::from(node.as_str())),
        ("hwm-past", [name]) => state.hwm_past.remove(&(Arc::from(name.as_str()), key.number)),
        ("lease", [name]) => state.leases.remove(name),
        ("coverage", [node, partition]) => {
            state.pieces.remove(&Line::new(node, Some(partition)).key(coverage::start_of(key.number)));
        }
        ("claim", [node, partition]) => {
            state.claims.remove(&Line::new(node, Some(partition)).key(coverage::start_of(key.number)));
        }
        ("unseen", [node, partition]) => {
            state.unseen.remove(&Line::new(node, Some(partition)).key(coverage::start_of(key.number)));
        }
        ("late", [node, partition]) => state.late.remove(&Line::new(node, Some(partition)).shared_name()),
        ("late-rule", [node]) => state.late_rules.remove(&Arc::from(node.as_str())),
        ("partitioning", [node]) => state.partitionings.remove(&Arc::from(node.as_str())),
        ("partition-key", [node, dimension]) => {
            state.partition_keys.remove(&partition::Dimension::of(node, dimension).key(key.number));
        }
        ("partition", [node, partition]) => {
            state.partitions.remove(&Line::new(node, Some(partition)).shared_name());
        }
        ("partition-claim", [node, partition]) => {
            state.partition_claims.remove(&Line::new(node, Some(partition)).shared_name());
        }
        ("cadence", [node]) => state.cadences.remove(&Arc::from(node.as_str())),
        ("backfill", [id]) => state.backfills.remove(id),
        ("remembered", [name]) => state.remembered.remove(name),
        ("success", [node]) => state.successes.remove(node),
        ("dead-letter", [node, key]) => state.dead_letters.remove(&(node.clone(), key.clone())),
        ("worker-stop", [worker]) => state.stops.remove(&Arc::from(worker.as_str())),
        ("stream", []) => state.stream.remove(&ONLY),
        ("checkpoint", []) => state.checkpoints.remove(&key.number),
        ("acknowledgement" | "transaction", [checkpoint, operator]) => {
            if let Ok(subtask) = u32::try_from(key.number) {
                let of_checkpoint = (checkpoint.clone(), operator.clone(), subtask);
                match key.table.as_str() {
                    "transaction" => state.transactions.remove(&of_checkpoint),
                    _ => state.acknowledgements.remove(&of_checkpoint),
                }
            }
        }
        _ => {}
    }
}

/// Takes what is derived from a row out of the indexes.
fn forget_places(state: &mut State, key: &RowKey) {
    match (key.table.as_str(), key.names.as_slice()) {
        ("run", [run]) => {
            let Some(row) = state.runs.get(run) else { return };
            let (number, finish_number) = (row.number, row.finish_number);
            state.runs_by_number.remove(&number);
            if let Some(number) = finish_number {
                state.runs_by_finish.remove(&number);
            }
        }
        ("batch", []) => {
            if let Some(node) = state.batches.get(&key.number).map(|row| Arc::from(row.node.as_str())) {
                state.open_batches.remove(&(node, key.number));
            }
        }
        ("hwm-spec", [name]) => hwm_spec::forget_places(state, name),
        ("partition-key", [node, dimension]) => partition::forget_place(state, node, dimension, key.number),
        // Which of the two tables it stands in follows from the row.
        ("state-part", [name]) => {
            state.parts.remove(name);
            state.reclaimable.remove(name);
        }
        ("remembered", [name]) => {
            if let Some(number) = state.remembered.get(name).map(|row| row.number) {
                state.remembered_by_number.remove(&number);
            }
        }
        ("success", [node]) => {
            if let Some(token) = state.successes.get(node).map(|row| row.token) {
                state.successes_by_token.remove(&token);
            }
        }
        _ => {}
    }
}
