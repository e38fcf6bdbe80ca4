//! `highwater node`.

mod show;
mod skip;

use clap::Subcommand;

use crate::failure::Outcome;
use crate::session::Session;

/// The verbs of `highwater node`.
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Shows the last success of a node over all runs: what it worked on, and what it made.
    Show(show::ShowArguments),
    /// Says that a node need not run in a run. For the nodes after it, it is done.
    Skip(skip::SkipArguments),
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: NodeCommand) -> Outcome<()> {
    match command {
        NodeCommand::Show(arguments) => show::show(session, &arguments).await,
        NodeCommand::Skip(arguments) => skip::skip(session, &arguments).await,
    }
}
