//! The store in memory.

mod journal;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::LIST_PAGE_KEYS;
use crate::{
    Append, BackupFile, Journal, Page, Reset, Retained, Store, StoreError, StoreFuture, Tail,
    check_backup_name, check_beat, check_key, check_reset, check_worker,
};
use journal::MemoryJournal;

/// Keeps journals in memory, as long as any clone of it lives. Clones share the journals, so two of them stand for two
/// processes on one store. For tests, and for work that need not outlive the process.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    journals: Arc<Mutex<BTreeMap<String, MemoryJournal>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, MemoryJournal>> {
        // Nothing under the lock can leave a journal half-changed, so a panic elsewhere does not spoil it.
        self.journals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does the work when the future is polled, like every other store.
fn deferred<'a, T>(work: impl FnOnce() -> Result<T, StoreError> + Send + 'a) -> StoreFuture<'a, T> {
    Box::pin(async move { work() })
}

fn check_version(key: &str, version: u64) -> Result<(), StoreError> {
    check_key(key)?;
    if version == 0 { Err(StoreError::version_zero(key)) } else { Ok(()) }
}

fn check_backup(key: &str, name: &str) -> Result<(), StoreError> {
    check_key(key)?;
    check_backup_name(name)
}

impl Store for MemoryStore {
    fn read<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Journal> {
        deferred(move || {
            check_key(key).map(|()| {
                let journals = self.lock();
                let Some(journal) = journals.get(key) else { return Journal::default() };
                let after = journal.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
                let tail = journal.records_from(after + 1);
                Journal { snapshot: journal.snapshot.clone(), tail, damage: Vec::new() }
            })
        })
    }

    fn read_from<'a>(&'a self, key: &'a str, version: u64) -> StoreFuture<'a, Tail> {
        deferred(move || {
            check_key(key).map(|()| {
                let journals = self.lock();
                let Some(journal) = journals.get(key) else {
                    return Tail::Records { records: Vec::new(), damage: Vec::new() };
                };
                if version.max(1) <= journal.trimmed {
                    return Tail::Trimmed { floor: journal.trimmed + 1 };
                }
                Tail::Records { records: journal.records_from(version.max(1)), damage: Vec::new() }
            })
        })
    }

    fn append<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Append> {
        deferred(move || {
            check_version(key, version).and_then(|()| {
                let mut journals = self.lock();
                if let Some(journal) = journals.get_mut(key) {
                    return journal.append(key, version, bytes);
                }
                let mut journal = MemoryJournal::default();
                let outcome = journal.append(key, version, bytes)?;
                journals.insert(key.to_owned(), journal);
                Ok(outcome)
            })
        })
    }

    fn put_snapshot<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        deferred(move || {
            check_version(key, version).and_then(|()| match self.lock().get_mut(key) {
                Some(journal) => journal.put_snapshot(key, version, bytes),
                None => Err(StoreError::snapshot_above_head(key, version, 0)),
            })
        })
    }

    fn trim<'a>(&'a self, key: &'a str, up_to: u64) -> StoreFuture<'a, ()> {
        deferred(move || {
            check_key(key).map(|()| {
                if let Some(journal) = self.lock().get_mut(key) {
                    journal.trim(up_to);
                }
            })
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> StoreFuture<'a, Page> {
        deferred(move || {
            let limit = limit.clamp(1, LIST_PAGE_KEYS);
            let start = cursor.filter(|cursor| *cursor >= prefix);
            let journals = self.lock();
            let mut keys: Vec<String> = journals
                .range(start.unwrap_or(prefix).to_owned()..)
                .skip_while(|(key, _)| start == Some(key.as_str()))
                .take_while(|(key, _)| key.starts_with(prefix))
                .filter(|(_, journal)| journal.head() > 0)
                .map(|(key, _)| key.clone())
                .take(limit + 1)
                .collect();
            let next = if keys.len() > limit {
                keys.truncate(limit);
                keys.last().cloned()
            } else {
                None
            };
            Ok(Page { keys, next })
        })
    }

    fn beat<'a>(&'a self, key: &'a str, worker: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        deferred(move || {
            check_key(key).and_then(|()| check_worker(worker)).and_then(|()| check_beat(&bytes)).map(|()| {
                let mut journals = self.lock();
                let beats = &mut journals.entry(key.to_owned()).or_default().beats;
                if bytes.is_empty() {
                    beats.remove(worker);
                } else {
                    beats.insert(worker.to_owned(), bytes);
                }
            })
        })
    }

    fn beats<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<(String, Vec<u8>)>> {
        deferred(move || {
            check_key(key).map(|()| match self.lock().get(key) {
                Some(journal) => {
                    journal.beats.iter().map(|(worker, bytes)| (worker.clone(), bytes.clone())).collect()
                }
                None => Vec::new(),
            })
        })
    }

    fn read_all<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Retained> {
        deferred(move || {
            check_key(key)
                .map(|()| self.lock().get(key).map_or_else(Retained::default, MemoryJournal::read_all))
        })
    }

    fn reset<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Reset> {
        deferred(move || {
            check_reset(key, version)
                .map(|()| self.lock().entry(key.to_owned()).or_default().reset(key, version, bytes))
        })
    }

    fn put_backup<'a>(&'a self, key: &'a str, name: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        deferred(move || {
            check_backup(key, name)
                .and_then(|()| self.lock().entry(key.to_owned()).or_default().put_backup(key, name, bytes))
        })
    }

    fn backups<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<BackupFile>> {
        deferred(move || {
            check_key(key).map(|()| self.lock().get(key).map_or_else(Vec::new, MemoryJournal::backups))
        })
    }

    fn read_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        deferred(move || check_backup(key, name).map(|()| self.lock().get(key)?.backups.get(name).cloned()))
    }

    fn delete_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, ()> {
        deferred(move || {
            check_backup(key, name).map(|()| {
                if let Some(journal) = self.lock().get_mut(key) {
                    journal.backups.remove(name);
                }
            })
        })
    }

    fn is_local(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::Versioned;

    /// Every operation of a memory store is done at the first poll.
    fn done<T>(future: StoreFuture<'_, T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.expect("the operation is allowed"),
            Poll::Pending => unreachable!("a memory store never waits"),
        }
    }

    #[test]
    fn trimming_without_a_snapshot_drops_nothing() {
        let store = MemoryStore::new();
        assert_eq!(done(store.append("a", 1, vec![1])), Append::Appended);
        done(store.trim("a", 1));
        assert_eq!(done(store.read("a")).tail.len(), 1);
    }

    #[test]
    fn a_trimmed_version_stays_taken_and_says_so() {
        let store = MemoryStore::new();
        for version in 1..=3 {
            assert_eq!(done(store.append("a", version, vec![1])), Append::Appended);
        }
        done(store.put_snapshot("a", 2, vec![9]));
        done(store.trim("a", 3));
        assert_eq!(done(store.append("a", 1, vec![2])), Append::Taken);
        assert_eq!(done(store.read_from("a", 2)), Tail::Trimmed { floor: 3 });
        let journal = done(store.read("a"));
        assert_eq!((journal.snapshot.map(|s| s.version), journal.tail.len()), (Some(2), 1));
    }

    #[test]
    fn a_reset_is_told_where_the_old_journal_is() {
        let store = MemoryStore::new();
        assert_eq!(done(store.reset("a", 4, vec![4])), Reset::Done { set_aside: None });
        let told = |number: u64| Reset::Done {
            set_aside: Some(format!("in memory, as journal {number} that was set aside of `a`")),
        };
        assert_eq!(done(store.reset("a", 5, vec![5])), told(1));
        assert_eq!(done(store.reset("a", 9, vec![9])), told(2));
        assert_eq!(done(store.reset("a", 9, vec![9])), Reset::Taken);
        assert_eq!(done(store.read_all("a")).snapshots, [Versioned { version: 9, bytes: vec![9] }]);
    }
}
