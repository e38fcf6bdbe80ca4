//! What attempts that run may not have seen. Without it, late data would be lost in the one moment in which it comes most: while its
//! interval is being loaded. The loader has read the source already, and says afterwards that all is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{CoverageMarked, CoverageStatus, Fact, Interval};

use crate::bug;
use crate::coverage::{self, Line, claim};
use crate::row::UnseenRow;
use crate::state::State;
use crate::{batch, interval_set, run};

/// Nodes of which an attempt runs.
pub(crate) type Working = BTreeSet<String>;

/// The nodes of which an attempt runs, which holds a lease then, or of which a batch of one is open.
pub(super) fn working(state: &State) -> Working {
    let attempts = state.leases.iter().filter_map(|(_, row)| row.attempt.as_ref());
    attempts.map(|(_, node)| node.clone()).chain(batch::covered::open_nodes(state)).collect()
}

/// The token of the oldest attempt of a node that runs, or of which a batch is open.
pub(super) fn oldest(state: &State, node: &str) -> Option<u64> {
    let of_node = state.leases.iter().map(|(_, row)| row);
    let of_node = of_node.filter(|row| row.attempt.as_ref().is_some_and(|(_, of)| of == node));
    of_node.map(|row| row.token).chain(batch::covered::oldest_open(state, node)).min()
}

/// The facts after those with which an attempt says that it has done something, `ended` if it says so of all that it works on:
/// what it cannot have seen is stale.
pub(crate) fn stale(
    state: &State,
    (run, node, token): (&str, &str, u64),
    facts: &[Fact],
    ended: bool,
) -> Vec<Fact> {
    if state.unseen.len() == 0 || bug!(ForgetUnseen) {
        return Vec::new();
    }
    let mut done: BTreeMap<String, Vec<Interval>> = BTreeMap::new();
    for fact in facts {
        if let Fact::CoverageMarked(fact) = fact {
            done.entry(fact.partition.clone().unwrap_or_default()).or_default().extend(&fact.intervals);
        }
    }
    if ended {
        for row in claim::of_attempt(state, run, node) {
            let interval = Interval { start: row.start, end: row.end };
            done.entry(row.partition.to_string()).or_default().push(interval);
        }
    }
    let mut facts = Vec::new();
    for (partition, intervals) in done {
        let line = Line::new(node, Some(&partition));
        let intervals = parts(state, &line, &interval_set::union(intervals), token);
        if intervals.is_empty() {
            continue;
        }
        facts.push(Fact::CoverageMarked(CoverageMarked {
            node: node.to_owned(),
            partition: line.partition(),
            axis: coverage::axis(state, node).unwrap_or_default(),
            status: CoverageStatus::Stale,
            intervals,
            run: None,
            reason: Some(format!("late data was reported while run `{run}` worked on it")),
            actor: None,
            attempt: None,
        }));
    }
    facts
}

/// What of the intervals an attempt with this token may not have seen.
fn parts(state: &State, line: &Line, intervals: &[Interval], token: u64) -> Vec<Interval> {
    let rows = intervals.iter().flat_map(|within| {
        let rows = of(state, line, *within).filter(move |row| token <= row.token);
        rows.map(|row| Interval { start: row.start.max(within.start), end: row.end.min(within.end) })
    });
    interval_set::union(rows.collect())
}

/// The rows that have something of the interval, in order. They do not overlap.
fn of<'a>(state: &'a State, line: &Line, within: Interval) -> impl Iterator<Item = &'a UnseenRow> + use<'a> {
    let before = state.unseen.range(line.keys(i64::MIN, within.start)).next_back();
    let first =
        before.map(|(_, row)| row).filter(|row| row.end > within.start).map_or(within.start, |row| row.start);
    let last = within.end.saturating_sub(1).max(first);
    let rows = state.unseen.range(line.keys(first, last)).map(|(_, row)| row);
    rows.filter(move |row| row.start < within.end && row.end > within.start)
}

/// From now on, attempts up to the token may not have seen these intervals.
pub(super) fn note(state: &mut State, line: &Line, intervals: &[Interval], token: u64, extra: &Extra) {
    for within in intervals.iter().filter(|it| interval_set::is_whole(it)) {
        let old: Vec<UnseenRow> = of(state, line, *within).cloned().collect();
        for row in old {
            state.unseen.remove(&line.key(row.start));
            let whole = Interval { start: row.start, end: row.end };
            for left in interval_set::subtract(&[whole], &[*within]) {
                let row = UnseenRow { start: left.start, end: left.end, ..row.clone() };
                state.unseen.insert(line.key(row.start), row);
            }
        }
        let row = UnseenRow {
            node: Arc::clone(&line.node),
            partition: Arc::clone(&line.partition),
            start: within.start,
            end: within.end,
            token,
            extra: extra.clone(),
        };
        state.unseen.insert(line.key(row.start), row);
    }
}

pub(super) fn apply(state: &mut State, fact: &Fact) {
    match fact {
        Fact::AttemptSucceeded(fact) => forget(state, &fact.node),
        Fact::AttemptFailed(fact) => forget(state, &fact.node),
        Fact::AttemptCrashed(fact) => forget(state, &fact.node),
        Fact::AttemptHandedBack(fact) => forget(state, &fact.node),
        Fact::BatchCommitted(fact) => forget_batch(state, fact.batch),
        Fact::BatchAborted(fact) => forget_batch(state, fact.batch),
        Fact::RunCancelled(fact) => forget_all(state, &fact.run),
        Fact::RunFinished(fact) => forget_all(state, &fact.run),
        _ => {}
    }
}

/// An attempt of the node is over: what only it had not seen is of no account any more.
fn forget(state: &mut State, node: &str) {
    if state.unseen.len() == 0 {
        return;
    }
    let rows = state.unseen.range(coverage::keys_of(node)).map(|(key, row)| (key.clone(), row.token));
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let oldest = oldest(state, node).unwrap_or(u64::MAX);
    rows.iter().filter(|(_, token)| *token < oldest).for_each(|(key, _)| state.unseen.remove(key));
}

/// It is settled, so that nothing is left of which its attempt would have had to see anything.
fn forget_batch(state: &mut State, batch: u64) {
    let row = state.batches.get(&batch).filter(|row| !row.covered.is_empty());
    if let Some(node) = row.map(|row| row.node.clone()) {
        forget(state, &node);
    }
}

fn forget_all(state: &mut State, run: &str) {
    if state.unseen.len() == 0 {
        return;
    }
    let nodes: Vec<String> = run::nodes_of(state, run).map(|row| row.node.clone()).collect();
    nodes.iter().for_each(|node| forget(state, node));
}
