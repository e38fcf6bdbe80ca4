//! Rows made readable.

use highwater_format::fact::{Counts, NodeSpec};

use crate::answer::{AttemptView, NodeView, RunView};
use crate::node::NodeStatus;
use crate::row::{AttemptRow, NodeRow, RunRow};
use crate::state::State;
use crate::{attempt, graph, run};

/// A node of a run: declared, touched, or both.
pub(crate) enum NodeOf<'a> {
    Declared(&'a NodeSpec),
    Touched(&'a NodeRow),
}

impl<'a> NodeOf<'a> {
    pub(crate) fn name(&self) -> &'a str {
        match self {
            NodeOf::Declared(spec) => &spec.name,
            NodeOf::Touched(row) => &row.node,
        }
    }

    pub(crate) fn row(&self) -> Option<&'a NodeRow> {
        match self {
            NodeOf::Declared(_) => None,
            NodeOf::Touched(row) => Some(row),
        }
    }

    pub(crate) fn status(&self) -> NodeStatus {
        self.row().map_or(NodeStatus::Pending, |row| row.status)
    }
}

/// The nodes of a run in the order of the graph, then the others by name. A finished run has no declared-only nodes.
pub(crate) fn nodes_in_order<'a>(state: &'a State, run: &str) -> Vec<NodeOf<'a>> {
    let graph = graph::nodes(state);
    let open = state.runs.get(run).is_some_and(|row| !row.status.is_final());
    let mut nodes: Vec<NodeOf<'a>> = Vec::new();
    for spec in graph {
        match state.nodes.get(&(run.to_owned(), spec.name.clone())) {
            Some(row) => nodes.push(NodeOf::Touched(row)),
            None if open => nodes.push(NodeOf::Declared(spec)),
            None => {}
        }
    }
    let mut declared: Vec<&str> = graph.iter().map(|spec| spec.name.as_str()).collect();
    declared.sort_unstable();
    let others = run::nodes_of(state, run).filter(|row| declared.binary_search(&row.node.as_str()).is_err());
    nodes.extend(others.map(NodeOf::Touched));
    nodes
}

pub(crate) fn run(state: &State, row: &RunRow, with_nodes: bool) -> RunView {
    let last_counts = run::nodes_of(state, &row.run).filter_map(|node| attempt::last(state, node));
    let counts = last_counts.fold(Counts::default(), |sum, attempt| sum.plus(attempt.counts));
    let nodes = if with_nodes { nodes_in_order(state, &row.run) } else { Vec::new() };
    RunView {
        run: row.run.clone(),
        status: row.status,
        started_at_ms: row.started_at_ms,
        finished_at_ms: row.finished_at_ms,
        restarts: row.restarts,
        params: row.params.clone(),
        tags: row.tags.clone(),
        trigger: row.trigger.clone(),
        code_version: row.code_version.clone(),
        logical_time_ms: row.logical_time_ms,
        parent: row.parent.clone(),
        worker: row.worker.clone(),
        counts,
        error: row.error.clone(),
        cancel_reason: row.cancel_reason.clone(),
        cancel_actor: row.cancel_actor.clone(),
        pause: row.pause.clone(),
        deadline_at_ms: row.deadline_at_ms,
        window: row.window,
        nodes: nodes.iter().map(|node| view_node(state, node)).collect(),
    }
}

fn view_node(state: &State, node: &NodeOf<'_>) -> NodeView {
    let row = node.row();
    let attempts =
        row.into_iter().flat_map(|row| attempt::of_node(state, &(row.run.clone(), row.node.clone())));
    NodeView {
        node: node.name().to_owned(),
        status: node.status(),
        reason: row.and_then(|row| row.reason.clone()),
        retry_at_ms: row.and_then(|row| row.retry_at_ms),
        attempts: attempts.map(view_attempt).collect(),
    }
}

fn view_attempt(row: &AttemptRow) -> AttemptView {
    AttemptView {
        attempt: row.attempt,
        status: row.status,
        worker: row.worker.clone(),
        token: row.token,
        started_at_ms: row.started_at_ms,
        finished_at_ms: row.finished_at_ms,
        counts: row.counts,
        error: row.error.clone(),
        reason: row.reason.clone(),
        deadline_at_ms: row.deadline_at_ms,
    }
}
