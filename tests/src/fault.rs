//! A store in memory whose next operations may fail, in every way that the contract knows.

use std::collections::BTreeMap;

use futures::FutureExt;
use highwater_core::input::{BackupFile, Damage, FailureKind, Journal, Outcome, Retained, StoreFailure};
use highwater_core::output::{Operation, Stored};
use highwater_store::{Append, MemoryStore, Reset, Store, StoreError, StoreFuture, Tail, Versioned};

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails so, and nothing happens.
    Fails(FailureKind),
    /// It is carried out, and its outcome is not known.
    UnknownLanded,
    /// It is carried out, and nobody ever hears of it.
    Silent,
    /// A read answers from before the last writes.
    Stale,
    /// The host completes it with the outcome of another operation.
    Confused,
}

impl Fault {
    pub(crate) fn parse(name: &str) -> Result<Fault, String> {
        Ok(match name {
            "unavailable" => Fault::Fails(FailureKind::Unavailable),
            "unknown-lost" => Fault::Fails(FailureKind::Unknown),
            "denied" => Fault::Fails(FailureKind::Denied),
            "corrupt" => Fault::Fails(FailureKind::Corrupt),
            "unsupported" => Fault::Fails(FailureKind::Unsupported),
            "unknown-landed" => Fault::UnknownLanded,
            "silent" => Fault::Silent,
            "stale" => Fault::Stale,
            "confused" => Fault::Confused,
            other => return Err(format!("there is no fault `{other}`")),
        })
    }
}

/// The store of a scenario.
#[derive(Debug, Default)]
pub(crate) struct FaultyStore {
    store: MemoryStore,
    /// Faults of the next operations, by name of the operation, in order.
    next: BTreeMap<String, Vec<Fault>>,
    /// Versions that are read with a flipped byte, by pipeline.
    damaged: Vec<(String, u64)>,
}

/// Name of an operation, as in the transcripts.
pub(crate) fn name(operation: &Operation) -> &'static str {
    match operation {
        Operation::Read => "read",
        Operation::ReadFrom(_) => "read-from",
        Operation::Append(_) => "append",
        Operation::PutSnapshot(_) => "put-snapshot",
        Operation::Trim(_) => "trim",
        Operation::Beat(_) => "beat",
        Operation::Beats => "beats",
        Operation::ReadAll => "read-all",
        Operation::Reset(_) => "reset",
        Operation::PutBackup(_) => "put-backup",
        Operation::Backups => "backups",
        Operation::ReadBackup(_) => "read-backup",
        Operation::DeleteBackup(_) => "delete-backup",
        Operation::InspectArtifact(_) => "inspect-artifact",
    }
}

impl FaultyStore {
    pub(crate) fn plan(&mut self, operation: &str, fault: Fault, times: usize) {
        let planned = self.next.entry(operation.to_owned()).or_default();
        planned.extend(std::iter::repeat_n(fault, times));
    }

    pub(crate) fn heal(&mut self) {
        self.next.clear();
        self.damaged.clear();
    }

    pub(crate) fn damage(&mut self, pipeline: &str, version: u64) {
        self.damaged.push((pipeline.to_owned(), version));
    }

    /// Carries the operation out. `None` if nobody ever hears of it.
    pub(crate) fn perform(&mut self, pipeline: &str, operation: &Operation) -> Option<Outcome> {
        let planned = self.next.get_mut(name(operation)).filter(|planned| !planned.is_empty());
        match planned.map(|planned| planned.remove(0)) {
            Some(Fault::Fails(kind)) => Some(failed(kind, name(operation))),
            Some(Fault::UnknownLanded) => {
                let _ = self.carry_out(pipeline, operation);
                Some(failed(FailureKind::Unknown, name(operation)))
            }
            Some(Fault::Silent) => {
                let _ = self.carry_out(pipeline, operation);
                None
            }
            Some(Fault::Stale) => Some(match operation {
                Operation::Read => Outcome::Journal(Journal::default()),
                _ => Outcome::Tail(Vec::new()),
            }),
            Some(Fault::Confused) => {
                let _ = self.carry_out(pipeline, operation);
                Some(Outcome::Done)
            }
            None => Some(self.carry_out(pipeline, operation).unwrap_or_else(|error| failure(&error))),
        }
    }

    fn carry_out(&self, key: &str, operation: &Operation) -> Result<Outcome, StoreError> {
        let store = &self.store;
        Ok(match operation {
            Operation::Read => {
                let journal = now(store.read(key))?;
                let tail = journal.tail.into_iter().map(|it| self.bytes(key, it.version, it.bytes)).collect();
                let snapshot = journal.snapshot.map(|it| it.bytes);
                Outcome::Journal(Journal { snapshot, tail, damage: Vec::new() })
            }
            Operation::ReadFrom(version) => match now(store.read_from(key, *version))? {
                Tail::Records { records, .. } => Outcome::Tail(
                    records.into_iter().map(|it| self.bytes(key, it.version, it.bytes)).collect(),
                ),
                Tail::Trimmed { floor } => Outcome::Trimmed(floor - 1),
            },
            Operation::Append(stored) => {
                match now(store.append(key, stored.version, stored.bytes.clone()))? {
                    Append::Appended => Outcome::Appended,
                    Append::Taken => Outcome::Taken,
                }
            }
            Operation::PutSnapshot(stored) => {
                now(store.put_snapshot(key, stored.version, stored.bytes.clone()))?;
                Outcome::Done
            }
            Operation::Trim(up_to) => {
                now(store.trim(key, *up_to))?;
                Outcome::Done
            }
            Operation::Beat(beat) => {
                now(store.beat(key, &beat.worker, beat.bytes.clone()))?;
                Outcome::Done
            }
            Operation::Beats => Outcome::Beats(now(store.beats(key))?),
            Operation::ReadAll => Outcome::Retained(self.retained(key)?),
            Operation::Reset(stored) => match now(store.reset(key, stored.version, stored.bytes.clone()))? {
                Reset::Done { set_aside } => Outcome::Reset(set_aside),
                Reset::Taken => Outcome::Taken,
            },
            Operation::PutBackup(backup) => {
                now(store.put_backup(key, &backup.name, backup.bytes.clone()))?;
                Outcome::Done
            }
            Operation::Backups => {
                let backups = now(store.backups(key))?.into_iter();
                let file =
                    |it: highwater_store::BackupFile| BackupFile { name: it.name, size_bytes: it.size_bytes };
                Outcome::Backups(backups.map(file).collect())
            }
            Operation::ReadBackup(name) => Outcome::Backup(now(store.read_backup(key, name))?),
            Operation::InspectArtifact(_) => unreachable!("a store does not look at artifacts"),
            Operation::DeleteBackup(name) => {
                now(store.delete_backup(key, name))?;
                Outcome::Done
            }
        })
    }

    /// As a real store answers: of what is damaged, the place instead of the bytes.
    fn retained(&self, key: &str) -> Result<Retained, StoreError> {
        let retained = now(self.store.read_all(key))?;
        let stored = |it: Versioned| Stored { version: it.version, bytes: it.bytes };
        let (bad, whole): (Vec<_>, Vec<_>) =
            retained.records.into_iter().partition(|it| self.is_damaged(key, it.version));
        let damage = |it: &Versioned| Damage {
            what: format!("version {} is damaged", it.version),
            place: format!("the store of the scenario, version {}", it.version),
        };
        Ok(Retained {
            snapshots: retained.snapshots.into_iter().map(stored).collect(),
            records: whole.into_iter().map(stored).collect(),
            last_version: retained.last_version,
            damage: bad.iter().map(damage).collect(),
        })
    }

    fn is_damaged(&self, key: &str, version: u64) -> bool {
        self.damaged.iter().any(|(damaged, at)| damaged == key && *at == version)
    }

    fn bytes(&self, key: &str, version: u64, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.is_damaged(key, version) {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        bytes
    }

    /// All that the store has of a journal: the snapshot's version, and the records that are left with their versions.
    pub(crate) fn journal(&self, key: &str) -> (Option<u64>, Vec<(u64, Vec<u8>)>) {
        let journal = now(self.store.read(key)).expect("the store in memory can be read");
        let mut from = 1;
        let records = loop {
            match now(self.store.read_from(key, from)).expect("the store in memory can be read") {
                Tail::Records { records, .. } => break records,
                Tail::Trimmed { floor } => from = floor,
            }
        };
        (
            journal.snapshot.map(|it| it.version),
            records.into_iter().map(|it| (it.version, it.bytes)).collect(),
        )
    }
}

/// The store in memory is done when it is asked.
fn now<T>(future: StoreFuture<'_, T>) -> Result<T, StoreError> {
    future.now_or_never().expect("the store in memory does not wait")
}

fn failed(kind: FailureKind, operation: &str) -> Outcome {
    Outcome::Failed(StoreFailure { kind, message: format!("the store failed at {operation}") })
}

fn failure(error: &StoreError) -> Outcome {
    let kind = match error {
        StoreError::Unavailable { may_have_happened: false, .. } => FailureKind::Unavailable,
        StoreError::Unavailable { may_have_happened: true, .. } => FailureKind::Unknown,
        StoreError::Denied { .. } => FailureKind::Denied,
        StoreError::Corrupt { .. } => FailureKind::Corrupt,
        StoreError::Unsupported { .. } => FailureKind::Unsupported,
    };
    Outcome::Failed(StoreFailure { kind, message: error.to_string() })
}
