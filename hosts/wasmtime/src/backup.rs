//! Backups: pinned snapshots.

use std::time::Duration;

use highwater_core::answer::{BackedUp, BackupInfo, Done, Reverted};
use highwater_core::command::{Backup, Command, DeleteBackup, Revert};
use highwater_core::moment::Moment;

use crate::call::reads;
use crate::connection::milliseconds;
use crate::{Call, Pipeline};

/// Backups.
impl Pipeline {
    /// Pins the present state under an id, beside the journal. Others may write meanwhile.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders")?;
    /// pipeline.hwm("loaded").set(7).await?;
    /// let made = pipeline.backup().name("before-migration").keep(7).await?;
    /// assert!(made.backup.id.ends_with("-before-migration"));
    ///
    /// pipeline.hwm("loaded").set(9).await?;
    /// pipeline.restore("latest", "the migration went wrong").by("ada").await?;
    /// assert_eq!(pipeline.hwm("loaded").get_as::<i64>().await?, Some(7));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn backup(&self) -> Call<Backup, BackedUp> {
        Call::new(self, Backup::default(), Command::Backup, reads!(BackedUp))
    }

    /// The backups that are kept, newest first.
    pub fn backups(&self) -> Call<(), Vec<BackupInfo>> {
        Call::new(self, (), |()| Command::ListBackups, reads!(Backups))
    }

    /// Deletes a backup. One that is not there is deleted already.
    pub fn delete_backup(&self, id: impl Into<String>) -> Call<DeleteBackup, Done> {
        Call::new(self, DeleteBackup { id: id.into() }, Command::DeleteBackup, reads!(Done))
    }

    /// Puts the state back as it was at a backup, by its id or `latest`: a [`revert`](Pipeline::revert) to it.
    pub fn restore(&self, backup: impl Into<String>, reason: impl Into<String>) -> Call<Revert, Reverted> {
        self.revert(Moment::Backup(backup.into()), reason)
    }
}

impl Call<Backup, BackedUp> {
    /// A word that becomes part of the id: letters, digits, `.`, `_` and `-`.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.edit(|command| command.name = Some(name.into()))
    }

    /// Keeps so many backups, this one counted, and deletes the oldest beyond them.
    pub fn keep(self, backups: u32) -> Self {
        self.edit(|command| command.keep = Some(backups))
    }

    /// Deletes backups that are older.
    pub fn keep_for(self, age: Duration) -> Self {
        self.edit(|command| command.keep_ms = Some(milliseconds(age)))
    }
}
