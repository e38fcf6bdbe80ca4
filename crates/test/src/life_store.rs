//! The store as one life sees it.

use std::sync::Arc;

use highwater_store::{
    Append, BackupFile, Journal, MemoryStore, Page, Reset, Retained, Store, StoreError, StoreFuture, Tail,
};

use crate::fate::{Fate, Verdict};
use crate::point::{Moment, Point, append_in_words};

/// Passes a point before each request takes effect, and one after that.
#[derive(Debug)]
pub(crate) struct LifeStore {
    pub(crate) inner: MemoryStore,
    pub(crate) fate: Arc<Fate>,
}

impl LifeStore {
    fn between<'a, T: Send + 'a>(&'a self, what: String, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        self.around(Point { moment: Moment::Before, what, is_append: false }, work)
    }

    fn around<'a, T: Send + 'a>(&'a self, before: Point, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            let after = Point { moment: Moment::After, ..before.clone() };
            refuse(self.fate.reach(before).await)?;
            let result = work.await;
            refuse(self.fate.reach(after).await)?;
            result
        })
    }
}

fn refuse(verdict: Verdict) -> Result<(), StoreError> {
    match verdict {
        Verdict::GoOn => Ok(()),
        Verdict::Dead => Err(StoreError::Denied { message: "this life of the process has ended".to_owned() }),
        Verdict::Doubt => Err(StoreError::Unavailable {
            message: "the crash test lost the answer of the store".to_owned(),
            may_have_happened: true,
        }),
    }
}

impl Store for LifeStore {
    fn read<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Journal> {
        self.between(format!("reading `{key}`"), self.inner.read(key))
    }

    fn read_from<'a>(&'a self, key: &'a str, version: u64) -> StoreFuture<'a, Tail> {
        let what = format!("reading `{key}` from version {version} on");
        self.between(what, self.inner.read_from(key, version))
    }

    fn append<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Append> {
        let what = append_in_words(key, version, &bytes);
        let before = Point { moment: Moment::Before, what, is_append: true };
        self.around(before, self.inner.append(key, version, bytes))
    }

    fn put_snapshot<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        let what = format!("the snapshot of `{key}` at version {version}");
        self.between(what, self.inner.put_snapshot(key, version, bytes))
    }

    fn trim<'a>(&'a self, key: &'a str, up_to: u64) -> StoreFuture<'a, ()> {
        self.between(format!("trimming `{key}` up to version {up_to}"), self.inner.trim(key, up_to))
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> StoreFuture<'a, Page> {
        self.between(format!("listing `{prefix}`"), self.inner.list(prefix, cursor, limit))
    }

    fn beat<'a>(&'a self, key: &'a str, worker: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        self.between(format!("a beat in `{key}`"), self.inner.beat(key, worker, bytes))
    }

    fn beats<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<(String, Vec<u8>)>> {
        self.between(format!("reading the beats in `{key}`"), self.inner.beats(key))
    }

    fn read_all<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Retained> {
        self.between(format!("reading all of `{key}`"), self.inner.read_all(key))
    }

    fn reset<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Reset> {
        let what = format!("the reset of `{key}` at version {version}");
        let before = Point { moment: Moment::Before, what, is_append: true };
        self.around(before, self.inner.reset(key, version, bytes))
    }

    fn put_backup<'a>(&'a self, key: &'a str, name: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        self.between(format!("keeping `{name}` of `{key}`"), self.inner.put_backup(key, name, bytes))
    }

    fn backups<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<BackupFile>> {
        self.between(format!("listing the backups of `{key}`"), self.inner.backups(key))
    }

    fn read_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.between(format!("reading `{name}` of `{key}`"), self.inner.read_backup(key, name))
    }

    fn delete_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, ()> {
        self.between(format!("deleting `{name}` of `{key}`"), self.inner.delete_backup(key, name))
    }

    fn is_local(&self) -> bool {
        true
    }
}
