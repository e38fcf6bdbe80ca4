//! The store in memory keeps the contract.

use std::sync::Arc;

use highwater_store::conformance::{self, StoreBuilder};
use highwater_store::{MemoryStore, Store};

struct Memory(MemoryStore);

impl StoreBuilder for Memory {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }
}

#[test]
fn the_memory_store_keeps_the_contract() {
    conformance::run_all(|_| Memory(MemoryStore::new())).assert_passed();
}
