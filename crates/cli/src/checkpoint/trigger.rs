//! `highwater checkpoint trigger` and `savepoint`.

use clap::Args;
use highwater::answer::CheckpointTrigger;
use highwater::command::{Command, TriggerCheckpoint};

use super::list_hint;
use crate::failure::{Failure, Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::checkpoint::TriggeredData;

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct TriggerArguments {
    /// Id of the pipeline.
    pub(super) pipeline: String,
}

/// Names a pipeline and a savepoint.
#[derive(Args, Debug)]
pub(crate) struct SavepointArguments {
    /// Id of the pipeline.
    pub(super) pipeline: String,
    /// Name of the savepoint.
    pub(super) name: String,
}

pub(super) async fn trigger(session: &Session<'_>, pipeline: &str, savepoint: Option<&str>) -> Outcome<()> {
    let command =
        TriggerCheckpoint { savepoint: savepoint.map(str::to_owned), ..TriggerCheckpoint::default() };
    let answer = session.ask(pipeline, Command::TriggerCheckpoint(command)).await;
    match expect_answer!(answer.or_try(|| list_hint(pipeline))?, CheckpointTrigger)? {
        CheckpointTrigger::Triggered(triggered) => {
            let data = TriggeredData { checkpoint: triggered.checkpoint, savepoint };
            session.console.show(&data, || format!("checkpoint {}\n", triggered.checkpoint))?;
            session.say_done(&format!(
                "triggered; it completes when all sub-tasks have acknowledged: highwater checkpoint show {} {}",
                word(pipeline),
                triggered.checkpoint
            ));
            Ok(())
        }
        CheckpointTrigger::Wait(wait) => {
            Err(Failure::new(crate::exit_code::CONFLICT, wait.reason).hint(list_hint(pipeline)))
        }
    }
}
