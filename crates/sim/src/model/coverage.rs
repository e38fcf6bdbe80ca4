//! Coverage, number by number.

use std::collections::BTreeMap;

use highwater_core::ErrorKind;
use highwater_core::answer::{
    Answer, ClaimView, Coverage, CoverageChanged, CoverageLine, CoverageLines, Span,
};
use highwater_core::command::{BeginNode, Cover, DescribeCoverage, ListCoverage, MarkCoverage};
use highwater_format::fact::{Axis, CoverageStatus, Interval};

use super::{Pipeline, Refused, Trial, effect, is_explained, is_named};

mod done;

pub(super) use done::Mark;

/// Node and partition.
pub(super) type Line = (String, String);

/// How one number stands. Numbers without one are missing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    status: CoverageStatus,
    version: u64,
    run: Option<String>,
    reason: Option<String>,
    actor: Option<String>,
}

impl Cell {
    fn tells(&self) -> (CoverageStatus, &Option<String>, &Option<String>) {
        (self.status, &self.reason, &self.actor)
    }
}

/// Who works on a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    run: String,
    token: u64,
    /// Where the interval begins with which it was handed out.
    start: i64,
}

/// All that is covered, and who works on what.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Covers {
    cells: BTreeMap<Line, BTreeMap<i64, Cell>>,
    claims: BTreeMap<Line, BTreeMap<i64, Claim>>,
    axes: BTreeMap<Line, Axis>,
}

impl Covers {
    /// Nobody works for this run any more.
    pub(super) fn forget(&mut self, run: &str) {
        self.claims.values_mut().for_each(|claims| claims.retain(|_, claim| claim.run != run));
    }
}

/// What a worker that asks to cover something gets.
pub(super) enum Hand {
    Work(Vec<Interval>),
    Partitions(Vec<String>),
    Covered,
    Taken,
}

/// That, with whose axis it is on.
pub(super) type Handed = Option<(Line, Axis, Hand)>;

pub(super) fn line(node: &str, partition: Option<&String>) -> Refused<Line> {
    is_named(node)?;
    partition.map_or(Ok(()), |partition| is_named(partition))?;
    Ok((node.to_owned(), partition.cloned().unwrap_or_default()))
}

pub(super) fn numbers(intervals: &[Interval]) -> Refused<Vec<i64>> {
    if intervals.iter().any(|interval| interval.start >= interval.end) {
        return Err(ErrorKind::Invalid);
    }
    let mut all: Vec<i64> = intervals.iter().flat_map(|interval| interval.start..interval.end).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// Numbers in order as intervals.
pub(super) fn intervals(numbers: &[i64]) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = Vec::new();
    for number in numbers {
        match intervals.last_mut() {
            Some(last) if last.end == *number => last.end += 1,
            _ => intervals.push(Interval { start: *number, end: number + 1 }),
        }
    }
    intervals
}

impl Pipeline {
    /// The axis that a node is on, if it is on one.
    pub(super) fn covers_axis(&self, node: &str) -> Option<Axis> {
        let covers = &self.covers;
        let known = |line: &&Line| {
            let has = covers.cells.get(*line).is_some_and(|cells| !cells.is_empty());
            line.0 == node && (has || covers.claims.get(*line).is_some_and(|claims| !claims.is_empty()))
        };
        covers.axes.keys().find(known).map(|line| covers.axes[line])
    }
}

impl Trial {
    /// Whether there is coverage or late data of a partition.
    pub(super) fn has_line(&self, node: &str, partition: &str) -> bool {
        let line = (node.to_owned(), partition.to_owned());
        let cells = self.pipeline.covers.cells.get(&line);
        cells.is_some_and(|cells| !cells.is_empty()) || self.pipeline.late.data.contains_key(&line)
    }

    /// Whether intervals of partitions of the node are worked on, or late data of them may be missed.
    pub(super) fn is_working_on_partitions(&self, node: &str) -> bool {
        let of = |line: &Line| line.0 == node && !line.1.is_empty();
        let claims = self.pipeline.covers.claims.iter();
        claims.clone().any(|(line, claims)| of(line) && !claims.is_empty())
            || self.pipeline.late.is_unseen(&of)
            || !self.pipeline.tokens_in_doubt(node).is_empty()
    }

    /// Coverage and late data are kept under other names.
    pub(super) fn rename_lines(&mut self, node: &str, names: &BTreeMap<String, String>) {
        let covers = &mut self.pipeline.covers;
        covers.cells.retain(|_, cells| !cells.is_empty());
        rename(&mut covers.cells, node, names);
        rename(&mut covers.axes, node, names);
        rename(&mut self.pipeline.late.data, node, names);
    }

    pub(super) fn axis(&self, node: &str, wanted: Option<Axis>) -> Refused<Axis> {
        match (self.pipeline.covers_axis(node), wanted) {
            (Some(has), Some(wanted)) if has != wanted => Err(ErrorKind::Invalid),
            (Some(has), _) => Ok(has),
            (None, wanted) => Ok(wanted.unwrap_or_default()),
        }
    }

    /// The last number that was ever done, whether or not it has to be done again.
    pub(super) fn last_done(&self, line: &Line) -> Option<i64> {
        use CoverageStatus::{Done, Stale};
        let mut cells = self.pipeline.covers.cells.get(line)?.iter();
        cells.rfind(|(_, cell)| matches!(cell.status, Done | Stale)).map(|(number, _)| *number)
    }

    /// What an attempt of this node works on.
    pub(super) fn claims_of(&self, run: &str, node: &str) -> Vec<(Line, Vec<i64>)> {
        let of_node = self.pipeline.covers.claims.iter().filter(|(line, _)| line.0 == node);
        let its = |claims: &BTreeMap<i64, Claim>| {
            claims.iter().filter(|(_, claim)| claim.run == run).map(|(number, _)| *number).collect()
        };
        of_node.map(|(line, claims)| (line.clone(), its(claims))).collect()
    }

    pub(super) fn status_of(&self, line: &Line, number: i64) -> CoverageStatus {
        let cell = self.pipeline.covers.cells.get(line).and_then(|cells| cells.get(&number));
        cell.map_or(CoverageStatus::Missing, |cell| cell.status)
    }

    /// Whose attempt works on the number.
    pub(super) fn claimed_by(&self, line: &Line, number: i64) -> Option<&String> {
        self.pipeline.covers.claims.get(line)?.get(&number).map(|claim| &claim.run)
    }

    /// The run that touched the number last.
    pub(super) fn run_of(&self, line: &Line, number: i64) -> Option<String> {
        self.pipeline.covers.cells.get(line)?.get(&number)?.run.clone()
    }

    pub(super) fn hand_out(&mut self, command: &BeginNode, cover: &Cover) -> Refused<(Line, Axis, Hand)> {
        let (cover, is_due, window) = self.bounded(command, cover)?;
        if let Some(backfill) = &cover.backfill {
            return self.hand_out_share(command, &cover, backfill);
        }
        if is_due {
            return self.hand_out_due(command, &cover, window);
        }
        let line = line(&command.node, cover.partition.as_ref())?;
        let wanted = numbers(&cover.intervals)?;
        let axis = self.axis(&command.node, cover.axis)?;
        let again = cover.restate || command.force;
        let is_done = |number: &&i64| self.status_of(&line, **number) == CoverageStatus::Done;
        let undone: Vec<i64> = wanted.iter().filter(|it| again || !is_done(it)).copied().collect();
        let is_free = |it: &&i64| self.claimed_by(&line, **it).is_none_or(|run| *run == command.run);
        let mut free = intervals(&undone.iter().filter(is_free).copied().collect::<Vec<_>>());
        if free.is_empty() {
            let hand = if undone.is_empty() { Hand::Covered } else { Hand::Taken };
            return Ok((line, axis, hand));
        }
        if cover.limit > 0 {
            free.truncate(cover.limit as usize);
        }
        Ok((line, axis, Hand::Work(free)))
    }

    pub(super) fn claim(
        &mut self,
        command: &BeginNode,
        line: Line,
        axis: Axis,
        token: u64,
        work: &[Interval],
    ) {
        self.leave(effect::claimed(&command.run, &command.node, work));
        let claims = self.pipeline.covers.claims.entry(line.clone()).or_default();
        for Interval { start, end } in work {
            let claim = Claim { run: command.run.clone(), token, start: *start };
            claims.extend((*start..*end).map(|number| (number, claim.clone())));
        }
        self.pipeline.covers.axes.insert(line, axis);
    }

    /// The attempt of this node is over; what it still worked on becomes that, if anything.
    pub(super) fn end_claims(&mut self, run: &str, node: &str, ended: Option<CoverageStatus>) {
        self.end_partitions(run, node, ended);
        let lines: Vec<Line> =
            self.pipeline.covers.claims.keys().filter(|line| line.0 == node).cloned().collect();
        for line in lines {
            let Some(claims) = self.pipeline.covers.claims.get_mut(&line) else { continue };
            let its: Vec<i64> =
                claims.iter().filter(|(_, claim)| claim.run == run).map(|(number, _)| *number).collect();
            its.iter().for_each(|number| drop(claims.remove(number)));
            let Some(status) = ended else { continue };
            let keeps = |it: &&i64| {
                status == CoverageStatus::Failed && self.status_of(&line, **it) == CoverageStatus::Done
            };
            let touched: Vec<i64> = its.iter().filter(|it| !keeps(it)).copied().collect();
            self.put(&line, &touched, status, Some(run.to_owned()), None, None);
            if status == CoverageStatus::Done {
                let axis = self.pipeline.covers.axes.get(&line).copied().unwrap_or_default();
                self.done_in_run(run, &line, axis, &its);
            }
            self.follow(&line, Some(run), None, None);
        }
    }

    pub(super) fn mark_coverage(&mut self, command: &MarkCoverage) -> Refused<Answer> {
        use CoverageStatus::{Failed, Missing, Stale};
        let line = line(&command.node, command.partition.as_ref())?;
        if !command.dry_run {
            is_explained(&command.reason)?;
        }
        let wanted = numbers(&command.intervals)?;
        let axis = self.axis(&command.node, command.axis)?;
        if wanted.iter().any(|number| self.claimed_by(&line, *number).is_some()) {
            return Err(ErrorKind::Conflict);
        }
        let changes = |number: &&i64| match self.status_of(&line, **number) {
            Missing | Failed if command.status == Stale => false,
            status => status != command.status,
        };
        let changed: Vec<i64> = wanted.iter().filter(changes).copied().collect();
        let applied = !command.dry_run && !changed.is_empty();
        if applied {
            let why = (&command.reason, command.actor.as_ref());
            self.mark_numbers((&line, axis), &changed, command.status, why);
        }
        let (changed, version) = (intervals(&changed), self.version());
        Ok(Answer::CoverageChanged(CoverageChanged { axis, changed, applied, version }))
    }

    /// The numbers of a line that somebody has touched, with how they stand; and its axis, if there are any.
    pub(super) fn touched(&self, line: &Line) -> (Vec<(i64, CoverageStatus)>, Option<Axis>) {
        let covers = &self.pipeline.covers;
        let cells = covers.cells.get(line).into_iter().flatten();
        let touched: Vec<_> = cells.map(|(number, cell)| (*number, cell.status)).collect();
        let axis = covers.axes.get(line).copied().filter(|_| !touched.is_empty());
        (touched, axis)
    }

    /// By hand.
    pub(super) fn mark_numbers(
        &mut self,
        (line, axis): (&Line, Axis),
        numbers: &[i64],
        status: CoverageStatus,
        (reason, actor): (&String, Option<&String>),
    ) {
        self.leave(effect::marked(&line.0, status, &intervals(numbers)));
        self.pipeline.covers.axes.insert(line.clone(), axis);
        self.put(line, numbers, status, None, Some(reason.clone()), actor.cloned());
        self.follow(line, None, Some(reason), actor);
    }

    pub(super) fn put(
        &mut self,
        line: &Line,
        numbers: &[i64],
        status: CoverageStatus,
        run: Option<String>,
        reason: Option<String>,
        actor: Option<String>,
    ) {
        let cells = self.pipeline.covers.cells.entry(line.clone()).or_default();
        let cell = Cell { status, version: self.next, run, reason, actor };
        for number in numbers {
            match status {
                CoverageStatus::Missing => drop(cells.remove(number)),
                _ => drop(cells.insert(*number, cell.clone())),
            }
        }
        for (start, end) in spans(cells) {
            let newest =
                cells.range(start..end).map(|(_, cell)| cell).max_by_key(|cell| cell.version).cloned();
            if let Some(newest) = newest {
                cells.range_mut(start..end).for_each(|(_, cell)| cell.clone_from(&newest));
            }
        }
    }

    pub(super) fn describe_coverage(&self, command: &DescribeCoverage) -> Refused<Answer> {
        let line = line(&command.node, command.partition.as_ref())?;
        let none = BTreeMap::new();
        let cells = self.pipeline.covers.cells.get(&line).unwrap_or(&none);
        let all = spans(cells);
        let claims = self.pipeline.covers.claims.get(&line).into_iter().flatten().map(|(number, _)| *number);
        let numbers: Vec<i64> = cells.keys().copied().chain(claims).collect();
        let start = command.from.or(numbers.iter().min().copied()).unwrap_or(0);
        let end = command.to.or(numbers.iter().max().map(|last| last + 1)).unwrap_or(start);
        if start > end {
            return Err(ErrorKind::Invalid);
        }
        let limit = if command.limit == 0 { 100 } else { command.limit.min(10_000) as usize };
        let mut found: Vec<Span> = Vec::new();
        let mut at = start;
        for (first, last) in all.iter().copied().chain([(end, end)]) {
            let (first, last) = (first.clamp(start, end), last.clamp(start, end));
            if at < first {
                found.push(Span { start: at, end: first, ..Span::default() });
            }
            if first < last {
                found.push(span(first, last, &cells[&first]));
            }
            at = at.max(last);
        }
        found.retain(|span| !command.gaps || span.status != CoverageStatus::Done);
        let next = found.get(limit).map(|span| span.start);
        found.truncate(limit);
        Ok(Answer::Coverage(Coverage {
            axis: self.axis(&command.node, None)?,
            spans: found,
            claims: self.claims_in(&line, start, end).into_iter().take(limit).collect(),
            edge: edge(&all, cells),
            next,
            late_rule: self.pipeline.late.rule(&command.node).cloned(),
            late: self.pipeline.late.data.get(&line).cloned(),
        }))
    }

    /// Who works on what, as far as it reaches into this. Claims are told whole.
    fn claims_in(&self, line: &Line, start: i64, end: i64) -> Vec<ClaimView> {
        let mut views: Vec<ClaimView> = Vec::new();
        let mut before = None;
        for (number, claim) in self.pipeline.covers.claims.get(line).into_iter().flatten() {
            let Claim { run, token, start } = claim;
            let goes_on = before.replace((token, start)) == Some((token, start));
            match views.last_mut() {
                Some(last) if last.end == *number && goes_on => last.end += 1,
                _ => views.push(ClaimView {
                    start: *number,
                    end: number + 1,
                    run: run.clone(),
                    token: *token,
                    since_ms: 0,
                }),
            }
        }
        views.retain(|view| view.start < end && view.end > start);
        views
    }

    pub(super) fn list_coverage(&self, command: &ListCoverage) -> Answer {
        let limit = if command.limit == 0 { 100 } else { command.limit.min(10_000) as usize };
        let cursor = command.cursor.clone().unwrap_or_default();
        let name = |line: &Line| format!("{}\0{}", line.0, line.1);
        let covers = self.pipeline.covers.cells.iter().filter(|(_, cells)| !cells.is_empty());
        let mut all: Vec<(String, CoverageLine)> = Vec::new();
        for (line, cells) in covers.filter(|(line, _)| name(line) >= cursor) {
            let spans = spans(cells);
            let (first, last) = (spans[0].0, spans[spans.len() - 1].1);
            let partition = (!line.1.is_empty()).then(|| line.1.clone());
            let (axis, edge) = (self.pipeline.covers.axes[line], edge(&spans, cells));
            let (node, late_reports) = (line.0.clone(), self.pipeline.late.reports(line));
            let view = CoverageLine { node, partition, axis, start: first, end: last, edge, late_reports };
            all.push((name(line), view));
        }
        let next = all.get(limit).map(|(name, _)| name.clone());
        let lines = all.into_iter().take(limit).map(|(_, line)| line).collect();
        Answer::CoverageLines(CoverageLines { lines, next })
    }
}

fn rename<T>(lines: &mut BTreeMap<Line, T>, node: &str, names: &BTreeMap<String, String>) {
    let new = |line: Line| match names.get(&line.1).filter(|_| line.0 == node) {
        Some(name) => (line.0, name.clone()),
        None => line,
    };
    *lines = std::mem::take(lines).into_iter().map(|(line, it)| (new(line), it)).collect();
}

/// Numbers in a row that tell the same: where each begins and ends.
fn spans(cells: &BTreeMap<i64, Cell>) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for (number, cell) in cells {
        match spans.last_mut() {
            Some(last) if last.1 == *number && cells[&last.0].tells() == cell.tells() => last.1 += 1,
            _ => spans.push((*number, number + 1)),
        }
    }
    spans
}

fn span(start: i64, end: i64, cell: &Cell) -> Span {
    Span {
        start,
        end,
        status: cell.status,
        version: Some(cell.version),
        at_ms: Some(0),
        run: cell.run.clone(),
        reason: cell.reason.clone(),
        actor: cell.actor.clone(),
    }
}

fn edge(spans: &[(i64, i64)], cells: &BTreeMap<i64, Cell>) -> Option<i64> {
    let mut edge = None;
    for (start, end) in spans {
        if cells[start].status != CoverageStatus::Done || edge.is_some_and(|edge| edge != *start) {
            break;
        }
        edge = Some(*end);
    }
    edge
}
