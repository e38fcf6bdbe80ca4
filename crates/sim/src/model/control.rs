//! Runs that are paused, attempts that are handed back, and workers that shall stop.

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, Pause, Reset, StopAsked, StopCause, StopView, WorkerStop};
use highwater_core::attempt::AttemptStatus;
use highwater_core::command::{AllowWorker, AttemptRef, HandBackAttempt, PauseRun, ResetFailed, StopWorker};
use highwater_core::node::NodeStatus;
use highwater_core::run::RunStatus;
use highwater_format::fact::ReasonCode;

use super::{Lease, Node, Pipeline, Refused, Trial, effect, is_explained, is_named};

impl Trial {
    pub(super) fn pause(&mut self, command: &PauseRun) -> Refused<Answer> {
        is_explained(&command.reason)?;
        let (reason, actor) = (command.reason.clone(), command.actor.clone());
        let run = self.open_run(&command.run)?;
        if run.status == RunStatus::Running {
            run.status = RunStatus::Paused;
            run.pause = Some(Pause { since_ms: 0, reason, actor });
            self.leave(effect::run_paused(&command.run));
        }
        self.pipeline.view(&command.run, true).map(Answer::Run)
    }

    pub(super) fn reset(&mut self, command: &ResetFailed) -> Refused<Answer> {
        let run = self.open_run(&command.run)?;
        let failed = |node: &Node| matches!(node.status, NodeStatus::Failed | NodeStatus::UpstreamFailed);
        let nodes: Vec<String> =
            run.nodes.iter().filter(|(_, node)| failed(node)).map(|(name, _)| name.clone()).collect();
        if command.dry_run {
            return Ok(Answer::Reset(Reset { nodes, applied: false }));
        }
        is_explained(&command.reason)?;
        for node in &nodes {
            self.reset_one(&command.run, node)?;
        }
        Ok(Answer::Reset(Reset { nodes, applied: true }))
    }

    pub(super) fn hand_back(&mut self, command: &HandBackAttempt) -> Refused<Answer> {
        is_explained(&command.reason)?;
        let AttemptRef { run, node, .. } = &command.attempt;
        let at = self.held(&command.attempt)?;
        self.pipeline.doubt(run, Some(node));
        self.end_claims(run, node, None);
        let next = self.next;
        let row = self.node(run, node)?;
        row.status = NodeStatus::Pending;
        row.reason = Some(ReasonCode::HandedBack);
        row.next_reason = Some(ReasonCode::HandedBack);
        row.decide(next, "hand-back", String::new());
        let attempt = &mut row.attempts[at];
        attempt.status = AttemptStatus::HandedBack;
        attempt.counts = command.counts.unwrap_or(attempt.counts);
        attempt.state = command.state.clone().or(attempt.state.take());
        let lease = super::nodes::lease_name(run, node);
        self.pipeline.leases.remove(&lease);
        self.leave(effect::attempt_ended("handed back", run, node, at + 1));
        Ok(self.changed())
    }

    pub(super) fn stop(&mut self, command: &StopWorker) -> Refused<Answer> {
        let worker = &command.worker;
        is_named(worker)?;
        is_explained(&command.reason)?;
        let holds = self.pipeline.held_by(worker);
        let known = self.pipeline.stops.get(worker).cloned();
        // Whether it has ever beaten is not known here.
        if holds.is_empty() && known.is_none() && self.is_over() {
            return Err(ErrorKind::Invalid);
        }
        let mut stop = known.clone().unwrap_or_else(|| Stopped {
            may_fence: false,
            reason: command.reason.clone(),
            actor: command.actor.clone(),
        });
        let before = stop.may_fence;
        stop.may_fence |= command.grace_ms.is_some();
        // Whether its time is up, and whether this one ends earlier, only the clock knows.
        let is_due = stop.may_fence && (command.grace_ms == Some(0) || (before && self.is_over()));
        let is_earlier = before && command.grace_ms.is_some() && self.is_over();
        if known.as_ref() != Some(&stop) || is_earlier {
            self.leave(effect::worker_stopped(worker));
        }
        let fence_at_ms = stop.may_fence.then_some(0);
        self.pipeline.stops.insert(worker.clone(), stop);
        let answer = |holds, fenced| {
            Ok(Answer::WorkerStop(WorkerStop { worker: worker.clone(), holds, fenced, fence_at_ms }))
        };
        if !is_due {
            return answer(holds, Vec::new());
        }
        for holding in &holds {
            self.take_away(&holding.lease);
        }
        answer(Vec::new(), holds)
    }

    pub(super) fn allow(&mut self, command: &AllowWorker) -> Refused<Answer> {
        is_named(&command.worker)?;
        is_explained(&command.reason)?;
        let was_stopped = self.pipeline.stops.remove(&command.worker).is_some();
        let effect = was_stopped.then(|| effect::worker_allowed(&command.worker));
        Ok(self.done(effect.into_iter().collect()))
    }

    /// Refuses a worker that shall stop.
    pub(super) fn check_allowed(&self, worker: &str) -> Refused<()> {
        if self.pipeline.stops.contains_key(worker) { Err(ErrorKind::Fenced) } else { Ok(()) }
    }

    /// The lease is its holder's no more.
    pub(super) fn take_away(&mut self, name: &str) {
        let Some(lease) = self.pipeline.leases.remove(name) else { return };
        self.leave(effect::lease_forced(name, lease.token));
        if let Some((run, node)) = &lease.attempt {
            let crashed = self.crash(run, node);
            self.leave(crashed);
        }
    }
}

/// That a worker shall stop.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stopped {
    /// There is a time from which on it may be fenced.
    pub(super) may_fence: bool,
    reason: String,
    actor: Option<String>,
}

impl Stopped {
    pub(super) fn view(&self) -> StopView {
        let Stopped { may_fence, reason, actor } = self.clone();
        StopView { fence_at_ms: may_fence.then_some(0), reason, actor }
    }
}

impl Pipeline {
    /// What a worker is asked to let go of.
    pub(super) fn asked_to_stop(&self, worker: &str) -> Vec<StopAsked> {
        let held = self.leases.iter().filter(|(_, lease)| lease.worker == worker);
        held.filter_map(|(name, lease)| self.asked_of(name, lease)).collect()
    }

    fn asked_of(&self, name: &str, lease: &Lease) -> Option<StopAsked> {
        let holding = highwater_core::answer::Holding { lease: name.to_owned(), token: lease.token };
        if let Some(StopView { fence_at_ms, reason, actor }) =
            self.stops.get(&lease.worker).map(Stopped::view)
        {
            return Some(StopAsked { holding, cause: StopCause::WorkerStopped, fence_at_ms, reason, actor });
        }
        let Pause { reason, actor, .. } = self.run(&lease.attempt.as_ref()?.0).ok()?.pause.clone()?;
        Some(StopAsked { holding, cause: StopCause::RunPaused, fence_at_ms: None, reason, actor })
    }
}
