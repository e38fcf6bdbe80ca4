//! What a store finds in a directory, held to what was promised.

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use highwater_format::{Digest, decode_frame, frame_digest};
use highwater_store::conformance::record_frame;
use highwater_store::{Append, Journal, Store, StoreError, StoreFuture, Tail, Versioned};
use highwater_store_file::{FileStore, FileStoreOptions};

use crate::promises::Promises;
use crate::{KEY, SEGMENT_BYTES};

/// The writer that goes on after a crash.
pub const NEXT_WRITER: u8 = 200;

/// What is in each backup.
pub const BACKUP: [u8; 700] = [b'b'; 700];

/// A record by version and digest.
pub type Record = (u64, String);

/// What a store read, in either language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Version of the newest snapshot, and the digest that it carries.
    pub snapshot: Option<Record>,
    /// The version that the journal was started anew at.
    pub start: u64,
    /// The backups that are whole.
    pub backups: Vec<u64>,
    /// The records behind the snapshot.
    pub tail: Vec<Record>,
    /// All records, when the log still has the first one.
    pub all: Option<Vec<Record>>,
    /// Where the log begins otherwise.
    pub floor: u64,
    /// The record that was appended afterwards.
    pub appended: Record,
    /// The last record that a store which was opened after that read.
    pub last: Option<Record>,
}

/// The outcome of an operation. A file store never waits for anything but the disk, so one poll is enough.
///
/// # Errors
///
/// Those of the operation.
///
/// # Panics
///
/// When the store waits after all.
pub fn wait<T>(future: StoreFuture<'_, T>) -> Result<T, StoreError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("a file store waits for something"),
    }
}

/// Opens the store of the workloads.
///
/// # Errors
///
/// Those of the store.
pub fn open(root: &Path) -> Result<FileStore, StoreError> {
    FileStore::open_with(root, &FileStoreOptions::new().segment_bytes(SEGMENT_BYTES))
}

fn record(versioned: &Versioned) -> Record {
    (versioned.version, frame_digest(&versioned.bytes).to_string())
}

/// The digest that the record after these has to carry.
///
/// # Panics
///
/// When the snapshot is none.
pub fn chain_after(journal: &Journal) -> Digest {
    if let Some(last) = journal.tail.last() {
        return frame_digest(&last.bytes);
    }
    let chain = |snapshot: &Versioned| decode_frame(&snapshot.bytes).expect("a whole snapshot").0.chain;
    journal.snapshot.as_ref().map_or(Digest::ZERO, chain)
}

/// Opens the directory with the Rust store, reads, appends one record, and reads it with another.
///
/// # Errors
///
/// What went wrong, in words.
pub fn look(root: &Path) -> Result<Found, String> {
    let words = |doing: &'static str| move |error: StoreError| format!("{doing}: {error}");
    let store = open(root).map_err(words("open"))?;
    let journal = wait(store.read(KEY)).map_err(words("read"))?;
    let (all, floor) = match wait(store.read_from(KEY, 1)).map_err(words("read from version 1"))? {
        Tail::Records { records, .. } => (Some(records.iter().map(record).collect()), 1),
        Tail::Trimmed { floor } => (None, floor),
    };
    let backups = backups(&store).map_err(words("read the backups"))?;
    let chain = chain_after(&journal);
    let version = journal.head() + 1;
    let frame = record_frame(version, NEXT_WRITER, 10, chain);
    let appended = (version, frame_digest(&frame).to_string());
    match wait(store.append(KEY, version, frame)).map_err(words("append"))? {
        Append::Appended => {}
        Append::Taken => return Err(format!("version {version} is taken, and was not there")),
    }
    let other = open(root).map_err(words("open again"))?;
    let after = wait(other.read(KEY)).map_err(words("read again"))?;
    let snapshot = journal.snapshot.as_ref().map(|it| (it.version, it.clone()));
    let digest = |snapshot: &Versioned| decode_frame(&snapshot.bytes).expect("a whole snapshot").0.chain;
    Ok(Found {
        snapshot: snapshot.map(|(version, it)| (version, digest(&it).to_string())),
        start: start_of(&store).unwrap_or(0),
        backups,
        tail: journal.tail.iter().map(record).collect(),
        all,
        floor,
        appended,
        last: after.tail.last().map(record),
    })
}

/// The version in the name of the snapshot that the journal was started anew with.
fn start_of(store: &FileStore) -> Option<u64> {
    let names = std::fs::read_dir(store.journal_folder(KEY).ok()?).ok()?.flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.strip_prefix("start-")?.strip_suffix(".hws")?.parse().ok()).max()
}

/// The names of the backups, of which each must be whole.
fn backups(store: &FileStore) -> Result<Vec<u64>, StoreError> {
    let mut names = Vec::new();
    for backup in wait(store.backups(KEY))? {
        if wait(store.read_backup(KEY, &backup.name))?.as_deref() != Some(&BACKUP[..]) {
            let what = "a backup that is not whole".to_owned();
            return Err(StoreError::Corrupt { what, place: backup.name });
        }
        names.extend(backup.name.parse::<u64>());
    }
    Ok(names)
}

/// Holds what was found to what was promised.
///
/// # Errors
///
/// Which promise was broken, in words.
pub fn hold(found: &Found, promises: &Promises) -> Result<(), String> {
    let snapshot = found.snapshot.as_ref().map_or(0, |(version, _)| *version);
    if snapshot < promises.snapshot {
        return Err(format!("the snapshot at {} was stored, and {snapshot} is there", promises.snapshot));
    }
    let start = found.start;
    if start < promises.started || (start > 0 && !promises.starts.contains_key(&start)) {
        return Err(format!("it was started anew at {}, and is so at {start}", promises.started));
    }
    if let Some(missing) = promises.backups.iter().find(|name| !found.backups.contains(name)) {
        return Err(format!("the backup {missing} is gone"));
    }
    if let Some((version, chain)) = &found.snapshot
        && ![&promises.tried, &promises.starts]
            .iter()
            .any(|known| known.get(version).is_some_and(|known| known.contains(chain)))
    {
        return Err(format!("the snapshot at {version} stands for a record {chain} that nobody wrote"));
    }
    let head = found.tail.last().map_or(snapshot, |(version, _)| *version);
    if head < promises.head(start) {
        return Err(format!("version {} was acknowledged, and the head is {head}", promises.head(start)));
    }
    if let (Some(kept), Some(starts)) = (promises.kept.get(&start), promises.starts.get(&start))
        && !starts.contains(kept)
    {
        return Err(format!("version {start} was {kept}, and the journal was started anew there"));
    }
    gapless(&found.tail, snapshot + 1)?;
    known(&found.tail, promises)?;
    match &found.all {
        Some(all) => {
            gapless(all, 1)?;
            known(all, promises)?;
            if all.len() as u64 != head {
                return Err(format!("{} records from version 1 on, and the head is {head}", all.len()));
            }
        }
        None if found.floor > 1 && found.floor <= snapshot + 1 => {}
        None => return Err(format!("trimmed up to {}, and the snapshot is at {snapshot}", found.floor)),
    }
    if found.appended.0 != head + 1 || found.last.as_ref() != Some(&found.appended) {
        return Err(format!("appended {:?} after {head}, and read {:?}", found.appended, found.last));
    }
    Ok(())
}

fn gapless(records: &[Record], first: u64) -> Result<(), String> {
    match records.iter().zip(first..).find(|((version, _), expected)| version != expected) {
        Some(((version, _), expected)) => Err(format!("version {version} stands where {expected} should")),
        None => Ok(()),
    }
}

fn known(records: &[Record], promises: &Promises) -> Result<(), String> {
    for (version, digest) in records {
        if let Some(kept) = promises.kept.get(version)
            && kept != digest
        {
            return Err(format!("version {version} was {kept}, and is {digest}"));
        }
        if !promises.tried.get(version).is_some_and(|tried| tried.contains(digest)) {
            return Err(format!("version {version} is {digest}, which nobody wrote there"));
        }
        if promises.never.contains(digest) {
            return Err(format!(
                "version {version} is {digest}, of which the store said that it never will be"
            ));
        }
    }
    Ok(())
}
