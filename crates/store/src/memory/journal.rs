//! One journal in memory.

use std::collections::BTreeMap;

use crate::{Append, BackupFile, Reset, Retained, StoreError, Versioned};

/// What a memory store keeps of one key.
#[derive(Debug, Default)]
pub(super) struct MemoryJournal {
    /// How many of the first versions were dropped.
    pub(super) trimmed: u64,
    /// The records from version `trimmed + 1` on.
    pub(super) records: Vec<Vec<u8>>,
    pub(super) snapshot: Option<Versioned>,
    pub(super) beats: BTreeMap<String, Vec<u8>>,
    pub(super) backups: BTreeMap<String, Vec<u8>>,
    /// The journals before the resets, oldest first: what was set aside is not deleted.
    set_aside: Vec<SetAside>,
}

/// What a journal had before a reset.
#[derive(Debug)]
#[expect(dead_code, reason = "kept for whoever looks with a debugger: a store never reads it again")]
struct SetAside {
    trimmed: u64,
    records: Vec<Vec<u8>>,
    snapshot: Option<Versioned>,
}

impl MemoryJournal {
    pub(super) fn head(&self) -> u64 {
        self.trimmed + self.records.len() as u64
    }

    pub(super) fn records_from(&self, version: u64) -> Vec<Versioned> {
        let skipped = usize::try_from(version.saturating_sub(self.trimmed + 1)).unwrap_or(usize::MAX);
        let numbered = (self.trimmed + 1..).zip(&self.records).skip(skipped);
        numbered.map(|(version, bytes)| Versioned { version, bytes: bytes.clone() }).collect()
    }

    pub(super) fn append(&mut self, key: &str, version: u64, bytes: Vec<u8>) -> Result<Append, StoreError> {
        let head = self.head();
        if version <= head {
            return Ok(Append::Taken);
        }
        if version > head + 1 {
            return Err(StoreError::gap(key, version, head));
        }
        self.records.push(bytes);
        Ok(Append::Appended)
    }

    pub(super) fn put_snapshot(&mut self, key: &str, version: u64, bytes: Vec<u8>) -> Result<(), StoreError> {
        if version > self.head() {
            return Err(StoreError::snapshot_above_head(key, version, self.head()));
        }
        if self.snapshot.as_ref().is_none_or(|newest| newest.version < version) {
            self.snapshot = Some(Versioned { version, bytes });
        }
        Ok(())
    }

    pub(super) fn trim(&mut self, up_to: u64) {
        let covered = self.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
        let dropped = up_to.min(covered).saturating_sub(self.trimmed);
        // Not above the number of records, because a snapshot is never above the head.
        self.records.drain(..usize::try_from(dropped).unwrap_or(usize::MAX).min(self.records.len()));
        self.trimmed += dropped;
    }

    pub(super) fn read_all(&self) -> Retained {
        let records = self.records_from(self.trimmed + 1);
        let snapshots = self.snapshot.iter().cloned().collect();
        Retained { snapshots, records, last_version: self.head(), damage: Vec::new() }
    }

    pub(super) fn reset(&mut self, key: &str, version: u64, bytes: Vec<u8>) -> Reset {
        let head = self.head();
        if version <= head {
            return Reset::Taken;
        }
        let old = SetAside {
            trimmed: std::mem::replace(&mut self.trimmed, version),
            records: std::mem::take(&mut self.records),
            snapshot: self.snapshot.replace(Versioned { version, bytes }),
        };
        if head == 0 {
            return Reset::Done { set_aside: None };
        }
        self.set_aside.push(old);
        let number = self.set_aside.len();
        Reset::Done {
            set_aside: Some(format!("in memory, as journal {number} that was set aside of `{key}`")),
        }
    }

    pub(super) fn put_backup(&mut self, key: &str, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        match self.backups.get(name) {
            Some(kept) if *kept == bytes => Ok(()),
            Some(_) => Err(StoreError::backup_differs(key, name)),
            None => {
                self.backups.insert(name.to_owned(), bytes);
                Ok(())
            }
        }
    }

    pub(super) fn backups(&self) -> Vec<BackupFile> {
        let backup = |(name, bytes): (&String, &Vec<u8>)| BackupFile {
            name: name.clone(),
            size_bytes: bytes.len() as u64,
        };
        self.backups.iter().map(backup).collect()
    }
}
