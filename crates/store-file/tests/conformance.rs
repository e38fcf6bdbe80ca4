//! The file store keeps the contract, whatever the size of its segments.

use std::sync::Arc;

use highwater_store::Store;
use highwater_store::conformance::{self, StoreBuilder};
use highwater_store_file::{FileStore, FileStoreOptions};
use tempfile::TempDir;

struct Place {
    folder: TempDir,
    options: FileStoreOptions,
}

impl StoreBuilder for Place {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(
            FileStore::open_with(self.folder.path(), &self.options)
                .expect("a temporary folder can be opened"),
        )
    }
}

fn run(options: &FileStoreOptions) {
    let place = |_: &str| Place { folder: tempfile::tempdir().expect("a folder"), options: options.clone() };
    conformance::run_all(place).assert_passed();
}

#[test]
fn with_segments_of_the_usual_size() {
    run(&FileStoreOptions::new());
}

#[test]
fn with_small_segments() {
    run(&FileStoreOptions::new().segment_bytes(4096));
}

#[test]
fn with_a_segment_for_each_record() {
    run(&FileStoreOptions::new().segment_bytes(0));
}
