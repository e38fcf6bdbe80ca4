//! Why: the decisions behind the status of nodes.

use crate::answer::{Answer, NodeWhy};
use crate::command::Why;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::{names, run, view};

pub(crate) fn why(context: &Context<'_>, command: &Why) -> Result<Decided, Stop> {
    run::find(context.state, &command.run)?;
    names::check_optional_name("the name of the node", command.node.as_ref())?;
    let wanted = |node: &&view::NodeOf<'_>| command.node.as_ref().is_none_or(|name| name == node.name());
    let nodes = view::nodes_in_order(context.state, &command.run);
    let found: Vec<NodeWhy> = nodes
        .iter()
        .filter(wanted)
        .map(|node| NodeWhy {
            node: node.name().to_owned(),
            status: node.status(),
            decisions: node.row().map(|row| row.decisions.clone()).unwrap_or_default(),
        })
        .collect();
    match (&command.node, found.is_empty()) {
        (Some(node), true) => Err(Error::invalid(format!(
            "run `{}` has no node `{node}`; show the run to see its nodes",
            command.run
        ))
        .into()),
        _ => Decided::answer(Answer::Why(found)),
    }
}
