//! Reads that may be answered from memory: what they say must be the state at some version.
//!
//! The order of the journal judges them, and not an order of operations that explains it: of those there may be several, and where
//! an answer is missing they differ in when its operation happened. A record is whole or not there, it is durable from the moment at
//! which it landed, and no engine goes back behind what it has shown to anybody. Only a read that waited in one queue with
//! the operations of a record may be answered from between them.

use std::collections::BTreeMap;

use super::Pipeline;
use super::check::{is_read, is_told, span};
use crate::history::Operation;

/// What is known of a pipeline besides.
pub(super) struct Seen<'a> {
    /// The pipeline after each record.
    pub(super) states: BTreeMap<u64, Pipeline>,
    /// The pipeline within records, after each operation but the last, with the record's version.
    pub(super) within: Vec<(&'a Operation, u64, Pipeline)>,
    /// After how many submissions and replies each record landed.
    pub(super) landed: &'a [u64],
    /// Operations, each with the version that it left if it left one.
    pub(super) others: Vec<(&'a Operation, Option<u64>)>,
}

impl Seen<'_> {
    /// The last version that was durable at this place in the order of submissions and replies.
    fn durable(&self, order: u64) -> u64 {
        self.landed.partition_point(|landed| *landed < order) as u64
    }

    /// The lowest version that the engine of this read may answer it from.
    fn lowest(&self, read: &Operation, found: &[(&Operation, u64)]) -> u64 {
        let is_before = |other: &Operation| {
            life(other) == life(read) && other.returned.is_some_and(|returned| returned < read.invoked)
        };
        let shown = |(other, left): &(&Operation, Option<u64>)| {
            let is_known = matches!(other.result, Some(Ok(_)));
            let looked = (is_read(other) && is_known).then(|| self.durable(other.invoked));
            is_before(other).then_some(left.filter(|_| is_known).or(looked)).flatten()
        };
        let found = found.iter().filter(|(other, _)| is_before(other)).map(|(_, version)| *version);
        found.chain(self.others.iter().filter_map(shown)).max().unwrap_or(0)
    }

    /// The first version from `lowest` to `highest` at which this is what the read is told.
    fn first_true(&self, read: &Operation, lowest: u64, highest: u64) -> Option<u64> {
        let is_true = |pipeline: &Pipeline| {
            let outcomes = pipeline.submit(&read.commands, None, pipeline.version + 1, None);
            outcomes.iter().any(|outcome| is_told(read, &outcome.result))
        };
        let versions = lowest..=highest.max(lowest);
        let mut states = self.states.range(versions.clone());
        let whole = states.find(|(_, pipeline)| is_true(pipeline)).map(|(version, _)| *version);
        let is_of_queue = |(other, version, _): &&(&Operation, u64, Pipeline)| {
            life(other) == life(read) && versions.contains(version)
        };
        let mut within = self.within.iter().filter(is_of_queue);
        whole.or_else(|| within.find(|(.., pipeline)| is_true(pipeline)).map(|(_, version, _)| *version))
    }
}

/// The life of the host that an operation was submitted in; see [`Operation::client`].
fn life(operation: &Operation) -> u32 {
    operation.client >> 8
}

/// Each local read must say what was so at a version that was durable when it was answered, and not before what its host had shown.
pub(super) fn check(seen: &Seen<'_>, reads: &[&Operation]) -> Result<(), String> {
    let mut found: Vec<(&Operation, u64)> = Vec::new();
    for read in reads {
        let Some(returned) = span(read).returned else { continue };
        let (lowest, highest) = (seen.lowest(read, &found), seen.durable(returned));
        match seen.first_true(read, lowest, highest) {
            Some(version) => found.push((read, version)),
            None => {
                return Err(format!("this was so at no version from {lowest} to {highest}: {read:?}"));
            }
        }
    }
    Ok(())
}
