//! Plans of windows: a range that is filled, or done once more.

use std::collections::BTreeSet;

use highwater_format::fact::{Axis, Interval, ReasonCode};

use super::Steps;
use crate::answer::PlanAction;
use crate::answer::WindowStatus;
use crate::cadence::{self, Windows, due, show};
use crate::command::PlanRange;
use crate::coverage::{self, Line};
use crate::decide::Context;
use crate::error::Error;
use crate::state::State;
use crate::{graph, interval_set, limits, time};

/// The nodes of a range, upstream ones first, then those that no graph names.
pub(super) fn nodes(state: &State, range: &PlanRange) -> Result<Vec<String>, Error> {
    if range.nodes.len() > limits::NODES {
        return Err(Error::invalid(format!(
            "{} nodes in one plan; at most {} are allowed",
            range.nodes.len(),
            limits::NODES
        )));
    }
    let mut wanted: BTreeSet<String> = range.nodes.iter().cloned().collect();
    if wanted.is_empty() {
        wanted
            .extend(state.cadences.iter().map(|(node, _)| node.to_string()).filter(|node| !node.is_empty()));
    }
    if wanted.is_empty() {
        return Err(Error::invalid("no node has a cadence of its own; name the nodes that are meant"));
    }
    if range.downstream {
        let after = graph::downstream(state, wanted.iter().map(String::as_str));
        wanted.extend(after);
    }
    let mut ordered: Vec<String> = Vec::with_capacity(wanted.len());
    for spec in graph::nodes(state) {
        if wanted.remove(&spec.name) {
            ordered.push(spec.name.clone());
        }
    }
    ordered.extend(wanted);
    Ok(ordered)
}

/// The axis that all of these nodes have.
pub(super) fn axis(state: &State, nodes: &[String]) -> Result<Axis, Error> {
    let mut found = None;
    for node in nodes {
        let has = match cadence::of(state, node) {
            // The cadence of all nodes may be on another axis than what this one has done.
            Some(cadence) => Some(coverage::check_axis(state, node, Some(cadence.axis))?),
            None => coverage::axis(state, node),
        };
        let Some(axis) = has else { continue };
        if *found.get_or_insert(axis) != axis {
            return Err(Error::invalid(format!(
                "the intervals of node `{node}` are on another axis than those of the nodes before it; plan them apart"
            )));
        }
    }
    Ok(found.unwrap_or_default())
}

pub(super) fn range(
    context: &Context<'_>,
    range: &PlanRange,
    again: bool,
    steps: &mut Steps,
) -> Result<(), Error> {
    if !interval_set::is_whole(&range.interval) {
        coverage::check_intervals(&[range.interval])?;
    }
    let nodes = nodes(context.state, range)?;
    let axis = axis(context.state, &nodes)?;
    let mut count = 0;
    for node in nodes {
        let line = Line::checked(&node, range.partition.as_ref())?;
        each_window(context.state, &node, range.interval, &mut |window| {
            count += 1;
            check_windows(count)?;
            let status = show::status(context, &line, window);
            steps.window((&node, axis), window, if again { restated(status) } else { filled(status) })?;
            Ok(true)
        })?;
    }
    Ok(())
}

fn check_windows(count: usize) -> Result<(), Error> {
    if count <= limits::PLAN_WINDOWS {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the plan is of more than {} windows; name fewer nodes, or a shorter interval",
        limits::PLAN_WINDOWS
    )))
}

/// The windows of a node that lie in an interval, until `take` wants no more; of one without a cadence, what of the interval stands in one way.
pub(crate) fn each_window(
    state: &State,
    node: &str,
    interval: Interval,
    take: &mut dyn FnMut(Interval) -> Result<bool, Error>,
) -> Result<(), Error> {
    let Some(cadence) = cadence::of(state, node) else { return take(interval).map(drop) };
    let windows = Windows::of(cadence)?;
    let Some(within) = windows.whole(interval) else { return Ok(()) };
    let mut result = Ok(());
    windows.each(within, &mut |window| {
        let goes_on = take(window);
        let more = matches!(goes_on, Ok(true));
        result = goes_on.map(drop);
        more
    });
    result
}

type Fate = (PlanAction, ReasonCode, &'static str);

/// What a backfill does with a window that stands so.
fn filled(status: WindowStatus) -> Fate {
    use PlanAction::{Run, Skip, Wait};
    match status {
        WindowStatus::Done => (Skip, ReasonCode::AlreadyCovered, "it is done"),
        WindowStatus::Running => (Wait, ReasonCode::Held, "an attempt works on it"),
        WindowStatus::Open => (Wait, ReasonCode::NotDue, "it is not due"),
        WindowStatus::Missing => (Run, ReasonCode::FirstAttempt, "it was never done"),
        WindowStatus::Partial => (Run, ReasonCode::FirstAttempt, "a part of it was never done"),
        WindowStatus::Failed => (Run, ReasonCode::Retry, "the last attempt at it failed"),
        WindowStatus::Stale => (Run, ReasonCode::Changed, "it was done, and has to be done again"),
    }
}

/// What a restatement does with it.
fn restated(status: WindowStatus) -> Fate {
    use PlanAction::{Run, Skip};
    match status {
        WindowStatus::Done => (Run, ReasonCode::Forced, "it is done, and is done once more"),
        WindowStatus::Missing => (Skip, ReasonCode::FirstAttempt, "it was never done; a backfill does it"),
        other => filled(other),
    }
}

/// The windows that a run would be handed, and whether there are any. Where the run has a window, those that lie in it.
pub(super) fn due(
    context: &Context<'_>,
    node: &str,
    bound: Option<Interval>,
    steps: &mut Steps,
) -> Result<bool, Error> {
    let line = Line::new(node, None);
    // Without an end, only a worker can say how far there is something to do.
    let Ok(due) = due::Due::of(context, node, bound.as_slice()) else { return Ok(false) };
    let axis = due.check_axis(context.state, node, None)?;
    let undone = coverage::undone(context.state, &line, &due.within);
    let chosen = due.choose(&undone, limits::PLAN_WINDOWS + 1, None, &|window| {
        bound.is_some_and(|all| window.start < all.start || window.end > all.end)
    });
    check_windows(chosen.len())?;
    for window in &chosen {
        let status = show::status(context, &line, *window);
        let fate = if status == WindowStatus::Done {
            (PlanAction::Run, ReasonCode::Changed, "it is done, and the cadence looks back at it")
        } else {
            filled(status)
        };
        steps.window((node, axis), *window, fate)?;
    }
    if chosen.is_empty() {
        match bound.map(|all| due.rest_of(all)) {
            Some(due::Rest::None) => {
                let message = "no window of its cadence lies in the window of the run".to_owned();
                steps.node(node, PlanAction::Skip, ReasonCode::AlreadyCovered, message)?;
            }
            Some(due::Rest::Later(at_ms)) => {
                let at = time::readable(at_ms);
                let message =
                    format!("what is due of the window of the run is done; more of it is due at {at}");
                steps.node(node, PlanAction::Wait, ReasonCode::NotDue, message)?;
            }
            _ => steps.node(node, PlanAction::Skip, ReasonCode::AlreadyCovered, due.words())?,
        }
    }
    Ok(true)
}

/// What of the window of a run is left for a node without a cadence.
pub(super) fn undone(
    context: &Context<'_>,
    (node, axis): (&str, Axis),
    all: Interval,
    steps: &mut Steps,
) -> Result<(), Error> {
    let line = Line::new(node, None);
    let undone = coverage::undone(context.state, &line, &[all]);
    check_windows(undone.len())?;
    for part in &undone {
        steps.window((node, axis), *part, filled(show::status(context, &line, *part)))?;
    }
    if undone.is_empty() {
        let message = "all of the window of the run is done".to_owned();
        steps.node(node, PlanAction::Skip, ReasonCode::AlreadyCovered, message)?;
    }
    Ok(())
}
