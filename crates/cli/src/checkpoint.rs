//! `highwater checkpoint`.

mod abort;
mod delete;
mod list;
mod show;
mod trigger;

use clap::{Args, Subcommand};
use highwater::CheckpointRef;
use highwater::answer::CheckpointView;
use highwater::command::{Command, DescribeCheckpoint};

use crate::failure::{Failure, Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;

/// The verbs of `highwater checkpoint`.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckpointCommand {
    /// Lists the checkpoints of a stream, newest first.
    List(list::ListArguments),
    /// Shows one checkpoint with all that its sub-tasks handed over.
    Show(show::ShowArguments),
    /// Begins a checkpoint now; the stream does it at its next barrier.
    Trigger(trigger::TriggerArguments),
    /// Begins a checkpoint that is kept under a name until somebody deletes it.
    Savepoint(trigger::SavepointArguments),
    /// Gives up a checkpoint that is under way.
    Abort(abort::AbortArguments),
    /// Deletes a completed checkpoint, savepoints too. Plans only, unless --apply.
    Delete(delete::DeleteArguments),
}

/// Names a checkpoint.
#[derive(Args, Debug)]
pub(crate) struct CheckpointArguments {
    /// Id of the pipeline.
    pub(crate) pipeline: String,
    /// `latest`, the number of a checkpoint, or the name of a savepoint.
    #[arg(default_value = "latest")]
    pub(crate) checkpoint: String,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: CheckpointCommand) -> Outcome<()> {
    match command {
        CheckpointCommand::List(arguments) => list::list(&session.at(&arguments.at), &arguments).await,
        CheckpointCommand::Show(arguments) => show::show(&session.at(&arguments.at), &arguments).await,
        CheckpointCommand::Trigger(arguments) => trigger::trigger(session, &arguments.pipeline, None).await,
        CheckpointCommand::Savepoint(arguments) => {
            trigger::trigger(session, &arguments.pipeline, Some(&arguments.name)).await
        }
        CheckpointCommand::Abort(arguments) => abort::abort(session, &arguments).await,
        CheckpointCommand::Delete(arguments) => delete::delete(session, &arguments).await,
    }
}

/// Which checkpoint a word means.
pub(crate) fn reference(word: &str) -> CheckpointRef {
    match (word, word.parse()) {
        ("latest", _) => CheckpointRef::Latest,
        (_, Ok(number)) => CheckpointRef::Number(number),
        (name, Err(_)) => CheckpointRef::Savepoint(name.to_owned()),
    }
}

/// The checkpoint that is meant; refuses where there is none.
pub(crate) async fn find(session: &Session<'_>, arguments: &CheckpointArguments) -> Outcome<CheckpointView> {
    let CheckpointArguments { pipeline, checkpoint } = arguments;
    let command = Command::DescribeCheckpoint(DescribeCheckpoint { checkpoint: reference(checkpoint) });
    let answer = session.ask(pipeline, command).await.or_try(|| list_hint(pipeline))?;
    let missing = || {
        Failure::usage(format!("pipeline `{pipeline}` has no completed checkpoint")).hint(list_hint(pipeline))
    };
    expect_answer!(answer, Checkpoint)?.ok_or_else(missing)
}

/// The name of a savepoint, or the number.
pub(crate) fn name(checkpoint: &CheckpointView) -> String {
    match &checkpoint.savepoint {
        Some(name) => format!("savepoint {name} (checkpoint {})", checkpoint.checkpoint),
        None => format!("checkpoint {}", checkpoint.checkpoint),
    }
}

pub(crate) fn list_hint(pipeline: &str) -> String {
    format!("highwater checkpoint list {}", word(pipeline))
}
