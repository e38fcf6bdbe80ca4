//! `highwater cadence`.

pub(crate) mod length;
mod list;
mod set;

use clap::Subcommand;

use crate::failure::Outcome;
use crate::session::Session;

/// The verbs of `highwater cadence`.
#[derive(Debug, Subcommand)]
pub(crate) enum CadenceCommand {
    /// Declares into which windows the axis of a node is divided.
    Set(set::SetArguments),
    /// Lists cadences.
    List(list::ListArguments),
    /// Takes a cadence back. What was covered stays covered.
    Remove(set::RemoveArguments),
    /// Says from when to when the window of a date is.
    Window(set::WindowArguments),
}

impl CadenceCommand {
    /// Whether it makes the store if there is none.
    pub(crate) fn creates(&self) -> bool {
        matches!(self, CadenceCommand::Set(_))
    }
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: CadenceCommand) -> Outcome<()> {
    match command {
        CadenceCommand::Set(arguments) => set::set(session, arguments).await,
        CadenceCommand::List(arguments) => list::list(&session.at(&arguments.at), &arguments).await,
        CadenceCommand::Remove(arguments) => set::remove(session, arguments).await,
        CadenceCommand::Window(arguments) => set::window(session, arguments).await,
    }
}
