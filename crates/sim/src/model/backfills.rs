//! Backfills: what people have decided about them, what workers are handed, and how far they are.

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, BackfillView, Backfills, PlanStep, WindowStatus};
use highwater_core::attempt::AttemptStatus;
use highwater_core::backfill::BackfillStatus;
use highwater_core::command::{
    ApplyPlan, BeginNode, ChangeBackfill, Cover, HwmUpdate, ListBackfills, PlanRange,
};
use highwater_format::fact::{Axis, BackfillAction, BackfillOrder, CoverageStatus, Interval};

use super::coverage::{Hand, Line, intervals, line};
use super::{Refused, Trial, effect, is_explained, is_named};

/// A backfill, but for its id.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Backfill {
    status: BackfillStatus,
    nodes: Vec<String>,
    partition: Option<String>,
    axis: Axis,
    interval: Interval,
    order: BackfillOrder,
    max_concurrent: u32,
    reason: String,
    actor: Option<String>,
}

impl Trial {
    /// The windows of a node that lie in an interval; of a node without a cadence, the interval is one.
    pub(super) fn windows_in(&self, node: &str, interval: Interval) -> Vec<Interval> {
        let Ok(cadence) = self.cadence(node) else { return vec![interval] };
        let mut windows = super::cadences::windows(&cadence, interval.end);
        windows.retain(|window| window.start >= interval.start);
        windows
    }

    /// Whether one that is not cancelled is for such a partition of a node.
    pub(super) fn has_open_backfill(&self, node: &str, of: &dyn Fn(&String) -> bool) -> bool {
        self.pipeline.backfills.values().any(|it| {
            it.status != BackfillStatus::Cancelled
                && it.nodes.iter().any(|its| its == node)
                && it.partition.as_ref().is_some_and(of)
        })
    }

    pub(super) fn make_backfill(
        &mut self,
        command: &ApplyPlan,
        range: &PlanRange,
        id: &str,
        steps: &[PlanStep],
    ) -> Refused<()> {
        if self.pipeline.backfills.contains_key(id) {
            return Err(ErrorKind::Conflict);
        }
        let Some(first) = steps.first() else { return Err(ErrorKind::Invalid) };
        let backfill = Backfill {
            status: BackfillStatus::Running,
            nodes: self.nodes_of_range(range)?,
            partition: range.partition.clone(),
            axis: first.axis,
            interval: range.interval,
            order: command.order,
            max_concurrent: command.max_concurrent,
            reason: command.reason.clone(),
            actor: command.actor.clone(),
        };
        self.leave(effect::backfill_created(id, &backfill.nodes, range.interval, command.max_concurrent));
        self.pipeline.backfills.insert(id.to_owned(), backfill);
        Ok(())
    }

    fn backfill(&self, id: &String) -> Refused<&Backfill> {
        is_named(id)?;
        self.pipeline.backfills.get(id).ok_or(ErrorKind::Invalid)
    }

    pub(super) fn change_backfill(&mut self, command: &ChangeBackfill) -> Refused<Answer> {
        use BackfillStatus::{Cancelled, Paused, Running};
        is_explained(&command.reason)?;
        let id = &command.backfill;
        let status = self.backfill(id)?.status;
        let wanted = match command.action {
            BackfillAction::Delete => {
                self.pipeline.backfills.remove(id);
                return Ok(self.done(vec![effect::backfill_changed(id, command.action)]));
            }
            BackfillAction::Pause => Paused,
            BackfillAction::Resume => Running,
            BackfillAction::Cancel => Cancelled,
        };
        if status == wanted {
            return Ok(self.done(Vec::new()));
        }
        if status == Cancelled {
            return Err(ErrorKind::Conflict);
        }
        if let Some(backfill) = self.pipeline.backfills.get_mut(id) {
            backfill.status = wanted;
            backfill.reason.clone_from(&command.reason);
            backfill.actor.clone_from(&command.actor);
        }
        Ok(self.done(vec![effect::backfill_changed(id, command.action)]))
    }

    pub(super) fn list_backfills(&self, command: &ListBackfills) -> Refused<Answer> {
        if let Some(id) = &command.backfill {
            let backfills = vec![self.view_of(id, self.backfill(id)?)];
            return Ok(Answer::Backfills(Backfills { backfills, next: None }));
        }
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let is_wanted = |id: &&String| command.cursor.as_ref().is_none_or(|cursor| *id >= cursor);
        let ids: Vec<&String> = self.pipeline.backfills.keys().filter(is_wanted).collect();
        let view = |id: &&String| self.view_of(id, &self.pipeline.backfills[*id]);
        let backfills = ids.iter().take(limit).map(view).collect();
        Ok(Answer::Backfills(Backfills { backfills, next: ids.get(limit).map(|id| (*id).clone()) }))
    }

    fn view_of(&self, id: &str, backfill: &Backfill) -> BackfillView {
        let line = |node: &String| (node.clone(), backfill.partition.clone().unwrap_or_default());
        let of_node = |node: &String| {
            let windows = self.windows_in(node, backfill.interval).into_iter();
            windows.map(|window| self.standing(&line(node), window)).collect::<Vec<_>>()
        };
        let all: Vec<WindowStatus> = backfill.nodes.iter().flat_map(of_node).collect();
        let count =
            |status| u32::try_from(all.iter().filter(|it| **it == status).count()).unwrap_or(u32::MAX);
        let is_done = !all.is_empty() && all.iter().all(|status| *status == WindowStatus::Done);
        let is_over = is_done && backfill.status == BackfillStatus::Running;
        BackfillView {
            backfill: id.to_owned(),
            status: if is_over { BackfillStatus::Done } else { backfill.status },
            nodes: backfill.nodes.clone(),
            partition: backfill.partition.clone(),
            axis: backfill.axis,
            interval: backfill.interval,
            order: backfill.order,
            max_concurrent: backfill.max_concurrent,
            windows: u32::try_from(all.len()).unwrap_or(u32::MAX),
            done: count(WindowStatus::Done),
            running: count(WindowStatus::Running),
            failed: count(WindowStatus::Failed),
            created_at_ms: 0,
            reason: backfill.reason.clone(),
            actor: backfill.actor.clone(),
        }
    }

    /// What a worker is handed that asks for a share of a backfill.
    pub(super) fn hand_out_share(
        &self,
        command: &BeginNode,
        cover: &Cover,
        id: &String,
    ) -> Refused<(Line, Axis, Hand)> {
        let line = line(&command.node, cover.partition.as_ref())?;
        let backfill = self.backfill(id)?;
        if !backfill.nodes.contains(&command.node) || backfill.partition != cover.partition {
            return Err(ErrorKind::Invalid);
        }
        let others = self.at_work_on(id).filter(|it| *it != (&command.run, &command.node)).count();
        let is_full = backfill.max_concurrent > 0 && others >= backfill.max_concurrent as usize;
        match backfill.status {
            BackfillStatus::Cancelled => return Ok((line, backfill.axis, Hand::Covered)),
            BackfillStatus::Paused => return Ok((line, backfill.axis, Hand::Taken)),
            _ if is_full => return Ok((line, backfill.axis, Hand::Taken)),
            _ => {}
        }
        let cadence = self.cadence(&command.node);
        match &cadence {
            Err(_) if cover.due => return Err(ErrorKind::Invalid),
            Ok(cadence) if cadence.axis != backfill.axis => return Err(ErrorKind::Invalid),
            _ => {}
        }
        let axis = self.axis(&command.node, Some(backfill.axis))?;
        let Interval { start, end } = backfill.interval;
        // Without a cadence, each number can be handed out by itself.
        let mut wanted = match cadence {
            Ok(_) => self.windows_in(&command.node, backfill.interval),
            Err(_) => (start..end).map(|start| Interval { start, end: start + 1 }).collect(),
        };
        let is_done = |line: &Line, number| self.status_of(line, number) == CoverageStatus::Done;
        if !(cover.restate || command.force) {
            wanted.retain(|it| (it.start..it.end).any(|number| !is_done(&line, number)));
        }
        if wanted.is_empty() {
            return Ok((line, axis, Hand::Covered));
        }
        let before = self.before(&command.node, backfill);
        let is_ready = |number, (line, own): &(Line, Vec<Interval>)| {
            is_done(line, number) || !own.iter().any(|it| it.start <= number && number < it.end)
        };
        wanted.retain(|it| (it.start..it.end).all(|number| before.iter().all(|node| is_ready(number, node))));
        let is_free = |number| self.claimed_by(&line, number).is_none_or(|run| *run == command.run);
        wanted.retain(|it| (it.start..it.end).all(is_free));
        if cadence.is_err() {
            wanted = intervals(&wanted.iter().map(|it| it.start).collect::<Vec<_>>());
        }
        let most = if cover.limit == 0 { usize::MAX } else { cover.limit as usize };
        match backfill.order {
            BackfillOrder::OldestFirst => wanted.truncate(most),
            BackfillOrder::NewestFirst => drop(wanted.drain(..wanted.len().saturating_sub(most))),
        }
        Ok((line, axis, if wanted.is_empty() { Hand::Taken } else { Hand::Work(wanted) }))
    }

    /// The nodes of a backfill that come right before this one, with their windows in it.
    fn before(&self, node: &str, backfill: &Backfill) -> Vec<(Line, Vec<Interval>)> {
        let spec = self.pipeline.graph.iter().find(|spec| spec.name == node);
        let after = spec.map_or(&[][..], |spec| &spec.after);
        let its = after.iter().filter(|before| backfill.nodes.contains(before));
        let line = |before: &String| (before.clone(), backfill.partition.clone().unwrap_or_default());
        its.map(|before| (line(before), self.windows_in(before, backfill.interval))).collect()
    }

    /// Run and node of each attempt at work on it.
    fn at_work_on<'a>(&'a self, id: &'a String) -> impl Iterator<Item = (&'a String, &'a String)> {
        let nodes = self.pipeline.runs.iter().flat_map(|run| run.nodes.iter().map(|it| (&run.name, it)));
        let works = move |node: &super::Node| {
            let last = node.attempts.last();
            last.is_some_and(|it| it.status == AttemptStatus::Running && it.backfill.as_ref() == Some(id))
        };
        nodes.filter(move |(_, (_, node))| works(node)).map(|(run, (node, _))| (run, node))
    }

    /// Refuses HWMs of an attempt on a backfill.
    pub(super) fn leaves_alone(
        &mut self,
        (run, node): (&str, &str),
        at: usize,
        hwms: &[HwmUpdate],
    ) -> Refused<()> {
        let is_of_backfill = self.attempt(run, node, at)?.backfill.is_some();
        if is_of_backfill && !hwms.is_empty() { Err(ErrorKind::Invalid) } else { Ok(()) }
    }
}
