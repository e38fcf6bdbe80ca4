//! `highwater run force`.

use clap::Args;
use highwater::command::{Command, ForceNode};

use super::{RunArguments, describe, show, show_hint};
use crate::failure::{Hint, Outcome};
use crate::session::Session;
use crate::shell::word;

/// Names a node.
#[derive(Args, Debug)]
pub(crate) struct ForceArguments {
    #[command(flatten)]
    run: RunArguments,
    /// Name of the node.
    node: String,
    /// The nodes after it too, each when those before it are done.
    #[arg(long)]
    downstream: bool,
}

pub(super) async fn force(session: &Session<'_>, arguments: &ForceArguments) -> Outcome<()> {
    let RunArguments { pipeline, run } = &arguments.run;
    let node = &arguments.node;
    let example = format!("highwater run force {} {} {}", word(pipeline), word(run), word(node));
    let reason = session.reason(&example)?;
    let before = describe(session, pipeline, run).await?;
    let status = before.nodes.iter().find(|view| view.node == *node);
    let status = status.map_or_else(|| "new to this run".to_owned(), |view| view.status.name().to_owned());
    let with = if arguments.downstream { " and all nodes after it" } else { "" };
    session.console.say(&format!("run node {node} of run {run} again{with}; it is {status} now"));
    session.confirm(&format!("force node {node}?"))?;
    let (run_id, actor, downstream) = (run.clone(), Some(session.actor()), arguments.downstream);
    let command = ForceNode { run: run_id, node: node.clone(), reason, actor, downstream };
    session.ask(pipeline, Command::ForceNode(command)).await.or_try(|| show_hint(pipeline, run))?;
    let view = describe(session, pipeline, run).await?;
    show::show_run(session.console, pipeline, &view)?;
    session.say_done(&format!("node {node} runs again when somebody begins it"));
    Ok(())
}
