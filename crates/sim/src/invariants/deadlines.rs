//! **A deadline holds.** No run and no attempt goes on after its deadline once an engine has decided anything whose clock shows it, nor
//! does a worker that was asked to stop keep what it holds after its time. And none of them ends early, by the clock of the engine
//! that wrote it, or after it has ended otherwise (which is for *terminal is final* and *no fenced worker commits*).
//!
//! Why it matters: a scheduler that gave a load until six starts another one at six.

use std::collections::BTreeMap;

use highwater_format::Fact;
use highwater_format::fact::ErrorRecord;

use super::{Audit, Landed, Violation};
use crate::application::NEWER_PREFIX;

#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    /// Of runs that are not over.
    pub(super) runs: BTreeMap<String, i64>,
    /// Of attempts that run, by run and node.
    attempts: BTreeMap<(String, String), i64>,
    /// When workers that shall stop lose what they hold.
    pub(super) stops: BTreeMap<String, i64>,
}

/// Whether this is the error of something that ran into its deadline.
fn is_late(error: &ErrorRecord) -> bool {
    error.class == "deadline"
}

impl Deadlines {
    pub(super) fn observe(&mut self, landed: &Landed<'_>, fact: &Fact) -> Result<(), Violation> {
        let now_ms = landed.record.decided_at_ms;
        let at_hand = |deadline: Option<&i64>| match deadline {
            Some(at_ms) if *at_ms <= now_ms => Ok(()),
            other => {
                let what = format!(
                    "version {}, decided at {now_ms}, ends before {other:?}: {fact:?}",
                    landed.version
                );
                Err(Violation::new("deadline-holds", what))
            }
        };
        match fact {
            Fact::RunStarted(fact) => {
                self.runs.extend(fact.deadline_at_ms.map(|at_ms| (fact.run.clone(), at_ms)));
            }
            Fact::RunFinished(fact) => {
                if fact.error.as_ref().is_some_and(is_late) {
                    at_hand(self.runs.get(&fact.run))?;
                }
                self.run_is_over(&fact.run);
            }
            Fact::RunCancelled(fact) => self.run_is_over(&fact.run),
            Fact::AttemptStarted(fact) => {
                let node = (fact.run.clone(), fact.node.clone());
                self.attempts.remove(&node);
                self.attempts.extend(fact.deadline_at_ms.map(|at_ms| (node, at_ms)));
            }
            Fact::AttemptFailed(fact) => {
                let deadline = self.attempts.remove(&(fact.run.clone(), fact.node.clone()));
                if is_late(&fact.error) {
                    at_hand(deadline.as_ref())?;
                }
            }
            Fact::AttemptSucceeded(fact) => self.attempt_is_over(&fact.run, &fact.node),
            Fact::AttemptHandedBack(fact) => self.attempt_is_over(&fact.run, &fact.node),
            Fact::AttemptCrashed(fact) => self.attempt_is_over(&fact.run, &fact.node),
            Fact::WorkerStopped(fact) => {
                self.stops.remove(&fact.worker);
                self.stops.extend(fact.fence_at_ms.map(|at_ms| (fact.worker.clone(), at_ms)));
            }
            Fact::WorkerAllowed(fact) => drop(self.stops.remove(&fact.worker)),
            _ => {}
        }
        Ok(())
    }

    fn run_is_over(&mut self, run: &str) {
        self.runs.remove(run);
        self.attempts.retain(|(of, _), _| of != run);
    }

    fn attempt_is_over(&mut self, run: &str, node: &str) {
        self.attempts.remove(&(run.to_owned(), node.to_owned()));
    }

    /// Another state takes the place of this one: no attempt runs in it, and no run comes back whose deadline has passed.
    pub(super) fn put_back(&mut self, runs: &BTreeMap<String, i64>, now_ms: i64) {
        self.attempts.clear();
        self.runs = runs
            .iter()
            .filter(|(_, at_ms)| **at_ms > now_ms)
            .map(|(run, at_ms)| (run.clone(), *at_ms))
            .collect();
    }

    /// The journal begins anew: what was lost of it holds nobody to anything, and no attempt runs. Deadlines that have passed meanwhile
    /// hold.
    pub(super) fn begin_anew(&mut self, runs: &BTreeMap<String, i64>, stops: &BTreeMap<String, i64>) {
        self.attempts.clear();
        self.runs.clone_from(runs);
        self.stops.clone_from(stops);
    }
}

impl Audit {
    /// After a record: nothing is left that its engine must have ended.
    pub(super) fn deadlines_hold(&self, landed: &Landed<'_>) -> Result<(), Violation> {
        let now_ms = landed.record.decided_at_ms;
        let is_newer =
            |fact: &Fact| matches!(fact, Fact::RunStarted(fact) if fact.run.starts_with(NEWER_PREFIX));
        // Who writes without this engine knows nothing of deadlines.
        if landed.record.facts.iter().any(|entry| is_newer(&entry.fact)) {
            return Ok(());
        }
        let refuse = |what: String| {
            let what = format!("version {}, decided at {now_ms}: {what}", landed.version);
            Err(Violation::new("deadline-holds", what))
        };
        let Deadlines { runs, attempts, stops } = &self.deadlines;
        if let Some(run) = runs.iter().find(|(_, at_ms)| **at_ms <= now_ms) {
            return refuse(format!("run {run:?} goes on"));
        }
        if let Some(attempt) = attempts.iter().find(|(_, at_ms)| **at_ms <= now_ms) {
            return refuse(format!("the attempt {attempt:?} goes on"));
        }
        let is_past = |worker: &String| stops.get(worker).is_some_and(|at_ms| *at_ms <= now_ms);
        match self.holders.held.iter().find(|(_, held)| is_past(&held.worker)) {
            Some(held) => refuse(format!("its time is up and it still holds: {held:?}")),
            None => Ok(()),
        }
    }
}
