//! `highwater run reset-failed`.

use clap::Args;
use highwater::command::{Command, ResetFailed};
use serde::Serialize;

use super::{RunArguments, list_hint};
use crate::failure::{Hint, Outcome};
use crate::paint::Paint;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::table::{Grid, text};

/// Names a run.
#[derive(Args, Debug)]
pub(crate) struct ResetArguments {
    #[command(flatten)]
    run: RunArguments,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

/// The nodes that were reset, or would be.
#[derive(Serialize)]
struct ResetData<'a> {
    pipeline: &'a str,
    run: &'a str,
    nodes: &'a [String],
    applied: bool,
}

pub(super) async fn reset_failed(session: &Session<'_>, arguments: &ResetArguments) -> Outcome<()> {
    let RunArguments { pipeline, run } = &arguments.run;
    let mut command =
        ResetFailed { run: run.clone(), reason: String::new(), actor: Some(session.actor()), dry_run: true };
    if arguments.apply {
        let example = format!("highwater run reset-failed {} {} --apply", word(pipeline), word(run));
        command.reason = session.reason(&example)?;
        session.confirm(&format!("reset the failed nodes of run {run}?"))?;
        command.dry_run = false;
    }
    let answer = session.ask(pipeline, Command::ResetFailed(command)).await;
    let reset = expect_answer!(answer.or_try(|| list_hint(pipeline))?, Reset)?;
    let data = ResetData { pipeline, run, nodes: &reset.nodes, applied: reset.applied };
    session.console.show(&data, || {
        if reset.nodes.is_empty() {
            return String::new();
        }
        let mut grid = Grid::new(session.console, &["NODE"]);
        reset.nodes.iter().for_each(|node| grid.row(vec![text(node)]));
        grid.finish()
    })?;
    match (reset.nodes.len(), reset.applied) {
        (0, _) => session.console.say("no node of this run has failed"),
        (_, false) => session.say_planned(),
        (nodes, true) => {
            let words = session.console.words.paint(Paint::Strong, &nodes.to_string());
            session.say_done(&format!("{words} reset; whoever works on run {run} next tries them again"));
        }
    }
    Ok(())
}
