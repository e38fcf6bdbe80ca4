//! `highwater stream`.

mod restore;
mod show;

use clap::Subcommand;

use crate::failure::Outcome;
use crate::session::Session;

/// The verbs of `highwater stream`.
#[derive(Debug, Subcommand)]
pub(crate) enum StreamCommand {
    /// Shows the stream of a pipeline: operators, checkpoints under way, what sinks have to settle.
    Show(show::ShowArguments),
    /// Puts the stream back to a checkpoint, for its next start. Plans only, unless --apply.
    Restore(restore::RestoreArguments),
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: StreamCommand) -> Outcome<()> {
    match command {
        StreamCommand::Show(arguments) => show::show(&session.at(&arguments.at), &arguments).await,
        StreamCommand::Restore(arguments) => restore::restore(session, &arguments).await,
    }
}
