//! Backups.

use highwater::answer::{BackedUp, BackupInfo};
use serde::Serialize;

use crate::time::rfc3339;

/// A backup.
#[derive(Debug, Serialize)]
pub(crate) struct BackupData<'a> {
    pipeline: &'a str,
    id: &'a str,
    version: u64,
    taken_at_ms: i64,
    taken_at: Option<String>,
    name: Option<&'a String>,
    size_bytes: u64,
}

impl<'a> BackupData<'a> {
    /// A backup of this pipeline.
    pub(crate) fn new(pipeline: &'a str, backup: &'a BackupInfo) -> BackupData<'a> {
        BackupData {
            pipeline,
            id: &backup.id,
            version: backup.version,
            taken_at_ms: backup.taken_at_ms,
            taken_at: rfc3339(backup.taken_at_ms),
            name: backup.name.as_ref(),
            size_bytes: backup.size_bytes,
        }
    }
}

/// A backup that was made.
#[derive(Debug, Serialize)]
pub(crate) struct BackedUpData<'a> {
    /// The backup.
    #[serde(flatten)]
    backup: BackupData<'a>,
    /// Ids of those that it took the place of.
    deleted: &'a [String],
}

impl<'a> BackedUpData<'a> {
    /// A backup that was made of this pipeline.
    pub(crate) fn new(pipeline: &'a str, made: &'a BackedUp) -> BackedUpData<'a> {
        BackedUpData { backup: BackupData::new(pipeline, &made.backup), deleted: &made.deleted }
    }
}

/// A backup that was deleted.
#[derive(Debug, Serialize)]
pub(crate) struct DeletedData<'a> {
    /// Pipeline.
    pub(crate) pipeline: &'a str,
    /// Id of the backup.
    pub(crate) id: &'a str,
}
