//! `highwater run pause` and `highwater run resume`.

use highwater::answer::RunView;
use highwater::command::{Command, PauseRun, ResumeRun};
use highwater::{NodeStatus, RunStatus};

use super::{RunArguments, describe, show, show_hint};
use crate::failure::{Failure, Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;

pub(super) async fn pause(session: &Session<'_>, arguments: &RunArguments) -> Outcome<()> {
    let RunArguments { pipeline, run } = arguments;
    let reason = session.reason(&format!("highwater run pause {} {}", word(pipeline), word(run)))?;
    let command = PauseRun { run: run.clone(), reason, actor: Some(session.actor()) };
    let answer = session.ask(pipeline, Command::PauseRun(command)).await;
    let view = expect_answer!(answer.or_try(|| show_hint(pipeline, run))?, Run)?;
    show::show_run(session.console, pipeline, &view)?;
    let at_work = match working(&view) {
        0 => String::new(),
        1 => "; 1 node is being worked on, and its worker is told".to_owned(),
        more => format!("; {more} nodes are being worked on, and their workers are told"),
    };
    session.say_done(&format!("run {run} is paused{at_work}"));
    session.console.say(&format!("to go on: highwater run resume {} {}", word(pipeline), word(run)));
    Ok(())
}

fn working(view: &RunView) -> usize {
    view.nodes.iter().filter(|node| node.status == NodeStatus::Running).count()
}

pub(super) async fn resume(session: &Session<'_>, arguments: &RunArguments) -> Outcome<()> {
    let RunArguments { pipeline, run } = arguments;
    let before = describe(session, pipeline, run).await?;
    if before.status == RunStatus::Running {
        let message = format!("run `{run}` is running; only a paused run can be resumed by hand");
        return Err(Failure::new(crate::exit_code::CONFLICT, message).hint(show_hint(pipeline, run)));
    }
    let (worker, reason, actor) = (None, session.given_reason(), Some(session.actor()));
    let command = ResumeRun { run: run.clone(), worker, reason, actor };
    let answer = session.ask(pipeline, Command::ResumeRun(command)).await;
    let started = expect_answer!(answer.or_try(|| show_hint(pipeline, run))?, RunStarted)?;
    show::show_run(session.console, pipeline, &started.run)?;
    session.say_done(&format!("run {run} goes on"));
    Ok(())
}
