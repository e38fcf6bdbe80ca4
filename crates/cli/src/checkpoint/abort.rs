//! `highwater checkpoint abort`.

use clap::Args;
use highwater::command::{AbortCheckpoint, Command};

use super::list_hint;
use crate::failure::{Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::checkpoint::EndedData;

/// Names a checkpoint that is under way.
#[derive(Args, Debug)]
pub(crate) struct AbortArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Number of the checkpoint.
    checkpoint: u64,
}

pub(super) async fn abort(session: &Session<'_>, arguments: &AbortArguments) -> Outcome<()> {
    let AbortArguments { pipeline, checkpoint } = arguments;
    let reason = session.reason(&format!("highwater checkpoint abort {} {checkpoint}", word(pipeline)))?;
    let command = AbortCheckpoint { checkpoint: *checkpoint, reason, actor: Some(session.actor()) };
    let answer = session.ask(pipeline, Command::AbortCheckpoint(command)).await;
    let done = expect_answer!(answer.or_try(|| list_hint(pipeline))?, Done)?;
    let data = EndedData { checkpoint: *checkpoint, applied: done.changed, version: Some(done.version) };
    session.console.show(&data, || format!("checkpoint {checkpoint}\n"))?;
    session.say_done(if done.changed {
        "aborted; its sinks abort what they prepared"
    } else {
        "it was aborted already"
    });
    Ok(())
}
