//! Sinks: what was declared of them, and what guarantee a node has by it.

use std::collections::BTreeSet;
use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{SinkDeclared, SinkKind};

use crate::answer::Guarantee;
use crate::command::DeclareSink;
use crate::decide::{Context, Decided, Stop};
use crate::row::Said;
use crate::state::State;
use crate::{graph, limits, names};

pub(crate) fn declare(context: &mut Context<'_>, command: &DeclareSink) -> Result<Decided, Stop> {
    names::check_name("the name of the node", &command.node)?;
    let before = context.state.sinks.get(command.node.as_str());
    if before.is_some_and(|said| said.fact.kind == command.kind) {
        return context.done(Vec::new());
    }
    let added = usize::from(before.is_none());
    context.check_bound("declared sinks", context.state.sinks.len(), added, limits::NODES)?;
    context.done(vec![SinkDeclared { node: command.node.clone(), kind: command.kind }.into()])
}

pub(crate) fn declared(state: &mut State, fact: &SinkDeclared, extra: &Extra) {
    let node: Arc<str> = fact.node.as_str().into();
    state.sinks.insert(node, Said { fact: fact.clone(), extra: extra.clone() });
}

/// The guarantee of each node that is declared, by itself or by its sink, in byte order of their names.
pub(crate) fn guarantees(state: &State) -> Vec<Guarantee> {
    let graph = graph::nodes(state);
    let mut nodes: BTreeSet<&str> = graph.iter().map(|node| node.name.as_str()).collect();
    nodes.extend(state.sinks.iter().map(|(node, _)| &**node));
    nodes.into_iter().map(|node| guarantee(node, state.sinks.get(node).map(|said| said.fact.kind))).collect()
}

fn guarantee(node: &str, sink: Option<SinkKind>) -> Guarantee {
    let (exactly_once, reason) = match sink {
        Some(SinkKind::Transactional) => (
            true,
            "its sink keeps the key of each batch with the rows, in one transaction, and takes each key once",
        ),
        Some(SinkKind::Idempotent) => (true, "its sink takes the same rows twice without a change"),
        Some(SinkKind::Token) => {
            (true, "its sink keeps the fencing token with the rows, and refuses lower ones")
        }
        Some(SinkKind::AtLeastOnce) => {
            (false, "its sink takes whatever comes, so rows of a batch in doubt may come twice")
        }
        None => (false, "nobody declared what its sink does with rows that come twice"),
    };
    Guarantee { node: node.to_owned(), sink, exactly_once, reason: reason.to_owned() }
}
