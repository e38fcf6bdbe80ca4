//! The graph of a pipeline, and the summary of the whole.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use highwater_format::Extra;
use highwater_format::fact::{GraphDeclared, NodeSpec, RetryPolicy};

use crate::answer::{Answer, PipelineView};
use crate::batch::BatchStatus;
use crate::command::DeclareGraph;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::order::sorted;
use crate::row::GraphRow;
use crate::state::State;
use crate::table::ONLY;
use crate::{deadline, limits, names, retry, sink};

pub(crate) fn declare(context: &mut Context<'_>, command: &DeclareGraph) -> Result<Decided, Stop> {
    context.check_bound("nodes in its graph", 0, command.nodes.len(), limits::NODES)?;
    let nodes = ordered(&command.nodes)?;
    if self::nodes(context.state) == nodes {
        return context.done(Vec::new());
    }
    context.done(vec![GraphDeclared { nodes }.into()])
}

/// The nodes with upstream ones first, otherwise in the order given (Kahn's algorithm); or what is wrong with them.
pub(crate) fn ordered(nodes: &[NodeSpec]) -> Result<Vec<NodeSpec>, Error> {
    let upstream = upstream(nodes)?;
    let mut downstream: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, before) in upstream.iter().enumerate() {
        before.iter().for_each(|&before| downstream[before].push(index));
    }
    let mut waits_for: Vec<usize> = upstream.iter().map(Vec::len).collect();
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..nodes.len()).filter(|&index| waits_for[index] == 0).map(Reverse).collect();
    let mut result: Vec<NodeSpec> = Vec::with_capacity(nodes.len());
    while let Some(Reverse(index)) = ready.pop() {
        result.push(nodes[index].clone());
        for &after in &downstream[index] {
            waits_for[after] -= 1;
            if waits_for[after] == 0 {
                ready.push(Reverse(after));
            }
        }
    }
    if result.len() < nodes.len() {
        let stuck = nodes.iter().zip(&waits_for).filter(|(_, waits_for)| **waits_for > 0);
        let names: Vec<&str> = stuck.map(|(node, _)| node.name.as_str()).take(5).collect();
        return Err(Error::invalid(format!(
            "the nodes {} come after each other in a circle, or after one; take one `after` out",
            names.join(", ")
        )));
    }
    Ok(result)
}

/// For each node, the positions of those that it comes after.
fn upstream(nodes: &[NodeSpec]) -> Result<Vec<Vec<usize>>, Error> {
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        check(node)?;
        if positions.insert(&node.name, index).is_some() {
            return Err(Error::invalid(format!("node `{}` is declared twice; declare it once", node.name)));
        }
    }
    let position = |node: &NodeSpec, name: &String| {
        positions.get(name.as_str()).copied().ok_or_else(|| {
            let name: String = name.chars().take(limits::NAME_BYTES).collect();
            Error::invalid(format!(
                "node `{}` comes after `{name}`, which is not declared; declare it, or correct the name",
                node.name
            ))
        })
    };
    let of_node = |node: &NodeSpec| {
        let positions = node.after.iter().map(|name| position(node, name)).collect::<Result<Vec<_>, _>>()?;
        let mut positions = sorted(positions, Ord::cmp);
        positions.dedup();
        Ok(positions)
    };
    nodes.iter().map(of_node).collect()
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
    deadline::check(&format!("node `{}`", node.name), node.deadline_ms)?;
    node.retry.as_ref().map_or(Ok(()), |policy| retry::check(policy, &node.name))
}

/// The declared nodes, upstream ones first.
pub(crate) fn nodes(state: &State) -> &[NodeSpec] {
    state.graph.get(&ONLY).map_or(&[], |graph| &graph.nodes)
}

pub(crate) fn find<'a>(state: &'a State, node: &str) -> Option<&'a NodeSpec> {
    nodes(state).iter().find(|spec| spec.name == node)
}

/// All nodes that come after one of these, in the order of the graph.
pub(crate) fn downstream<'a>(state: &'a State, of: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found: BTreeSet<&str> = of.into_iter().collect();
    let mut names = Vec::new();
    for spec in nodes(state) {
        if spec.after.iter().any(|name| found.contains(name.as_str())) {
            found.insert(&spec.name);
            names.push(spec.name.clone());
        }
    }
    names
}

/// The policy of a node: its own, or the default one.
pub(crate) fn retry_policy(state: &State, node: &str) -> RetryPolicy {
    find(state, node).and_then(|spec| spec.retry.clone()).unwrap_or_default()
}

pub(crate) fn describe(context: &Context<'_>) -> Result<Decided, Stop> {
    let state = context.state;
    let in_doubt = state.open_batches.iter().filter_map(|(_, batch)| state.batches.get(batch));
    let in_doubt = in_doubt.filter(|row| row.status == BatchStatus::InDoubt);
    let open = state.runs_by_number.iter().filter_map(|(_, run)| state.runs.get(run));
    let open = open.filter(|row| !row.status.is_final()).map(|row| row.run.clone());
    Decided::answer(Answer::Pipeline(PipelineView {
        version: state.version,
        digest: state.digest.to_string(),
        graph: nodes(state).to_vec(),
        runs: state.runs.len() as u64,
        open_runs: open.take(limits::PAGE).collect(),
        hwms: state.hwms.iter().filter(|(_, row)| row.last.value.is_some()).count() as u64,
        leases: state.leases.len() as u64,
        snapshot_version: context.snapshot_version,
        in_doubt: in_doubt.count() as u64,
        guarantees: sink::guarantees(state),
    }))
}

pub(crate) fn apply(state: &mut State, fact: &GraphDeclared, extra: &Extra) {
    state.graph.insert(ONLY, GraphRow { nodes: fact.nodes.clone(), extra: extra.clone() });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node<S: AsRef<str>>(name: &str, after: &[S]) -> NodeSpec {
        NodeSpec {
            name: name.into(),
            after: after.iter().map(|name| name.as_ref().to_owned()).collect(),
            retry: None,
            deadline_ms: None,
        }
    }

    #[test]
    fn upstream_nodes_come_first() {
        let nodes =
            [node("load", &["transform"]), node("transform", &["extract"]), node::<&str>("extract", &[])];
        let names: Vec<String> =
            ordered(&nodes).expect("a graph").into_iter().map(|node| node.name).collect();
        assert_eq!(names, ["extract", "transform", "load"]);
    }

    #[test]
    fn the_longest_graph_given_backwards_is_put_in_order_at_once() {
        let name = |index: usize| format!("node {index:05}");
        let nodes: Vec<NodeSpec> = (0..limits::NODES)
            .rev()
            .map(|index| {
                node(&name(index), if index == 0 { vec![] } else { vec![name(index - 1)] }.as_slice())
            })
            .collect();
        let sorted = ordered(&nodes).expect("a graph");
        assert!(sorted.iter().rev().eq(&nodes));
    }

    #[test]
    fn circles_strangers_and_doubles_are_refused() {
        assert!(ordered(&[node("a", &["b"]), node("b", &["a"])]).is_err());
        assert!(ordered(&[node("a", &["a"])]).is_err());
        assert!(ordered(&[node("a", &["x"])]).is_err());
        assert!(ordered(&[node::<&str>("a", &[]), node::<&str>("a", &[])]).is_err());
    }
}
