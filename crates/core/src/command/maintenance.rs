//! Commands about the journal as a whole: damage, backups, history. Each travels alone and without a dedupe key.

use super::Command;
use crate::moment::Moment;

impl Command {
    /// Whether the command is about the journal as a whole. Such a command travels alone and without a dedupe key.
    #[must_use]
    pub fn is_maintenance(&self) -> bool {
        matches!(
            self,
            Command::Validate
                | Command::VerifyIntegrity
                | Command::Repair(_)
                | Command::Backup(_)
                | Command::ListBackups
                | Command::DeleteBackup(_)
                | Command::Diff(_)
                | Command::Revert(_)
                | Command::Fork(_)
        )
    }
}

/// See [`Command::Repair`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repair {
    /// Only say what would happen.
    pub dry_run: bool,
    /// Why; must not be empty, but for a dry run.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::Backup`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backup {
    /// A word that becomes part of the id: letters, digits, `.`, `_` and `-`.
    pub name: Option<String>,
    /// Backups to keep, this one counted: the oldest beyond them are deleted. Absent keeps all.
    pub keep: Option<u32>,
    /// Older backups are deleted, in milliseconds. Absent keeps all.
    pub keep_ms: Option<u64>,
}

/// See [`Command::DeleteBackup`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteBackup {
    /// Id of the backup.
    pub id: String,
}

/// See [`Command::Diff`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// The state before.
    pub from: Moment,
    /// The state after.
    pub to: Moment,
    /// Most changes wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::Revert`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Revert {
    /// The state to go back to.
    pub to: Moment,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Why; must not be empty, but for a dry run.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::Fork`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fork {
    /// Id of the pipeline whose state is taken. It is only read.
    pub source: String,
    /// The moment of the source.
    pub at: Moment,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}
