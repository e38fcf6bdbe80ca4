//! `highwater node skip`.

use clap::Args;
use highwater::command::{Command, SkipNode};

use crate::failure::{Hint, Outcome};
use crate::run;
use crate::session::Session;
use crate::shell::word;

/// Names a node of a run.
#[derive(Args, Debug)]
pub(crate) struct SkipArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the run.
    run: String,
    /// Name of the node.
    node: String,
    /// The nodes after it are skipped too.
    #[arg(long)]
    downstream: bool,
}

pub(super) async fn skip(session: &Session<'_>, arguments: &SkipArguments) -> Outcome<()> {
    let SkipArguments { pipeline, run, node, downstream } = arguments;
    let example = format!("highwater node skip {} {} {}", word(pipeline), word(run), word(node));
    let reason = session.reason(&example)?;
    let then = if *downstream { "so are the nodes after it" } else { "for the nodes after it, it is done" };
    session.console.say(&format!("skip node {node} of run {run}; {then}"));
    session.confirm(&format!("skip node {node}?"))?;
    let (run_id, node_name, actor) = (run.clone(), node.clone(), Some(session.actor()));
    let command = SkipNode { run: run_id, node: node_name, reason, actor, downstream: *downstream };
    session.ask(pipeline, Command::SkipNode(command)).await.or_try(|| run::show_hint(pipeline, run))?;
    let view = run::describe(session, pipeline, run).await?;
    run::show_run(session.console, pipeline, &view)?;
    session.say_done(&format!("node {node} is skipped"));
    Ok(())
}
