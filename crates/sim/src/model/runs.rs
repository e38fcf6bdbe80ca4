//! Graphs and runs.

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, RunStarted, Runs};
use highwater_core::attempt::AttemptStatus;
use highwater_core::command::{CancelRun, FinishRun, ListRuns, ResumeRun, StartRun};
use highwater_core::node::NodeStatus;
use highwater_core::run::RunStatus;
use highwater_format::fact::{FinalStatus, NodeSpec};

use super::{Pipeline, Refused, Run, Trial, effect, is_explained, is_named};

impl Trial {
    pub(super) fn declare(&mut self, nodes: &[NodeSpec]) -> Refused<Answer> {
        let mut ordered: Vec<NodeSpec> = Vec::new();
        for node in nodes {
            is_named(&node.name)?;
            let known = |name: &String| nodes.iter().any(|other| other.name == *name);
            if nodes.iter().filter(|other| other.name == node.name).count() > 1
                || !node.after.iter().all(known)
            {
                return Err(ErrorKind::Invalid);
            }
        }
        while ordered.len() < nodes.len() {
            let is_in = |name: &str| ordered.iter().any(|node: &NodeSpec| node.name == name);
            let ready = |node: &&NodeSpec| !is_in(&node.name) && node.after.iter().all(|name| is_in(name));
            let next = nodes.iter().find(ready).ok_or(ErrorKind::Invalid)?.clone();
            ordered.push(next);
        }
        if ordered == self.pipeline.graph {
            return Ok(self.done(Vec::new()));
        }
        self.pipeline.graph = ordered;
        Ok(self.done(vec![effect::graph_declared(nodes.len())]))
    }

    pub(super) fn start(&mut self, command: &StartRun, told: Option<&Answer>) -> Refused<Answer> {
        command.run.iter().chain(&command.worker).try_for_each(|name| is_named(name))?;
        if command.window.is_some_and(|window| window.start >= window.end) {
            return Err(ErrorKind::Invalid);
        }
        let made = match told {
            Some(Answer::RunStarted(started)) => started.run.run.clone(),
            // Of a submission that was refused, nobody was told which; but no two are the same.
            _ => format!("made by the engine, after {}", self.effects.len()),
        };
        let name = command.run.clone().unwrap_or(made);
        if self.pipeline.run(&name).is_ok() {
            let run = self.open_run(&name)?;
            if run.status == RunStatus::Paused {
                // Whoever paused it can rely on that.
                let run = self.pipeline.view(&name, true)?;
                return Ok(Answer::RunStarted(RunStarted { run, resumed: true }));
            }
            let worker = command.worker.clone();
            return self.resume(&ResumeRun { run: name, worker, ..ResumeRun::default() });
        }
        self.pipeline.runs.push(Run {
            name: name.clone(),
            status: RunStatus::Running,
            restarts: 0,
            started: command.clone(),
            worker: command.worker.clone(),
            error: None,
            cancelled: None,
            pause: None,
            is_late: false,
            nodes: std::collections::BTreeMap::new(),
        });
        self.leave(effect::run_started(&name, command.worker.as_ref()));
        Ok(Answer::RunStarted(RunStarted { run: self.pipeline.view(&name, true)?, resumed: false }))
    }

    pub(super) fn resume(&mut self, command: &ResumeRun) -> Refused<Answer> {
        let (name, worker) = (&command.run, command.worker.as_ref());
        worker.map_or(Ok(()), |worker| is_named(worker))?;
        command.reason.as_ref().map_or(Ok(()), |reason| is_explained(reason))?;
        let run = self.open_run(name)?;
        // That it goes on after a pause is no restart.
        run.restarts += u32::from(run.pause.take().is_none());
        run.status = RunStatus::Running;
        run.worker = worker.cloned().or(run.worker.take());
        self.leave(effect::run_resumed(name, worker));
        Ok(Answer::RunStarted(RunStarted { run: self.pipeline.view(name, true)?, resumed: true }))
    }

    /// A run that is not over.
    pub(super) fn open_run(&mut self, name: &str) -> Refused<&mut Run> {
        let run = self.pipeline.runs.iter_mut().find(|run| run.name == name).ok_or(ErrorKind::Invalid)?;
        if run.status.is_final() { Err(ErrorKind::Conflict) } else { Ok(run) }
    }

    pub(super) fn finish(&mut self, command: &FinishRun) -> Refused<Answer> {
        self.open_run(&command.run)?;
        command.error.as_ref().map_or(Ok(()), |error| is_named(&error.class))?;
        let derived = self.pipeline.derived_status(&command.run)?;
        let status = match command.status {
            None => derived?,
            Some(FinalStatus::Succeeded) if derived? != FinalStatus::Succeeded => {
                return Err(ErrorKind::Conflict);
            }
            Some(status) => status,
        };
        self.open_run(&command.run)?.error.clone_from(&command.error);
        self.end_run(&command.run, status.into());
        self.leave(effect::run_finished(&command.run, status));
        self.pipeline.view(&command.run, true).map(Answer::Run)
    }

    pub(super) fn cancel(&mut self, command: &CancelRun) -> Refused<Answer> {
        is_explained(&command.reason)?;
        self.open_run(&command.run)?.cancelled = Some((command.reason.clone(), command.actor.clone()));
        self.end_run(&command.run, RunStatus::Cancelled);
        self.leave(effect::run_cancelled(&command.run));
        self.pipeline.view(&command.run, true).map(Answer::Run)
    }

    /// The end of a run is the end of what is unfinished in it, and of its leases.
    pub(super) fn end_run(&mut self, name: &str, status: RunStatus) {
        let next = self.next;
        self.pipeline.doubt(name, None);
        for run in self.pipeline.runs.iter_mut().filter(|run| run.name == name) {
            run.status = status;
            run.pause = None;
            for node in run.nodes.values_mut() {
                if matches!(node.status, NodeStatus::Pending | NodeStatus::Running | NodeStatus::Waiting) {
                    node.status = NodeStatus::Cancelled;
                    node.decide(next, "cancel", String::new());
                }
                for attempt in node.attempts.iter_mut().filter(|it| it.status == AttemptStatus::Running) {
                    attempt.status = AttemptStatus::Cancelled;
                }
            }
        }
        self.pipeline.covers.forget(name);
        super::partitions::forget(&mut self.pipeline.partitions, name);
        self.pipeline.leases.retain(|_, lease| lease.attempt.as_ref().is_none_or(|(run, _)| run != name));
    }

    pub(super) fn list_runs(&self, command: &ListRuns) -> Refused<Answer> {
        let before = match &command.cursor {
            None => usize::MAX,
            Some(cursor) => cursor.parse().map_err(|_| ErrorKind::Invalid)?,
        };
        let limit = if command.limit == 0 { 100 } else { command.limit.min(10_000) as usize };
        let is_wanted = |run: &Run| {
            (command.statuses.is_empty() || command.statuses.contains(&run.status))
                && command.tags.iter().all(|(name, tag)| run.started.tags.get(name) == Some(tag))
        };
        let numbered = self.pipeline.runs.iter().enumerate().rev();
        let found: Vec<(usize, &Run)> = numbered.filter(|(at, run)| *at < before && is_wanted(run)).collect();
        let page = found.iter().take(limit);
        let runs = page.map(|(_, run)| self.pipeline.view(&run.name, false)).collect::<Refused<_>>()?;
        let next = (found.len() > limit).then(|| found[limit - 1].0.to_string());
        Ok(Answer::Runs(Runs { runs, next }))
    }
}

impl Pipeline {
    /// How a run ends, as its nodes have it; or the refusal of one that is not done.
    fn derived_status(&self, name: &str) -> Refused<Refused<FinalStatus>> {
        let nodes = &self.run(name)?.nodes;
        let any = |statuses: &[NodeStatus]| nodes.values().any(|node| statuses.contains(&node.status));
        if any(&[NodeStatus::Pending, NodeStatus::Running, NodeStatus::Waiting]) {
            return Ok(Err(ErrorKind::Conflict));
        }
        let failed = any(&[NodeStatus::Failed, NodeStatus::UpstreamFailed]);
        let untouched = self.graph.iter().any(|spec| !nodes.contains_key(&spec.name));
        Ok(match (failed, any(&[NodeStatus::Succeeded, NodeStatus::Cached])) {
            (true, true) => Ok(FinalStatus::Partial),
            (true, false) => Ok(FinalStatus::Failed),
            (false, _) if untouched => Err(ErrorKind::Conflict),
            (false, _) => Ok(FinalStatus::Succeeded),
        })
    }
}
