//! Cadences and windows made readable.

use std::ops::Bound;

use highwater_format::fact::{Axis, Cadence, CoverageStatus, Interval};

use super::{Windows, needed, of, starting_on};
use crate::answer::{Answer, CadenceView, Cadences, WindowStatus, WindowView};
use crate::command::{FindWindow, ListCadences, ListWindows};
use crate::coverage::{Line, claim, show};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::state::State;
use crate::{answer, coverage, limits, page};

pub(crate) fn list_cadences(context: &Context<'_>, command: &ListCadences) -> Result<Decided, Stop> {
    let limit = page::limit(command.limit);
    let from = command.cursor.as_deref().unwrap_or_default();
    let mut rows = context
        .state
        .cadences
        .range::<str, _>((Bound::Included(from), Bound::Unbounded))
        .map(|(_, said)| &said.fact);
    let view = |fact: &highwater_format::fact::CadenceDeclared| CadenceView {
        node: (!fact.node.is_empty()).then(|| fact.node.clone()),
        cadence: fact.cadence.clone().unwrap_or_default(),
    };
    let cadences = rows.by_ref().take(limit).map(view).collect();
    let next = rows.next().map(|fact| fact.node.clone());
    Decided::answer(Answer::Cadences(Cadences { cadences, next }))
}

pub(crate) fn list_windows(context: &Context<'_>, command: &ListWindows) -> Result<Decided, Stop> {
    let state = context.state;
    let line = Line::checked(&command.node, command.partition.as_ref())?;
    let cadence = needed(state, &command.node)?;
    coverage::check_axis(state, &command.node, Some(cadence.axis))?;
    let windows = Windows::of(cadence)?;
    let to = match (command.to, cadence.axis) {
        (Some(to), _) => to,
        (None, Axis::Time) => context.now_ms.saturating_add(1),
        (None, Axis::Integer) => cadence.end.ok_or_else(|| no_end(&command.node))?,
    };
    let within = Interval { start: command.from.unwrap_or(cadence.start).max(cadence.start), end: to };
    let limit = page::limit(command.limit);
    let (mut list, mut next, mut seen) = (Vec::new(), None, 0);
    windows.each(within, &mut |window| {
        seen += 1;
        if list.len() == limit || seen > limits::WINDOWS_PER_COMMAND {
            next = Some(window.start);
            return false;
        }
        let view = view(state, &line, cadence, window, context.now_ms);
        if command.statuses.is_empty() || command.statuses.contains(&view.status) {
            list.push(view);
        }
        true
    });
    Decided::answer(Answer::Windows(answer::Windows { axis: cadence.axis, windows: list, next }))
}

pub(crate) fn no_end(node: &str) -> Error {
    Error::invalid(format!(
        "the cadence of node `{node}` has no end, and its axis has no now; say up to where windows are wanted"
    ))
}

/// From when on a window is due; absent where there is no clock.
pub(crate) fn due_at_ms(cadence: &Cadence, window: Interval) -> Option<i64> {
    (cadence.axis == Axis::Time).then(|| window.end.saturating_add_unsigned(cadence.lag_ms))
}

fn view(state: &State, line: &Line, cadence: &Cadence, window: Interval, now_ms: i64) -> WindowView {
    let due_at_ms = due_at_ms(cadence, window);
    let (mut status, mut run) = standing(state, line, window);
    if status == WindowStatus::Missing && due_at_ms.is_some_and(|due| now_ms < due) {
        status = WindowStatus::Open;
    }
    if let Some(claim) = claim::of(state, line, window).next() {
        (status, run) = (WindowStatus::Running, Some(claim.run.clone()));
    }
    WindowView { start: window.start, end: window.end, status, due_at_ms, run }
}

/// How a window of a node stands.
pub(crate) fn status(context: &Context<'_>, line: &Line, window: Interval) -> WindowStatus {
    let cadence = of(context.state, &line.node);
    // Without a cadence, nothing has to be waited for.
    let fixed = Cadence { axis: Axis::Integer, ..Cadence::default() };
    view(context.state, line, cadence.unwrap_or(&fixed), window, context.now_ms).status
}

/// What coverage says of a window: the worst of its pieces counts.
fn standing(state: &State, line: &Line, window: Interval) -> (WindowStatus, Option<String>) {
    let (mut has, mut run) = ([false; 4], None);
    show::each_span(state, line, window, &mut |_, status, row| {
        has[match status {
            CoverageStatus::Missing => 0,
            CoverageStatus::Done => 1,
            CoverageStatus::Failed => 2,
            CoverageStatus::Stale => 3,
        }] = true;
        run = row.and_then(|row| row.run.clone()).or(run.take());
        true
    });
    let status = match has {
        [_, _, true, _] => WindowStatus::Failed,
        [_, _, _, true] => WindowStatus::Stale,
        [true, true, _, _] => WindowStatus::Partial,
        [false, true, _, _] => WindowStatus::Done,
        _ => WindowStatus::Missing,
    };
    (status, run)
}

pub(crate) fn find(command: &FindWindow) -> Result<Decided, Stop> {
    let cadence = starting_on(&Cadence { end: None, ..command.cadence.clone() }, &command.date)?;
    let windows = Windows::of(&cadence)?;
    let window = windows.first().and_then(|start| windows.starting_at(start));
    match window {
        Some(window) => Decided::answer(Answer::Window(window)),
        None => Err(Error::invalid(format!("the window of {} is outside the calendar", command.date)).into()),
    }
}
