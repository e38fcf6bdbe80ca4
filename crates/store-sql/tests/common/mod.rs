//! What the tests of several processes share.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::collections::BTreeMap;

use futures::executor::block_on;
use highwater_format::{Digest, frame_digest};
use highwater_store::conformance::record_frame;
use highwater_store::{Append, Journal, Store, StoreError};
use highwater_store_sql::SqlStore;

pub(crate) const KEY: &str = "prod/orders";

/// A store by its location: `sqlite:PATH` or `postgres://…`.
pub(crate) fn open(location: &str) -> Result<SqlStore, StoreError> {
    match location.strip_prefix("sqlite:") {
        Some(path) => SqlStore::open_sqlite(path),
        None => block_on(SqlStore::connect_postgres(location)),
    }
}

/// A writer that knows where the journal ends.
pub(crate) struct Writer {
    number: u8,
    head: u64,
    chain: Digest,
    /// Grows with each try, so that no two frames are the same: one that nobody knows of can land later than the next try.
    tries: usize,
}

/// What became of an append.
/// Digests are text, as children print them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Acknowledged(u64, String),
    Lost,
    /// The store says that it may be there.
    Unknown(u64, String),
    /// The store says that it is not there and will never be.
    Refused(u64, String),
}

impl Writer {
    pub(crate) fn new(number: u8) -> Writer {
        Writer { number, head: 0, chain: Digest::ZERO, tries: 0 }
    }

    /// Appends once, after reading if it must.
    pub(crate) fn append(&mut self, store: &SqlStore) -> Told {
        let version = self.head + 1;
        self.tries += 1;
        let size = self.tries;
        let frame = record_frame(version, self.number, size, self.chain);
        let digest = frame_digest(&frame);
        match block_on(store.append(KEY, version, frame)) {
            Ok(Append::Appended) => {
                (self.head, self.chain) = (version, digest);
                Told::Acknowledged(version, digest.to_string())
            }
            Ok(Append::Taken) => {
                self.catch_up(store);
                Told::Lost
            }
            Err(StoreError::Unavailable { may_have_happened, .. }) => {
                self.catch_up(store);
                let digest = digest.to_string();
                if may_have_happened {
                    Told::Unknown(version, digest)
                } else {
                    Told::Refused(version, digest)
                }
            }
            Err(error) => panic!("append of version {version}: {error:?}"),
        }
    }

    /// Reads, for as long as that takes.
    pub(crate) fn catch_up(&mut self, store: &SqlStore) {
        loop {
            match block_on(store.read(KEY)) {
                Ok(journal) => {
                    self.head = journal.head();
                    self.chain = journal.tail.last().map_or(Digest::ZERO, |last| frame_digest(&last.bytes));
                    return;
                }
                Err(StoreError::Unavailable { .. }) => {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
                Err(error) => panic!("read: {error:?}"),
            }
        }
    }
}

/// Every acknowledged record is there, once, as it was acknowledged; what was refused is not.
pub(crate) fn check(journal: &Journal, told: &[Told]) {
    let stored: BTreeMap<u64, String> =
        journal.tail.iter().map(|record| (record.version, frame_digest(&record.bytes).to_string())).collect();
    let mut acknowledged: BTreeMap<u64, &str> = BTreeMap::new();
    for told in told {
        match told {
            Told::Acknowledged(version, digest) => {
                assert_eq!(
                    acknowledged.insert(*version, digest),
                    None,
                    "version {version} was acknowledged twice"
                );
                assert_eq!(
                    stored.get(version),
                    Some(digest),
                    "version {version} is not what was acknowledged"
                );
            }
            Told::Refused(version, digest) => {
                assert_ne!(stored.get(version), Some(digest), "version {version} was refused and is there");
            }
            Told::Lost | Told::Unknown(..) => {}
        }
    }
    let versions: Vec<u64> = stored.keys().copied().collect();
    assert_eq!(versions, (1..=journal.head()).collect::<Vec<u64>>(), "there is a gap");
    assert!(!acknowledged.is_empty(), "nothing was acknowledged");
}
