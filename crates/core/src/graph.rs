//! The graph of a pipeline, and the summary of the whole.

use std::collections::{BTreeMap, BTreeSet};

use highwater_format::Extra;
use highwater_format::fact::{GraphDeclared, NodeSpec, RetryPolicy};

use crate::answer::{Answer, PipelineView};
use crate::command::DeclareGraph;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::GraphRow;
use crate::state::State;
use crate::{limits, names, retry};

pub(crate) fn declare(context: &mut Context<'_>, command: &DeclareGraph) -> Result<Decided, Stop> {
    context.check_bound("nodes in its graph", 0, command.nodes.len(), limits::NODES)?;
    let nodes = ordered(&command.nodes)?;
    let present = context.state.graph.get(&()).map(|graph| graph.nodes.as_slice()).unwrap_or_default();
    if present == nodes {
        return context.done(Vec::new());
    }
    context.done(vec![GraphDeclared { nodes }.into()])
}

/// The nodes with upstream ones first, otherwise in the order given (Kahn's algorithm); or what is wrong with them.
fn ordered(nodes: &[NodeSpec]) -> Result<Vec<NodeSpec>, Error> {
    let mut waiting_for: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for node in nodes {
        check(node)?;
        let upstream = node.after.iter().map(String::as_str).collect();
        if waiting_for.insert(&node.name, upstream).is_some() {
            return Err(Error::invalid(format!("node `{}` is declared twice; declare it once", node.name)));
        }
    }
    for node in nodes {
        if let Some(missing) = node.after.iter().find(|name| !waiting_for.contains_key(name.as_str())) {
            return Err(Error::invalid(format!(
                "node `{}` comes after `{missing}`, which is not declared; declare it, or correct the name",
                node.name
            )));
        }
    }
    let mut result: Vec<NodeSpec> = Vec::with_capacity(nodes.len());
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    while result.len() < nodes.len() {
        let before = result.len();
        for node in nodes {
            let ready = waiting_for[node.name.as_str()].iter().all(|name| placed.contains(name));
            if ready && placed.insert(&node.name) {
                result.push(node.clone());
            }
        }
        if result.len() == before {
            let stuck = nodes.iter().filter(|node| !placed.contains(node.name.as_str()));
            let names: Vec<&str> = stuck.map(|node| node.name.as_str()).take(5).collect();
            return Err(Error::invalid(format!(
                "the nodes {} come after each other in a circle; take one `after` out",
                names.join(", ")
            )));
        }
    }
    Ok(result)
}

fn check(node: &NodeSpec) -> Result<(), Error> {
    names::check_name("the name of the node", &node.name)?;
    if node.after.len() > limits::UPSTREAM_NODES {
        return Err(Error::invalid(format!(
            "node `{}` comes after {} nodes; at most {} are allowed",
            node.name,
            node.after.len(),
            limits::UPSTREAM_NODES
        )));
    }
    node.retry.as_ref().map_or(Ok(()), |policy| retry::check(policy, &node.name))
}

pub(crate) fn find<'a>(state: &'a State, node: &str) -> Option<&'a NodeSpec> {
    state.graph.get(&())?.nodes.iter().find(|spec| spec.name == node)
}

/// The policy of a node: its own, or the default one.
pub(crate) fn retry_policy(state: &State, node: &str) -> RetryPolicy {
    find(state, node).and_then(|spec| spec.retry.clone()).unwrap_or_default()
}

pub(crate) fn describe(context: &Context<'_>) -> Result<Decided, Stop> {
    let state = context.state;
    let open = state.runs_by_number.iter().filter_map(|(_, run)| state.runs.get(run));
    let open = open.filter(|row| !row.status.is_final()).map(|row| row.run.clone());
    Decided::answer(Answer::Pipeline(PipelineView {
        version: state.version,
        digest: state.digest.to_string(),
        graph: state.graph.get(&()).map(|graph| graph.nodes.clone()).unwrap_or_default(),
        runs: state.runs.len() as u64,
        open_runs: open.take(limits::PAGE).collect(),
        hwms: state.hwms.iter().filter(|(_, row)| row.last.value.is_some()).count() as u64,
        leases: state.leases.len() as u64,
        snapshot_version: context.snapshot_version,
    }))
}

pub(crate) fn apply(state: &mut State, fact: &GraphDeclared, extra: &Extra) {
    state.graph.insert((), GraphRow { nodes: fact.nodes.clone(), extra: extra.clone() });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, after: &[&str]) -> NodeSpec {
        NodeSpec {
            name: name.into(),
            after: after.iter().map(|name| (*name).to_owned()).collect(),
            retry: None,
        }
    }

    #[test]
    fn upstream_nodes_come_first() {
        let nodes = [node("load", &["transform"]), node("transform", &["extract"]), node("extract", &[])];
        let names: Vec<String> =
            ordered(&nodes).expect("a graph").into_iter().map(|node| node.name).collect();
        assert_eq!(names, ["extract", "transform", "load"]);
    }

    #[test]
    fn circles_strangers_and_doubles_are_refused() {
        assert!(ordered(&[node("a", &["b"]), node("b", &["a"])]).is_err());
        assert!(ordered(&[node("a", &["a"])]).is_err());
        assert!(ordered(&[node("a", &["x"])]).is_err());
        assert!(ordered(&[node("a", &[]), node("a", &[])]).is_err());
    }
}
