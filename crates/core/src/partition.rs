//! Partitions: the parts into which a node is divided by keys. The machine of a partition, and apply.
//!
//! A node has one to four dimensions, and a partition one key of each. Its name is these keys joined by `|`, which is what coverage and
//! claims know it by, too. A partition that is missing has no row, so that a million of them that nobody has touched cost their
//! keys alone. What an attempt works on is in `claim.rs`, how keys come, go and change their names in `declare.rs` and `rekey.rs`.

pub(crate) mod check;
pub(crate) mod claim;
pub(crate) mod declare;
pub(crate) mod mark;
mod name;
pub(crate) mod rekey;
pub(crate) mod show;

use std::ops::RangeInclusive;
use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{CoverageStatus, Fact, PartitionMark};

use crate::coverage::Line;
use crate::row::{PartitionKeyRow, PartitionRow, Row};
use crate::state::{At, SpanKey, State};

use CoverageStatus::{Done, Failed, Missing, Stale};

/// What stands between the keys in the name of a partition.
pub const SEPARATOR: char = '|';

/// Every transition of a partition: status before, fact, status after. Facts of attempts are about the partitions that they claimed.
/// Whatever is not here does not happen.
pub const TRANSITIONS: &[(CoverageStatus, &str, CoverageStatus)] = &[
    (Missing, "partitions-marked", Done),
    (Missing, "partitions-marked", Failed),
    (Done, "partitions-marked", Missing),
    (Done, "partitions-marked", Done),
    (Done, "partitions-marked", Failed),
    (Done, "partitions-marked", Stale),
    (Failed, "partitions-marked", Missing),
    (Failed, "partitions-marked", Done),
    (Failed, "partitions-marked", Failed),
    (Stale, "partitions-marked", Missing),
    (Stale, "partitions-marked", Done),
    (Stale, "partitions-marked", Failed),
    (Missing, "attempt-succeeded", Done),
    (Done, "attempt-succeeded", Done),
    (Failed, "attempt-succeeded", Done),
    (Stale, "attempt-succeeded", Done),
    (Missing, "attempt-failed", Failed),
    (Failed, "attempt-failed", Failed),
    (Stale, "attempt-failed", Failed),
];

/// All statuses of a partition.
pub const STATUSES: [CoverageStatus; 4] = [Missing, Done, Failed, Stale];

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: CoverageStatus, fact: &Fact) -> Option<CoverageStatus> {
    match (from, fact) {
        (from, Fact::PartitionsMarked(fact)) => match (from, fact.status) {
            // Only what was done can have to be done again.
            (Missing, Missing | Stale) | (Failed | Stale, Stale) => None,
            (_, to) => Some(to),
        },
        (_, Fact::AttemptSucceeded(_)) => Some(Done),
        // A new try that failed does not take away what was done before it.
        (Missing | Failed | Stale, Fact::AttemptFailed(_)) => Some(Failed),
        _ => None,
    }
}

/// A dimension of a node, as the tables have it.
#[derive(Clone, Debug)]
pub(crate) struct Dimension(Arc<str>);

impl Dimension {
    pub(crate) fn of(node: &str, dimension: &str) -> Dimension {
        // Names have no control characters.
        Dimension(format!("{node}\0{dimension}").into())
    }

    /// The place of the key with this number.
    pub(crate) fn key(&self, number: u64) -> SpanKey {
        (Arc::clone(&self.0), number)
    }

    /// The places of all keys from this number on.
    fn keys(&self, from: u64) -> RangeInclusive<SpanKey> {
        self.key(from)..=self.key(u64::MAX)
    }

    /// What a key is found by.
    fn named(&self, key: &str) -> Arc<str> {
        format!("{}\0{key}", self.0).into()
    }
}

/// The key with this number is not found by its name any more.
pub(crate) fn forget_place(state: &mut State, node: &str, dimension: &str, number: u64) {
    let dimension = Dimension::of(node, dimension);
    let Some(row) = state.partition_keys.get(&dimension.key(number)) else { return };
    let name = dimension.named(&row.key);
    // The name may be that of another key by now, where rows are put back one by one.
    if state.partition_key_numbers.get(&name) == Some(&number) {
        state.partition_key_numbers.remove(&name);
    }
}

/// Puts a row in place, and what is derived from it.
pub(crate) fn place(state: &mut State, row: Row, extra: Extra, can_be_taken_back: bool) {
    match row {
        Row::PartitioningRow(mut row) => {
            row.extra = extra;
            state.partitionings.put(row.node.as_str().into(), row, can_be_taken_back);
        }
        Row::PartitionKeyRow(row) => place_key(state, PartitionKeyRow { extra, ..row }, can_be_taken_back),
        Row::PartitionRow(mut row) => {
            row.extra = extra;
            let name = Line::new(&row.node, Some(&row.partition)).shared_name();
            state.partitions.put(name, row, can_be_taken_back);
        }
        Row::PartitionClaimRow(mut row) => {
            row.extra = extra;
            let name = Line::new(&row.node, Some(&row.partition)).shared_name();
            state.partition_claims.put(name, row, can_be_taken_back);
        }
        _ => {}
    }
}

fn place_key(state: &mut State, row: PartitionKeyRow, can_be_taken_back: bool) {
    let dimension = Dimension::of(&row.node, &row.dimension);
    state.partition_key_numbers.put(dimension.named(&row.key), row.number, can_be_taken_back);
    state.partition_keys.put(dimension.key(row.number), row, can_be_taken_back);
}

/// The partitions of a node that are not missing, in byte order of their names.
fn rows<'a>(state: &'a State, node: &str) -> impl Iterator<Item = &'a PartitionRow> + use<'a> {
    let (first, last) = Line::names_of(node);
    state.partitions.range(first..last).map(|(_, row)| row)
}

/// Whether a partition of the node has a status, or somebody works on one.
fn is_used(state: &State, node: &str) -> bool {
    let (first, last) = Line::names_of(node);
    rows(state, node).next().is_some() || state.partition_claims.range(first..last).next().is_some()
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::PartitionsDeclared(declared) => declare::apply(state, declared, extra, at),
        Fact::PartitionKeysChanged(changed) => declare::apply_keys(state, changed, extra, at),
        Fact::PartitionsRekeyed(rekeyed) => rekey::apply(state, rekeyed, extra, at),
        Fact::PartitionsMarked(marked) => {
            let (run, attempt) = (marked.run.as_ref(), marked.attempt);
            let (reason, actor) = (marked.reason.as_ref(), marked.actor.as_ref());
            let touch = Touch { fact, run, attempt, reason, actor, extra, at };
            let node: Arc<str> = marked.node.as_str().into();
            for mark in &marked.marks {
                if let Some(run) = &marked.run {
                    claim::give_back(state, &marked.node, &mark.partition, run);
                }
                touch_one(state, &node, mark, &touch);
            }
        }
        _ => claim::apply(state, fact, extra, at),
    }
}

/// How partitions are touched: by which fact, and what stands beside the new status.
struct Touch<'a> {
    fact: &'a Fact,
    run: Option<&'a String>,
    attempt: Option<u32>,
    reason: Option<&'a String>,
    actor: Option<&'a String>,
    extra: &'a Extra,
    at: At,
}

/// Takes a partition through the machine.
fn touch_one(state: &mut State, node: &Arc<str>, mark: &PartitionMark, touch: &Touch<'_>) {
    let name = Line::new(node, Some(&mark.partition)).shared_name();
    let before = state.partitions.get(&name);
    let Some(status) = transition(before.map_or(Missing, |row| row.status), touch.fact) else { return };
    if status == Missing {
        return state.partitions.remove(&name);
    }
    // What people do not say stays as it was.
    let kept = before.filter(|_| touch.run.is_none());
    let row = PartitionRow {
        node: before.map_or_else(|| Arc::clone(node), |row| Arc::clone(&row.node)),
        partition: before.map_or_else(|| mark.partition.as_str().into(), |row| Arc::clone(&row.partition)),
        status,
        rows: mark.rows.or(kept.and_then(|row| row.rows)),
        fingerprint: mark.fingerprint.as_ref().or(kept.and_then(|row| row.fingerprint.as_ref())).cloned(),
        run: touch.run.or(kept.and_then(|row| row.run.as_ref())).cloned(),
        attempt: touch.attempt.or(kept.and_then(|row| row.attempt)),
        version: touch.at.version,
        at_ms: touch.at.at_ms,
        reason: touch.reason.cloned(),
        actor: touch.actor.cloned(),
        extra: touch.extra.clone(),
    };
    state.partitions.insert(name, row);
}

/// About how many bytes a fact of partitions needs in a record; never far too few.
pub(crate) fn estimate_bytes(fact: &Fact) -> usize {
    let texts = |texts: &[String]| texts.iter().map(|text| 8 + text.len()).sum::<usize>();
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let keys = |keys: &[String]| 64 + texts(keys);
    512 + match fact {
        Fact::PartitionsDeclared(fact) => {
            fact.dimensions.iter().map(|it| 256 + it.name.len() + keys(&it.keys)).sum()
        }
        Fact::PartitionKeysChanged(fact) => {
            texts(&fact.added) + texts(&fact.removed) + text(&fact.reason) + text(&fact.actor)
        }
        Fact::PartitionsClaimed(fact) => texts(&fact.partitions) + text(&fact.fingerprint),
        Fact::PartitionsMarked(fact) => {
            let mark = |it: &PartitionMark| 48 + it.partition.len() + text(&it.fingerprint);
            fact.marks.iter().map(mark).sum::<usize>() + text(&fact.reason) + text(&fact.actor)
        }
        Fact::PartitionsRekeyed(fact) => {
            let added = fact.added.as_ref().map_or(0, |added| 512 + keys(&added.dimension.keys));
            let renames = fact.keys.iter().map(|it| 16 + it.from.len() + it.to.len()).sum::<usize>();
            renames + added + fact.reason.len() + text(&fact.actor)
        }
        _ => 0,
    }
}
