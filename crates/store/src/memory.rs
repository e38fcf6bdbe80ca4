//! The store in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::LIST_PAGE_KEYS;
use crate::{
    Append, Journal, Page, Store, StoreError, StoreFuture, Tail, Versioned, check_beat, check_key,
    check_worker,
};

/// Keeps journals in memory, as long as any clone of it lives. Clones share the journals, so two of them stand for two
/// processes on one store. For tests, and for work that need not outlive the process.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    journals: Arc<Mutex<BTreeMap<String, MemoryJournal>>>,
}

#[derive(Debug, Default)]
struct MemoryJournal {
    /// How many of the first versions were dropped.
    trimmed: u64,
    /// The records from version `trimmed + 1` on.
    records: Vec<Vec<u8>>,
    snapshot: Option<Versioned>,
    beats: BTreeMap<String, Vec<u8>>,
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

impl MemoryJournal {
    fn head(&self) -> u64 {
        self.trimmed + self.records.len() as u64
    }

    fn records_from(&self, version: u64) -> Vec<Versioned> {
        let skipped = usize::try_from(version.saturating_sub(self.trimmed + 1)).unwrap_or(usize::MAX);
        let numbered = (self.trimmed + 1..).zip(&self.records).skip(skipped);
        numbered.map(|(version, bytes)| Versioned { version, bytes: bytes.clone() }).collect()
    }

    fn append(&mut self, key: &str, version: u64, bytes: Vec<u8>) -> Result<Append, StoreError> {
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

    fn put_snapshot(&mut self, key: &str, version: u64, bytes: Vec<u8>) -> Result<(), StoreError> {
        if version > self.head() {
            return Err(StoreError::snapshot_above_head(key, version, self.head()));
        }
        if self.snapshot.as_ref().is_none_or(|newest| newest.version < version) {
            self.snapshot = Some(Versioned { version, bytes });
        }
        Ok(())
    }

    fn trim(&mut self, up_to: u64) {
        let covered = self.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
        let dropped = up_to.min(covered).saturating_sub(self.trimmed);
        // Not above the number of records, because a snapshot is never above the head.
        self.records.drain(..usize::try_from(dropped).unwrap_or(usize::MAX).min(self.records.len()));
        self.trimmed += dropped;
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
}
