//! `highwater run`.

mod cancel;
mod drift;
mod finish;
mod force;
mod list;
mod pause;
mod report;
mod reset_failed;
mod show;
mod start;
mod why;

use clap::{Args, Subcommand};
use highwater::answer::RunView;
use highwater::command::{Command, DescribeRun, ListRuns};

use crate::failure::{Failure, Hint, Outcome};
use crate::moment::At;
use crate::session::{Session, expect_answer};
pub(crate) use show::{in_words, show_run};

use crate::shell::word;

/// The verbs of `highwater run`.
#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    /// Lists runs, newest first.
    List(list::ListArguments),
    /// Shows a run with its nodes and all attempts.
    Show(RunOrNewest),
    /// Counts up what a run came to: progress, rates, durations, failures, its expected end, and what to do.
    Report(RunOrNewest),
    /// Compares what the nodes of a run covered with its window, or with each other; exit code 1 if they differ.
    Drift(RunOrNewest),
    /// Explains how the nodes of a run came to their status.
    Why(why::WhyArguments),
    /// Starts a run, or resumes it if it is unfinished; prints its id.
    Start(start::StartArguments),
    /// Ends a run; its status comes from its nodes.
    Finish(finish::FinishArguments),
    /// Stops a run for good. Whoever works on it is fenced.
    Cancel(RunArguments),
    /// Holds a run up: nothing begins in it until it is resumed, and who works in it is told to stop at the next safe place.
    Pause(RunArguments),
    /// Lets a paused run go on.
    Resume(RunArguments),
    /// Makes the failed nodes of a run ready to be tried again. Plans only, unless --apply.
    ResetFailed(reset_failed::ResetArguments),
    /// Makes a node run again, whatever its status is.
    Force(force::ForceArguments),
}

impl RunCommand {
    /// Whether it makes the store if there is none.
    pub(crate) fn creates(&self) -> bool {
        matches!(self, RunCommand::Start(_))
    }
}

/// Names a run.
#[derive(Args, Debug)]
pub(crate) struct RunArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the run.
    run: String,
}

/// Names a run, or means the newest.
#[derive(Args, Debug)]
pub(crate) struct RunOrNewest {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the run; the newest one if left out.
    run: Option<String>,
    #[command(flatten)]
    at: At,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: RunCommand) -> Outcome<()> {
    match command {
        RunCommand::List(arguments) => list::list(&session.at(&arguments.at), &arguments).await,
        RunCommand::Show(arguments) => show::show(&session.at(&arguments.at), &arguments).await,
        RunCommand::Report(arguments) => report::report(&session.at(&arguments.at), &arguments).await,
        RunCommand::Drift(arguments) => drift::drift(&session.at(&arguments.at), &arguments).await,
        RunCommand::Why(arguments) => why::why(&session.at(&arguments.at), &arguments).await,
        RunCommand::Start(arguments) => start::start(session, &arguments).await,
        RunCommand::Finish(arguments) => finish::finish(session, &arguments).await,
        RunCommand::Cancel(arguments) => cancel::cancel(session, &arguments).await,
        RunCommand::Pause(arguments) => pause::pause(session, &arguments).await,
        RunCommand::Resume(arguments) => pause::resume(session, &arguments).await,
        RunCommand::ResetFailed(arguments) => reset_failed::reset_failed(session, &arguments).await,
        RunCommand::Force(arguments) => force::force(session, &arguments).await,
    }
}

/// The run as it stands, with its nodes.
pub(crate) async fn describe(session: &Session<'_>, pipeline: &str, run: &str) -> Outcome<RunView> {
    let command = Command::DescribeRun(DescribeRun { run: run.to_owned() });
    let answer = session.ask(pipeline, command).await.or_try(|| list_hint(pipeline))?;
    expect_answer!(answer, Run)
}

/// The id that was given, or that of the newest run.
async fn run_or_newest(session: &Session<'_>, pipeline: &str, run: Option<&String>) -> Outcome<String> {
    if let Some(run) = run {
        return Ok(run.clone());
    }
    let command = Command::ListRuns(ListRuns { limit: 1, ..ListRuns::default() });
    let runs = expect_answer!(session.ask(pipeline, command).await?, Runs)?;
    match runs.runs.into_iter().next() {
        Some(run) => Ok(run.run),
        None => Err(no_run(pipeline)),
    }
}

fn no_run(pipeline: &str) -> Failure {
    Failure::usage(format!("pipeline `{pipeline}` has no run yet")).hint("highwater pipeline list")
}

fn list_hint(pipeline: &str) -> String {
    format!("highwater run list {}", word(pipeline))
}

/// What to type to see a run.
pub(crate) fn show_hint(pipeline: &str, run: &str) -> String {
    format!("highwater run show {} {}", word(pipeline), word(run))
}

/// Reads `NAME=TEXT`.
pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is no NAME=TEXT")),
    }
}
