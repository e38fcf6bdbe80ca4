//! Starting a journal anew: damaged ones, against late writers, and dying at each step.
#![cfg(feature = "faults")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::*;
use highwater_format::Digest;
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Reset, Retained, Store, StoreError};
use highwater_store_file::faults::{Fault, Faults};
use highwater_store_file::{FileStore, FileStoreOptions};

fn read_all(store: &FileStore) -> Retained {
    wait(store.read_all(KEY)).expect("all that is left can be read")
}

fn reset(store: &FileStore, version: u64) -> Result<Reset, StoreError> {
    wait(store.reset(KEY, version, snapshot_frame(version, 30, Digest::ZERO)))
}

fn fill(store: &FileStore, records: u64) {
    for _ in 0..records {
        append_next(store, 1, 40).expect("there is room");
    }
}

fn files(store: &FileStore, part: &str) -> Vec<PathBuf> {
    let folder = store.journal_folder(KEY).expect("a good key");
    let names = fs::read_dir(folder).expect("a journal").flatten().map(|entry| entry.path());
    let mut files: Vec<_> = names.filter(|path| path.to_string_lossy().contains(part)).collect();
    files.sort();
    files
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("a file");
    bytes[at] ^= 0x40;
    fs::write(path, bytes).expect("a file");
}

fn versions(retained: &Retained) -> Vec<u64> {
    retained.records.iter().map(|record| record.version).collect()
}

#[test]
fn damage_in_the_middle_is_named_and_everything_else_is_there() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 9);
    let log = files(&store, "log-").remove(0);
    let frame = 88 + 40;
    flip(&log, fs::metadata(&log).expect("a log").len() as usize - 5 * frame + 90);
    let fresh = open(folder.path());
    assert!(matches!(read(&fresh), Err(StoreError::Corrupt { .. })));
    let retained = read_all(&fresh);
    assert_eq!(versions(&retained), [1, 2, 3, 4, 6, 7, 8, 9]);
    assert_eq!((retained.last_version, retained.damage.len()), (9, 1));
    assert!(retained.damage[0].place.contains("log-"), "{}", retained.damage[0].place);
    assert!(matches!(reset(&fresh, 9), Ok(Reset::Taken)));
    let Ok(Reset::Done { set_aside: Some(place) }) = reset(&fresh, 10) else { panic!("it starts anew") };
    assert!(Path::new(&place).join(log.file_name().expect("a name")).is_file(), "{place}");
    assert_eq!(read(&fresh).expect("a whole journal").head(), 10);
    assert!(read_all(&fresh).damage.is_empty());
}

#[test]
fn every_lost_byte_leaves_what_is_whole_and_can_be_started_anew() {
    let source = folder();
    let store = FileStore::open_with(source.path(), &FileStoreOptions::new().segment_bytes(300));
    let store = store.expect("a folder");
    fill(&store, 6);
    let logs = files(&store, "log-");
    for (index, log) in logs.iter().enumerate() {
        let whole = fs::read(log).expect("a log");
        for kept in (0..whole.len()).step_by(13) {
            fs::write(log, &whole[..kept]).expect("a log");
            let retained = read_all(&open(source.path()));
            assert!(retained.last_version >= versions(&retained).last().copied().unwrap_or(0));
            let said = !retained.damage.is_empty() || versions(&retained) == [1, 2, 3, 4, 5, 6];
            assert!(said || index + 1 == logs.len(), "{} cut at {kept}: {retained:?}", log.display());
        }
        fs::write(log, whole).expect("a log");
    }
    for log in &logs {
        fs::write(log, b"").expect("a log");
    }
    let fresh = open(source.path());
    let retained = read_all(&fresh);
    assert!(retained.records.is_empty() && retained.damage.len() >= logs.len());
    let next = retained.last_version + 1;
    assert!(matches!(reset(&fresh, next), Ok(Reset::Done { set_aside: Some(_) })));
    assert_eq!(append_next(&fresh, 1, 10).expect("it goes on"), (next + 1, Append::Appended));
}

#[test]
fn a_writer_that_read_beyond_what_is_damaged_now_finds_the_stop() {
    let folder = folder();
    let late = open(folder.path());
    fill(&late, 5);
    let log = files(&late, "log-").remove(0);
    // The last record was acknowledged, and is damaged since: the late writer knows more than the disk says.
    flip(&log, fs::metadata(&log).expect("a log").len() as usize - 10);
    let repairer = open(folder.path());
    assert_eq!(read_all(&repairer).last_version, 4);
    assert!(matches!(reset(&repairer, 5), Ok(Reset::Done { .. })));
    let frame = |version| record_frame(version, 1, 10, Digest::ZERO);
    assert_eq!(wait(late.append(KEY, 5, frame(5))).expect("it is told"), Append::Taken);
    assert_eq!(wait(late.append(KEY, 6, frame(6))).expect("of the new journal"), Append::Appended);
    assert_eq!(read(&repairer).expect("whole").head(), 6);
}

#[test]
fn a_late_writer_that_lags_behind_the_damage_is_not_stuck() {
    let folder = folder();
    let (late, other) = (open(folder.path()), open(folder.path()));
    fill(&late, 2);
    fill(&other, 5);
    let log = files(&other, "log-").remove(0);
    flip(&log, fs::metadata(&log).expect("a log").len() as usize - 3 * 128 + 90);
    let frame = record_frame(3, 1, 10, Digest::ZERO);
    assert!(wait(late.append(KEY, 3, frame.clone())).is_err(), "what it would have to read is damaged");
    assert!(matches!(reset(&open(folder.path()), 8), Ok(Reset::Done { .. })));
    assert_eq!(wait(late.append(KEY, 3, frame)).expect("it is told"), Append::Taken);
    assert_eq!(append_next(&late, 1, 10).expect("it goes on"), (9, Append::Appended));
}

#[test]
fn several_resets_keep_several_and_nothing_reads_them() {
    let folder = folder();
    let store = open(folder.path());
    for version in [3, 6, 9] {
        fill(&store, 2);
        assert!(matches!(reset(&store, version), Ok(Reset::Done { set_aside: Some(_) })));
    }
    assert_eq!(files(&store, "aside-").len(), 3);
    wait(store.trim(KEY, 9)).expect("trimmed");
    assert_eq!(files(&store, "aside-").len(), 3);
    let fresh = open(folder.path());
    assert_eq!((read(&fresh).expect("whole").head(), files(&fresh, "log-").len()), (9, 0));
}

/// What a journal is after a reset that may have failed: the old one or the new one.
fn check_old_or_new(path: &Path, told: &Result<Reset, StoreError>, at: usize) {
    let store = open(path);
    let journal = read(&store).unwrap_or_else(|error| panic!("step {at}: {error}"));
    let head = journal.head();
    match told {
        Ok(Reset::Done { .. }) => assert_eq!(head, 6, "step {at}"),
        Ok(Reset::Taken) => panic!("step {at}: nobody else writes"),
        Err(_) => assert!(head == 5 || head == 6, "step {at}: the head is {head}"),
    }
    let expected = if head == 5 { (None, 5) } else { (Some(6), 0) };
    assert_eq!((journal.snapshot.map(|it| it.version), journal.tail.len()), expected, "step {at}");
    if head == 5 {
        // Doing it again finishes it, and going on instead works as well.
        match at % 2 {
            0 => assert!(matches!(reset(&store, 6), Ok(Reset::Done { .. })), "step {at}"),
            _ => assert_eq!(append_next(&store, 2, 40).expect("it goes on"), (6, Append::Appended)),
        }
    }
    assert_eq!(append_next(&store, 2, 40).expect("it goes on"), (7, Append::Appended), "step {at}");
    wait(store.trim(KEY, 0)).expect("trimmed");
    assert!(read_all(&store).damage.is_empty(), "step {at}");
    assert!(files(&store, "reset-").is_empty() || head == 6, "step {at}: something is pending");
}

#[test]
fn a_reset_that_dies_or_fails_at_any_step_leaves_the_old_journal_or_the_new_one() {
    for fault in [Fault::Fail, Fault::Short, Fault::Halt, Fault::HaltHalfway] {
        let mut steps = 0;
        for at in 0.. {
            let folder = folder();
            let small = FileStoreOptions::new().segment_bytes(300);
            fill(&FileStore::open_with(folder.path(), &small).expect("a folder"), 5);
            let faults = Arc::new(Faults::at(at, fault));
            let options = FileStoreOptions::new().faults(Arc::clone(&faults));
            let store = FileStore::open_with(folder.path(), &options).expect("a folder");
            let told = reset(&store, 6);
            check_old_or_new(folder.path(), &told, at);
            if faults.operations().len() <= at {
                steps = at;
                break;
            }
        }
        assert!(steps > 10, "a reset has more steps than {steps}");
    }
}

#[test]
fn a_backup_that_dies_or_fails_at_any_step_is_whole_or_absent() {
    for fault in [Fault::Fail, Fault::Halt] {
        for at in 0.. {
            let folder = folder();
            let faults = Arc::new(Faults::at(at, fault));
            let options = FileStoreOptions::new().faults(Arc::clone(&faults));
            let store = FileStore::open_with(folder.path(), &options).expect("a folder");
            let told = wait(store.put_backup(KEY, "b", vec![7; 5_000]));
            let fresh = open(folder.path());
            let found = wait(fresh.read_backup(KEY, "b")).expect("readable");
            assert!(found.is_none() || found == Some(vec![7; 5_000]), "step {at}");
            assert!(told.is_err() || found.is_some(), "step {at}");
            assert_eq!(wait(fresh.backups(KEY)).expect("readable").len(), usize::from(found.is_some()));
            wait(fresh.put_backup(KEY, "b", vec![7; 5_000])).expect("again");
            if faults.operations().len() <= at {
                break;
            }
        }
    }
}

#[test]
fn what_a_reset_rests_on_is_flushed_before_the_name_that_decides() {
    use highwater_store_file::faults::Operation::{Append, Create, Rename, SyncData, SyncFolder};
    let folder = folder();
    fill(&open(folder.path()), 3);
    let faults = Arc::new(Faults::none());
    let options = FileStoreOptions::new().faults(Arc::clone(&faults));
    let store = FileStore::open_with(folder.path(), &options).expect("a folder");
    assert!(matches!(reset(&store, 4), Ok(Reset::Done { .. })));
    let operations = faults.operations();
    let decided = operations.iter().position(|it| *it == Rename).expect("a rename decides");
    let steps: Vec<_> =
        operations[..decided].iter().filter(|it| matches!(it, Create | Append | SyncData)).copied().collect();
    assert_eq!(steps, [Create, SyncData, Append, SyncData], "snapshot and stop are on the disk");
    let moved = operations.iter().rposition(|it| *it == Rename).expect("the old files are moved");
    assert!(
        moved > decided && operations[decided..moved].contains(&SyncFolder),
        "only then is anything moved"
    );
}

#[test]
fn a_reset_that_dies_or_fails_behind_a_seal_leaves_a_journal_that_goes_on() {
    for fault in [Fault::Fail, Fault::Halt, Fault::HaltHalfway] {
        for at in 0.. {
            let folder = folder();
            let options = FileStoreOptions::new().segment_bytes(0);
            let store = FileStore::open_with(folder.path(), &options).expect("a folder");
            fill(&store, 3);
            let faults = Arc::new(Faults::at(at, fault));
            let dies = FileStore::open_with(folder.path(), &options.faults(Arc::clone(&faults)));
            let told = reset(&dies.expect("a folder"), 9);
            if faults.operations().len() <= at {
                break;
            }
            let case = format!("{fault:?} at {at}: {told:?}");
            let head = read(&open(folder.path())).expect("readable").head();
            assert!(head == 3 || head == 9, "{case}: {head}");
            // One that knew the old journal, and one that knows nothing.
            let next = if at % 2 == 0 { store } else { open(folder.path()) };
            assert_eq!(append_next(&next, 2, 40), Ok((head + 1, Append::Appended)), "{case}");
            assert_eq!(append_next(&next, 2, 40), Ok((head + 2, Append::Appended)), "{case}");
            assert!(matches!(reset(&next, head + 3), Ok(Reset::Done { .. })), "{case}");
            assert_eq!(append_next(&next, 2, 40), Ok((head + 4, Append::Appended)), "{case}");
        }
    }
}

#[test]
fn a_reset_that_died_behind_a_segment_of_an_earlier_version_without_a_record_can_be_done_again() {
    use highwater_format::{SegmentHeader, SegmentKind};
    let mut stuck = 0;
    for at in 0..30 {
        let folder = folder();
        let options = FileStoreOptions::new().segment_bytes(0);
        let store = FileStore::open_with(folder.path(), &options).expect("a folder");
        fill(&store, 3);
        let header =
            SegmentHeader { first_version: 4, kind: SegmentKind::Shared }.encode().expect("a header");
        let last = files(&store, "log-").remove(0).with_file_name("log-00000000000000000004.hwl");
        fs::write(last, header).expect("a segment");
        let faults = Arc::new(Faults::at(at, Fault::Halt));
        let dies = FileStore::open_with(folder.path(), &options.faults(faults)).expect("a folder");
        let told = reset(&dies, 9);
        let next = open(folder.path());
        let head = read(&next).expect("readable").head();
        assert!(head == 3 || head == 9, "step {at}: {told:?}");
        match append_next(&next, 2, 40) {
            Ok(appended) => assert_eq!(appended, (head + 1, Append::Appended), "step {at}"),
            Err(StoreError::Unavailable { message, may_have_happened: false }) => {
                assert!(head == 3 && message.contains("anew once more"), "step {at}: {message}");
                stuck += 1;
            }
            Err(error) => panic!("step {at}: {error}"),
        }
        assert!(matches!(reset(&next, 11), Ok(Reset::Done { .. })), "step {at}: {told:?}");
        assert_eq!(append_next(&next, 2, 40), Ok((12, Append::Appended)), "step {at}");
    }
    assert!(stuck > 0, "it says what to do");
}
