//! The window of a run, and what its nodes did in it, number by number.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, DriftKind, DriftReport, NodeDrift, PlanAction};
use highwater_core::command::{BeginNode, Cover, ReportDrift};
use highwater_core::node::NodeStatus;
use highwater_format::fact::{Axis, CoverageStatus, Interval, ReasonCode, RunWindow};

use super::cadences::windows;
use super::coverage::{Line, intervals, line, numbers};
use super::{Node, Refused, Run, Trial, is_named};

/// What a node has done in a run, by partition.
pub(super) type Extents = BTreeMap<String, Extent>;

/// The axis, and the numbers on it.
type Extent = (Axis, BTreeSet<i64>);

/// How many intervals a line lists.
const LISTED: usize = 16;

fn interval(window: RunWindow) -> Interval {
    Interval { start: window.start, end: window.end }
}

fn each(window: RunWindow) -> std::ops::Range<i64> {
    window.start..window.end
}

/// From the first number up to behind the last one.
fn hull(numbers: &BTreeSet<i64>) -> Option<Interval> {
    Some(Interval { start: *numbers.first()?, end: numbers.last()? + 1 })
}

impl Trial {
    /// The window of the run, if it says something about this node: what is asked for then, and whether by the cadence.
    pub(super) fn bounded(
        &self,
        command: &BeginNode,
        cover: &Cover,
    ) -> Refused<(Cover, bool, Option<RunWindow>)> {
        line(&command.node, cover.partition.as_ref())?;
        let window = self.pipeline.run(&command.run)?.started.window;
        if cover.backfill.is_some() {
            return if window.is_some() { Err(ErrorKind::Invalid) } else { Ok((cover.clone(), true, None)) };
        }
        let asked = numbers(&cover.intervals)?;
        let cadence = self.cadence(&command.node).ok();
        let known = cover.axis.or(self.pipeline.covers_axis(&command.node));
        let known = known.or(cadence.as_ref().map(|cadence| cadence.axis));
        let Some(window) = window.filter(|window| known.is_none_or(|axis| axis == window.axis)) else {
            let asks = cover.due || !asked.is_empty();
            return if asks { Ok((cover.clone(), cover.due, None)) } else { Err(ErrorKind::Invalid) };
        };
        if asked.iter().any(|number| !each(window).contains(number)) {
            return Err(ErrorKind::Invalid);
        }
        let is_due = cover.due || (asked.is_empty() && cadence.is_some());
        let mut cover = cover.clone();
        if asked.is_empty() {
            cover.intervals = vec![interval(window)];
        }
        if !is_due {
            cover.axis = cover.axis.or(Some(window.axis));
        }
        Ok((cover, is_due, Some(window)))
    }

    /// An attempt of a run has done these.
    pub(super) fn done_in_run(&mut self, run: &str, line: &Line, axis: Axis, numbers: &[i64]) {
        let Ok(node) = self.node(run, &line.0) else { return };
        if numbers.is_empty() {
            return;
        }
        let extent = node.extents.entry(line.1.clone()).or_insert((axis, BTreeSet::new()));
        if extent.0 != axis {
            *extent = (axis, BTreeSet::new());
        }
        extent.1.extend(numbers);
    }

    pub(super) fn report_drift(&self, command: &ReportDrift) -> Refused<Answer> {
        is_named(&command.run)?;
        let run = self.pipeline.run(&command.run)?;
        let (compared_with, lines) = self.drift(run)?;
        let drifted = lines.iter().filter(|line| !line.drift.is_empty()).count();
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let next = command.from as usize + limit;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Answer::Drift(DriftReport {
            run: run.name.clone(),
            window: run.started.window,
            compared_with,
            consistent: drifted == 0,
            drifted: number(drifted),
            count: number(lines.len()),
            next: (next < lines.len()).then(|| number(next)),
            nodes: lines.into_iter().skip(command.from as usize).take(limit).collect(),
        }))
    }

    /// What the nodes of a run are compared with, and each line.
    pub(super) fn drift(&self, run: &Run) -> Refused<(Option<RunWindow>, Vec<NodeDrift>)> {
        let nodes = self.pipeline.nodes_of(run);
        let extents = || nodes.iter().filter_map(|(_, node)| *node).flat_map(|node| node.extents.values());
        let on = |axis: Axis| extents().filter(move |extent| extent.0 == axis);
        let axis =
            if on(Axis::Time).count() >= on(Axis::Integer).count() { Axis::Time } else { Axis::Integer };
        let all: BTreeSet<i64> = on(axis).flat_map(|extent| extent.1.iter().copied()).collect();
        let widest = hull(&all).map(|Interval { start, end }| RunWindow { axis, start, end });
        let compared_with = run.started.window.or(widest);
        let mut lines = Vec::new();
        for (name, node) in nodes {
            let status = node.map_or(NodeStatus::Pending, |node| node.status);
            let must =
                node.is_none_or(|node| must_be_done(run, node)) && (node.is_some() || run.status.is_final());
            let known = node.map(|node| node.extents.clone()).unwrap_or_default();
            let each: Vec<(String, Option<Extent>)> = match known.is_empty() {
                true => vec![(String::new(), None)],
                false => known.into_iter().map(|(partition, extent)| (partition, Some(extent))).collect(),
            };
            for (partition, extent) in each {
                let line = (name.clone(), partition);
                lines.push(self.drift_line(
                    &line,
                    status,
                    extent,
                    compared_with.map(|window| (window, must)),
                )?);
            }
        }
        Ok((compared_with, lines))
    }

    fn drift_line(
        &self,
        line: &Line,
        status: NodeStatus,
        extent: Option<Extent>,
        compared: Option<(RunWindow, bool)>,
    ) -> Refused<NodeDrift> {
        let cadence = self.cadence(&line.0).ok();
        let own = extent.as_ref().map(|extent| extent.0).or(self.pipeline.covers_axis(&line.0));
        let axis = own.or(cadence.as_ref().map(|cadence| cadence.axis));
        let done = extent.map(|extent| extent.1).unwrap_or_default();
        let mut found = NodeDrift {
            node: line.0.clone(),
            partition: (!line.1.is_empty()).then(|| line.1.clone()),
            status,
            axis,
            expected: None,
            covered: hull(&done),
            missing: Vec::new(),
            outside: Vec::new(),
            drift: Vec::new(),
        };
        let (Some(axis), Some((window, must))) = (axis, compared) else { return Ok(found) };
        if axis != window.axis {
            found.drift.extend((!done.is_empty()).then_some(DriftKind::OtherAxis));
            return Ok(found);
        }
        found.expected = match cadence.filter(|cadence| cadence.axis == axis) {
            None => Some(interval(window)),
            Some(cadence) => {
                let all = windows(&cadence, window.end);
                let within = all.iter().filter(|one| one.start >= window.start);
                within.copied().reduce(|first, last| Interval { start: first.start, end: last.end })
            }
        };
        let is_missing =
            |number: &i64| !done.contains(number) && self.status_of(line, *number) != CoverageStatus::Done;
        let expected = found.expected.filter(|_| must);
        let missing: Vec<i64> =
            expected.map(|it| (it.start..it.end).filter(is_missing).collect()).unwrap_or_default();
        let outside: Vec<i64> =
            done.iter().copied().filter(|number| !each(window).contains(number)).collect();
        let (missing, outside) = (intervals(&missing), intervals(&outside));
        found.drift = kinds(expected, window, done.is_empty(), &missing, &outside);
        found.missing = missing.into_iter().take(LISTED).collect();
        found.outside = outside.into_iter().take(LISTED).collect();
        Ok(found)
    }

    /// The nodes of a run that have drifted.
    pub(super) fn drifted(&self, run: &Run) -> Refused<Vec<String>> {
        let (_, lines) = self.drift(run)?;
        let mut nodes: Vec<String> =
            lines.into_iter().filter(|line| !line.drift.is_empty()).map(|line| line.node).collect();
        nodes.dedup();
        Ok(nodes)
    }

    /// What a plan says of a node without a cadence, in a run whose window is on its axis.
    pub(super) fn left_of(&self, node: &str, window: RunWindow) -> Refused<Vec<Interval>> {
        let line = line(node, None)?;
        let left: Vec<i64> =
            each(window).filter(|it| self.status_of(&line, *it) != CoverageStatus::Done).collect();
        Ok(intervals(&left))
    }
}

/// What a plan says where nothing is left.
pub(super) const NOTHING_LEFT: (PlanAction, ReasonCode) = (PlanAction::Skip, ReasonCode::AlreadyCovered);

/// Not what may still go on, need not run, or had nothing to do.
fn must_be_done(run: &Run, node: &Node) -> bool {
    use NodeStatus::{Cached, Pending, Running, Skipped, Succeeded, Waiting};
    match node.status {
        Pending | Running | Waiting => run.status.is_final(),
        Cached | Skipped => false,
        Succeeded => !node.attempts.is_empty(),
        _ => true,
    }
}

fn kinds(
    expected: Option<Interval>,
    window: RunWindow,
    did_nothing: bool,
    missing: &[Interval],
    outside: &[Interval],
) -> Vec<DriftKind> {
    let mut kinds = Vec::new();
    let is_all = expected.is_some_and(|expected| missing == [expected]);
    if is_all && did_nothing {
        kinds.push(DriftKind::Nothing);
    } else if let Some(expected) = expected {
        let has = |is_it: &dyn Fn(&Interval) -> bool| missing.iter().any(is_it);
        kinds.extend(has(&|it| it.start == expected.start).then_some(DriftKind::StartsLate));
        kinds.extend(has(&|it| it.end == expected.end).then_some(DriftKind::Behind));
        kinds.extend(
            has(&|it| it.start != expected.start && it.end != expected.end).then_some(DriftKind::Gap),
        );
    }
    kinds.extend(outside.iter().any(|it| it.start < window.start).then_some(DriftKind::StartsEarly));
    kinds.extend(outside.iter().any(|it| it.end > window.end).then_some(DriftKind::Ahead));
    kinds
}
