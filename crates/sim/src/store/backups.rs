//! What is kept beside a journal.

use std::collections::BTreeMap;

use highwater_store::{BackupFile, StoreError};

/// Named bytes that nothing trims.
#[derive(Debug, Default)]
pub(crate) struct Backups(BTreeMap<String, Vec<u8>>);

impl Backups {
    pub(crate) fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        highwater_store::check_backup_name(name)?;
        match self.0.get(name) {
            Some(kept) if *kept != bytes => {
                let message = format!("the backup `{name}` has other bytes already; choose another name");
                Err(StoreError::Unsupported { message })
            }
            _ => {
                self.0.insert(name.to_owned(), bytes);
                Ok(())
            }
        }
    }

    pub(crate) fn list(&self) -> Vec<BackupFile> {
        let file = |(name, bytes): (&String, &Vec<u8>)| BackupFile {
            name: name.clone(),
            size_bytes: bytes.len() as u64,
        };
        self.0.iter().map(file).collect()
    }

    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.0.get(name).cloned()
    }

    pub(crate) fn delete(&mut self, name: &str) {
        self.0.remove(name);
    }
}
