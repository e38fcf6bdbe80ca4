//! Plans of runs: a new one, or what is left of one.

use std::collections::BTreeSet;

use highwater_format::fact::{Axis, Reason, ReasonCode, RunWindow};

use super::{Steps, windows};
use crate::answer::PlanAction;
use crate::decide::Context;
use crate::error::Error;
use crate::node::NodeStatus;
use crate::row::NodeRow;
use crate::view::{self, NodeOf};
use crate::{attempt, cadence, coverage, graph, run, run_window, skip, time};

/// All nodes of the graph in a new run.
pub(super) fn fresh(context: &Context<'_>, steps: &mut Steps) -> Result<(), Error> {
    let declared = graph::nodes(context.state);
    if declared.is_empty() {
        return Err(Error::invalid(
            "no graph is declared, so nobody knows what a run has to do; declare one",
        ));
    }
    for spec in declared {
        works(context, &spec.name, None, steps)?;
    }
    Ok(())
}

/// The node runs: all of it, or the windows that are due.
fn works(
    context: &Context<'_>,
    node: &str,
    window: Option<&RunWindow>,
    steps: &mut Steps,
) -> Result<(), Error> {
    let cadence = cadence::of(context.state, node).map(|cadence| cadence.axis);
    // Of its own axis alone does the window say something.
    let within = |axis: Axis| window.filter(|window| window.axis == axis).map(run_window::interval);
    let is_planned = match (cadence, coverage::axis(context.state, node)) {
        (Some(axis), _) => windows::due(context, node, within(axis), steps)?,
        (None, Some(axis)) => match within(axis) {
            None => false,
            Some(all) => windows::undone(context, (node, axis), all, steps).map(|()| true)?,
        },
        (None, None) => false,
    };
    if is_planned {
        return Ok(());
    }
    let message = "it has not been tried in this run".to_owned();
    steps.node(node, PlanAction::Run, ReasonCode::FirstAttempt, message)
}

/// What is left of a run that is not over; with `retry`, its failed nodes too.
pub(super) fn rest(context: &Context<'_>, run: &str, retry: bool, steps: &mut Steps) -> Result<(), Error> {
    let window = run::find_open(context.state, run)?.window.as_ref();
    // Nodes that will not be done, so that those after them are not either.
    let mut stuck: BTreeSet<String> = BTreeSet::new();
    for node in view::nodes_in_order(context.state, run) {
        let name = node.name().to_owned();
        let upstream = graph::find(context.state, &name);
        let blocked = upstream.and_then(|spec| spec.after.iter().find(|before| stuck.contains(*before)));
        let (action, reason) = match fate(context, &node, retry) {
            Fate::Works if blocked.is_none() => {
                works(context, &name, window, steps)?;
                continue;
            }
            Fate::Works => {
                let upstream = blocked.cloned().unwrap_or_default();
                let message = format!("node `{upstream}` before it is not done");
                (PlanAction::Skip, Reason { code: ReasonCode::UpstreamFailed, message })
            }
            Fate::Known(action, reason) => (action, reason),
        };
        if action == PlanAction::Skip && !node.row().is_some_and(skip::is_done) {
            stuck.insert(name.clone());
        }
        steps.node(&name, action, reason.code, reason.message)?;
    }
    Ok(())
}

enum Fate {
    Works,
    Known(PlanAction, Reason),
}

fn fate(context: &Context<'_>, node: &NodeOf<'_>, retry: bool) -> Fate {
    let Some(row) = node.row() else { return Fate::Works };
    let known =
        |action, code, message: &str| Fate::Known(action, Reason { code, message: message.to_owned() });
    match row.status {
        NodeStatus::Pending => Fate::Works,
        NodeStatus::Failed if retry => {
            known(PlanAction::Run, ReasonCode::Reset, "it failed for good, and is tried again")
        }
        // What is before it says whether it runs, now as at any time.
        NodeStatus::UpstreamFailed => Fate::Works,
        NodeStatus::Succeeded => {
            known(PlanAction::Skip, ReasonCode::AlreadySucceeded, "it succeeded in this run")
        }
        NodeStatus::Waiting => waits(row),
        NodeStatus::Running => held(context, row),
        _ => Fate::Known(PlanAction::Skip, row.reason.clone().unwrap_or_else(|| failed(row))),
    }
}

fn waits(row: &NodeRow) -> Fate {
    let until = row.retry_at_ms.map(|at| format!("; next at {}", time::readable(at))).unwrap_or_default();
    let message = format!("attempt {} failed, and it is tried again{until}", row.attempts);
    Fate::Known(PlanAction::Wait, Reason { code: ReasonCode::RetryBackoff, message })
}

fn held(context: &Context<'_>, row: &NodeRow) -> Fate {
    let lease = context.state.leases.get(&attempt::lease_name(&row.run, &row.node));
    match lease {
        None => Fate::Works,
        Some(lease) => {
            let message = format!("worker `{}` holds it with token {}", lease.worker, lease.token);
            Fate::Known(PlanAction::Wait, Reason { code: ReasonCode::Held, message })
        }
    }
}

fn failed(row: &NodeRow) -> Reason {
    let message = format!("it is {}", row.status.name());
    Reason { code: ReasonCode::AttemptsExhausted, message }
}
