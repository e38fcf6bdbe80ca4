//! The store keeps the contract on a Postgres server.
#![cfg(feature = "postgres")]

use std::sync::Arc;

use futures::executor::block_on;
use highwater_store::conformance::{self, StoreBuilder};
use highwater_store::{Append, Store, StoreError};
use highwater_store_sql::SqlStore;
use highwater_test_servers::Postgres;

struct Place {
    url: String,
}

fn connect(url: &str) -> SqlStore {
    block_on(SqlStore::connect_postgres(url)).expect("it connects")
}

impl StoreBuilder for Place {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(connect(&self.url))
    }
}

#[test]
fn the_contract() {
    let server = Postgres::start();
    conformance::run_all(|_| Place { url: server.url(&server.database()) }).assert_passed();
}
