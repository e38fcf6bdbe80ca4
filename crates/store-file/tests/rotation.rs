//! A segment is made with the record in it that it begins with: what others do at each moment of that, and what is left when
//! the process dies there.
#![cfg(feature = "faults")]

mod common;

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::*;
use highwater_format::{Digest, SegmentHeader, frame_digest};
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Reset, Store, StoreError, Tail};
use highwater_store_file::faults::{Event, Fault, Faults, Operation};
use highwater_store_file::{FileStore, FileStoreOptions};

/// Each record ends its segment.
fn open_sealing(path: &Path) -> FileStore {
    FileStore::open_with(path, &FileStoreOptions::new().segment_bytes(0)).expect("the folder can be opened")
}

/// Each record ends its segment, and each file operation meets the faults.
fn open_with(path: &Path, faults: Faults) -> FileStore {
    let options = FileStoreOptions::new().segment_bytes(0).faults(Arc::new(faults));
    FileStore::open_with(path, &options).expect("the folder can be opened")
}

/// Calls `act` at the event with this number, from 0 on. The number says afterwards whether there was one.
fn at_event(at: usize, act: impl Fn() + Send + Sync + 'static) -> (Faults, Arc<AtomicUsize>) {
    let events = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&events);
    let observer = move |_: Event<'_>| {
        if counted.fetch_add(1, Ordering::Relaxed) == at {
            act();
        }
    };
    (Faults::none().observed_by(Box::new(observer)), events)
}

/// The journals that the cases begin with, and the version that comes next.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// Nobody wrote anything.
    Nothing,
    /// The last segment is sealed.
    Sealed,
    /// It was started anew, and nothing was appended since.
    Started,
    /// The last segment goes on.
    Open,
}

const BEFORE: [Before; 4] = [Before::Nothing, Before::Sealed, Before::Started, Before::Open];

impl Before {
    /// Prepares the folder; the next version, and the digest that it carries.
    fn prepare(self, path: &Path) -> (u64, Digest) {
        let store = match self {
            Before::Nothing => return (1, Digest::ZERO),
            Before::Open => open(path),
            Before::Sealed | Before::Started => open_sealing(path),
        };
        let head = fill(&store, 3, 10);
        if let Before::Started = self {
            assert!(matches!(reset(&store, head + 1), Ok(Reset::Done { .. })));
            return (head + 2, Digest::ZERO);
        }
        (head + 1, chain_after(&store, &read(&store).expect("readable")).expect("readable"))
    }
}

fn reset(store: &FileStore, version: u64) -> Result<Reset, StoreError> {
    wait(store.reset(KEY, version, snapshot_frame(version, 30, Digest::ZERO)))
}

fn append(store: &FileStore, version: u64, writer: u8, chain: Digest) -> Result<Append, StoreError> {
    wait(store.append(KEY, version, record_frame(version, writer, 10, chain)))
}

/// Who has the version: the writer of the record there, or `None` for a reset.
fn winner(path: &Path, version: u64, case: &str) -> Option<u8> {
    let store = open(path);
    let journal = read(&store).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert!(journal.head() >= version, "{case}: nobody has version {version}");
    let (next, outcome) = append_next(&store, 9, 10).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!((next, outcome), (journal.head() + 1, Append::Appended), "{case}");
    let record = journal.tail.iter().find(|record| record.version == version);
    record.map(|record| highwater_format::decode_frame(&record.bytes).expect("a record").0.writer.0[0])
}

/// Lets somebody do `inner` at each event of `outer`. Both give who has the version if they succeeded, and exactly one does.
fn one_wins<I, O>(outer: O, inner: I)
where
    I: Fn(&Path, u64, Digest) -> Option<Option<u8>> + Copy + Send + Sync + 'static,
    O: Fn(&FileStore, u64, Digest) -> Option<Option<u8>>,
{
    for before in BEFORE {
        for at in 0.. {
            let folder = folder();
            let (version, chain) = before.prepare(folder.path());
            let root = folder.path().to_owned();
            let told = Arc::new(std::sync::Mutex::new(None));
            let telling = Arc::clone(&told);
            let (faults, events) = at_event(at, move || {
                *telling.lock().expect("one thread") = inner(&root, version, chain);
            });
            let outer = outer(&open_with(folder.path(), faults), version, chain);
            let inner = *told.lock().expect("one thread");
            let case = format!("{before:?}, at {at}: the outer got {outer:?}, the inner {inner:?}");
            if events.load(Ordering::Relaxed) <= at {
                assert!(at > 8, "{case}: few events");
                break;
            }
            let won = winner(folder.path(), version, &case);
            let retained = wait(open(folder.path()).read_all(KEY)).expect("readable");
            assert!(retained.damage.is_empty(), "{case}: {:?}", retained.damage);
            match (outer, inner) {
                (Some(who), None) | (None, Some(who)) => assert_eq!(won, who, "{case}"),
                _ => panic!("{case}: {won:?} has it"),
            }
        }
    }
}

fn appends(store: &FileStore, version: u64, writer: u8, chain: Digest) -> Option<Option<u8>> {
    match append(store, version, writer, chain) {
        Ok(Append::Appended) => Some(Some(writer)),
        Ok(Append::Taken) => None,
        Err(error) => panic!("append: {error}"),
    }
}

fn resets(store: &FileStore, version: u64) -> Option<Option<u8>> {
    match reset(store, version) {
        Ok(Reset::Done { .. }) => Some(None),
        Ok(Reset::Taken) => None,
        Err(error) => panic!("reset: {error}"),
    }
}

#[test]
fn of_two_writers_one_makes_the_segment() {
    one_wins(
        |store, version, chain| appends(store, version, 1, chain),
        |path, version, chain| appends(&open_sealing(path), version, 2, chain),
    );
}

#[test]
fn a_journal_that_is_started_anew_while_a_segment_is_made() {
    one_wins(
        |store, version, chain| appends(store, version, 1, chain),
        |path, version, _| resets(&open_sealing(path), version),
    );
}

#[test]
fn a_segment_that_is_made_while_the_journal_is_started_anew() {
    one_wins(
        |store, version, _| resets(store, version),
        |path, version, chain| appends(&open_sealing(path), version, 2, chain),
    );
}

/// What a late writer is told when others have gone on, with snapshots and trims, at each moment of its append.
#[test]
fn a_segment_that_was_made_and_trimmed_by_others_is_not_made_again() {
    for (before, size) in [(Before::Nothing, 0), (Before::Sealed, 0), (Before::Sealed, 900)] {
        for at in 0.. {
            let folder = folder();
            let (version, chain) = before.prepare(folder.path());
            let root = folder.path().to_owned();
            let (faults, events) = at_event(at, move || {
                let options = FileStoreOptions::new().segment_bytes(size);
                let other = FileStore::open_with(&root, &options).expect("the folder can be opened");
                for _ in 0..3 {
                    let head = fill(&other, 7, 60);
                    put_snapshot(&other, head - 1);
                    put_snapshot(&other, head);
                    wait(other.trim(KEY, head)).expect("trimmed");
                }
            });
            let store = open_with(folder.path(), faults);
            let told = append(&store, version, 1, chain).expect("it is told");
            if events.load(Ordering::Relaxed) <= at {
                break;
            }
            let case = format!("{before:?}, {size}, at {at}: {told:?}");
            let head = version - 1 + 21 + u64::from(told == Append::Appended);
            for store in [&store, &open(folder.path())] {
                assert_eq!(read(store).expect("readable").head(), head, "{case}");
                for from in 1..=head {
                    match read_from(store, from) {
                        Ok(Tail::Trimmed { floor }) => assert!(floor > from, "{case}"),
                        Ok(Tail::Records { records, .. }) => assert_eq!(records[0].version, from, "{case}"),
                        Err(error) => panic!("{case}: from {from}: {error}"),
                    }
                }
            }
            let retained = wait(store.read_all(KEY)).expect("readable");
            assert!(retained.damage.is_empty(), "{case}: something is left over: {:?}", retained.damage);
            assert_eq!(append_next(&store, 1, 10), Ok((head + 1, Append::Appended)), "{case}");
        }
    }
}

/// The number of the operation that gives a segment its name.
fn link_of(before: Before) -> usize {
    let folder = folder();
    let (version, chain) = before.prepare(folder.path());
    let faults = Arc::new(Faults::none());
    let options = FileStoreOptions::new().segment_bytes(0).faults(Arc::clone(&faults));
    let store = FileStore::open_with(folder.path(), &options).expect("the folder can be opened");
    assert_eq!(append(&store, version, 1, chain), Ok(Append::Appended));
    faults.operations().iter().position(|operation| *operation == Operation::Link).expect("a segment is made")
}

/// A writer dies when it has given a segment its name, and before it has looked whether that counts, at each moment of a reset,
/// and somebody reads. What was read stays, whoever wins.
#[test]
fn what_a_reader_saw_of_a_segment_while_a_reset_was_pending_stays() {
    for before in [Before::Nothing, Before::Sealed, Before::Started] {
        let link = link_of(before);
        let (mut wins, mut at) = ([0, 0], 0);
        loop {
            let folder = folder();
            let (version, chain) = before.prepare(folder.path());
            let root = folder.path().to_owned();
            let seen = Arc::new(AtomicBool::new(false));
            let saw = Arc::clone(&seen);
            let (faults, events) = at_event(at, move || {
                let dies = open_with(&root, Faults::at(link + 1, Fault::Halt));
                let told = append(&dies, version, 1, chain);
                assert!(!matches!(told, Ok(Append::Appended)), "it died before it could know");
                // One of two readers, which have nothing in common but the folder.
                let sees = match at % 2 {
                    0 => read(&open(&root)).is_ok_and(|journal| {
                        journal.tail.last().is_some_and(|record| record.version == version)
                    }),
                    _ => wait(open(&root).read_all(KEY)).is_ok_and(|retained| {
                        retained.records.last().is_some_and(|record| record.version == version)
                    }),
                };
                saw.store(sees, Ordering::Relaxed);
            });
            let told = resets(&open_with(folder.path(), faults), version);
            if events.load(Ordering::Relaxed) <= at {
                break;
            }
            let case = format!("{before:?}, at {at}: {told:?}, seen: {seen:?}");
            let won = winner(folder.path(), version, &case);
            assert_eq!(told.is_some(), won.is_none(), "{case}");
            assert!(won == Some(1) || !seen.load(Ordering::Relaxed), "{case}: what was read is gone");
            wins[usize::from(told.is_some())] += 1;
            at += 1;
        }
        assert!(wins.iter().all(|wins| *wins > 0), "{before:?}: {wins:?}");
    }
}

/// A writer dies at each step, and the journal goes on, or is started anew.
#[test]
fn a_writer_that_dies_while_it_makes_a_segment_leaves_all_or_nothing() {
    for (before, fault) in BEFORE
        .iter()
        .flat_map(|before| [Fault::Fail, Fault::Halt, Fault::HaltHalfway].map(|it| (*before, it)))
    {
        for at in 0.. {
            let folder = folder();
            let (version, chain) = before.prepare(folder.path());
            let faults = Arc::new(Faults::at(at, fault));
            let options = FileStoreOptions::new().segment_bytes(0).faults(Arc::clone(&faults));
            let store = FileStore::open_with(folder.path(), &options).expect("the folder can be opened");
            let told = append(&store, version, 1, chain);
            if faults.operations().len() <= at {
                break;
            }
            let case = format!("{before:?}, {fault:?} at {at}: {told:?}");
            let is_there = read(&open(folder.path())).expect("readable").head() == version;
            let may_be = match &told {
                Ok(outcome) => *outcome == Append::Appended,
                Err(StoreError::Unavailable { may_have_happened, .. }) => *may_have_happened,
                Err(error) => panic!("{case}: {error:?}"),
            };
            assert!(may_be || !is_there, "{case}: it was said that it did not happen");
            assert!(told.is_err() || is_there, "{case}: it was acknowledged");
            let next = version + u64::from(is_there);
            match at % 2 {
                0 => assert!(matches!(reset(&open(folder.path()), next), Ok(Reset::Done { .. })), "{case}"),
                _ => assert_eq!(
                    append_next(&open(folder.path()), 2, 10),
                    Ok((next, Append::Appended)),
                    "{case}"
                ),
            }
            if let Fault::Fail = fault {
                assert_eq!(append(&store, version, 1, chain), Ok(Append::Taken), "{case}");
            }
            winner(folder.path(), next, &case);
        }
    }
}

/// There is no moment at which somebody could find a segment without a record.
#[test]
fn no_segment_is_ever_without_a_record() {
    let folder = folder();
    let root = folder.path().to_owned();
    let looks = Arc::new(AtomicUsize::new(0));
    let looked = Arc::clone(&looks);
    let look = move |_: Event<'_>| {
        for (path, bytes) in contents(&root) {
            if path.extension().is_some_and(|extension| extension == "hwl") {
                let (_, header) = SegmentHeader::decode_first(&bytes).expect("a header");
                let first =
                    highwater_format::scan::salvage(&bytes, u64::MAX).expect("readable").records.remove(0);
                assert_eq!(first.offset, header as u64, "{}", path.display());
                looked.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let store = open_with(folder.path(), Faults::none().observed_by(Box::new(look)));
    let head = fill(&store, 5, 10);
    assert!(matches!(reset(&store, head + 1), Ok(Reset::Done { .. })));
    let head = fill(&store, 5, 10);
    assert_eq!((head, segments(&store).len()), (11, 5));
    assert!(looks.load(Ordering::Relaxed) > 100);
}

/// After a flush of the folder that failed, the outcome is unknown, and the folder is flushed before anybody goes on.
#[test]
fn a_name_that_could_not_be_flushed_is_flushed_before_anything_is_built_on_it() {
    for (index, before) in [Before::Nothing, Before::Sealed].into_iter().enumerate() {
        let folder = folder();
        let (version, chain) = before.prepare(folder.path());
        let flush = link_of(before) + 2;
        let faults = Arc::new(Faults::at(flush, Fault::Fail));
        let options = FileStoreOptions::new().segment_bytes(0).faults(Arc::clone(&faults));
        let store = FileStore::open_with(folder.path(), &options).expect("the folder can be opened");
        let told = append(&store, version, 1, chain);
        assert_eq!(faults.operations().last(), Some(&Operation::SyncFolder));
        assert!(matches!(told, Err(StoreError::Unavailable { may_have_happened: true, .. })), "{told:?}");
        let done = RefCell::new(faults.operations().len());
        let since = || faults.operations().split_off(done.replace(faults.operations().len()));
        match index {
            0 => assert_eq!(read(&store).expect("readable").head(), version),
            _ => assert_eq!(append(&store, version, 1, chain), Ok(Append::Taken)),
        }
        let digest = frame_digest(&record_frame(version, 1, 10, chain));
        assert_eq!(append(&store, version + 1, 1, digest), Ok(Append::Appended));
        let operations = since();
        let flushed = operations.iter().position(|it| *it == Operation::SyncFolder).expect("a flush");
        let built = operations.iter().position(|it| matches!(it, Operation::Append | Operation::Link));
        assert!(built.is_some_and(|built| flushed < built), "{operations:?}");
    }
}
