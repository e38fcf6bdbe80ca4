//! What an engine writes of its own accord: runs and attempts run into their deadlines, and workers that shall stop lose what they
//! hold. When that is, only clocks know; here it may be at any time from which on it can be.

use highwater_core::attempt::AttemptStatus;
use highwater_core::node::NodeStatus;
use highwater_core::run::RunStatus;
use highwater_format::fact::{ErrorRecord, Fact};

use super::nodes::Why;
use super::{Pipeline, Refused, Trial, effect};

/// The class of the error of what ran into its deadline. Nothing in a life fails with it otherwise.
pub(super) const LATE: &str = "deadline";

/// Something that may be due.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Due {
    Run(String),
    Attempt(String, String),
    Lease(String),
}

impl Due {
    /// What a fact tells of, if an engine may have written it of its own accord.
    pub(super) fn of(fact: &Fact) -> Option<Due> {
        let is_late = |error: &ErrorRecord| error.class == LATE;
        match fact {
            Fact::RunFinished(fact) if fact.error.as_ref().is_some_and(is_late) => {
                Some(Due::Run(fact.run.clone()))
            }
            Fact::AttemptFailed(fact) if is_late(&fact.error) => {
                Some(Due::Attempt(fact.run.clone(), fact.node.clone()))
            }
            Fact::LeaseForced(fact) => Some(Due::Lease(fact.name.clone())),
            _ => None,
        }
    }
}

/// What went wrong, but for the words.
fn late() -> ErrorRecord {
    ErrorRecord { class: LATE.to_owned(), message: String::new(), detail: None }
}

impl Pipeline {
    /// All that may be due.
    pub(super) fn may_be_due(&self) -> Vec<Due> {
        let may_fence = |worker: &String| self.stops.get(worker).is_some_and(|stop| stop.may_fence);
        let mut due: Vec<Due> = Vec::new();
        due.extend(
            self.leases
                .iter()
                .filter(|(_, it)| may_fence(&it.worker))
                .map(|(name, _)| Due::Lease(name.clone())),
        );
        for run in self.runs.iter().filter(|run| !run.status.is_final()) {
            let late = run.nodes.iter().filter(|(_, node)| {
                let last = node.attempts.last().filter(|_| node.status == NodeStatus::Running);
                last.is_some_and(|last| last.has_deadline && last.status == AttemptStatus::Running)
            });
            due.extend(late.map(|(node, _)| Due::Attempt(run.name.clone(), node.clone())));
            due.extend(run.started.deadline_ms.map(|_| Due::Run(run.name.clone())));
        }
        due
    }

    /// The pipeline after this was due, and what that leaves in the journal; nothing if it cannot be.
    pub(super) fn after_due(&self, due: &Due, next: u64) -> Option<(Pipeline, Vec<String>)> {
        if !self.may_be_due().contains(due) {
            return None;
        }
        let mut trial = Trial { pipeline: self.clone(), next, effects: Vec::new(), clock: 0, questions: 0 };
        trial.due(due).ok()?;
        trial.pipeline.version = next;
        Some((trial.pipeline, trial.effects))
    }
}

impl Trial {
    fn due(&mut self, due: &Due) -> Refused<()> {
        match due {
            Due::Run(name) => {
                let run = self.open_run(name)?;
                run.error = Some(late());
                run.is_late = true;
                self.end_run(name, RunStatus::Failed);
                self.leave(effect::run_late(name));
            }
            Due::Attempt(run, node) => {
                let at = self.node(run, node)?.attempts.len() - 1;
                self.attempt(run, node, at)?.is_late = true;
                self.end_badly((run, node), at, None, &late(), Why::Late)?;
            }
            Due::Lease(name) => self.take_away(name),
        }
        Ok(())
    }
}
