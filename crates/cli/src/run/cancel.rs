//! `highwater run cancel`.

use highwater::command::{CancelRun, Command};

use super::{RunArguments, describe, show, show_hint};
use crate::failure::{Failure, Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;

pub(super) async fn cancel(session: &Session<'_>, arguments: &RunArguments) -> Outcome<()> {
    let RunArguments { pipeline, run } = arguments;
    let reason = session.reason(&format!("highwater run cancel {} {}", word(pipeline), word(run)))?;
    let before = describe(session, pipeline, run).await?;
    if before.status.is_final() {
        let message = format!("run `{run}` is {} for good; there is nothing to cancel", before.status.name());
        return Err(Failure::new(crate::exit_code::CONFLICT, message).hint(show_hint(pipeline, run)));
    }
    let working = before.nodes.iter().filter(|node| node.status == highwater::NodeStatus::Running).count();
    let plan = match working {
        0 => "nobody works on it right now".to_owned(),
        1 => "1 node is being worked on and will be fenced".to_owned(),
        more => format!("{more} nodes are being worked on and will be fenced"),
    };
    session.console.say(&format!("cancel run {run} of {pipeline} for good: {plan}"));
    session.confirm(&format!("cancel run {run}?"))?;
    let command = CancelRun { run: run.clone(), reason, actor: Some(session.actor()) };
    let answer = session.ask(pipeline, Command::CancelRun(command)).await;
    let view = expect_answer!(answer.or_try(|| show_hint(pipeline, run))?, Run)?;
    show::show_run(session.console, pipeline, &view)?;
    session.say_done(&format!("run {run} is cancelled"));
    Ok(())
}
