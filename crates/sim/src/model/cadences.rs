//! Cadences of a fixed length, window by window from the first one on.

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, CadenceView, Cadences, WindowStatus, WindowView, Windows};
use highwater_core::command::{BeginNode, Cover, DeclareCadence, ListCadences, ListWindows};
use highwater_format::fact::{Axis, Cadence, CadenceUnit, CoverageStatus, Interval, RunWindow};

use super::coverage::{Hand, Line, line, numbers};
use super::{Refused, Trial, effect, is_named};

/// The windows that end up to there. On the axis of time a cadence must have an end here, which is always over.
pub(super) fn windows(cadence: &Cadence, to: i64) -> Vec<Interval> {
    let to = cadence.end.map_or(to, |end| end.min(to));
    let every = i64::try_from(cadence.every).unwrap_or(i64::MAX);
    let mut windows = Vec::new();
    let mut start = cadence.start;
    while start + every <= to {
        windows.push(Interval { start, end: start + every });
        start += every;
    }
    windows
}

impl Trial {
    pub(super) fn cadence(&self, node: &str) -> Refused<Cadence> {
        let cadences = &self.pipeline.cadences;
        cadences.get(node).or_else(|| cadences.get("")).cloned().ok_or(ErrorKind::Invalid)
    }

    /// The window that has this number in it, or the number alone if there is none.
    pub(super) fn window_of(&self, node: &str, axis: Axis, number: i64) -> Interval {
        let alone = Interval { start: number, end: number.saturating_add(1) };
        let Some(cadence) = self.cadence(node).ok().filter(|cadence| cadence.axis == axis) else {
            return alone;
        };
        let every = i64::try_from(cadence.every).unwrap_or(i64::MAX);
        let all = windows(&cadence, number.saturating_add(every));
        all.into_iter().find(|window| (window.start..window.end).contains(&number)).unwrap_or(alone)
    }

    pub(super) fn declare_cadence(&mut self, command: &DeclareCadence) -> Refused<Answer> {
        command.node.as_ref().map_or(Ok(()), |node| is_named(node))?;
        let node = command.node.clone().unwrap_or_default();
        if self.pipeline.cadences.get(&node) == command.cadence.as_ref() {
            return Ok(self.done(Vec::new()));
        }
        if let Some(cadence) = &command.cadence {
            assert_eq!(cadence.unit, CadenceUnit::Fixed, "the reference knows no calendar");
            assert!(cadence.axis == Axis::Integer || cadence.end.is_some(), "nor a clock");
            let no_end = cadence.end.is_some_and(|end| end <= cadence.start);
            if cadence.every == 0 || no_end || (cadence.axis == Axis::Integer && cadence.lag_ms > 0) {
                return Err(ErrorKind::Invalid);
            }
            if !node.is_empty() {
                self.axis(&node, Some(cadence.axis))?;
            }
        }
        match &command.cadence {
            None => drop(self.pipeline.cadences.remove(&node)),
            Some(cadence) => drop(self.pipeline.cadences.insert(node.clone(), cadence.clone())),
        }
        self.follow_all();
        Ok(self.done(vec![effect::cadence_declared(&node, command.cadence.is_some())]))
    }

    pub(super) fn list_cadences(&self, command: &ListCadences) -> Answer {
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let mut views = self.pipeline.cadences.iter().map(|(node, cadence)| CadenceView {
            node: (!node.is_empty()).then(|| node.clone()),
            cadence: cadence.clone(),
        });
        let cadences = views.by_ref().take(limit).collect();
        Answer::Cadences(Cadences { cadences, next: views.next().and_then(|view| view.node) })
    }

    pub(super) fn list_windows(&self, command: &ListWindows) -> Refused<Answer> {
        let line = line(&command.node, command.partition.as_ref())?;
        let cadence = self.cadence(&command.node)?;
        let axis = self.axis(&command.node, Some(cadence.axis))?;
        let to = command.to.or(cadence.end).ok_or(ErrorKind::Invalid)?;
        let from = command.from.unwrap_or(i64::MIN).max(cadence.start);
        let every = i64::try_from(cadence.every).unwrap_or(i64::MAX);
        let all = windows(&cadence, to + every).into_iter();
        let mut found: Vec<WindowView> = all
            .filter(|window| window.end > from && window.start < to)
            .map(|window| self.window(&line, &cadence, window))
            .collect();
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let mut next = None;
        let mut windows = Vec::new();
        for view in found.drain(..) {
            if windows.len() == limit {
                next = Some(view.start);
                break;
            }
            if command.statuses.is_empty() || command.statuses.contains(&view.status) {
                windows.push(view);
            }
        }
        Ok(Answer::Windows(Windows { axis, windows, next }))
    }

    /// How a window stands: one whose numbers differ stands as the worst of them.
    pub(super) fn standing(&self, line: &Line, window: Interval) -> WindowStatus {
        use CoverageStatus::{Done, Failed, Missing, Stale};
        let each = window.start..window.end;
        let all: Vec<CoverageStatus> = each.clone().map(|number| self.status_of(line, number)).collect();
        match () {
            () if each.into_iter().any(|number| self.claimed_by(line, number).is_some()) => {
                WindowStatus::Running
            }
            () if all.contains(&Failed) => WindowStatus::Failed,
            () if all.contains(&Stale) => WindowStatus::Stale,
            () if !all.contains(&Missing) => WindowStatus::Done,
            () if all.contains(&Done) => WindowStatus::Partial,
            () => WindowStatus::Missing,
        }
    }

    fn window(&self, line: &Line, cadence: &Cadence, window: Interval) -> WindowView {
        let status = self.standing(line, window);
        let owner = (window.start..window.end).find_map(|number| self.claimed_by(line, number)).cloned();
        let last = || (window.start..window.end).rev().find_map(|number| self.run_of(line, number));
        let run = owner.or_else(last);
        let lag_ms = i64::try_from(cadence.lag_ms).unwrap_or(i64::MAX);
        let due_at_ms = (cadence.axis == Axis::Time).then(|| window.end + lag_ms);
        WindowView { start: window.start, end: window.end, status, due_at_ms, run }
    }

    /// What a worker is handed that asks for what is due.
    pub(super) fn hand_out_due(
        &self,
        command: &BeginNode,
        cover: &Cover,
        window: Option<RunWindow>,
    ) -> Refused<(Line, Axis, Hand)> {
        let line = line(&command.node, cover.partition.as_ref())?;
        let asked = numbers(&cover.intervals)?;
        let cadence = self.cadence(&command.node)?;
        let to = cadence.end.or(asked.last().map(|last| last + 1)).ok_or(ErrorKind::Invalid)?;
        if cover.axis.is_some_and(|axis| axis != cadence.axis) {
            return Err(ErrorKind::Invalid);
        }
        let axis = self.axis(&command.node, Some(cadence.axis))?;
        let all = windows(&cadence, to);
        let each = |window: &Interval| window.start..window.end;
        let is_asked = |window: &&Interval| {
            asked.is_empty() || each(window).all(|number| asked.binary_search(&number).is_ok())
        };
        let is_undone = |window: &&Interval| {
            let again = cover.restate || command.force;
            again || each(window).any(|number| self.status_of(&line, number) != CoverageStatus::Done)
        };
        let is_free = |one: &&Interval| {
            let is_inside = window.is_none_or(|all| all.start <= one.start && one.end <= all.end);
            is_inside
                && each(one)
                    .all(|number| self.claimed_by(&line, number).is_none_or(|run| *run == command.run))
        };
        let undone: Vec<Interval> = all.iter().filter(is_asked).filter(is_undone).copied().collect();
        let mut chosen: Vec<Interval> = undone.iter().filter(is_free).copied().collect();
        if cover.limit > 0 {
            chosen.truncate(cover.limit as usize);
        }
        if chosen.is_empty() {
            return Ok((line, axis, if undone.is_empty() { Hand::Covered } else { Hand::Taken }));
        }
        if chosen.last() == all.last() {
            let back = all.iter().rev().skip(1).take(cadence.lookback as usize).filter(is_free).copied();
            chosen.extend(back.collect::<Vec<_>>());
            chosen.sort_unstable();
            chosen.dedup();
        }
        Ok((line, axis, Hand::Work(chosen)))
    }
}
