//! What is written and flushed before what. A kill does not show a missing flush, a power failure would.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::*;
use highwater_store::{Append, Store};
use highwater_store_file::faults::Operation::{
    Append as AppendFrame, Create, Link, MakeFolders, Remove, Rename, SyncData, SyncFolder, WriteTemporary,
};
use highwater_store_file::faults::{Fault, Faults, Operation};
use highwater_store_file::{FileStore, FileStoreOptions};

/// A store whose file operations can be looked at.
struct Watched {
    store: FileStore,
    faults: Arc<Faults>,
    seen: std::cell::Cell<usize>,
}

impl Watched {
    fn open(path: &Path, segment_bytes: u64) -> Watched {
        let faults = Arc::new(Faults::none());
        let options = FileStoreOptions::new().segment_bytes(segment_bytes).faults(Arc::clone(&faults));
        let store = FileStore::open_with(path, &options).expect("the folder can be opened");
        Watched { store, faults, seen: std::cell::Cell::new(0) }
    }

    /// The operations since the last look.
    fn operations(&self) -> Vec<Operation> {
        let all = self.faults.operations();
        all[self.seen.replace(all.len())..].to_vec()
    }
}

#[test]
fn a_new_journal_is_durable_with_its_names_before_its_first_record_is_acknowledged() {
    let folder = folder();
    let watched = Watched::open(&folder.path().join("state"), 1 << 20);
    fill(&watched.store, 1, 10);
    let operations = watched.operations();
    assert_eq!(operations[..6], [MakeFolders, Create, WriteTemporary, SyncData, Link, Remove]);
    // The journal, the journals, the root, and the folder that holds it. The record was in the segment when it was made.
    assert_eq!(operations[6..], [SyncFolder; 4]);
    fill(&watched.store, 3, 10);
    assert_eq!(watched.operations(), [AppendFrame, SyncData].repeat(3), "one write and one flush a commit");
}

#[test]
fn a_nested_journal_has_all_its_folders_flushed() {
    let folder = folder();
    let watched = Watched::open(&folder.path().join("state"), 1 << 20);
    let frame = highwater_store::conformance::record_frame(1, 1, 10, highwater_format::Digest::ZERO);
    assert_eq!(wait(watched.store.append(&"k".repeat(450), 1, frame)), Ok(Append::Appended));
    let flushed = watched.operations().iter().filter(|operation| **operation == SyncFolder).count();
    assert_eq!(flushed, 6, "three pieces of the name, the journals, the root and the folder that holds it");
}

#[test]
fn what_others_wrote_is_flushed_before_it_is_handed_out_or_built_on() {
    let folder = folder();
    let (one, two) = (open(folder.path()), Watched::open(folder.path(), 1 << 20));
    fill(&one, 3, 10);
    read(&two.store).expect("readable");
    assert_eq!(
        two.operations()[..2],
        [SyncData, SyncFolder],
        "the content, and the names of a journal that is new to us"
    );
    read(&two.store).expect("readable");
    assert_eq!(two.operations(), [], "nothing new, nothing to flush");

    fill(&one, 1, 10);
    read_from(&two.store, 4).expect("readable");
    assert_eq!(two.operations(), [SyncData]);

    // A store that read nothing, and is told by its engine which version is next.
    let three = Watched::open(folder.path(), 1 << 20);
    let chain = chain_after(&one, &read(&one).expect("readable")).expect("readable");
    let frame = highwater_store::conformance::record_frame(5, 3, 10, chain);
    assert_eq!(wait(three.store.append(KEY, 5, frame)), Ok(Append::Appended));
    let operations = three.operations();
    let append = operations.iter().position(|operation| *operation == AppendFrame).expect("an append");
    assert!(
        operations[..append].contains(&SyncData) && operations[..append].contains(&SyncFolder),
        "{operations:?}"
    );
    assert_eq!(operations[append..], [AppendFrame, SyncData]);
}

#[test]
fn who_loses_does_not_flush() {
    let folder = folder();
    let (one, two) = (open(folder.path()), Watched::open(folder.path(), 1 << 20));
    fill(&one, 3, 10);
    let journal = read(&two.store).expect("readable");
    two.operations();
    fill(&one, 1, 10);
    let chain = chain_after(&one, &journal).expect("readable");
    let frame = highwater_store::conformance::record_frame(4, 2, 10, chain);
    assert_eq!(wait(two.store.append(KEY, 4, frame)), Ok(Append::Taken));
    assert_eq!(two.operations(), [], "what is known to be taken is not even written");
}

#[test]
fn a_seal_is_durable_before_the_segment_that_it_announces() {
    let folder = folder();
    let watched = Watched::open(folder.path(), 0);
    fill(&watched.store, 1, 10);
    watched.operations();
    fill(&watched.store, 1, 10);
    // The seal behind the first record came with that; the next segment is made with the second one in it.
    let segment = [Create, WriteTemporary, SyncData, Link, Remove, SyncFolder];
    let seal = [AppendFrame, SyncData];
    assert_eq!(watched.operations(), [&segment[..], &seal[..]].concat());
    assert_eq!(segments(&watched.store).len(), 2);
}

#[test]
fn a_seal_that_another_could_not_flush_is_flushed_before_it_is_followed() {
    let folder = folder();
    // Dies when it has written the seal behind the first record, and has not flushed it.
    let undisturbed = common::folder();
    let counting = Watched::open(undisturbed.path(), 0);
    fill(&counting.store, 1, 10);
    let operations = counting.operations();
    let seal = operations.iter().rposition(|operation| *operation == AppendFrame).expect("the seal");
    let faults = Arc::new(Faults::at(seal + 1, Fault::Halt));
    let options = FileStoreOptions::new().segment_bytes(0).faults(faults);
    let dies = FileStore::open_with(folder.path(), &options).expect("the folder can be opened");

    let watched = Watched::open(folder.path(), 1 << 20);
    fill(&dies, 1, 10);
    assert_eq!(segments(&watched.store).len(), 1);
    let journal = read(&open(folder.path())).expect("readable");
    let frame = highwater_store::conformance::record_frame(
        2,
        2,
        10,
        chain_after(&watched.store, &journal).expect("readable"),
    );
    watched.operations();
    assert_eq!(wait(watched.store.append(KEY, 2, frame)), Ok(Append::Appended));
    let operations = watched.operations();
    let made = operations.iter().position(|operation| *operation == Link).expect("a segment");
    assert_eq!(operations[0], SyncData, "{operations:?}");
    assert!(made > 1 && segments(&watched.store).len() == 2);
}

#[test]
fn a_snapshot_is_durable_before_it_has_its_name_and_before_anything_is_trimmed() {
    let folder = folder();
    let watched = Watched::open(folder.path(), 500);
    fill(&watched.store, 30, 100);
    watched.operations();
    put_snapshot(&watched.store, 20);
    assert_eq!(watched.operations(), [Create, WriteTemporary, SyncData, Rename, SyncFolder]);
    put_snapshot(&watched.store, 25);
    watched.operations();
    wait(watched.store.trim(KEY, 30)).expect("trimmed");
    let operations = watched.operations();
    assert_eq!((operations.first(), operations.last()), (Some(&SyncFolder), Some(&SyncFolder)));
    let removed = &operations[1..operations.len() - 1];
    assert!(removed.len() > 3 && removed.iter().all(|operation| *operation == Remove), "{operations:?}");
}

#[test]
fn a_snapshot_of_records_that_others_wrote_waits_for_them() {
    let folder = folder();
    let (one, two) = (open(folder.path()), Watched::open(folder.path(), 1 << 20));
    fill(&one, 3, 10);
    put_snapshot(&two.store, 3);
    let operations = two.operations();
    let made = operations.iter().position(|operation| *operation == Create).expect("a snapshot");
    assert!(operations[..made].contains(&SyncData), "{operations:?}");
}

#[test]
fn beats_are_never_flushed() {
    let folder = folder();
    let watched = Watched::open(folder.path(), 1 << 20);
    for text in ["1", "2", ""] {
        wait(watched.store.beat(KEY, "w", text.into())).expect("stored");
    }
    let operations = watched.operations();
    assert!(!operations.contains(&SyncData) && !operations.contains(&SyncFolder), "{operations:?}");
    assert_eq!(operations.iter().filter(|operation| **operation == Rename).count(), 2);
}
