//! The window of a run: what it is asked to cover. It is fixed when the run starts, so a run that is resumed a day later covers the same.
//! What its nodes did in truth, `drift.rs` compares.

use highwater_format::fact::{Axis, Interval, RunWindow};

use crate::command::Cover;
use crate::coverage::{self, Line, show};
use crate::error::Error;
use crate::state::State;
use crate::{bug, cadence, interval_set};

/// What an attempt asks for, seen from the window of its run.
pub(crate) struct Wanted {
    /// The intervals; none where what is due is asked for anywhere.
    pub(crate) intervals: Vec<Interval>,
    /// What nothing may be handed out outside of, if there is such a bound, and its axis.
    pub(crate) bound: Option<RunWindow>,
    /// Whether the cadence of the node says what is handed out.
    pub(crate) is_due: bool,
}

/// Refuses a window that has nothing in it.
pub(crate) fn check(window: Option<RunWindow>) -> Result<(), Error> {
    window.map_or(Ok(()), |window| coverage::check_intervals(&[interval(&window)]).map(drop))
}

/// The window as an interval.
pub(crate) fn interval(window: &RunWindow) -> Interval {
    Interval { start: window.start, end: window.end }
}

/// Whether all of an interval lies in it.
pub(crate) fn has(window: &RunWindow, interval: Interval) -> bool {
    window.start <= interval.start && interval.end <= window.end
}

/// The window of a run that has one.
pub(crate) fn of<'a>(state: &'a State, run: &str) -> Option<&'a RunWindow> {
    state.runs.get(run).and_then(|row| row.window.as_ref())
}

/// What an attempt without a backfill asks for, or why it cannot.
pub(crate) fn wanted(state: &State, run: &str, line: &Line, cover: &Cover) -> Result<Wanted, Error> {
    let intervals = coverage::check_intervals(&cover.intervals)?;
    let Some(window) = of(state, run).filter(|_| !bug!(LeaveWindow)) else {
        if intervals.is_empty() && !cover.due {
            return Err(Error::invalid(format!(
                "{} is asked to cover nothing; name one interval at least, ask for what is due, or start the run with a window",
                line.words()
            )));
        }
        return Ok(Wanted { intervals, bound: None, is_due: cover.due });
    };
    let cadence = cadence::of(state, &line.node).map(|cadence| cadence.axis);
    let known = cover.axis.or(coverage::axis(state, &line.node)).or(cadence);
    // Only of its own axis does the window say something.
    if known.is_some_and(|axis| axis != window.axis) {
        if intervals.is_empty() && !cover.due {
            return Err(other_axis(run, line, window));
        }
        return Ok(Wanted { intervals, bound: None, is_due: cover.due });
    }
    let all = interval(window);
    if let Some(outside) = interval_set::subtract(&intervals, &[all]).first() {
        return Err(Error::invalid(format!(
            "{} is asked to cover {}, outside the window of run `{run}`, which is {}; stay inside it, or start another run",
            line.words(),
            show::words(window.axis, *outside),
            show::words(window.axis, all)
        )));
    }
    let is_due = cover.due || (intervals.is_empty() && cadence.is_some());
    let intervals = if intervals.is_empty() { vec![all] } else { intervals };
    Ok(Wanted { intervals, bound: Some(*window), is_due })
}

fn other_axis(run: &str, line: &Line, window: &RunWindow) -> Error {
    let other = if window.axis == Axis::Time { Axis::Integer } else { Axis::Time };
    Error::invalid(format!(
        "the window of run `{run}` is on the {} axis, and {} on the {} axis; name intervals",
        show::axis_word(window.axis),
        line.words(),
        show::axis_word(other)
    ))
}

/// Refuses a share of a backfill, which is of other windows.
pub(crate) fn check_no_backfill(state: &State, run: &str, backfill: &str) -> Result<(), Error> {
    match of(state, run) {
        None => Ok(()),
        Some(_) => Err(Error::invalid(format!(
            "run `{run}` has a window, so its attempts take no share in backfill `{backfill}`; start a run without one"
        ))),
    }
}
