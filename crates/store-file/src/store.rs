//! The store, and the journals that it has open.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use highwater_format::WriterId;
use highwater_store::{
    Append, BackupFile, Page, Reset, Retained, Store, StoreError, StoreFuture, Tail, check_backup_name,
    check_beat, check_key, check_reset, check_worker,
};

use crate::disk::Disk;
use crate::journal::{Journal, Shared};
use crate::layout;
use crate::limits::JOURNALS_OPEN;
use crate::network::refuse_network;
use crate::options::FileStoreOptions;
use crate::problem::failed;

/// Journals in a directory. See the [crate] for an example and its README for the rules.
#[derive(Debug)]
pub struct FileStore {
    shared: Arc<Shared>,
    open: Mutex<OpenJournals>,
}

#[derive(Debug, Default)]
struct OpenJournals {
    journals: HashMap<String, OpenJournal>,
    /// Counts uses, to tell which journal was not used for longest.
    uses: u64,
}

#[derive(Debug)]
struct OpenJournal {
    journal: Arc<Mutex<Journal>>,
    last_use: u64,
}

impl FileStore {
    /// Opens the store in the directory `root`, which need not exist yet: the first write makes it, and reading makes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] on a network file system, or when a newer version laid the directory out;
    /// [`StoreError::Denied`] when it may not be read; [`StoreError::Corrupt`] when `root` is a file.
    pub fn open(root: impl AsRef<Path>) -> Result<FileStore, StoreError> {
        FileStore::open_with(root, &FileStoreOptions::new())
    }

    /// As [`FileStore::open`], with settings.
    ///
    /// # Errors
    ///
    /// As [`FileStore::open`].
    pub fn open_with(root: impl AsRef<Path>, options: &FileStoreOptions) -> Result<FileStore, StoreError> {
        let root = root.as_ref();
        // The folder of the process may change later; the store must not follow it.
        let root = std::path::absolute(root).map_err(|error| failed("find", root, &error))?;
        refuse_network(&root)?;
        refuse_newer_layout(&root)?;
        let shared = Shared {
            journals: layout::journals_folder(&root),
            disk: Disk {
                #[cfg(feature = "faults")]
                faults: options.faults.clone(),
            },
            segment_bytes: options.segment_bytes,
            writer: WriterId(*uuid::Uuid::new_v4().as_bytes()),
            counter: AtomicU64::new(0),
        };
        Ok(FileStore { shared: Arc::new(shared), open: Mutex::default() })
    }

    /// The folder that holds the log and the snapshots of a journal, whether it exists or not. For people and tools
    /// that look at the files; programs ask the store.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] for a key outside the contract.
    pub fn journal_folder(&self, key: &str) -> Result<PathBuf, StoreError> {
        check_key(key)?;
        Ok(layout::journal_folder(&self.shared.journals, key))
    }

    /// Does `work` with the journal, and alone.
    fn with<T>(
        &self,
        key: &str,
        work: impl FnOnce(&mut Journal) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        check_key(key)?;
        let shared = self.journal(key);
        let mut journal = shared.lock().unwrap_or_else(|poisoned| {
            // Work that panicked half-way may have left anything in memory; the files are what counts.
            shared.clear_poison();
            let mut journal = poisoned.into_inner();
            journal.flush_failed();
            journal
        });
        work(&mut journal)
    }

    fn journal(&self, key: &str) -> Arc<Mutex<Journal>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.uses += 1;
        let last_use = open.uses;
        if let Some(open) = open.journals.get_mut(key) {
            open.last_use = last_use;
            return Arc::clone(&open.journal);
        }
        close_unused(&mut open);
        let journal = Arc::new(Mutex::new(Journal::new(&self.shared, key)));
        open.journals.insert(key.to_owned(), OpenJournal { journal: Arc::clone(&journal), last_use });
        journal
    }
}

/// When there are too many journals open, closes the half of them that was not used for longest.
fn close_unused(open: &mut MutexGuard<'_, OpenJournals>) {
    if open.journals.len() < JOURNALS_OPEN {
        return;
    }
    let mut uses: Vec<u64> = open.journals.values().map(|open| open.last_use).collect();
    let (_, middle, _) = uses.select_nth_unstable(JOURNALS_OPEN / 2);
    let middle = *middle;
    // A journal in use stays, and so does one with bytes that are still to be flushed: only it knows of them.
    let stays = |open: &OpenJournal| {
        open.last_use >= middle
            || Arc::strong_count(&open.journal) > 1
            || open.journal.try_lock().map_or(true, |journal| journal.unflushed.is_some())
    };
    open.journals.retain(|_, open| stays(open));
}

/// A folder with another layout number means that a newer version was here.
fn refuse_newer_layout(root: &Path) -> Result<(), StoreError> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("list", root, &error)),
    };
    let known = layout::journals_folder(root);
    for entry in entries {
        let entry = entry.map_err(|error| failed("list", root, &error))?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(layout::JOURNALS_PREFIX));
        if number.is_some_and(|number| number.parse::<u32>().is_ok()) && entry.path() != known {
            let message = format!(
                "{} was made by a newer version, whose layout this one does not know; upgrade this one",
                entry.path().display()
            );
            return Err(StoreError::Unsupported { message });
        }
    }
    Ok(())
}

fn check_version(key: &str, version: u64) -> Result<(), StoreError> {
    check_key(key)?;
    if version == 0 { Err(StoreError::version_zero(key)) } else { Ok(()) }
}

impl Store for FileStore {
    fn read<'a>(&'a self, key: &'a str) -> StoreFuture<'a, highwater_store::Journal> {
        Box::pin(async move { self.with(key, Journal::read) })
    }

    fn read_from<'a>(&'a self, key: &'a str, version: u64) -> StoreFuture<'a, Tail> {
        Box::pin(async move { self.with(key, |journal| journal.read_from(version)) })
    }

    fn append<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Append> {
        Box::pin(async move {
            check_version(key, version)?;
            self.with(key, |journal| journal.append(version, &bytes))
        })
    }

    fn put_snapshot<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_version(key, version)?;
            self.with(key, |journal| journal.put_snapshot(version, &bytes))
        })
    }

    fn trim<'a>(&'a self, key: &'a str, up_to: u64) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.with(key, |journal| journal.trim(up_to)) })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> StoreFuture<'a, Page> {
        Box::pin(async move { self.shared.list(prefix, cursor, limit) })
    }

    fn beat<'a>(&'a self, key: &'a str, worker: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_key(key)?;
            check_worker(worker)?;
            check_beat(&bytes)?;
            self.shared.beat(key, worker, &bytes)
        })
    }

    fn beats<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<(String, Vec<u8>)>> {
        Box::pin(async move {
            check_key(key)?;
            self.shared.beats(key)
        })
    }

    fn read_all<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Retained> {
        Box::pin(async move { self.with(key, Journal::read_all) })
    }

    fn reset<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Reset> {
        Box::pin(async move {
            check_reset(key, version)?;
            self.with(key, |journal| journal.reset(version, &bytes))
        })
    }

    fn put_backup<'a>(&'a self, key: &'a str, name: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_backup_name(name)?;
            self.with(key, |journal| journal.put_backup(name, &bytes))
        })
    }

    fn backups<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<BackupFile>> {
        Box::pin(async move { self.with(key, |journal| journal.backups()) })
    }

    fn read_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            check_backup_name(name)?;
            self.with(key, |journal| journal.read_backup(name))
        })
    }

    fn delete_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            check_backup_name(name)?;
            self.with(key, |journal| journal.delete_backup(name))
        })
    }

    fn is_local(&self) -> bool {
        true
    }
}
