//! Intervals of a batch: done when it is committed, in the same record. Whoever loads windows into a transactional sink would
//! otherwise have a moment in which the sink has the rows, and nobody knows that the window is done.

use std::collections::BTreeSet;

use highwater_format::fact::Fact;

use super::open_of;
use crate::bug;
use crate::coverage::{self, Line, claim};
use crate::decide::Context;
use crate::error::Error;
use crate::late::unseen;
use crate::row::BatchRow;
use crate::state::State;
use crate::table::Table;

/// The facts of the intervals of a batch that is committed.
pub(super) fn done(context: &mut Context<'_>, row: &BatchRow) -> Result<Vec<Fact>, Error> {
    if row.covered.is_empty() || bug!(CommitForgetsCoverage) {
        return Ok(Vec::new());
    }
    coverage::check_room(context, row.covered.iter().map(|it| it.intervals.len()).sum())?;
    let mark = |it| coverage::done_by((&row.run, &row.node, row.attempt), it);
    let mut facts: Vec<Fact> = row.covered.iter().cloned().map(mark).collect();
    let token = token(context.state, row);
    facts.extend(unseen::stale(context.state, (&row.run, &row.node, token), &facts, false));
    Ok(facts)
}

/// The token of the attempt that read the rows of a batch: late data that came after it may be missing in them. Where the attempt
/// is not known any more, all late data that is known counts as such.
fn token(state: &State, row: &BatchRow) -> u64 {
    let attempt = state.attempts.get(&(row.run.clone(), row.node.clone(), row.attempt));
    attempt.map(|attempt| attempt.token).filter(|token| *token < row.batch).unwrap_or(0)
}

/// Nodes of which a batch with intervals is open.
pub(crate) fn open_nodes(state: &State) -> impl Iterator<Item = String> + use<'_> {
    let rows = state.open_batches.iter().filter_map(|(_, batch)| state.batches.get(batch));
    rows.filter(|row| !row.covered.is_empty()).map(|row| row.node.clone())
}

/// The token of the oldest attempt that read what an open batch of the node says is done.
pub(crate) fn oldest_open(state: &State, node: &str) -> Option<u64> {
    open_of(state, node).filter(|row| !row.covered.is_empty()).map(|row| token(state, row)).min()
}

/// The sink has the rows, so nobody has anything left to do there. An attempt that was handed the same was told of the batch when
/// it began, for then the batch was in doubt.
pub(super) fn give_back(state: &mut State, row: &BatchRow) {
    for it in &row.covered {
        let line = Line::new(&row.node, it.partition.as_deref());
        it.intervals.iter().for_each(|interval| claim::give_back(state, &line, None, *interval));
    }
}

/// What attempts had not seen is kept with the batches that say that it is done: it does not go back with the state either. Attempts
/// that run are none any more.
pub(super) fn keep_unseen(target: &mut State, present: &State) {
    let nodes: BTreeSet<String> = open_nodes(target).collect();
    target.unseen = Table::default();
    let rows = present.unseen.iter().filter(|(_, row)| nodes.contains(&*row.node));
    rows.for_each(|(key, row)| target.unseen.insert(key.clone(), row.clone()));
}
