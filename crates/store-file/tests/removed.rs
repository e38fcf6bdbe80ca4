//! The folder is removed under a writer, at each moment: nothing is acknowledged from then on, and nothing is left that
//! makes a new journal in its place unreadable.
#![cfg(feature = "faults")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::*;
use highwater_format::{Digest, frame_digest};
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Store, StoreError};
use highwater_store_file::faults::Faults;
use highwater_store_file::{FileStore, FileStoreOptions};

const APPENDS: u64 = 16;
/// Small enough for several rotations.
const SMALL: u64 = 500;
/// Large enough for none.
const LARGE: u64 = 1_000_000;

/// What stands in the place of the folder at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    /// A beat of another process makes the folders again.
    Beat,
    /// Another process, which knows nothing of it, begins.
    NewJournal,
}

fn remove(root: &Path, then: Then) {
    fs::remove_dir_all(root).expect("the folder can be removed");
    let other = open(root);
    match then {
        Then::Nothing => {}
        Then::Beat => wait(other.beat(KEY, "other", vec![1; 9])).expect("a beat is written"),
        Then::NewJournal => assert_eq!(fill(&other, 2, 50), 2),
    }
}

/// Appends, with snapshots and perhaps trims, until something fails. How many were acknowledged, and what it was told.
fn work(store: &FileStore, acknowledged: &AtomicUsize, trims: bool) -> Option<StoreError> {
    let mut chain = Digest::ZERO;
    for version in 1..=APPENDS {
        let frame = record_frame(version, 1, 100, chain);
        chain = frame_digest(&frame);
        match wait(store.append(KEY, version, frame)) {
            Ok(Append::Appended) => acknowledged.fetch_add(1, Ordering::Relaxed),
            Ok(Append::Taken) => panic!("nobody else has version {version}"),
            Err(error) => return Some(error),
        };
        if version % 5 == 0 {
            let snapshot = snapshot_frame(version, 50, chain);
            let put = wait(store.put_snapshot(KEY, version, snapshot));
            let trimmed = put.and_then(|()| if trims { wait(store.trim(KEY, version)) } else { Ok(()) });
            if let Err(error) = trimmed {
                return Some(error);
            }
        }
    }
    None
}

/// Removes the folder at the event `at`, once a record was acknowledged. Whether there is such an event.
fn removed_at(at: usize, then: Then, segment_bytes: u64) -> bool {
    let folder = folder();
    let root = folder.path().join("state");
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let (events, before) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(usize::MAX)));
    let observer = {
        let (root, acknowledged, before) = (root.clone(), Arc::clone(&acknowledged), Arc::clone(&before));
        move |_: highwater_store_file::faults::Event<'_>| {
            let so_far = acknowledged.load(Ordering::Relaxed);
            if so_far > 0 && events.fetch_add(1, Ordering::Relaxed) == at {
                before.store(so_far, Ordering::Relaxed);
                remove(&root, then);
            }
        }
    };
    let faults = Arc::new(Faults::none().observed_by(Box::new(observer)));
    let options = FileStoreOptions::new().segment_bytes(segment_bytes).faults(faults);
    let store = FileStore::open_with(&root, &options).expect("opening makes nothing");
    // A trim that has begun removes files by their names, also when another journal has them since this very moment.
    let told = work(&store, &acknowledged, then != Then::NewJournal);
    let before = before.load(Ordering::Relaxed);
    if before == usize::MAX {
        return false;
    }
    let case = format!("removed at {at}, then {then:?}, told {told:?}");
    let after = acknowledged.load(Ordering::Relaxed);
    // Steps that follow an acknowledgement fail in silence, and then the last one is all that happens.
    assert!(told.is_some() || after as u64 == APPENDS, "{case}: it went on");
    // A segment is ended when its last record is durable and could be read, but before that is acknowledged.
    let most = before + usize::from(segment_bytes == SMALL);
    assert!((before..=most).contains(&after), "{case}: {before} acknowledged before, {after} after all");
    check_left(&root, then, &case);
    // It does not forget what it knew of, and begin from nothing.
    let frame = record_frame(1, 1, 100, Digest::ZERO);
    if then != Then::NewJournal {
        assert!(read(&store).is_err(), "{case}: taken for a new journal");
        assert!(wait(store.append(KEY, 1, frame)).is_err(), "{case}: began anew");
    } else if before > 2 {
        assert!(wait(store.append(KEY, 3, frame)).is_err(), "{case}: went on with another journal");
    }
    true
}

/// What a store finds that is opened afterwards.
fn check_left(root: &Path, then: Then, case: &str) {
    let found = read(&open(root)).unwrap_or_else(|error| panic!("{case}: {error}"));
    let expected = if then == Then::NewJournal { vec![1, 2] } else { Vec::new() };
    assert_eq!((found.snapshot, versions_of(&found.tail)), (None, expected), "{case}");
}

fn versions_of(records: &[highwater_store::Versioned]) -> Vec<u64> {
    records.iter().map(|record| record.version).collect()
}

#[test]
fn a_folder_that_is_removed_at_any_moment_is_noticed() {
    for then in [Then::Nothing, Then::Beat, Then::NewJournal] {
        for (segment_bytes, least) in [(SMALL, 100), (LARGE, 50)] {
            let moments = (0..).take_while(|at| removed_at(*at, then, segment_bytes)).count();
            assert!(moments > least, "{then:?}: {moments} moments");
        }
    }
}
