//! What the tests of the file store share.
#![allow(dead_code, unreachable_pub)]

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use highwater_format::{Digest, decode_frame, frame_digest};
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Journal, Store, StoreError, StoreFuture, Tail};
use highwater_store_file::{FileStore, FileStoreOptions};
use tempfile::TempDir;

/// The journal that the tests use.
pub const KEY: &str = "prod/orders_daily";

/// The outcome of an operation. A file store never waits for anything but the disk, so one poll is enough, even inside
/// of another one.
pub fn wait<T>(future: StoreFuture<'_, T>) -> Result<T, StoreError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("a file store waits for something"),
    }
}

/// A folder for a test whose point is not the disk: in memory where there is such a place.
pub fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

pub fn open(path: &Path) -> FileStore {
    FileStore::open(path).expect("the folder can be opened")
}

pub fn open_small(path: &Path) -> FileStore {
    FileStore::open_with(path, &FileStoreOptions::new().segment_bytes(2048))
        .expect("the folder can be opened")
}

pub fn read(store: &FileStore) -> Result<Journal, StoreError> {
    wait(store.read(KEY))
}

pub fn read_from(store: &FileStore, version: u64) -> Result<Tail, StoreError> {
    wait(store.read_from(KEY, version))
}

/// Appends whatever comes next, and returns its version.
pub fn append_next(store: &FileStore, writer: u8, size: usize) -> Result<(u64, Append), StoreError> {
    let journal = read(store)?;
    let version = journal.head() + 1;
    let chain = chain_after(store, &journal)?;
    let frame = record_frame(version, writer, size, chain);
    wait(store.append(KEY, version, frame)).map(|outcome| (version, outcome))
}

/// The digest of the last record.
pub fn chain_after(store: &FileStore, journal: &Journal) -> Result<Digest, StoreError> {
    if let Some(last) = journal.tail.last() {
        return Ok(frame_digest(&last.bytes));
    }
    match journal.head() {
        0 => Ok(Digest::ZERO),
        head => match read_from(store, head)? {
            Tail::Records { records, .. } => Ok(frame_digest(&records[0].bytes)),
            // The journal was started anew: only its snapshot says what the last record was.
            Tail::Trimmed { .. } => {
                let snapshot = journal.snapshot.as_ref().expect("what is gone has a snapshot");
                Ok(decode_frame(&snapshot.bytes).expect("a whole snapshot").0.chain)
            }
        },
    }
}

/// Appends `count` records of `size` bytes, and returns the last version.
pub fn fill(store: &FileStore, count: u64, size: usize) -> u64 {
    let mut journal = read(store).expect("readable");
    let mut chain = chain_after(store, &journal).expect("readable");
    let mut version = journal.head();
    for _ in 0..count {
        version += 1;
        let frame = record_frame(version, 1, size, chain);
        chain = frame_digest(&frame);
        assert_eq!(wait(store.append(KEY, version, frame)), Ok(Append::Appended));
    }
    journal.tail.clear();
    version
}

pub fn put_snapshot(store: &FileStore, version: u64) {
    wait(store.put_snapshot(KEY, version, snapshot_frame(version, 100, Digest::ZERO)))
        .expect("a snapshot is stored");
}

pub fn versions(journal: &Journal) -> Vec<u64> {
    journal.tail.iter().map(|record| record.version).collect()
}

/// The files of the journal with this ending, in the order of their names.
pub fn files(store: &FileStore, suffix: &str) -> Vec<PathBuf> {
    let folder = store.journal_folder(KEY).expect("an allowed key");
    let entries = std::fs::read_dir(folder).expect("the folder of the journal");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(suffix));
    files.sort();
    files
}

pub fn segments(store: &FileStore) -> Vec<PathBuf> {
    files(store, ".hwl")
}

/// Every file of the folder with its bytes, to see that nothing was changed.
pub fn contents(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}

/// Changes a file of the journal behind the back of the store.
pub fn damage(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).expect("the file");
    change(&mut bytes);
    std::fs::write(path, bytes).expect("the file can be written");
}

/// That a read fails as corrupt, names the file, and changes nothing; returns what and place.
pub fn assert_corrupt(root: &Path, file: &Path) -> (String, String) {
    let before = contents(root);
    let store = open_small(root);
    let Err(StoreError::Corrupt { what, place }) = read(&store) else {
        panic!("a damaged journal was read: {:?}", read(&store).map(|journal| versions(&journal)))
    };
    assert!(place.contains(&*file.to_string_lossy()), "{place} does not name {}", file.display());
    let next = wait(store.append(KEY, 1, record_frame(1, 9, 10, Digest::ZERO)));
    assert!(!matches!(next, Ok(Append::Appended)), "a damaged journal was started anew");
    assert_eq!(contents(root), before, "something was changed");
    (what, place)
}
