//! Each file operation of a workload fails once, in each way: nothing acknowledged is lost, nothing that certainly did
//! not happen turns up, and the journal goes on.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use common::*;
use highwater_format::{Digest, frame_digest};
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Journal, Store, StoreError};
use highwater_store_file::faults::{Fault, Faults, Operation};
use highwater_store_file::{FileStore, FileStoreOptions};

/// What the workload was told.
#[derive(Default)]
struct Told {
    acknowledged: BTreeMap<u64, Vec<u8>>,
    /// Frames that certainly are not in the journal.
    never: Vec<Vec<u8>>,
    /// Snapshots that are stored, and those that may be.
    snapshots: Vec<u64>,
    errors: usize,
}

fn open_faulty(path: &Path, faults: &Arc<Faults>) -> FileStore {
    let options = FileStoreOptions::new().segment_bytes(700).faults(Arc::clone(faults));
    FileStore::open_with(path, &options).expect("opening changes nothing, so nothing fails")
}

/// Appends, rotates, stores snapshots and trims; after an error it reads back and goes on, as an engine does.
fn work(store: &FileStore, told: &mut Told) {
    let (mut head, mut chain) = (0, Digest::ZERO);
    for round in 0..24_u8 {
        match append_after(store, told, head, chain, round) {
            Some((version, digest)) => (head, chain) = (version, digest),
            None => match read(store) {
                Ok(journal) => {
                    head = journal.head();
                    chain = chain_after(store, &journal).unwrap_or(chain);
                }
                Err(_) => told.errors += 1,
            },
        }
        if round % 6 == 5 && head > 0 {
            let snapshot = snapshot_frame(head, 50, chain);
            match wait(store.put_snapshot(KEY, head, snapshot)) {
                Ok(()) => told.snapshots.push(head),
                Err(_) => told.errors += 1,
            }
            told.errors += usize::from(wait(store.trim(KEY, head)).is_err());
            told.errors += usize::from(wait(store.beat(KEY, "w", vec![round])).is_err());
        }
    }
}

/// One append; what was won, or `None` when the journal has to be read.
fn append_after(
    store: &FileStore,
    told: &mut Told,
    head: u64,
    chain: Digest,
    round: u8,
) -> Option<(u64, Digest)> {
    let frame = record_frame(head + 1, round + 1, 100, chain);
    match wait(store.append(KEY, head + 1, frame.clone())) {
        Ok(Append::Appended) => {
            let digest = frame_digest(&frame);
            assert!(told.acknowledged.insert(head + 1, frame).is_none(), "version {} won twice", head + 1);
            return Some((head + 1, digest));
        }
        Ok(Append::Taken) => {}
        Err(StoreError::Unavailable { may_have_happened, .. }) => {
            told.errors += 1;
            if !may_have_happened {
                told.never.push(frame);
            }
        }
        Err(error) => panic!("an I/O error is reported as {error:?}"),
    }
    None
}

/// What a store that is opened afterwards must find.
fn check(path: &Path, told: &Told, case: &str) {
    let store =
        FileStore::open_with(path, &FileStoreOptions::new().segment_bytes(700)).expect("it can be opened");
    let journal: Journal = read(&store).unwrap_or_else(|error| panic!("{case}: {error}"));
    let snapshot = journal.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
    let stored = told.snapshots.last().copied().unwrap_or(0);
    assert!(snapshot >= stored, "{case}: the snapshot at {stored} is lost");
    for (version, frame) in told.acknowledged.range(snapshot + 1..) {
        let found = journal.tail.iter().find(|record| record.version == *version);
        assert_eq!(
            found.map(|record| &record.bytes),
            Some(frame),
            "{case}: version {version} was acknowledged"
        );
    }
    let last = told.acknowledged.keys().last().copied().unwrap_or(0);
    assert!(journal.head() >= last, "{case}: {last} was acknowledged, and the head is {}", journal.head());
    for frame in &told.never {
        assert!(
            !journal.tail.iter().any(|record| record.bytes == *frame),
            "{case}: what cannot have happened did"
        );
    }
    let (version, outcome) = append_next(&store, 200, 10).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!((version, outcome), (journal.head() + 1, Append::Appended), "{case}");
}

/// The operations of the workload when nothing fails.
fn undisturbed() -> Vec<Operation> {
    let folder = folder();
    let faults = Arc::new(Faults::none());
    let mut told = Told::default();
    work(&open_faulty(folder.path(), &faults), &mut told);
    assert_eq!((told.acknowledged.len(), told.snapshots.len(), told.errors), (24, 4, 0));
    check(folder.path(), &told, "undisturbed");
    faults.operations()
}

fn each_operation_meets(fault: Fault) {
    let operations = undisturbed();
    for operation in [
        Operation::Append,
        Operation::SyncData,
        Operation::SyncFolder,
        Operation::Link,
        Operation::Rename,
        Operation::Remove,
    ] {
        assert!(operations.contains(&operation), "the workload has no {operation:?}");
    }
    for (at, operation) in operations.iter().enumerate() {
        let folder = folder();
        let faults = Arc::new(Faults::at(at, fault));
        let mut told = Told::default();
        let store = open_faulty(folder.path(), &faults);
        work(&store, &mut told);
        drop(store);
        let case = format!("{fault:?} at operation {at}, {operation:?}");
        check(folder.path(), &told, &case);
        // The removal of a temporary file and what belongs to a rotation fail silently, and harmlessly.
        if matches!(fault, Fault::Fail) && *operation == Operation::Append {
            assert!(told.errors + told.acknowledged.len() >= 24, "{case}: an error was swallowed");
        }
    }
}

#[test]
fn an_error_at_each_operation() {
    each_operation_meets(Fault::Fail);
}

#[test]
fn a_short_write_at_each_operation() {
    each_operation_meets(Fault::Short);
}

#[test]
fn a_kill_before_each_operation() {
    each_operation_meets(Fault::Halt);
}

#[test]
fn a_kill_halfway_through_each_operation() {
    each_operation_meets(Fault::HaltHalfway);
}

#[test]
fn after_a_failed_flush_the_outcome_is_unknown_and_nothing_is_trusted_before_it_is_written_again() {
    let folder = folder();
    // Three records, then the flush of the fourth fails: find its number by counting once without a fault.
    let counting = Arc::new(Faults::none());
    let scratch = common::folder();
    fill(&open_faulty(scratch.path(), &counting), 3, 50);
    let at = counting.operations().len() + 1;

    let faults = Arc::new(Faults::at(at, Fault::Fail));
    let store = open_faulty(folder.path(), &faults);
    fill(&store, 3, 50);
    let journal = read(&store).expect("readable");
    let frame = record_frame(4, 1, 50, frame_digest(&journal.tail[2].bytes));
    let outcome = wait(store.append(KEY, 4, frame.clone()));
    assert!(matches!(outcome, Err(StoreError::Unavailable { may_have_happened: true, .. })), "{outcome:?}");
    assert_eq!(faults.operations().last(), Some(&Operation::SyncData));

    // Not one flush of the same clean pages, but the bytes again and then a flush, before an answer.
    let before = faults.operations().len();
    let journal = read(&store).expect("readable");
    assert_eq!(faults.operations()[before..before + 2], [Operation::Rewrite, Operation::SyncData]);
    assert_eq!(journal.tail.last().map(|record| &record.bytes), Some(&frame));
    assert_eq!(wait(store.append(KEY, 4, frame)), Ok(Append::Taken));
    assert_eq!(append_next(&store, 1, 5), Ok((5, Append::Appended)));
}

#[test]
fn while_flushes_fail_nothing_is_acknowledged() {
    let folder = folder();
    let counting = Arc::new(Faults::none());
    let scratch = common::folder();
    fill(&open_faulty(scratch.path(), &counting), 2, 50);
    let faults = Arc::new(Faults::at(counting.operations().len() + 1, Fault::Halt));
    let store = open_faulty(folder.path(), &faults);
    fill(&store, 2, 50);
    for _ in 0..5 {
        assert!(append_next(&store, 1, 50).is_err());
        assert!(read(&store).is_err(), "what may not be on the disk was handed out");
    }
    assert_eq!(versions(&read(&open(folder.path())).expect("readable"))[..2], [1, 2]);
}

#[test]
fn one_writer_pays_one_flush_for_each_commit() {
    let folder = folder();
    let faults = Arc::new(Faults::none());
    let options = FileStoreOptions::new().faults(Arc::clone(&faults));
    let store = FileStore::open_with(folder.path(), &options).expect("it can be opened");
    fill(&store, 1, 100);
    let (before, commits) = (faults.flushes(), 5_000);
    fill(&store, commits, 2_000);
    let flushes = faults.flushes() - before;
    assert!(segments(&store).len() > 1, "the log was rotated");
    let ratio = flushes as f64 / commits as f64;
    assert!((1.0..=1.01).contains(&ratio), "{ratio} flushes a commit");
}
