//! The `Store` trait.

use std::future::Future;
use std::pin::Pin;

use crate::{Append, BackupFile, Journal, Page, Reset, Retained, StoreError, Tail};

/// What the operations of a store return. Outside WebAssembly the future can move between threads.
#[cfg(not(target_arch = "wasm32"))]
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;
/// What the operations of a store return. Outside WebAssembly the future can move between threads.
#[cfg(target_arch = "wasm32")]
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + 'a>>;

/// Can be used from several threads, where there are threads: `Send + Sync`, and nothing at all in WebAssembly, where
/// the objects of a browser belong to one thread. Implemented for every type that qualifies.
#[cfg(not(target_arch = "wasm32"))]
pub trait Shared: Send + Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync + ?Sized> Shared for T {}
/// Can be used from several threads, where there are threads: `Send + Sync`, and nothing at all in WebAssembly, where
/// the objects of a browser belong to one thread. Implemented for every type that qualifies.
#[cfg(target_arch = "wasm32")]
pub trait Shared {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> Shared for T {}

/// A place that keeps the journals of pipelines.
///
/// A key is 1 to [`KEY_BYTES`](crate::limits::KEY_BYTES) bytes of UTF-8 without NUL; every operation refuses others
/// with [`StoreError::Unsupported`]. All keys are equal: a store neither reads meaning into them nor lets one reach
/// another (`a/../b` is not `b`). Several stores, in this process or another, may work on the same journals at once.
///
/// A future may do its I/O on the thread that polls it: whoever calls gives it a thread of its own. A future that is
/// dropped half-way leaves the outcome unknown, as a crash would, and nothing half-written visible.
pub trait Store: Shared + 'static {
    /// The newest snapshot and the gapless tail after it.
    ///
    /// The answer may be stale, but never torn, and it holds at least every record that this store value was told to
    /// be there: by its own successful appends, by [`Append::Taken`], by an earlier read. A key that nobody wrote is
    /// an empty journal, not an error, and reading it creates nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when records are damaged or missing: a store never answers with part of a journal.
    fn read<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Journal>;

    /// The records with `version` and above, for catching up; as fresh as [`Store::read`]. `version` may be one above
    /// the last version (then there are none) or higher (the same). Version 0 is read as 1.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    fn read_from<'a>(&'a self, key: &'a str, version: u64) -> StoreFuture<'a, Tail>;

    /// Commits `bytes` at `version` if that version was never written: the only commit point.
    ///
    /// Of all the appends of one version, by whomever and for all time, at most one is [`Append::Appended`], and only
    /// its bytes are ever read at that version. The record is durable when the future is ready, and so are all the
    /// versions before it. Trimming does not free a version.
    ///
    /// `bytes` is one whole record frame of `highwater-format` that says the same version; a store may refuse others.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] when `version` is 0 or above the one after the last;
    /// [`StoreError::Unavailable`] with `may_have_happened` when only reading back tells.
    fn append<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Append>;

    /// Stores a snapshot of the journal as it was at `version`, durably. Snapshots of one version are the same bytes
    /// whoever writes them, so storing one twice changes nothing. An older one than the newest is allowed and does
    /// not change what [`Store::read`] gives; one below the version of a [`Store::reset`] is dropped at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] when `version` is 0 or above the last.
    fn put_snapshot<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, ()>;

    /// Allows the store to drop the records with `up_to` and below. It is a permission: the store drops only what a
    /// snapshot covers, and may drop less or later. What was dropped stays taken for ever.
    fn trim<'a>(&'a self, key: &'a str, up_to: u64) -> StoreFuture<'a, ()>;

    /// Keys that have a journal and start with `prefix`, in byte order, after `cursor` (the `next` of the page
    /// before), at most `limit` of them and at most [`LIST_PAGE_KEYS`](crate::limits::LIST_PAGE_KEYS); a limit of 0 is
    /// read as 1. `prefix` may be empty. A key that is there from the first page to the last is listed once.
    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> StoreFuture<'a, Page>;

    /// Overwrites the sign of life of one worker, at most [`BEAT_BYTES`](crate::limits::BEAT_BYTES). Advisory: last
    /// writer wins, a crash may lose it, and it does not make a journal. An empty beat is the same as none.
    fn beat<'a>(&'a self, key: &'a str, worker: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()>;

    /// The last beat of each worker, by worker in byte order. A beat is whole or absent, never torn.
    fn beats<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<(String, Vec<u8>)>>;

    /// Everything that can still be read, damaged or not: for verification, repair and history. It reads all that the
    /// store has of the journal, so it costs as much as that is. Of an unknown key it is empty.
    ///
    /// # Errors
    ///
    /// Never [`StoreError::Corrupt`] for damage that can be named in [`Retained::damage`] instead.
    fn read_all<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Retained>;

    /// Starts the journal anew with `bytes` as its snapshot at `version`, and nothing after it. What it had is set
    /// aside, not deleted, and is not read any more; beats and backups stay. It works on damaged journals, which is
    /// its purpose, and makes a journal that does not exist yet.
    ///
    /// [`Reset::Taken`] when `version` or one above it was ever written, since somebody wrote meanwhile; of several
    /// resets at one version, and of a reset and an append, at most one has it. Afterwards every version up to `version`
    /// is taken for ever, the next append is `version + 1`, and whoever still has the old journal open loses with
    /// [`Append::Taken`] and reads the new one. A crash leaves the old journal or the new one, and doing it again
    /// finishes what was begun.
    ///
    /// `bytes` is one whole snapshot frame of `highwater-format` that says the same version; a store may refuse others.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] when `version` is 0 or the last number there is; [`StoreError::Unavailable`] with `may_have_happened` when only
    /// reading back tells.
    fn reset<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Reset>;

    /// Keeps bytes beside the journal, durably, whole or not at all. Nothing but [`Store::delete_backup`] removes them,
    /// and they do not make a journal. The same bytes again change nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] when the name is not [allowed](crate::check_backup_name), or has other bytes already.
    fn put_backup<'a>(&'a self, key: &'a str, name: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()>;

    /// What is kept beside the journal, in byte order of name.
    fn backups<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<BackupFile>>;

    /// What is kept beside the journal under this name, if there is something. The store does not look into it.
    fn read_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Removes what is kept beside the journal under this name, durably. That there is nothing is fine.
    fn delete_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, ()>;

    /// Whether other writers are milliseconds away (a directory, memory) or a network is between. The engine tries
    /// again at once on a local store and waits seconds on a remote one.
    fn is_local(&self) -> bool;
}
