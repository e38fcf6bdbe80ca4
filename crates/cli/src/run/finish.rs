//! `highwater run finish`.

use clap::{Args, ValueEnum};
use highwater::command::{Command, FinishRun};
use highwater::{FinalStatus, RunStatus};

use super::{RunArguments, show, show_hint};
use crate::failure::{Failure, Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::status::Status;

/// Names a run and its end.
#[derive(Args, Debug)]
pub(crate) struct FinishArguments {
    #[command(flatten)]
    run: RunArguments,
    /// How it ended, if its nodes do not say so.
    #[arg(long, value_name = "STATUS", value_enum)]
    status: Option<End>,
}

/// How a run can be ended.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum End {
    /// All that had to be done was done.
    Succeeded,
    /// Some nodes succeeded and some did not.
    Partial,
    /// The work failed.
    Failed,
    /// The worker died and nobody will take the run up again.
    Crashed,
}

impl From<End> for FinalStatus {
    fn from(end: End) -> FinalStatus {
        match end {
            End::Succeeded => FinalStatus::Succeeded,
            End::Partial => FinalStatus::Partial,
            End::Failed => FinalStatus::Failed,
            End::Crashed => FinalStatus::Crashed,
        }
    }
}

pub(super) async fn finish(session: &Session<'_>, arguments: &FinishArguments) -> Outcome<()> {
    let RunArguments { pipeline, run } = &arguments.run;
    let status = arguments.status.map(FinalStatus::from);
    let command = Command::FinishRun(FinishRun { run: run.clone(), status, error: None });
    let answer = session.ask(pipeline, command).await.or_try(|| show_hint(pipeline, run))?;
    let view = expect_answer!(answer, Run)?;
    show::show_run(session.console, pipeline, &view)?;
    if view.status == RunStatus::Succeeded || arguments.status.is_some() {
        return Ok(());
    }
    let message = format!("run `{run}` ended as {}", view.status.look().words(session.console));
    Err(Failure::work(message).hint(show_hint(pipeline, run)))
}
