//! **What is held up stays so.** Nothing begins in a run that is paused, and a worker that was asked to stop gets nothing, until
//! somebody says otherwise; a revert says nothing of it.
//!
//! Why it matters: whoever pauses a run or stops a worker is about to do something that must not have company: a repair of the source,
//! a release, a deletion.

use std::collections::BTreeSet;

use highwater_format::Fact;

use super::Violation;

#[derive(Debug, Default)]
pub(crate) struct HeldUp {
    pub(super) paused: BTreeSet<String>,
    pub(super) stopped: BTreeSet<String>,
}

impl HeldUp {
    pub(super) fn observe(&mut self, version: u64, fact: &Fact) -> Result<(), Violation> {
        let violation = |what: String| {
            Err(Violation::new("held-up-stays-so", format!("version {version}: {what}: {fact:?}")))
        };
        match fact {
            Fact::RunPaused(fact) => drop(self.paused.insert(fact.run.clone())),
            Fact::RunResumed(fact) => drop(self.paused.remove(&fact.run)),
            Fact::RunFinished(fact) => drop(self.paused.remove(&fact.run)),
            Fact::RunCancelled(fact) => drop(self.paused.remove(&fact.run)),
            Fact::WorkerStopped(fact) => drop(self.stopped.insert(fact.worker.clone())),
            Fact::WorkerAllowed(fact) => drop(self.stopped.remove(&fact.worker)),
            Fact::AttemptStarted(started) if self.paused.contains(&started.run) => {
                return violation("its run is paused".to_owned());
            }
            Fact::AttemptStarted(started) if self.stopped.contains(&started.worker) => {
                return violation("its worker shall stop".to_owned());
            }
            Fact::LeaseAcquired(acquired) if self.stopped.contains(&acquired.worker) => {
                return violation("its worker shall stop".to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    /// Another state takes the place of this one: which runs are paused is part of it, and which workers shall stop is not.
    pub(super) fn put_back(&mut self, paused: &BTreeSet<String>) {
        self.paused.clone_from(paused);
    }
}
