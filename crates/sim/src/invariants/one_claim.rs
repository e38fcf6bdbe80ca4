//! **One interval, one worker.** No two attempts work on one interval, what an attempt works on is nobody's once it has ended, and
//! what was done stays done until somebody says otherwise. What a batch covers is done, or has to be done again, in the record that
//! commits it.
//!
//! Why it matters: an interval that two workers load is loaded twice, one that a dead worker keeps is never loaded, and one that
//! is forgotten is loaded again.

use std::collections::{BTreeMap, BTreeSet};

use highwater_format::Fact;
use highwater_format::fact::{CoverageStatus, CoveredIntervals, Interval};

use super::Violation;

/// Node and partition.
pub(crate) type Line = (String, String);

/// The numbers that are done, of each node and partition.
pub(crate) type Done = BTreeMap<Line, BTreeSet<i64>>;

#[derive(Debug, Default)]
pub(crate) struct Covers {
    pub(super) done: Done,
    /// The numbers that failed, or have to be done again.
    pub(super) undone: Done,
    /// Whose run works on each number.
    pub(super) claims: BTreeMap<Line, BTreeMap<i64, String>>,
    /// What batches say is done, once their sinks have them.
    batches: BTreeMap<u64, Vec<(Line, Vec<i64>)>>,
    /// What batches that this record commits say is done.
    committed: Vec<(Line, Vec<i64>)>,
}

pub(super) fn line(node: &str, partition: Option<&String>) -> Line {
    (node.to_owned(), partition.cloned().unwrap_or_default())
}

pub(super) fn numbers(intervals: &[Interval]) -> impl Iterator<Item = i64> {
    intervals.iter().flat_map(|interval| interval.start..interval.end)
}

impl Covers {
    pub(crate) fn observe(&mut self, version: u64, fact: &Fact) -> Result<(), Violation> {
        match fact {
            Fact::CoverageClaimed(fact) => {
                let line = line(&fact.node, fact.partition.as_ref());
                let claims = self.claims.entry(line).or_default();
                for number in numbers(&fact.intervals) {
                    if let Some(other) = claims.insert(number, fact.run.clone()) {
                        let what = format!(
                            "version {version}: {number} of {} is handed to run {}, and run {other} works on it",
                            fact.node, fact.run
                        );
                        return Err(Violation::new("one-interval-one-worker", what));
                    }
                }
            }
            Fact::CoverageMarked(fact) => {
                let line = line(&fact.node, fact.partition.as_ref());
                for number in numbers(&fact.intervals) {
                    let owner = self.claims.get(&line).and_then(|claims| claims.get(&number));
                    if owner.is_some_and(|owner| Some(owner) != fact.run.as_ref()) {
                        let what =
                            format!("version {version}: {number} of {} is marked under {owner:?}", fact.node);
                        return Err(Violation::new("one-interval-one-worker", what));
                    }
                    self.claims.entry(line.clone()).or_default().remove(&number);
                    self.set(&line, number, fact.status == CoverageStatus::Done);
                    let undone = self.undone.entry(line.clone()).or_default();
                    match fact.status {
                        CoverageStatus::Failed | CoverageStatus::Stale => drop(undone.insert(number)),
                        CoverageStatus::Done | CoverageStatus::Missing => drop(undone.remove(&number)),
                    }
                }
            }
            Fact::BatchPrepared(_) | Fact::BatchCommitted(_) => self.batch(fact),
            Fact::LateDataReported(fact) => {
                for arrival in &fact.arrivals {
                    let line = line(&arrival.node, arrival.partition.as_ref());
                    for number in numbers(&arrival.reopened) {
                        self.set(&line, number, false);
                        self.undone.entry(line.clone()).or_default().insert(number);
                    }
                }
            }
            Fact::AttemptSucceeded(fact) => {
                for (line, numbers) in self.release(&fact.run, Some(&fact.node)) {
                    let undone = self.undone.entry(line.clone()).or_default();
                    undone.retain(|number| !numbers.contains(number));
                    numbers.into_iter().for_each(|number| self.set(&line, number, true));
                }
            }
            Fact::AttemptFailed(fact) => {
                for (line, numbers) in self.release(&fact.run, Some(&fact.node)) {
                    let done = self.done.entry(line.clone()).or_default();
                    let failed = numbers.into_iter().filter(|number| !done.contains(number));
                    self.undone.entry(line).or_default().extend(failed);
                }
            }
            Fact::AttemptHandedBack(fact) => drop(self.release(&fact.run, Some(&fact.node))),
            Fact::AttemptCrashed(fact) => drop(self.release(&fact.run, Some(&fact.node))),
            Fact::RunFinished(fact) => drop(self.release(&fact.run, None)),
            Fact::RunCancelled(fact) => drop(self.release(&fact.run, None)),
            _ => {}
        }
        Ok(())
    }

    fn batch(&mut self, fact: &Fact) {
        match fact {
            Fact::BatchPrepared(fact) => {
                let of = |it: &CoveredIntervals| {
                    (line(&fact.node, it.partition.as_ref()), numbers(&it.intervals).collect())
                };
                self.batches.insert(fact.batch, fact.covered.iter().map(of).collect());
            }
            // Its sink has the rows: nobody works on them any more.
            Fact::BatchCommitted(fact) => {
                // A repair can lose that it was committed, so it is remembered.
                for (line, numbers) in self.batches.get(&fact.batch).cloned().unwrap_or_default() {
                    let claims = self.claims.entry(line.clone()).or_default();
                    numbers.iter().for_each(|number| drop(claims.remove(number)));
                    self.committed.push((line, numbers));
                }
            }
            _ => {}
        }
    }

    /// The record is over.
    pub(super) fn landed(&mut self, version: u64) -> Result<(), Violation> {
        for (line, numbers) in std::mem::take(&mut self.committed) {
            let has = |all: &Done, number: &i64| all.get(&line).is_some_and(|all| all.contains(number));
            let left = |number: &&i64| !has(&self.done, number) && !has(&self.undone, number);
            if let Some(number) = numbers.iter().find(left) {
                let what =
                    format!("version {version}: a batch is committed, and {number} of {line:?} is not done");
                return Err(Violation::new("one-interval-one-worker", what));
            }
        }
        Ok(())
    }

    fn set(&mut self, line: &Line, number: i64, is_done: bool) {
        let done = self.done.entry(line.clone()).or_default();
        if is_done {
            done.insert(number)
        } else {
            done.remove(&number)
        };
    }

    /// What the attempts of a run, or one of its nodes, worked on is nobody's from now on.
    fn release(&mut self, run: &str, node: Option<&String>) -> Vec<(Line, Vec<i64>)> {
        let mut released = Vec::new();
        for (line, claims) in
            self.claims.iter_mut().filter(|(line, _)| node.is_none_or(|node| *node == line.0))
        {
            let its = claims
                .iter()
                .filter(|(_, owner)| *owner == run)
                .map(|(number, _)| *number)
                .collect::<Vec<_>>();
            its.iter().for_each(|number| drop(claims.remove(number)));
            released.push((line.clone(), its));
        }
        released
    }

    /// Another state takes the place of this one: nobody works in it.
    pub(super) fn put_back(&mut self, (done, undone): (&Done, &Done)) {
        self.claims.clear();
        self.done.clone_from(done);
        self.undone.clone_from(undone);
    }
}
