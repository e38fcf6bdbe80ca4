//! Coverage: which intervals of its axis a node has finished. The machine of a piece, reading, marking and apply.
//!
//! A node and partition have one row for each piece of the axis that is not missing, as large as it can be, so that a change costs
//! what it touches and not what there is. What an attempt works on is in `claim.rs`, what is shown in `show.rs`.

pub(crate) mod check;
pub(crate) mod claim;
pub(crate) mod show;

use std::ops::RangeInclusive;
use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{Axis, CoverageMarked, CoverageStatus, CoveredIntervals, Fact, Interval};

use crate::answer::{Answer, CoverageChanged};
use crate::command::{Covered, MarkCoverage};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::hwm_derived::Cause;
use crate::interval_set;
use crate::row::{AttemptRow, PieceRow};
use crate::state::{At, SpanKey, State};
use crate::{batch, extent, hwm_derived, limits, names};

use CoverageStatus::{Done, Failed, Missing, Stale};

/// Every transition of a piece: status before, fact, status after. Facts of attempts are about the pieces that they claimed.
/// Whatever is not here does not happen.
pub const TRANSITIONS: &[(CoverageStatus, &str, CoverageStatus)] = &[
    (Missing, "coverage-marked", Done),
    (Missing, "coverage-marked", Failed),
    (Done, "coverage-marked", Missing),
    (Done, "coverage-marked", Done),
    (Done, "coverage-marked", Failed),
    (Done, "coverage-marked", Stale),
    (Done, "late-data-reported", Stale),
    (Failed, "coverage-marked", Missing),
    (Failed, "coverage-marked", Done),
    (Stale, "coverage-marked", Missing),
    (Stale, "coverage-marked", Done),
    (Stale, "coverage-marked", Failed),
    (Missing, "attempt-succeeded", Done),
    (Done, "attempt-succeeded", Done),
    (Failed, "attempt-succeeded", Done),
    (Stale, "attempt-succeeded", Done),
    (Missing, "attempt-failed", Failed),
    (Failed, "attempt-failed", Failed),
    (Stale, "attempt-failed", Failed),
];

/// All statuses of a piece.
pub const STATUSES: [CoverageStatus; 4] = [Missing, Done, Failed, Stale];

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: CoverageStatus, fact: &Fact) -> Option<CoverageStatus> {
    match (from, fact) {
        (from, Fact::CoverageMarked(fact)) => match (from, fact.status) {
            // Only what was done can have to be done again, and what is so already keeps who said it.
            (Missing, Missing | Stale) | (Failed, Failed | Stale) | (Stale, Stale) => None,
            (_, to) => Some(to),
        },
        (_, Fact::AttemptSucceeded(_)) => Some(Done),
        (Done, Fact::LateDataReported(_)) => Some(Stale),
        // A new try that failed does not take away what was done before it.
        (Missing | Failed | Stale, Fact::AttemptFailed(_)) => Some(Failed),
        _ => None,
    }
}

/// The axis of one node and partition.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) node: Arc<str>,
    /// Empty where the node has none.
    pub(crate) partition: Arc<str>,
    /// Both in one, as the tables have them.
    name: Arc<str>,
}

impl Line {
    pub(crate) fn new(node: &str, partition: Option<&str>) -> Line {
        let partition = partition.unwrap_or_default();
        // Names have no control characters.
        let name = format!("{node}\0{partition}").into();
        Line { node: node.into(), partition: partition.into(), name }
    }

    /// Refuses names that cannot be.
    pub(crate) fn checked(node: &str, partition: Option<&String>) -> Result<Line, Error> {
        names::check_name("the name of the node", node)?;
        names::check_optional_name("the partition", partition)?;
        Ok(Line::new(node, partition.map(String::as_str)))
    }

    /// The key of what begins there.
    pub(crate) fn key(&self, start: i64) -> SpanKey {
        (Arc::clone(&self.name), place(start))
    }

    /// The same, to be kept.
    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// From the first of these names of a node to behind the last one.
    pub(crate) fn names_of(node: &str) -> (Arc<str>, Arc<str>) {
        (format!("{node}\0").into(), format!("{node}\u{1}").into())
    }

    pub(crate) fn keys(&self, from: i64, to: i64) -> RangeInclusive<SpanKey> {
        self.key(from)..=self.key(to)
    }

    /// Both in one.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn words(&self) -> String {
        match &*self.partition {
            "" => format!("node `{}`", self.node),
            partition => format!("partition `{partition}` of node `{}`", self.node),
        }
    }

    pub(crate) fn partition(&self) -> Option<String> {
        (!self.partition.is_empty()).then(|| self.partition.to_string())
    }
}

/// A number as part of a key: in the same order, without a sign.
pub(crate) fn place(start: i64) -> u64 {
    start.cast_unsigned() ^ (1 << 63)
}

/// The number at such a place.
pub(crate) fn start_of(place: u64) -> i64 {
    (place ^ (1 << 63)).cast_signed()
}

/// The pieces that have something of the interval, in order.
pub(crate) fn pieces<'a>(
    state: &'a State,
    line: &Line,
    within: Interval,
) -> impl Iterator<Item = &'a PieceRow> + use<'a> {
    // Pieces do not overlap, so only the last one that begins before can reach into it.
    let before = state.pieces.range(line.keys(i64::MIN, within.start)).next_back();
    let first =
        before.map(|(_, row)| row).filter(|row| row.end > within.start).map_or(within.start, |row| row.start);
    let last = within.end.saturating_sub(1);
    let keys = if first <= last { line.keys(first, last) } else { line.keys(last, last) };
    state
        .pieces
        .range(keys)
        .map(|(_, row)| row)
        .filter(move |row| row.start < within.end && row.end > within.start)
}

/// All pieces from the end of the axis on.
pub(crate) fn pieces_backwards<'a>(
    state: &'a State,
    line: &Line,
) -> impl Iterator<Item = &'a PieceRow> + use<'a> {
    state.pieces.range(line.keys(i64::MIN, i64::MAX)).rev().map(|(_, row)| row)
}

/// What of the intervals is done.
pub(crate) fn done(state: &State, line: &Line, intervals: &[Interval]) -> Vec<Interval> {
    let done_within = |within: &Interval| {
        let rows = pieces(state, line, *within).filter(|row| row.status == Done);
        let clip =
            |row: &PieceRow| Interval { start: row.start.max(within.start), end: row.end.min(within.end) };
        interval_set::union(rows.map(clip).collect())
    };
    intervals.iter().flat_map(done_within).collect()
}

/// What of them is not.
pub(crate) fn undone(state: &State, line: &Line, intervals: &[Interval]) -> Vec<Interval> {
    interval_set::subtract(intervals, &done(state, line, intervals))
}

/// Up to where everything is done from the first piece on; none where that one is not done, or there is none.
pub(crate) fn edge(state: &State, line: &Line) -> Option<i64> {
    let rows = state.pieces.range(line.keys(i64::MIN, i64::MAX)).map(|(_, row)| row);
    let mut edge = None;
    for row in rows.take_while(|row| row.status == Done) {
        match edge {
            Some(edge) if edge != row.start => break,
            _ => edge = Some(row.end),
        }
    }
    edge
}

/// Up to where everything is done from here on; that is here, where it is not.
pub(crate) fn edge_from(state: &State, line: &Line, start: i64) -> i64 {
    let mut edge = start;
    for row in pieces(state, line, Interval { start, end: i64::MAX }) {
        if row.start > edge || row.status != Done {
            break;
        }
        edge = row.end;
    }
    edge
}

/// The first piece of a node and partition.
pub(crate) fn first_piece<'a>(state: &'a State, line: &Line) -> Option<&'a PieceRow> {
    state.pieces.range(line.keys(i64::MIN, i64::MAX)).next().map(|(_, row)| row)
}

/// The keys of a node in all of its partitions.
pub(crate) fn keys_of(node: &str) -> RangeInclusive<SpanKey> {
    let (first, last) = Line::names_of(node);
    (first, 0)..=(last, 0)
}

/// What the numbers of a node are, if it has any.
pub(crate) fn axis(state: &State, node: &str) -> Option<Axis> {
    let keys = keys_of(node);
    let piece = state.pieces.range(keys.clone()).next().map(|(_, row)| row.axis);
    piece.or_else(|| state.claims.range(keys).next().map(|(_, row)| row.axis))
}

/// The axis that a command means, or why it cannot mean it.
pub(crate) fn check_axis(state: &State, node: &str, wanted: Option<Axis>) -> Result<Axis, Error> {
    match (axis(state, node), wanted) {
        (None, wanted) => Ok(wanted.unwrap_or_default()),
        (Some(has), Some(wanted)) if has != wanted => Err(Error::invalid(format!(
            "the intervals of node `{node}` are on the {} axis, not on the {} axis; leave the axis out, or use another node",
            show::axis_word(has),
            show::axis_word(wanted)
        ))),
        (Some(has), _) => Ok(has),
    }
}

/// The intervals as a set, or why they are none.
pub(crate) fn check_intervals(intervals: &[Interval]) -> Result<Vec<Interval>, Error> {
    if let Some(bad) = intervals.iter().find(|interval| !interval_set::is_whole(interval)) {
        return Err(Error::invalid(format!(
            "the interval from {} up to {} is empty; the end is not part of it and must come after the start",
            bad.start, bad.end
        )));
    }
    check_count(intervals.len())?;
    Ok(interval_set::union(intervals.to_vec()))
}

pub(crate) fn check_count(intervals: usize) -> Result<(), Error> {
    if intervals <= limits::INTERVALS_PER_COMMAND {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{intervals} intervals in one command; at most {} are allowed, send several commands",
        limits::INTERVALS_PER_COMMAND
    )))
}

/// Refuses more pieces than a pipeline may have. An interval can cut a piece in two.
pub(crate) fn check_room(context: &mut Context<'_>, intervals: usize) -> Result<(), Error> {
    context.check_bound("pieces of coverage", context.state.pieces.len(), 2 * intervals, limits::PIECES)
}

/// The facts of an attempt that has done these intervals.
pub(crate) fn covered(
    context: &mut Context<'_>,
    attempt: &AttemptRow,
    covered: &[Covered],
) -> Result<Vec<Fact>, Error> {
    let all = checked(context, attempt, covered)?;
    if let Some(open) = batch::prepared_by(context.state, attempt).filter(|_| !all.is_empty()) {
        return Err(Error::conflict(format!(
            "batch {} of node `{}` is prepared; commit it before its intervals count as done, or prepare it with them",
            open.batch, attempt.node
        )));
    }
    Ok(all.into_iter().map(|it| done_by((&attempt.run, &attempt.node, attempt.attempt), it)).collect())
}

/// That an attempt, by its run, node and number, has done these intervals.
pub(crate) fn done_by((run, node, attempt): (&str, &str, u32), covered: CoveredIntervals) -> Fact {
    let CoveredIntervals { partition, axis, intervals } = covered;
    let (node, run, attempt) = (node.to_owned(), Some(run.to_owned()), Some(attempt));
    let (status, reason, actor) = (Done, None, None);
    CoverageMarked { node, partition, axis, status, intervals, run, reason, actor, attempt }.into()
}

/// What an attempt says that it has done, or why it cannot say so.
pub(crate) fn checked(
    context: &mut Context<'_>,
    attempt: &AttemptRow,
    covered: &[Covered],
) -> Result<Vec<CoveredIntervals>, Error> {
    let mut checked = Vec::with_capacity(covered.len());
    if covered.iter().all(|it| it.intervals.is_empty()) {
        return Ok(checked);
    }
    let all = covered.iter().map(|it| it.intervals.len()).sum();
    check_count(all)?;
    check_room(context, all)?;
    // What is done in the middle of a claim leaves two.
    context.check_bound("claims of intervals", context.state.claims.len(), all, limits::CLAIMS)?;
    let mut one_axis = None;
    for Covered { partition, axis, intervals } in covered.iter().filter(|it| !it.intervals.is_empty()) {
        let line = Line::checked(&attempt.node, partition.as_ref())?;
        let intervals = check_intervals(intervals)?;
        let axis = check_axis(context.state, &attempt.node, *axis)?;
        if *one_axis.get_or_insert(axis) != axis {
            return Err(Error::invalid(format!(
                "the intervals of node `{}` are on two axes; a node has one",
                attempt.node
            )));
        }
        claim::check_free(context.state, &line, &intervals, Some(&attempt.run))?;
        checked.push(CoveredIntervals { partition: partition.clone(), axis, intervals });
    }
    Ok(checked)
}

/// Marks by hand. Only what changes is marked, so that the rest keeps who did it.
pub(crate) fn mark(context: &mut Context<'_>, command: &MarkCoverage) -> Result<Decided, Stop> {
    let line = Line::checked(&command.node, command.partition.as_ref())?;
    if !command.dry_run {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    let wanted = check_intervals(&command.intervals)?;
    let axis = check_axis(context.state, &command.node, command.axis)?;
    claim::check_free(context.state, &line, &wanted, None)?;
    let mut fact = CoverageMarked {
        node: command.node.clone(),
        partition: command.partition.clone(),
        axis,
        status: command.status,
        intervals: Vec::new(),
        run: None,
        reason: Some(command.reason.clone()),
        actor: command.actor.clone(),
        attempt: None,
    };
    let would = Fact::CoverageMarked(fact.clone());
    // What an attempt did is no less done because somebody says it by hand.
    let changes = |from: CoverageStatus| from != command.status && transition(from, &would).is_some();
    let mut changed = Vec::new();
    for within in &wanted {
        show::each_span(context.state, &line, *within, &mut |span, status, _| {
            if changes(status) {
                changed.push(span);
            }
            true
        });
    }
    fact.intervals = interval_set::union(changed);
    check_room(context, fact.intervals.len())?;
    let applied = !command.dry_run && !fact.intervals.is_empty();
    let version = if applied { context.next_version } else { context.version() };
    let changed = fact.intervals.clone();
    let answer = Answer::CoverageChanged(CoverageChanged { axis, changed, applied, version });
    if applied { Decided::facts(vec![fact.into()], answer) } else { Decided::answer(answer) }
}

/// How pieces are touched: by which fact, and what stands beside the new status.
pub(crate) struct Touch<'a> {
    pub(crate) fact: &'a Fact,
    pub(crate) axis: Axis,
    pub(crate) run: Option<&'a String>,
    pub(crate) reason: Option<&'a String>,
    pub(crate) actor: Option<&'a String>,
    pub(crate) extra: &'a Extra,
    pub(crate) at: At,
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::CoverageMarked(marked) => {
            let line = Line::new(&marked.node, marked.partition.as_deref());
            let (run, reason, actor) = (marked.run.as_ref(), marked.reason.as_ref(), marked.actor.as_ref());
            let touch = Touch { fact, axis: marked.axis, run, reason, actor, extra, at };
            for interval in &marked.intervals {
                if let Some(run) = &marked.run {
                    claim::give_back(state, &line, Some(run), *interval);
                }
                touch_pieces(state, &line, *interval, &touch);
            }
            if let (Some(run), Some(_), Done) = (&marked.run, marked.attempt, marked.status) {
                extent::add(state, run, &line, marked.axis, &marked.intervals);
            }
            let (reason, actor) = (marked.reason.as_ref(), marked.actor.as_ref());
            let from = marked.intervals.iter().map(|interval| interval.start).min();
            hwm_derived::follow(state, &line, &Cause { from, run: touch.run, reason, actor }, at);
        }
        _ => claim::apply(state, fact, extra, at),
    }
}

/// Takes all of the interval through the machine, and joins what has become the same.
pub(crate) fn touch_pieces(state: &mut State, line: &Line, within: Interval, touch: &Touch<'_>) {
    let old: Vec<PieceRow> = pieces(state, line, within).cloned().collect();
    let mut new: Vec<PieceRow> = Vec::with_capacity(2 * old.len() + 3);
    new.extend(neighbour_before(
        state,
        line,
        old.first().map_or(within.start, |row| row.start.min(within.start)),
    ));
    let mut from = within.start;
    for row in &old {
        if row.start < within.start {
            new.push(PieceRow { end: within.start, ..row.clone() });
        }
        let part = Interval { start: row.start.max(within.start), end: row.end.min(within.end) };
        new.extend(touched(line, Interval { start: from, end: part.start }, None, touch));
        new.extend(touched(line, part, Some(row), touch));
        from = part.end;
        if row.end > within.end {
            new.push(PieceRow { start: within.end, ..row.clone() });
        }
    }
    new.extend(touched(line, Interval { start: from, end: within.end }, None, touch));
    let after = old.last().map_or(within.end, |row| row.end.max(within.end));
    new.extend(state.pieces.get(&line.key(after)).cloned());
    for row in new.iter().chain(&old) {
        state.pieces.remove(&line.key(row.start));
    }
    joined(new).into_iter().for_each(|row| state.pieces.insert(line.key(row.start), row));
}

fn neighbour_before(state: &State, line: &Line, start: i64) -> Option<PieceRow> {
    let before = state.pieces.range(line.keys(i64::MIN, start)).rev().map(|(_, row)| row);
    before.take(2).find(|row| row.end == start).cloned()
}

/// What becomes of a part of the axis that stands like `row`, or is missing.
fn touched(line: &Line, part: Interval, row: Option<&PieceRow>, touch: &Touch<'_>) -> Option<PieceRow> {
    if !interval_set::is_whole(&part) {
        return None;
    }
    let Interval { start, end } = part;
    let Some(status) = transition(row.map_or(Missing, |row| row.status), touch.fact) else {
        return row.map(|row| PieceRow { start, end, ..row.clone() });
    };
    (status != Missing).then(|| PieceRow {
        node: row.map_or_else(|| Arc::clone(&line.node), |row| Arc::clone(&row.node)),
        partition: row.map_or_else(|| Arc::clone(&line.partition), |row| Arc::clone(&row.partition)),
        axis: touch.axis,
        start,
        end,
        status,
        version: touch.at.version,
        at_ms: touch.at.at_ms,
        run: touch.run.cloned(),
        reason: touch.reason.cloned(),
        actor: touch.actor.cloned(),
        extra: touch.extra.clone(),
    })
}

/// Pieces in order, joined where two touch and tell the same: the joined one was touched last when the later of them was.
fn joined(rows: Vec<PieceRow>) -> Vec<PieceRow> {
    let mut joined: Vec<PieceRow> = Vec::with_capacity(rows.len());
    for row in rows {
        match joined.last_mut().filter(|last| last.end == row.start && tell_the_same(last, &row)) {
            Some(last) => {
                let (start, end) = (last.start, row.end);
                let newer = if last.version > row.version { last.clone() } else { row };
                *last = PieceRow { start, end, ..newer };
            }
            None => joined.push(row),
        }
    }
    joined
}

fn tell_the_same(a: &PieceRow, b: &PieceRow) -> bool {
    (a.status, &a.reason, &a.actor) == (b.status, &b.reason, &b.actor)
}
