//! `highwater checkpoint delete`.

use clap::Args;
use highwater::CheckpointRef;
use highwater::command::{Command, DeleteCheckpoint};

use super::{CheckpointArguments, find, list_hint, name};
use crate::failure::{Hint, Outcome};
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::views::checkpoint::EndedData;

/// Names a completed checkpoint.
#[derive(Args, Debug)]
pub(crate) struct DeleteArguments {
    #[command(flatten)]
    checkpoint: CheckpointArguments,
    /// Does it; without this word it only says what would happen.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn delete(session: &Session<'_>, arguments: &DeleteArguments) -> Outcome<()> {
    let pipeline = &arguments.checkpoint.pipeline;
    let found = find(session, &arguments.checkpoint).await?;
    let mut version = None;
    if arguments.apply {
        let word_of = word(&arguments.checkpoint.checkpoint);
        let reason =
            session.reason(&format!("highwater checkpoint delete {} {word_of} --apply", word(pipeline)))?;
        session.confirm(&format!("delete {}, and all that no other one shares?", name(&found)))?;
        let checkpoint = CheckpointRef::Number(found.checkpoint);
        let command = DeleteCheckpoint { checkpoint, reason, actor: Some(session.actor()) };
        let answer = session.ask(pipeline, Command::DeleteCheckpoint(command)).await;
        version = Some(expect_answer!(answer.or_try(|| list_hint(pipeline))?, Done)?.version);
    }
    let data = EndedData { checkpoint: found.checkpoint, applied: arguments.apply, version };
    session.console.show(&data, || format!("{}\n", name(&found)))?;
    if arguments.apply {
        session.say_done("deleted; nothing can be restored from it any more");
    } else {
        session.say_planned();
    }
    Ok(())
}
