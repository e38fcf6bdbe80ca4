//! The store keeps the contract in an SQLite file.
#![cfg(feature = "sqlite")]

use std::path::PathBuf;
use std::sync::Arc;

use futures::executor::block_on;
use highwater_store::conformance::{self, StoreBuilder};
use highwater_store::{Append, Store, StoreError};
use highwater_store_sql::SqlStore;
use tempfile::TempDir;

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    fn store(&self) -> SqlStore {
        SqlStore::open_sqlite(self.file()).expect("it opens")
    }
}

impl StoreBuilder for Place {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }
}

#[test]
fn the_contract() {
    conformance::run_all(|_| Place::new()).assert_passed();
}
