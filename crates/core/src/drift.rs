//! What the nodes of a run covered, against the window of the run or against each other. Nothing of it is kept: it follows from what the
//! nodes did in the run (`extent.rs`) and from what is done by now, so what another run had done before is missing nowhere.

use std::collections::BTreeMap;

use highwater_format::fact::{Axis, Interval, RunWindow};

use crate::answer::{Answer, DriftKind, DriftReport, NodeDrift};
use crate::cadence::{self, Windows};
use crate::command::ReportDrift;
use crate::coverage::{self, Line};
use crate::decide::{Context, Decided, Stop};
use crate::node::NodeStatus;
use crate::row::{Extent, RunRow};
use crate::state::State;
use crate::view::{self, NodeOf};
use crate::{interval_set, limits, page, run, run_window};

pub(crate) fn report(context: &Context<'_>, command: &ReportDrift) -> Result<Decided, Stop> {
    let row = run::find(context.state, &command.run)?;
    let (compared_with, all) = lines(context.state, row, context.now_ms);
    let count = |lines: usize| u32::try_from(lines).unwrap_or(u32::MAX);
    let drifted = count(all.iter().filter(|line| !line.drift.is_empty()).count());
    let next = (command.from as usize).saturating_add(page::limit(command.limit));
    Decided::answer(Answer::Drift(DriftReport {
        run: row.run.clone(),
        window: row.window,
        compared_with,
        consistent: drifted == 0,
        drifted,
        count: count(all.len()),
        next: (next < all.len()).then(|| count(next)),
        nodes: all.into_iter().take(next).skip(command.from as usize).collect(),
    }))
}

/// What the nodes of a run are compared with, and how each stands to it.
pub(crate) fn lines(state: &State, row: &RunRow, now_ms: i64) -> (Option<RunWindow>, Vec<NodeDrift>) {
    let nodes = view::nodes_in_order(state, &row.run);
    let compared_with = row.window.or_else(|| widest(&nodes));
    let judge = Judge { state, row, compared_with, at_ms: row.finished_at_ms.unwrap_or(now_ms) };
    let lines = nodes.iter().flat_map(|node| match node.row().map(|row| row.extents.as_slice()) {
        None | Some([]) => vec![judge.line(node, None)],
        Some(extents) => extents.iter().map(|extent| judge.line(node, Some(extent))).collect(),
    });
    (compared_with, lines.collect())
}

/// All that the nodes did, on the axis that most of them are on.
fn widest(nodes: &[NodeOf<'_>]) -> Option<RunWindow> {
    let mut by_axis: BTreeMap<Axis, (usize, Interval)> = BTreeMap::new();
    let extents = nodes.iter().filter_map(NodeOf::row).flat_map(|row| &row.extents);
    for (axis, covered) in extents.filter_map(|extent| Some((extent.axis, hull(&extent.intervals)?))) {
        let (lines, all) = by_axis.entry(axis).or_insert((0, covered));
        *lines += 1;
        *all = Interval { start: all.start.min(covered.start), end: all.end.max(covered.end) };
    }
    // Of as many, the first: that of time.
    let (axis, (_, all)) = by_axis.into_iter().rev().max_by_key(|(_, (lines, _))| *lines)?;
    Some(RunWindow { axis, start: all.start, end: all.end })
}

fn hull(intervals: &[Interval]) -> Option<Interval> {
    Some(Interval { start: intervals.first()?.start, end: intervals.last()?.end })
}

struct Judge<'a> {
    state: &'a State,
    row: &'a RunRow,
    compared_with: Option<RunWindow>,
    /// When the run ended, or now.
    at_ms: i64,
}

impl Judge<'_> {
    fn line(&self, node: &NodeOf<'_>, extent: Option<&Extent>) -> NodeDrift {
        let (name, status) = (node.name(), node.status());
        let partition =
            extent.map(|extent| extent.partition.clone()).filter(|partition| !partition.is_empty());
        let line = Line::new(name, partition.as_deref());
        let done_here = extent.map_or(&[][..], |extent| &extent.intervals);
        let cadence = cadence::of(self.state, name).map(|cadence| cadence.axis);
        let axis = extent.map(|extent| extent.axis).or(coverage::axis(self.state, name)).or(cadence);
        let mut found = NodeDrift {
            node: name.to_owned(),
            partition,
            status,
            axis,
            expected: None,
            covered: hull(done_here),
            missing: Vec::new(),
            outside: Vec::new(),
            drift: Vec::new(),
        };
        let (Some(axis), Some(window)) = (axis, self.compared_with) else { return found };
        if axis != window.axis {
            found.drift.extend((!done_here.is_empty()).then_some(DriftKind::OtherAxis));
            return found;
        }
        let all = run_window::interval(&window);
        let outside = interval_set::subtract(done_here, &[all]);
        found.expected = self.expected(name, axis, all);
        let missing = match found.expected.filter(|_| self.must_be_done(node)) {
            None => Vec::new(),
            Some(expected) => {
                let undone = coverage::undone(self.state, &line, &[expected]);
                interval_set::subtract(&undone, done_here)
            }
        };
        found.drift = kinds(found.expected, all, done_here, &missing, &outside);
        found.missing = missing;
        found.missing.truncate(limits::DRIFT_INTERVALS);
        found.outside = outside;
        found.outside.truncate(limits::DRIFT_INTERVALS);
        found
    }

    /// What a node has to cover: all of it, or what of its cadence lies in it. Nodes that are compared with each other need not have what was
    /// not due.
    fn expected(&self, node: &str, axis: Axis, all: Interval) -> Option<Interval> {
        let cadence = cadence::of(self.state, node).filter(|cadence| cadence.axis == axis);
        let Some(cadence) = cadence else { return Some(all) };
        let mut within = all;
        if self.row.window.is_none() && axis == Axis::Time {
            within.end = within.end.min(self.at_ms.saturating_sub_unsigned(cadence.lag_ms));
        }
        Windows::of(cadence).ok()?.whole(within)
    }

    /// Whether what is missing is missing for good: not where the node may go on, need not run, or found all of it done.
    fn must_be_done(&self, node: &NodeOf<'_>) -> bool {
        let is_over = self.row.status.is_final();
        match node.status() {
            NodeStatus::Pending | NodeStatus::Running | NodeStatus::Waiting => is_over,
            NodeStatus::Cached | NodeStatus::Skipped => false,
            NodeStatus::Succeeded => node.row().is_some_and(|row| row.attempts > 0),
            _ => true,
        }
    }
}

fn kinds(
    expected: Option<Interval>,
    all: Interval,
    done_here: &[Interval],
    missing: &[Interval],
    outside: &[Interval],
) -> Vec<DriftKind> {
    let mut kinds = Vec::new();
    if let Some(expected) = expected {
        if done_here.is_empty() && missing == [expected] {
            kinds.push(DriftKind::Nothing);
        } else {
            let starts_late = missing.first().is_some_and(|first| first.start == expected.start);
            let behind = missing.last().is_some_and(|last| last.end == expected.end);
            let inside = |gap: &Interval| gap.start > expected.start && gap.end < expected.end;
            kinds.extend(starts_late.then_some(DriftKind::StartsLate));
            kinds.extend(behind.then_some(DriftKind::Behind));
            kinds.extend(missing.iter().any(inside).then_some(DriftKind::Gap));
        }
    }
    kinds.extend(
        outside.first().is_some_and(|first| first.start < all.start).then_some(DriftKind::StartsEarly),
    );
    kinds.extend(outside.last().is_some_and(|last| last.end > all.end).then_some(DriftKind::Ahead));
    kinds
}
