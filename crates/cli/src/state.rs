//! `highwater state`.

mod backup;
mod backups;
mod diff;
mod fork;
mod repair;
mod revert;
mod validate;
mod verify_integrity;

use clap::{Args, Subcommand};

use crate::failure::Outcome;
use crate::session::Session;
use crate::shell::word;

/// The verbs of `highwater state`.
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Checks the state of a pipeline against its own rules.
    Validate(StateArguments),
    /// Reads all that the store holds of a pipeline and checks it; works on damaged journals.
    VerifyIntegrity(StateArguments),
    /// Makes a damaged journal open again with what can still be read. Plans only, unless --apply.
    Repair(repair::RepairArguments),
    /// Makes a backup; others may write meanwhile.
    Backup(backup::BackupArguments),
    /// Lists the backups of a pipeline, newest first.
    ListBackups(StateArguments),
    /// Deletes a backup.
    DeleteBackup(backups::DeleteArguments),
    /// Puts a pipeline back as it was at a backup. Plans only, unless --apply.
    Restore(revert::RestoreArguments),
    /// Shows what differs between two moments.
    Diff(diff::DiffArguments),
    /// Puts a pipeline back as it was at a moment. Plans only, unless --apply.
    Revert(revert::RevertArguments),
    /// Starts a new pipeline with the state of another one.
    Fork(fork::ForkArguments),
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct StateArguments {
    /// Id of the pipeline.
    pipeline: String,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: StateCommand) -> Outcome<()> {
    match command {
        StateCommand::Validate(arguments) => validate::validate(session, &arguments.pipeline).await,
        StateCommand::VerifyIntegrity(arguments) => {
            verify_integrity::verify(session, &arguments.pipeline).await
        }
        StateCommand::Repair(arguments) => repair::repair(session, &arguments).await,
        StateCommand::Backup(arguments) => backup::backup(session, &arguments).await,
        StateCommand::ListBackups(arguments) => backups::list(session, &arguments.pipeline).await,
        StateCommand::DeleteBackup(arguments) => backups::delete(session, &arguments).await,
        StateCommand::Restore(arguments) => revert::restore(session, &arguments).await,
        StateCommand::Diff(arguments) => diff::diff(session, &arguments).await,
        StateCommand::Revert(arguments) => revert::revert(session, &arguments).await,
        StateCommand::Fork(arguments) => fork::fork(session, &arguments).await,
    }
}

fn list_hint(pipeline: &str) -> String {
    format!("highwater state list-backups {}", word(pipeline))
}
