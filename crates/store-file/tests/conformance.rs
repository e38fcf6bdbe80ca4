//! The file store keeps the contract, whatever the size of its segments.

mod common;

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

fn run(folder: fn() -> TempDir, options: &FileStoreOptions) {
    conformance::run_all(|_| Place { folder: folder(), options: options.clone() }).assert_passed();
}

#[test]
fn on_a_disk_with_segments_of_the_usual_size() {
    run(|| tempfile::tempdir().expect("a folder"), &FileStoreOptions::new());
}

#[test]
fn with_small_segments() {
    run(common::folder, &FileStoreOptions::new().segment_bytes(4096));
}

#[test]
fn with_a_segment_for_each_record() {
    run(common::folder, &FileStoreOptions::new().segment_bytes(0));
}
