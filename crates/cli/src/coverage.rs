//! `highwater coverage`.

mod bar;
pub(crate) mod interval;
mod late;
mod list;
mod mark;
mod show;
mod windows;

use clap::{Args, Subcommand};
use highwater::CoverageStatus;

use crate::failure::Outcome;
use crate::session::Session;

/// The verbs of `highwater coverage`.
#[derive(Debug, Subcommand)]
pub(crate) enum CoverageCommand {
    /// Shows which intervals a node has done, which not, and who works on what.
    Show(show::ShowArguments),
    /// Lists what is not done.
    Gaps(show::ShowArguments),
    /// Lists the windows that the cadence of a node makes, and how each stands; --status missing,failed shows what is left to do.
    Windows(windows::WindowsArguments),
    /// Lists nodes and partitions that have coverage.
    List(list::ListArguments),
    /// Says that intervals are done although no attempt did them. Plans only, unless --apply.
    MarkDone(mark::MarkArguments),
    /// Says that intervals must be done again. Plans only, unless --apply.
    Invalidate(mark::MarkArguments),
    /// Forgets that intervals were ever done, stale or failed. Plans only, unless --apply.
    Forget(mark::MarkArguments),
    /// Reports rows that came late, and declares what a node does about them.
    #[command(subcommand)]
    Late(late::LateCommand),
}

impl CoverageCommand {
    /// Whether it makes the store if there is none: what was loaded before there was one can be said to be done.
    pub(crate) fn creates(&self) -> bool {
        match self {
            CoverageCommand::MarkDone(_) => true,
            CoverageCommand::Late(command) => command.creates(),
            _ => false,
        }
    }
}

/// Names the coverage of a node.
#[derive(Args, Debug)]
pub(crate) struct LineArguments {
    /// Id of the pipeline.
    pub(crate) pipeline: String,
    /// Name of the node.
    pub(crate) node: String,
    /// Partition whose coverage it is.
    #[arg(long, value_name = "NAME")]
    pub(crate) partition: Option<String>,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: CoverageCommand) -> Outcome<()> {
    match command {
        CoverageCommand::Show(arguments) => show::show(&session.at(&arguments.at), &arguments, false).await,
        CoverageCommand::Gaps(arguments) => show::show(&session.at(&arguments.at), &arguments, true).await,
        CoverageCommand::Windows(arguments) => windows::windows(&session.at(&arguments.at), &arguments).await,
        CoverageCommand::List(arguments) => list::list(&session.at(&arguments.at), &arguments).await,
        CoverageCommand::MarkDone(arguments) => {
            mark::mark(session, &arguments, "mark-done", CoverageStatus::Done).await
        }
        CoverageCommand::Invalidate(arguments) => {
            mark::mark(session, &arguments, "invalidate", CoverageStatus::Stale).await
        }
        CoverageCommand::Late(command) => late::speak(session, command).await,
        CoverageCommand::Forget(arguments) => {
            mark::mark(session, &arguments, "forget", CoverageStatus::Missing).await
        }
    }
}
