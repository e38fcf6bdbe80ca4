//! **Late rows are not lost.** What was reopened, or was not done when its rows were reported, counts as done only once an attempt has
//! done it that began after the report.
//!
//! Why it matters: rows come late while their interval is being loaded more than at any other time. The loader has read the source
//! before they were there, says afterwards that all is done, and nobody ever looks again.

use std::collections::{BTreeMap, BTreeSet};

use highwater_format::Fact;
use highwater_format::fact::{CoverageMarked, CoverageStatus, LateDataReported};

use super::Violation;
use super::one_claim::{Covers, Line, line, numbers};

/// The last token given out before the rows of a number were reported.
pub(crate) type Reported = BTreeMap<Line, BTreeMap<i64, u64>>;

/// Run and node of an attempt, with its token, by the batch that it prepared.
pub(super) type OpenBatches = BTreeMap<u64, ((String, String), u64)>;

#[derive(Debug, Default)]
pub(crate) struct LateRows {
    /// What has to be done by an attempt that began later.
    pub(super) owed: Reported,
    /// What attempts that run now have not seen.
    pub(super) unseen: Reported,
    /// Tokens of the attempts that run, by run and node.
    running: BTreeMap<(String, String), u64>,
    /// Tokens of the attempts that prepared batches with intervals, by batch, with run and node; while nobody knows what became of them.
    pub(super) open: OpenBatches,
    /// The one that this record commits.
    committed: Option<((String, String), u64)>,
    /// What counts as done too early, unless the record itself says otherwise.
    early: BTreeSet<(Line, i64)>,
}

impl LateRows {
    /// Looks at a fact, before the claims are as it leaves them.
    pub(super) fn observe(&mut self, covers: &Covers, fact: &Fact) {
        match fact {
            Fact::LateDataReported(fact) => self.reported(fact),
            Fact::CoverageMarked(fact) => self.marked(fact),
            Fact::AttemptStarted(fact) => {
                self.running.insert((fact.run.clone(), fact.node.clone()), fact.token);
            }
            Fact::AttemptSucceeded(fact) => {
                let key = (fact.run.clone(), fact.node.clone());
                let token = self.running.get(&key).copied().unwrap_or_default();
                for (line, claims) in covers.claims.iter().filter(|(line, _)| line.0 == fact.node) {
                    let its = claims.iter().filter(|(_, run)| **run == fact.run);
                    its.for_each(|(number, _)| self.done_by(token, line, *number));
                }
                self.ended(|it| *it == key);
            }
            Fact::BatchPrepared(fact) if !fact.covered.is_empty() => {
                let key = (fact.run.clone(), fact.node.clone());
                let token = self.running.get(&key).copied().unwrap_or_default();
                self.open.insert(fact.batch, (key, token));
            }
            Fact::BatchCommitted(fact) => {
                self.committed = self.open.remove(&fact.batch);
                self.forget();
            }
            Fact::BatchAborted(fact) => {
                self.open.remove(&fact.batch);
                self.forget();
            }
            Fact::AttemptFailed(fact) => self.ended(|(run, node)| (run, node) == (&fact.run, &fact.node)),
            Fact::AttemptCrashed(fact) => self.ended(|(run, node)| (run, node) == (&fact.run, &fact.node)),
            Fact::AttemptHandedBack(fact) => self.ended(|(run, node)| (run, node) == (&fact.run, &fact.node)),
            Fact::RunFinished(fact) => self.ended(|(run, _)| *run == fact.run),
            Fact::RunCancelled(fact) => self.ended(|(run, _)| *run == fact.run),
            _ => {}
        }
    }

    fn reported(&mut self, fact: &LateDataReported) {
        for arrival in &fact.arrivals {
            let line = line(&arrival.node, arrival.partition.as_ref());
            let reopened = numbers(&arrival.reopened).map(|number| (number, fact.token));
            let unseen: Vec<(i64, u64)> = numbers(&arrival.unseen).map(|it| (it, fact.token)).collect();
            let owed = self.owed.entry(line.clone()).or_default();
            owed.extend(reopened);
            owed.extend(unseen.iter().copied());
            self.unseen.entry(line).or_default().extend(unseen);
        }
    }

    fn marked(&mut self, fact: &CoverageMarked) {
        let line = line(&fact.node, fact.partition.as_ref());
        let key = fact.run.as_ref().map(|run| (run.clone(), fact.node.clone()));
        // The rows of a batch were read by the attempt that prepared it. Who says by hand that it is done has looked.
        let of_batch =
            self.committed.as_ref().filter(|(of, _)| key.as_ref() == Some(of)).map(|(_, token)| *token);
        let of = of_batch.or_else(|| key.and_then(|key| self.running.get(&key).copied()));
        let token = of.unwrap_or(u64::MAX);
        for number in numbers(&fact.intervals) {
            if fact.status == CoverageStatus::Done {
                self.done_by(token, &line, number);
            } else {
                self.early.remove(&(line.clone(), number));
            }
        }
    }

    fn done_by(&mut self, token: u64, line: &Line, number: i64) {
        let Some(owed) = self.owed.get_mut(line) else { return };
        match owed.get(&number) {
            Some(reported) if token <= *reported => drop(self.early.insert((line.clone(), number))),
            _ => drop(owed.remove(&number)),
        }
    }

    /// Attempts are over. What none of those that run could have missed is of no account.
    fn ended(&mut self, is_it: impl Fn(&(String, String)) -> bool) {
        self.running.retain(|key, _| !is_it(key));
        self.forget();
    }

    fn forget(&mut self) {
        for (line, unseen) in &mut self.unseen {
            let reads = self.running.iter().chain(self.open.values().map(|(key, token)| (key, token)));
            let oldest = reads.filter(|((_, node), _)| *node == line.0).map(|(_, token)| *token).min();
            unseen.retain(|_, token| *token >= oldest.unwrap_or(u64::MAX));
        }
    }

    /// The record is over.
    pub(super) fn landed(&mut self, version: u64) -> Result<(), Violation> {
        self.committed = None;
        match self.early.pop_first() {
            None => Ok(()),
            Some((line, number)) => {
                let what = format!(
                    "version {version}: {number} of {line:?} is done by an attempt that began before its rows were reported"
                );
                Err(Violation::new("late-rows-are-not-lost", what))
            }
        }
    }

    /// The journal begins anew: batches and what they have not seen are as they were there.
    pub(super) fn begin_anew(&mut self, (open, unseen): (&OpenBatches, &Reported), owed: &Reported) {
        self.open.clone_from(open);
        self.unseen.clone_from(unseen);
        self.put_back(owed);
    }

    /// Another state takes the place of this one: nobody works in it, and what batches have not seen stays so.
    pub(super) fn put_back(&mut self, owed: &Reported) {
        self.running.clear();
        self.forget();
        self.early.clear();
        self.owed.clone_from(owed);
    }
}
