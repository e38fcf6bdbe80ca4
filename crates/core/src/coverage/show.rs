//! Coverage made readable: spans of an axis, gaps, and which nodes have any.

use highwater_format::fact::{Axis, CoverageStatus, Interval};

use super::{Line, claim, edge, pieces};
use crate::answer::{Answer, ClaimView, Coverage, CoverageLine, CoverageLines, Span};
use crate::command::{DescribeCoverage, ListCoverage};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::PieceRow;
use crate::state::State;
use crate::{interval_set, late, page, time};

pub(crate) fn axis_word(axis: Axis) -> &'static str {
    match axis {
        Axis::Time => "time",
        Axis::Integer => "integer",
    }
}

/// The interval in words.
pub(crate) fn words(axis: Axis, Interval { start, end }: Interval) -> String {
    match axis {
        Axis::Time => format!("from {} up to {}", time::readable(start), time::readable(end)),
        Axis::Integer => format!("from {start} up to {end}"),
    }
}

/// Hands over all of an interval part by part, missing ones too, until `take` wants no more.
pub(crate) fn each_span(
    state: &State,
    line: &Line,
    within: Interval,
    take: &mut dyn FnMut(Interval, CoverageStatus, Option<&PieceRow>) -> bool,
) {
    if !interval_set::is_whole(&within) {
        return;
    }
    let mut from = within.start;
    for row in pieces(state, line, within) {
        let (start, end) = (row.start.max(within.start), row.end.min(within.end));
        if from < start && !take(Interval { start: from, end: start }, CoverageStatus::Missing, None) {
            return;
        }
        if !take(Interval { start, end }, row.status, Some(row)) {
            return;
        }
        from = end;
    }
    if from < within.end {
        take(Interval { start: from, end: within.end }, CoverageStatus::Missing, None);
    }
}

pub(crate) fn describe(context: &Context<'_>, command: &DescribeCoverage) -> Result<Decided, Stop> {
    let state = context.state;
    let line = Line::checked(&command.node, command.partition.as_ref())?;
    let (first, last) = reach(state, &line);
    let (start, end) = (command.from.or(first), command.to.or(last));
    let within = Interval { start: start.unwrap_or(0), end: end.unwrap_or(start.unwrap_or(0)) };
    if within.start > within.end {
        let message = format!(
            "from {} up to {} is no interval; the end comes after the start",
            within.start, within.end
        );
        return Err(Error::invalid(message).into());
    }
    let limit = page::limit(command.limit);
    let (mut spans, mut next) = (Vec::new(), None);
    each_span(state, &line, within, &mut |span, status, row| {
        if command.gaps && status == CoverageStatus::Done {
            return true;
        }
        if spans.len() == limit {
            next = Some(span.start);
            return false;
        }
        spans.push(view(span, status, row));
        true
    });
    let claims = claim::of(state, &line, within).take(limit).map(claim_view).collect();
    Decided::answer(Answer::Coverage(Coverage {
        axis: super::axis(state, &command.node).unwrap_or_default(),
        spans,
        claims,
        edge: edge(state, &line),
        next,
        late_rule: late::of(state, &command.node),
        late: late::data(state, &line),
    }))
}

/// Where the first piece begins, and the last one ends.
fn bounds(state: &State, line: &Line) -> (Option<i64>, Option<i64>) {
    ends(state.pieces.range(line.keys(i64::MIN, i64::MAX)).map(|(_, row)| (row.start, row.end)))
}

/// The same, or what somebody works on, if that reaches further.
fn reach(state: &State, line: &Line) -> (Option<i64>, Option<i64>) {
    let claims = state.claims.range(line.keys(i64::MIN, i64::MAX)).map(|(_, row)| (row.start, row.end));
    let (pieces, claims) = (bounds(state, line), ends(claims));
    (pieces.0.into_iter().chain(claims.0).min(), pieces.1.into_iter().chain(claims.1).max())
}

fn ends(mut rows: impl DoubleEndedIterator<Item = (i64, i64)>) -> (Option<i64>, Option<i64>) {
    let first = rows.next();
    let last = rows.next_back().or(first);
    (first.map(|it| it.0), last.map(|it| it.1))
}

fn view(span: Interval, status: CoverageStatus, row: Option<&PieceRow>) -> Span {
    Span {
        start: span.start,
        end: span.end,
        status,
        version: row.map(|row| row.version),
        at_ms: row.map(|row| row.at_ms),
        run: row.and_then(|row| row.run.clone()),
        reason: row.and_then(|row| row.reason.clone()),
        actor: row.and_then(|row| row.actor.clone()),
    }
}

fn claim_view(row: &crate::row::ClaimRow) -> ClaimView {
    ClaimView { start: row.start, end: row.end, run: row.run.clone(), token: row.token, since_ms: row.at_ms }
}

pub(crate) fn list(context: &Context<'_>, command: &ListCoverage) -> Result<Decided, Stop> {
    let state = context.state;
    let limit = page::limit(command.limit);
    let mut lines: Vec<CoverageLine> = Vec::new();
    let mut from = (command.cursor.clone().unwrap_or_default().into(), 0);
    while let Some((key, row)) = state.pieces.range(from..).next() {
        let line = Line::new(&row.node, Some(&row.partition));
        if lines.len() == limit {
            return Decided::answer(Answer::CoverageLines(CoverageLines {
                lines,
                next: Some(key.0.to_string()),
            }));
        }
        let (start, end) = bounds(state, &line);
        lines.push(CoverageLine {
            node: row.node.to_string(),
            partition: line.partition(),
            axis: row.axis,
            start: start.unwrap_or(row.start),
            end: end.unwrap_or(row.end),
            edge: edge(state, &line),
            late_reports: late::reports(state, &line),
        });
        from = (format!("{}\0", key.0).into(), 0);
    }
    Decided::answer(Answer::CoverageLines(CoverageLines { lines, next: None }))
}
