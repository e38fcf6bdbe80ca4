//! Plans, step by step: each node and each window is looked at by itself.
//!
//! The digest of a basis cannot be predicted. What can be is that one basis is one list of steps, and the other way round: the
//! plans that a history was told whole say which ([`Bases`]).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, Plan, PlanAction, PlanApplied, PlanStep, WindowStatus};
use highwater_core::command::{self, ApplyPlan, PlanOf, PlanRange, ResumeRun, StartRun};
use highwater_core::node::NodeStatus;
use highwater_format::fact::{Axis, CoverageStatus, Interval, ReasonCode, RunWindow};

use super::coverage::{line, numbers};
use super::windows::NOTHING_LEFT;
use super::{Refused, Trial, is_explained, is_named, views};
use crate::history::Operation;

/// Digits of a basis that somebody was told.
const DIGITS: usize = 32;

/// The steps of plans that were told whole, by their basis.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Bases(Arc<BTreeMap<String, Vec<PlanStep>>>);

impl fmt::Debug for Bases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bases")
    }
}

impl Bases {
    /// Those of a history; or that a basis is not what it is to be.
    pub(super) fn of(operations: &[&Operation]) -> Result<Bases, String> {
        let mut known: BTreeMap<String, Vec<PlanStep>> = BTreeMap::new();
        let answers = operations.iter().filter_map(|operation| operation.result.as_ref()?.as_ref().ok());
        for answer in answers.flatten() {
            let Answer::Plan(plan) = answer else { continue };
            if plan.steps.len() != plan.count as usize {
                continue;
            }
            let steps = plain(&plan.steps);
            let other = known.get(&plan.basis).filter(|known| **known != steps);
            let twice = known.iter().any(|(basis, known)| *basis != plan.basis && *known == steps);
            if other.is_some() || twice {
                return Err(format!("the basis {} is not that of its steps: {steps:?}", plan.basis));
            }
            known.insert(plan.basis.clone(), steps);
        }
        Ok(Bases(Arc::new(known)))
    }

    /// Whether a plan with these steps may have this basis; unknown if nobody was told all of either.
    fn agrees(&self, basis: &str, steps: &[PlanStep]) -> Option<bool> {
        let steps = plain(steps);
        match self.0.get(basis) {
            Some(known) => Some(*known == steps),
            None if basis.len() == DIGITS && !self.0.values().any(|known| *known == steps) => None,
            None => Some(false),
        }
    }
}

/// Steps without words.
pub(super) fn plain(steps: &[PlanStep]) -> Vec<PlanStep> {
    let mut steps = steps.to_vec();
    steps.iter_mut().for_each(|step| step.reason.message.clear());
    steps
}

/// A step that is being made, and how its windows stand: those that stand otherwise make another step.
struct Step(PlanStep, Option<WindowStatus>);

fn whole(node: &str, action: PlanAction, code: ReasonCode) -> Step {
    let (node, reason) = (node.to_owned(), views::reason(code));
    let step = PlanStep { node, axis: Axis::Time, interval: None, windows: 0, action, reason };
    Step(step, None)
}

/// What is done with a window that stands so, if it is to be filled.
fn filled(status: WindowStatus) -> (PlanAction, ReasonCode) {
    match status {
        WindowStatus::Done => (PlanAction::Skip, ReasonCode::AlreadyCovered),
        WindowStatus::Running => (PlanAction::Wait, ReasonCode::Held),
        WindowStatus::Open => (PlanAction::Wait, ReasonCode::NotDue),
        WindowStatus::Missing | WindowStatus::Partial => (PlanAction::Run, ReasonCode::FirstAttempt),
        WindowStatus::Failed => (PlanAction::Run, ReasonCode::Retry),
        WindowStatus::Stale => (PlanAction::Run, ReasonCode::Changed),
    }
}

fn restated(status: WindowStatus) -> (PlanAction, ReasonCode) {
    match status {
        WindowStatus::Done => (PlanAction::Run, ReasonCode::Forced),
        WindowStatus::Missing => (PlanAction::Skip, ReasonCode::FirstAttempt),
        other => filled(other),
    }
}

fn looked_back_at(status: WindowStatus) -> (PlanAction, ReasonCode) {
    if status == WindowStatus::Done { (PlanAction::Run, ReasonCode::Changed) } else { filled(status) }
}

type Fate = fn(WindowStatus) -> (PlanAction, ReasonCode);

impl Trial {
    pub(super) fn plan(&self, command: &command::Plan, told: Option<&Answer>) -> Refused<Answer> {
        let steps = self.steps(&command.of)?;
        if let Some(Answer::Plan(told)) = told
            && self.pipeline.bases.agrees(&told.basis, &steps) == Some(false)
        {
            // No refusal that anybody is ever told: this answer cannot be right.
            return Err(ErrorKind::Internal);
        }
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let from = command.from as usize;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let next = (from + limit < steps.len()).then(|| number(from + limit));
        let (count, version) = (number(steps.len()), self.version());
        let steps = steps.into_iter().skip(from).take(limit).collect();
        Ok(Answer::Plan(Plan { version, basis: String::new(), steps, count, next }))
    }

    fn steps(&self, of: &PlanOf) -> Refused<Vec<PlanStep>> {
        let steps = match of {
            PlanOf::Run => self.steps_of_new_run()?,
            PlanOf::Resume(run) => self.steps_of_rest(run, false)?,
            PlanOf::RetryFailed(run) => self.steps_of_rest(run, true)?,
            PlanOf::Backfill(range) => self.steps_of_range(range, filled)?,
            PlanOf::Restatement(range) => self.steps_of_range(range, restated)?,
        };
        Ok(steps.into_iter().map(|Step(step, _)| step).collect())
    }

    fn steps_of_new_run(&self) -> Refused<Vec<Step>> {
        if self.pipeline.graph.is_empty() {
            return Err(ErrorKind::Invalid);
        }
        let mut steps = Vec::new();
        for spec in &self.pipeline.graph {
            steps.extend(self.steps_of_work(&spec.name, None)?);
        }
        Ok(steps)
    }

    /// A node that runs: with a cadence, the windows that a run is handed; otherwise all of it.
    fn steps_of_work(&self, node: &str, window: Option<RunWindow>) -> Refused<Vec<Step>> {
        let first = whole(node, PlanAction::Run, ReasonCode::FirstAttempt);
        let Ok(cadence) = self.cadence(node) else {
            let axis = self.pipeline.covers_axis(node);
            return match window.filter(|window| Some(window.axis) == axis) {
                None => Ok(vec![first]),
                Some(window) => self.steps_of_window(node, window),
            };
        };
        let within = window.filter(|window| window.axis == cadence.axis);
        let Some(end) = cadence.end.or(within.map(|window| window.end)) else { return Ok(vec![first]) };
        let axis = self.axis(node, Some(cadence.axis))?;
        let all = super::cadences::windows(&cadence, end);
        let line = line(node, None)?;
        let is_undone = |window: &Interval| {
            (window.start..window.end).any(|it| self.status_of(&line, it) != CoverageStatus::Done)
        };
        let is_inside =
            |one: &Interval| within.is_none_or(|all| all.start <= one.start && one.end <= all.end);
        let newest = all.last().is_some_and(|last| is_inside(last) && is_undone(last));
        let looks_at = |at: usize| newest && at + 1 + cadence.lookback as usize >= all.len();
        let mut steps = Vec::new();
        for (at, window) in all.iter().enumerate() {
            if is_inside(window) && (is_undone(window) || looks_at(at)) {
                self.push_window(&mut steps, (node, axis), None, *window, looked_back_at)?;
            }
        }
        if steps.is_empty() {
            steps.push(whole(node, PlanAction::Skip, ReasonCode::AlreadyCovered));
        }
        Ok(steps)
    }

    /// The same without a cadence, in a run that has a window.
    fn steps_of_window(&self, node: &str, window: RunWindow) -> Refused<Vec<Step>> {
        let mut steps = Vec::new();
        for part in self.left_of(node, window)? {
            self.push_window(&mut steps, (node, window.axis), None, part, filled)?;
        }
        if steps.is_empty() {
            let (action, code) = NOTHING_LEFT;
            steps.push(whole(node, action, code));
        }
        Ok(steps)
    }

    fn push_window(
        &self,
        steps: &mut Vec<Step>,
        (node, axis): (&str, Axis),
        partition: Option<&String>,
        window: Interval,
        fate: Fate,
    ) -> Refused<()> {
        let status = self.standing(&line(node, partition)?, window);
        if let Some(Step(last, stood)) = steps.last_mut()
            && last.node == node
            && *stood == Some(status)
            && let Some(interval) = &mut last.interval
            && interval.end == window.start
        {
            interval.end = window.end;
            last.windows += 1;
            return Ok(());
        }
        let (action, code) = fate(status);
        let Step(step, _) = whole(node, action, code);
        steps.push(Step(PlanStep { axis, interval: Some(window), windows: 1, ..step }, Some(status)));
        Ok(())
    }

    /// What is left of a run: nodes that are not done stop those after them, unless they are tried again.
    fn steps_of_rest(&self, run: &str, retry: bool) -> Refused<Vec<Step>> {
        is_named(run)?;
        let run = self.pipeline.run(run)?;
        if run.status.is_final() {
            return Err(ErrorKind::Conflict);
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut stopped: Vec<&String> = Vec::new();
        for (name, node) in self.pipeline.nodes_of(run) {
            let spec = self.pipeline.graph.iter().find(|spec| spec.name == *name);
            let is_stopped = spec.is_some_and(|spec| spec.after.iter().any(|it| stopped.contains(&it)));
            match node.map_or((NodeStatus::Pending, None), |node| (node.status, node.reason)) {
                (NodeStatus::Pending | NodeStatus::UpstreamFailed, _) if is_stopped => {
                    stopped.push(name);
                    steps.push(whole(name, PlanAction::Skip, ReasonCode::UpstreamFailed));
                }
                (NodeStatus::Pending | NodeStatus::UpstreamFailed, _) => {
                    steps.extend(self.steps_of_work(name, run.started.window)?);
                }
                (NodeStatus::Failed, _) if retry => {
                    steps.push(whole(name, PlanAction::Run, ReasonCode::Reset));
                }
                (NodeStatus::Waiting, _) => {
                    steps.push(whole(name, PlanAction::Wait, ReasonCode::RetryBackoff));
                }
                (NodeStatus::Running, _) => steps.push(whole(name, PlanAction::Wait, ReasonCode::Held)),
                (NodeStatus::Succeeded, _) => {
                    steps.push(whole(name, PlanAction::Skip, ReasonCode::AlreadySucceeded));
                }
                (status, reason) => {
                    let is_done = status == NodeStatus::Cached || reason == Some(ReasonCode::Skipped);
                    stopped.extend((!is_done).then_some(name));
                    let code = reason.ok_or(ErrorKind::Internal)?;
                    steps.push(whole(name, PlanAction::Skip, code));
                }
            }
        }
        Ok(steps)
    }

    fn steps_of_range(&self, range: &PlanRange, fate: Fate) -> Refused<Vec<Step>> {
        numbers(&[range.interval])?;
        let nodes = self.nodes_of_range(range)?;
        let axis = self.one_axis(&nodes)?;
        let mut steps = Vec::new();
        for node in &nodes {
            for window in self.windows_in(node, range.interval) {
                self.push_window(&mut steps, (node, axis), range.partition.as_ref(), window, fate)?;
            }
        }
        Ok(steps)
    }

    /// In the order of the graph, then by name.
    pub(super) fn nodes_of_range(&self, range: &PlanRange) -> Refused<Vec<String>> {
        let mut wanted = range.nodes.clone();
        if wanted.is_empty() {
            wanted.extend(self.pipeline.cadences.keys().filter(|node| !node.is_empty()).cloned());
        }
        if range.downstream {
            let after: Vec<String> = wanted.iter().flat_map(|node| self.pipeline.after(node)).collect();
            wanted.extend(after);
        }
        wanted.sort();
        wanted.dedup();
        let place =
            |node: &String| self.pipeline.graph.iter().position(|it| it.name == *node).unwrap_or(usize::MAX);
        wanted.sort_by_key(place);
        for node in &wanted {
            line(node, range.partition.as_ref())?;
        }
        if wanted.is_empty() { Err(ErrorKind::Invalid) } else { Ok(wanted) }
    }

    /// The axis that all nodes have that have any.
    fn one_axis(&self, nodes: &[String]) -> Refused<Axis> {
        let mut axes = Vec::new();
        for node in nodes {
            match self.cadence(node) {
                Ok(cadence) => axes.push(self.axis(node, Some(cadence.axis))?),
                Err(_) => axes.extend(self.pipeline.covers_axis(node)),
            }
        }
        axes.dedup();
        if axes.len() > 1 { Err(ErrorKind::Invalid) } else { Ok(axes.first().copied().unwrap_or_default()) }
    }

    pub(super) fn apply_plan(&mut self, command: &ApplyPlan, told: Option<&Answer>) -> Refused<Answer> {
        command.id.iter().chain(&command.actor).try_for_each(|name| is_named(name))?;
        if command.of != PlanOf::Run {
            is_explained(&command.reason)?;
        }
        let steps = self.steps(&command.of)?;
        // Of a plan that was told page by page, nobody knows.
        let is_so = self.pipeline.bases.agrees(&command.basis, &steps).unwrap_or_else(|| self.is_over());
        if !is_so {
            return Err(ErrorKind::Conflict);
        }
        let told = match told {
            Some(Answer::PlanApplied(told)) => told.run.as_ref().or(told.backfill.as_ref()),
            _ => None,
        };
        // Of a submission that was refused, nobody was told which; but no two are the same.
        let before = self.effects.len();
        let made = || told.cloned().unwrap_or_else(|| format!("made by the engine, after {before}"));
        let id = command.id.clone().unwrap_or_else(made);
        let mut applied = PlanApplied::default();
        match &command.of {
            PlanOf::Run => {
                if self.pipeline.run(&id).is_ok() {
                    return Err(ErrorKind::Conflict);
                }
                let (trigger, worker) = (Some("plan".to_owned()), command.actor.clone());
                self.start(
                    &StartRun { run: Some(id.clone()), trigger, worker, ..StartRun::default() },
                    None,
                )?;
                applied.run = Some(id);
            }
            PlanOf::Resume(run) => {
                self.resume(&ResumeRun { run: run.clone(), ..ResumeRun::default() })?;
                applied.run = Some(run.clone());
            }
            PlanOf::RetryFailed(run) => {
                for step in steps.iter().filter(|step| step.reason.code == ReasonCode::Reset) {
                    self.reset_one(run, &step.node)?;
                }
                applied.run = Some(run.clone());
            }
            PlanOf::Backfill(range) => {
                self.make_backfill(command, range, &id, &steps)?;
                applied.backfill = Some(id);
            }
            PlanOf::Restatement(range) => {
                self.make_stale(command, range, &steps)?;
                self.make_backfill(command, range, &id, &steps)?;
                applied.backfill = Some(id);
            }
        }
        applied.version = if self.effects.len() > before { self.next } else { self.version() };
        Ok(Answer::PlanApplied(applied))
    }

    /// What is done and is to be done once more is stale. Nobody may be at work in any of it.
    fn make_stale(&mut self, command: &ApplyPlan, range: &PlanRange, steps: &[PlanStep]) -> Refused<()> {
        for of_node in steps.chunk_by(|one, next| one.node == next.node) {
            let (node, axis) = (&of_node[0].node, of_node[0].axis);
            let line = line(node, range.partition.as_ref())?;
            let all = |step: &PlanStep| step.interval.map_or(0..0, |it| it.start..it.end);
            if of_node.iter().flat_map(all).any(|number| self.claimed_by(&line, number).is_some()) {
                return Err(ErrorKind::Conflict);
            }
            let again = of_node.iter().filter(|step| step.action == PlanAction::Run).flat_map(all);
            let done: Vec<i64> =
                again.filter(|number| self.status_of(&line, *number) == CoverageStatus::Done).collect();
            if !done.is_empty() {
                let why = (&command.reason, command.actor.as_ref());
                self.mark_numbers((&line, axis), &done, CoverageStatus::Stale, why);
            }
        }
        Ok(())
    }
}
