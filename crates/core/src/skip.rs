//! Skips that somebody asks for: a node that need not run in this run, and what that means for the nodes after it.

use highwater_format::fact::{NodeSkipped, Reason, ReasonCode};

use crate::command::SkipNode;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::node::NodeStatus;
use crate::row::NodeRow;
use crate::{names, node, run};

pub(crate) fn skip(context: &mut Context<'_>, command: &SkipNode) -> Result<Decided, Stop> {
    names::check_name("the name of the node", &command.node)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    run::find_open(context.state, &command.run)?;
    let key = (command.run.clone(), command.node.clone());
    node::check_room(context, &key)?;
    let reason = reason(command);
    let row = context.state.nodes.get(&key);
    match row.map(|row| row.status) {
        Some(NodeStatus::Skipped) if row.is_some_and(|row| row.reason.as_ref() == Some(&reason)) => {
            return context.done(Vec::new());
        }
        Some(NodeStatus::Running) => {
            return Err(refuse(command, "running; wait for it, or take its lease away first"));
        }
        Some(NodeStatus::Succeeded | NodeStatus::Cached) => {
            return Err(refuse(command, "done; there is nothing to skip"));
        }
        _ => {}
    }
    let (run, node) = key;
    let actor = command.actor.clone();
    context.done(vec![NodeSkipped { run, node, reason, fingerprint: None, success: None, actor }.into()])
}

fn reason(command: &SkipNode) -> Reason {
    let by = command.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    let (code, with) = if command.downstream {
        (ReasonCode::SkippedWithDownstream, " with all that comes after it")
    } else {
        (ReasonCode::Skipped, "")
    };
    Reason { code, message: format!("skipped{by}{with}: {}", command.reason) }
}

fn refuse(command: &SkipNode, why: &str) -> Stop {
    Error::conflict(format!("node `{}` of run `{}` is {why}", command.node, command.run)).into()
}

/// Whether the nodes after it may begin.
pub(crate) fn is_done(row: &NodeRow) -> bool {
    match row.status {
        NodeStatus::Succeeded | NodeStatus::Cached => true,
        NodeStatus::Skipped => row.reason.as_ref().is_some_and(|reason| reason.code == ReasonCode::Skipped),
        _ => false,
    }
}
