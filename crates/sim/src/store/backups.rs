//! What is kept beside a journal.

use std::collections::{BTreeMap, BTreeSet};

use highwater_store::{BackupFile, StoreError};

/// Named bytes that nothing trims.
#[derive(Debug, Default)]
pub(crate) struct Backups {
    kept: BTreeMap<String, Vec<u8>>,
    deleted: BTreeSet<String>,
}

impl Backups {
    pub(crate) fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        highwater_store::check_backup_name(name)?;
        match self.kept.get(name) {
            Some(kept) if *kept != bytes => {
                let message = format!("the backup `{name}` has other bytes already; choose another name");
                Err(StoreError::Unsupported { message })
            }
            _ => {
                self.kept.insert(name.to_owned(), bytes);
                Ok(())
            }
        }
    }

    /// Whether it is there, or was until somebody deleted it.
    pub(crate) fn was_put(&self, name: &str) -> bool {
        self.kept.contains_key(name) || self.deleted.contains(name)
    }

    pub(crate) fn list(&self) -> Vec<BackupFile> {
        let file = |(name, bytes): (&String, &Vec<u8>)| BackupFile {
            name: name.clone(),
            size_bytes: bytes.len() as u64,
        };
        self.kept.iter().map(file).collect()
    }

    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.kept.get(name).cloned()
    }

    pub(crate) fn delete(&mut self, name: &str) {
        if self.kept.remove(name).is_some() {
            self.deleted.insert(name.to_owned());
        }
    }
}
