//! The conformance suite finds what a broken store does wrong: each store here breaks one rule, and the suite names a
//! case that fails for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use highwater_store::conformance::{self, StoreBuilder};
use highwater_store::{
    Append, BackupFile, Journal, MemoryStore, Page, Reset, Retained, Store, StoreError, StoreFuture, Tail,
    Versioned, check_key,
};

/// Which rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    OneWinner,
    NoGap,
    Bytes,
    Order,
    Floor,
    NewestSnapshot,
    TrimOnlyCovered,
    KeyBounds,
    KeysApart,
    Pages,
    Beats,
    Durable,
    Torn,
    StartTaken,
    BackupsStay,
    ReadsAll,
}

struct Broken {
    rule: Rule,
    store: MemoryStore,
    reads: AtomicU64,
}

struct Place(Rule, MemoryStore);

impl StoreBuilder for Place {
    fn open(&self) -> Arc<dyn Store> {
        let store = if self.0 == Rule::Durable { MemoryStore::new() } else { self.1.clone() };
        Arc::new(Broken { rule: self.0, store, reads: AtomicU64::new(0) })
    }
}

impl Broken {
    fn breaks(&self, rule: Rule) -> bool {
        self.rule == rule
    }

    fn key<'a>(&self, key: &'a str) -> &'a str {
        match self.rule {
            Rule::KeysApart => key.trim_start_matches("../"),
            Rule::KeyBounds if check_key(key).is_err() => "short",
            _ => key,
        }
    }

    fn distort(&self, tail: &mut Vec<Versioned>) {
        if self.breaks(Rule::Order) {
            tail.sort_by_key(|record| record.version.to_string());
        }
        if self.breaks(Rule::Torn) && self.reads.fetch_add(1, Ordering::Relaxed) % 7 == 6 && tail.len() > 2 {
            tail.remove(1);
        }
    }
}

impl Store for Broken {
    fn read<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Journal> {
        Box::pin(async move {
            let mut journal = self.store.read(self.key(key)).await?;
            self.distort(&mut journal.tail);
            Ok(journal)
        })
    }

    fn read_from<'a>(&'a self, key: &'a str, version: u64) -> StoreFuture<'a, Tail> {
        self.store.read_from(self.key(key), version)
    }

    fn append<'a>(&'a self, key: &'a str, version: u64, mut bytes: Vec<u8>) -> StoreFuture<'a, Append> {
        Box::pin(async move {
            if self.breaks(Rule::Bytes) && bytes.len() > 100_000 {
                bytes.truncate(100_000);
            }
            match self.store.append(self.key(key), version, bytes).await {
                Ok(Append::Taken) if self.breaks(Rule::OneWinner) => Ok(Append::Appended),
                Ok(Append::Taken) if self.breaks(Rule::Floor) && version == 1 => {
                    let trimmed = matches!(self.store.read_from(key, 1).await?, Tail::Trimmed { .. });
                    Ok(if trimmed { Append::Appended } else { Append::Taken })
                }
                Err(StoreError::Unsupported { .. }) if self.breaks(Rule::NoGap) && version > 1 => {
                    Ok(Append::Appended)
                }
                result => result,
            }
        })
    }

    fn put_snapshot<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            // Overwrites whatever is there, so that an older snapshot replaces a newer one.
            let newest = self.store.read(key).await.ok().and_then(|journal| journal.snapshot);
            if self.breaks(Rule::NewestSnapshot) && newest.is_some_and(|newest| newest.version > version) {
                return Err(StoreError::snapshot_above_head(key, version, 0));
            }
            self.store.put_snapshot(self.key(key), version, bytes).await
        })
    }

    fn trim<'a>(&'a self, key: &'a str, up_to: u64) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            if self.breaks(Rule::TrimOnlyCovered) {
                let journal = self.store.read(key).await?;
                if journal.head() > 0 {
                    self.store.put_snapshot(key, journal.head(), vec![0]).await?;
                }
            }
            self.store.trim(self.key(key), up_to).await
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> StoreFuture<'a, Page> {
        Box::pin(async move {
            let mut page = self.store.list(prefix, cursor, limit).await?;
            if self.breaks(Rule::Pages) {
                page.next = None;
            }
            Ok(page)
        })
    }

    fn beat<'a>(&'a self, key: &'a str, worker: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            if self.breaks(Rule::Beats) && !self.store.beats(self.key(key)).await?.is_empty() {
                return Ok(());
            }
            self.store.beat(self.key(key), worker, bytes).await
        })
    }

    fn beats<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<(String, Vec<u8>)>> {
        self.store.beats(self.key(key))
    }

    fn read_all<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Retained> {
        Box::pin(async move {
            let mut retained = self.store.read_all(self.key(key)).await?;
            if self.breaks(Rule::ReadsAll) {
                retained.records.pop();
            }
            Ok(retained)
        })
    }

    fn reset<'a>(&'a self, key: &'a str, version: u64, bytes: Vec<u8>) -> StoreFuture<'a, Reset> {
        Box::pin(async move {
            let outcome = self.store.reset(self.key(key), version, bytes).await?;
            let broken = self.breaks(Rule::StartTaken) && outcome == Reset::Taken;
            Ok(if broken { Reset::Done { set_aside: None } } else { outcome })
        })
    }

    fn put_backup<'a>(&'a self, key: &'a str, name: &'a str, bytes: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            if self.breaks(Rule::BackupsStay) {
                self.store.delete_backup(self.key(key), name).await?;
            }
            self.store.put_backup(self.key(key), name, bytes).await
        })
    }

    fn backups<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Vec<BackupFile>> {
        self.store.backups(self.key(key))
    }

    fn read_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.store.read_backup(self.key(key), name)
    }

    fn delete_backup<'a>(&'a self, key: &'a str, name: &'a str) -> StoreFuture<'a, ()> {
        self.store.delete_backup(self.key(key), name)
    }

    fn is_local(&self) -> bool {
        true
    }
}

fn failed_cases(rule: Rule) -> Vec<String> {
    let report = conformance::run_all(|_| Place(rule, MemoryStore::new()));
    report.failures().map(|result| result.name.clone()).collect()
}

#[test]
fn each_broken_rule_is_found_by_a_case_about_it() {
    let expected = [
        (Rule::OneWinner, "a version is taken for whoever comes second"),
        (Rule::NoGap, "versions start at 1 and leave no gap"),
        (Rule::Bytes, "large records come back whole, between small ones"),
        (Rule::Order, "versions are ordered as numbers past 9, 99 and 999"),
        (Rule::Floor, "a trimmed version stays taken for ever"),
        (Rule::NewestSnapshot, "an older snapshot does not replace a newer one"),
        (Rule::TrimOnlyCovered, "trimming without a snapshot drops nothing"),
        (Rule::KeyBounds, "keys outside the bounds are refused by every operation"),
        (Rule::KeysApart, "odd keys are journals like any other"),
        (Rule::Pages, "a list is in byte order and in pages"),
        (Rule::Beats, "the last beat of each worker counts"),
        (Rule::Durable, "what was acknowledged is there after a reopen"),
        (Rule::Torn, "a read while others append is never torn"),
        (Rule::StartTaken, "of appends and new starts at one version exactly one has it"),
        (Rule::BackupsStay, "backups are kept whole, by name, and make no journal"),
        (Rule::ReadsAll, "all that is there is read, and nothing of an unknown key"),
    ];
    for (rule, case) in expected {
        let failed = failed_cases(rule);
        assert!(failed.iter().any(|name| name == case), "{rule:?} was found only by {failed:?}");
    }
}
