//! Backups: named files beside a journal, which nothing else of the store looks at or removes.

use std::fs;
use std::io;
use std::path::PathBuf;

use highwater_store::{BackupFile, StoreError};

use crate::folder::entries;
use crate::journal::{Journal, sync_names};
use crate::layout::{BACKUP_SUFFIX, BACKUPS_FOLDER};
use crate::problem::{failed, unknown};

impl Journal {
    /// The name was checked: it cannot lead out of the folder.
    fn backup_path(&self, name: &str) -> PathBuf {
        self.backups_folder().join(format!("{name}{BACKUP_SUFFIX}"))
    }

    fn backups_folder(&self) -> PathBuf {
        self.folder.join(BACKUPS_FOLDER)
    }

    /// See [`Store::put_backup`](highwater_store::Store::put_backup).
    pub(crate) fn put_backup(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let (folder, path, disk) = (self.backups_folder(), self.backup_path(name), &self.shared.disk);
        disk.make_folders(&folder).map_err(|error| failed("make", &folder, &error))?;
        let made = self.link_durably(&folder, &path, bytes)?;
        if made.is_none() && self.read_backup(name)?.as_deref() != Some(bytes) {
            return Err(StoreError::backup_differs(&self.key, name));
        }
        // Also when it was there already: whoever made it may have died before its name was on the disk.
        sync_names(&self.shared, &folder, true).map_err(|(path, error)| unknown("flush", &path, &error))
    }

    /// See [`Store::backups`](highwater_store::Store::backups).
    pub(crate) fn backups(&self) -> Result<Vec<BackupFile>, StoreError> {
        let mut backups = Vec::new();
        let folder = self.backups_folder();
        for entry in entries(&folder)?.into_iter().flatten() {
            let entry = entry?;
            let file = entry.file_name();
            let Some(name) = file.to_str().and_then(|file| file.strip_suffix(BACKUP_SUFFIX)) else {
                continue;
            };
            match entry.metadata() {
                Ok(metadata) => {
                    backups.push(BackupFile { name: name.to_owned(), size_bytes: metadata.len() });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed("look at", &entry.path(), &error)),
            }
        }
        backups.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(backups)
    }

    /// See [`Store::read_backup`](highwater_store::Store::read_backup).
    pub(crate) fn read_backup(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.backup_path(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    /// See [`Store::delete_backup`](highwater_store::Store::delete_backup).
    pub(crate) fn delete_backup(&self, name: &str) -> Result<(), StoreError> {
        let path = self.backup_path(name);
        self.shared.disk.remove(&path).map_err(|error| failed("remove", &path, &error))?;
        match sync_names(&self.shared, &self.backups_folder(), false) {
            Err((_, error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(|(path, error)| unknown("flush", &path, &error)),
        }
    }
}
