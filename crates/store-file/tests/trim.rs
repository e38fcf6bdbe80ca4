//! Rotation, snapshots and trimming, and writers that come too late.

mod common;

use std::fs;

use common::*;
use highwater_format::{Digest, SegmentHeader, SegmentKind};
use highwater_store::conformance::record_frame;
use highwater_store::{Append, Store, Tail};
use highwater_store_file::faults::{Event, Faults};
use highwater_store_file::{FileStore, FileStoreOptions};

fn trim(store: &FileStore, up_to: u64) {
    wait(store.trim(KEY, up_to)).expect("trimmed");
}

#[test]
fn a_log_is_rotated_and_trimmed_to_what_two_snapshots_do_not_cover() {
    let folder = folder();
    let store = open_small(folder.path());
    fill(&store, 100, 100);
    let all = segments(&store);
    assert!(all.len() > 8, "{}", all.len());
    put_snapshot(&store, 90);
    trim(&store, 90);
    assert_eq!(segments(&store), all, "one snapshot alone drops nothing");
    put_snapshot(&store, 40);
    put_snapshot(&store, 95);
    assert_eq!(files(&store, ".hws").len(), 2, "two snapshots are kept");
    trim(&store, 60);
    let kept = segments(&store);
    assert!(kept.len() < all.len() && all.ends_with(&kept));
    let first = kept[0].file_name().and_then(|name| name.to_str()).expect("a name")[4..24]
        .parse::<u64>()
        .expect("digits");
    assert!(first <= 61, "the segment with version 61 is kept");
    assert_eq!(read_from(&store, first - 1), Ok(Tail::Trimmed { floor: first }));
    assert_eq!(read_from(&open_small(folder.path()), 1), Ok(Tail::Trimmed { floor: first }));
    assert!(
        matches!(read_from(&store, first), Ok(Tail::Records { records, .. }) if records.len() as u64 == 101 - first)
    );
    trim(&store, u64::MAX);
    assert!(segments(&store).len() < kept.len());
    assert_eq!(versions(&read(&store).expect("readable")), [96, 97, 98, 99, 100]);
}

#[test]
fn a_writer_that_holds_an_unlinked_segment_learns_that_it_lost() {
    let folder = folder();
    let late = open_small(folder.path());
    fill(&late, 5, 100);
    let chain = chain_after(&late, &read(&late).expect("readable")).expect("readable");
    let other = open_small(folder.path());
    fill(&other, 95, 100);
    put_snapshot(&other, 90);
    put_snapshot(&other, 100);
    trim(&other, 100);
    assert!(
        !segments(&other)[0].ends_with("log-00000000000000000001.hwl"),
        "the late writer's segment is gone"
    );

    // It still has the file open, and all that it knows says that version 6 is next.
    assert_eq!(wait(late.append(KEY, 6, record_frame(6, 9, 10, chain))), Ok(Append::Taken));
    assert_eq!(append_next(&late, 9, 10), Ok((101, Append::Appended)));
    assert_eq!(read(&other).expect("readable").head(), 101);
}

/// What a late process makes again of a trimmed segment: nothing but a header, as an earlier version did, or with a record.
fn made_again(with_record: bool) -> Vec<u8> {
    let header = SegmentHeader { first_version: 1, kind: SegmentKind::Shared };
    let mut bytes = header.encode().expect("a header");
    if with_record {
        bytes.extend(record_frame(1, 7, 10, Digest::ZERO));
    }
    bytes
}

#[test]
fn a_segment_that_a_late_process_made_again_harms_nobody() {
    for (segment_bytes, with_record) in [(2048, false), (2048, true), (0, true)] {
        let folder = folder();
        let options = FileStoreOptions::new().segment_bytes(segment_bytes);
        let open_such = || FileStore::open_with(folder.path(), &options).expect("the folder can be opened");
        let store = open_such();
        fill(&store, 100, 100);
        put_snapshot(&store, 90);
        put_snapshot(&store, 100);
        trim(&store, 100);
        let oldest = segments(&store).remove(0);
        let left_over = oldest.with_file_name("log-00000000000000000001.hwl");
        fs::write(&left_over, made_again(with_record)).expect("the file can be written");

        for store in [store, open_such()] {
            let journal = read(&store).expect("readable");
            assert_eq!(journal.snapshot.map(|snapshot| snapshot.version), Some(100));
            assert!(matches!(read_from(&store, 1), Ok(Tail::Trimmed { floor }) if floor > 1));
            assert_eq!(wait(store.append(KEY, 1, record_frame(1, 9, 10, Digest::ZERO))), Ok(Append::Taken));
            assert!(matches!(append_next(&store, 9, 10), Ok((_, Append::Appended))));
            trim(&store, 100);
            assert!(!left_over.exists(), "the next trim removes it");
        }
    }
}

#[test]
fn a_segment_of_one_record_that_was_made_again_before_the_next_is_no_hole() {
    let folder = folder();
    let options = FileStoreOptions::new().segment_bytes(0);
    let store = FileStore::open_with(folder.path(), &options).expect("the folder can be opened");
    fill(&store, 3, 10);
    put_snapshot(&store, 1);
    put_snapshot(&store, 2);
    trim(&store, 3);
    let left_over = segments(&store)[0].with_file_name("log-00000000000000000001.hwl");
    fs::write(left_over, made_again(true)).expect("the file can be written");
    for store in [&store, &open(folder.path())] {
        assert_eq!(read_from(store, 1), Ok(Tail::Trimmed { floor: 2 }));
        assert!(matches!(read_from(store, 2), Ok(Tail::Records { records, .. }) if records.len() == 2));
    }
}

/// A store that is held up right after its first listing of the folder: meanwhile the log that it saw is rotated and
/// trimmed, and a third process, just as late, makes the name of the trimmed segment again.
fn open_late(path: &std::path::Path, with_record: bool) -> FileStore {
    let (root, late) = (path.to_owned(), std::sync::atomic::AtomicBool::new(true));
    let overtake = move |event: Event<'_>| {
        if !matches!(event, Event::Listed(_)) || !late.swap(false, std::sync::atomic::Ordering::AcqRel) {
            return;
        }
        let other = open_small(&root);
        let head = fill(&other, 60, 100);
        put_snapshot(&other, head - 1);
        put_snapshot(&other, head);
        trim(&other, head);
        let oldest = segments(&other).remove(0);
        let left_over = oldest.with_file_name("log-00000000000000000001.hwl");
        assert!(!left_over.exists());
        fs::write(left_over, made_again(with_record)).expect("the file can be written");
    };
    let faults = std::sync::Arc::new(Faults::none().observed_by(Box::new(overtake)));
    FileStore::open_with(path, &FileStoreOptions::new().faults(faults)).expect("the folder can be opened")
}

#[test]
fn a_writer_that_is_overtaken_between_listing_and_opening_learns_that_it_lost() {
    for with_record in [false, true] {
        let folder = folder();
        let store = open_small(folder.path());
        fill(&store, 3, 10);
        let late = open_late(folder.path(), with_record);
        // To a store that trusts what it listed, the left-over is a journal with nothing in it, or with one record.
        assert_eq!(wait(late.append(KEY, 1, record_frame(1, 9, 10, Digest::ZERO))), Ok(Append::Taken));
        assert_eq!(read(&late).expect("readable").head(), 63);
    }
}

#[test]
fn a_reader_that_is_overtaken_between_listing_and_opening_sees_no_left_over() {
    for with_record in [false, true] {
        let folder = folder();
        let store = open_small(folder.path());
        fill(&store, 3, 10);
        assert_eq!(read(&open_late(folder.path(), with_record)).expect("readable").head(), 63);
    }
}

/// Appends until the log ends with a seal.
fn fill_until_sealed(store: &FileStore) -> u64 {
    let mut version = fill(store, 1, 100);
    let length = || fs::metadata(segments(store).remove(0)).expect("a segment").len();
    while length() < 2048 {
        version = fill(store, 1, 100);
    }
    assert_eq!(segments(store).len(), 1, "the next segment is made with the next record");
    version
}

#[test]
fn a_sealed_log_without_a_next_segment_goes_on() {
    let folder = folder();
    let version = fill_until_sealed(&open_small(folder.path()));
    let store = open_small(folder.path());
    assert_eq!(read(&store).expect("readable").head(), version);
    assert_eq!(segments(&store).len(), 1, "reading makes nothing");
    assert_eq!(append_next(&store, 1, 100), Ok((version + 1, Append::Appended)));
    let made = segments(&store).remove(1);
    let bytes = fs::read(made).expect("the next segment");
    assert!(SegmentHeader::decode_first(&bytes).is_ok_and(|(_, length)| bytes.len() > length));
    assert_eq!(read(&open_small(folder.path())).expect("readable").head(), version + 1);
}

#[test]
fn a_segment_without_a_record_that_an_earlier_version_made_is_read_and_appended_to() {
    let folder = folder();
    let late = open_small(folder.path());
    let version = fill_until_sealed(&late);
    let header = SegmentHeader { first_version: version + 1, kind: SegmentKind::Shared };
    let next = segments(&late)[0].with_file_name(format!("log-{:020}.hwl", version + 1));
    fs::write(&next, header.encode().expect("a header")).expect("the file can be written");
    let store = open_small(folder.path());
    assert_eq!(read(&store).expect("readable").head(), version);
    let chain = chain_after(&store, &read(&store).expect("readable")).expect("readable");
    assert_eq!(append_next(&store, 1, 100), Ok((version + 1, Append::Appended)));
    assert_eq!(
        wait(late.append(KEY, version + 1, record_frame(version + 1, 9, 10, chain))),
        Ok(Append::Taken)
    );
    assert_eq!(append_next(&late, 9, 100), Ok((version + 2, Append::Appended)));
    assert_eq!(segments(&store).len(), 2);
}

#[test]
fn a_claim_behind_a_seal_is_dead_also_for_the_store_that_sealed() {
    let options = FileStoreOptions::new().segment_bytes(0);
    let folder = folder();
    let store = FileStore::open_with(folder.path(), &options).expect("the folder can be opened");
    fill(&store, 1, 10);
    assert_eq!(segments(&store).len(), 1);
    let chain = chain_after(&store, &read(&store).expect("readable")).expect("readable");

    // The claim of a process that was killed before it saw the seal.
    let mut log = fs::File::options().append(true).open(&segments(&store)[0]).expect("the segment");
    std::io::Write::write_all(&mut log, &record_frame(2, 9, 50, chain)).expect("it can be written");
    let frame = record_frame(2, 1, 10, chain);
    assert_eq!(wait(store.append(KEY, 2, frame.clone())), Ok(Append::Appended));
    for store in [store, open(folder.path())] {
        assert_eq!(read(&store).expect("readable").tail[1].bytes, frame);
    }
}

#[test]
fn what_reads_see_only_grows_while_others_append_rotate_and_trim() {
    let folder = folder();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let store = open_small(folder.path());
                let (mut head, mut reads) = (0, 0);
                while !done.load(std::sync::atomic::Ordering::Acquire) || reads == 0 {
                    let journal = read(&store).expect("a journal in use is readable");
                    let after = journal.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
                    assert_eq!(versions(&journal), (after + 1..=journal.head()).collect::<Vec<_>>());
                    assert!(journal.head() >= head, "a read went back from {head} to {}", journal.head());
                    assert_eq!(journal.damage, []);
                    head = journal.head();
                    match read_from(&store, head.saturating_sub(3).max(1)).expect("readable") {
                        Tail::Records { records, .. } => {
                            assert!(records.last().map_or(0, |last| last.version) >= head);
                        }
                        Tail::Trimmed { floor } => assert!(floor > head.saturating_sub(3)),
                    }
                    reads += 1;
                }
            });
        }
        let store = open_small(folder.path());
        for _ in 0..60 {
            let head = fill(&store, 20, 100);
            put_snapshot(&store, head - 1);
            trim(&store, head);
        }
        done.store(true, std::sync::atomic::Ordering::Release);
    });
}

#[test]
fn a_listing_of_two_moments_is_not_taken_for_damage() {
    let folder = folder();
    let store = open_small(folder.path());
    fill(&store, 100, 100);
    put_snapshot(&store, 90);
    put_snapshot(&store, 95);
    trim(&store, 95);
    // The first listing shows the log as it is, and the snapshots as they were before there were any.
    let snapshots = files(&store, ".hws");
    let aside = folder.path().join("aside");
    fs::create_dir(&aside).expect("a folder");
    let moves: Vec<_> =
        snapshots.iter().map(|path| (aside.join(path.file_name().expect("a name")), path.clone())).collect();
    for (there, here) in &moves {
        fs::rename(here, there).expect("moved");
    }
    assert!(read(&open_small(folder.path())).is_err(), "without snapshots, records are missing");
    let put_back = move |event: Event<'_>| {
        if let Event::Listed(_) = event {
            for (there, here) in moves.iter().filter(|(there, _)| there.exists()) {
                fs::rename(there, here).expect("moved");
            }
        }
    };
    let faults = std::sync::Arc::new(Faults::none().observed_by(Box::new(put_back)));
    let late = FileStore::open_with(folder.path(), &FileStoreOptions::new().faults(faults)).expect("opened");
    assert_eq!(versions(&read(&late).expect("readable")), [96, 97, 98, 99, 100]);
}

#[test]
fn old_temporary_files_are_removed_and_new_ones_are_left_to_their_writers() {
    let folder = folder();
    let store = open_small(folder.path());
    fill(&store, 3, 10);
    let journal = store.journal_folder(KEY).expect("an allowed key");
    let (old, new) = (journal.join("new-a-1.tmp"), journal.join("new-b-1.tmp"));
    for path in [&old, &new] {
        fs::write(path, b"half").expect("a file");
    }
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    fs::File::options()
        .write(true)
        .open(&old)
        .and_then(|file| file.set_modified(yesterday))
        .expect("its time can be set");
    trim(&store, 1);
    assert!(!old.exists() && new.exists());
}

#[test]
fn files_and_folders_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let root = folder.path().join("state");
    let store = open_small(&root);
    fill(&store, 30, 100);
    put_snapshot(&store, 20);
    wait(store.beat(KEY, "w", vec![1])).expect("stored");
    let mut seen = 0;
    let mut folders = vec![root];
    while let Some(path) = folders.pop() {
        let mode =
            |path: &std::path::Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700, "{}", path.display());
        for entry in fs::read_dir(&path).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 4);
}

#[test]
fn more_journals_than_stay_open_are_served() {
    let folder = folder();
    let store = open(folder.path());
    let count = highwater_store_file::limits::JOURNALS_OPEN * 2;
    for round in 1..=2_u64 {
        for number in 0..count {
            let key = format!("team/{number}");
            let journal = wait(store.read(&key)).expect("readable");
            let chain =
                journal.tail.last().map_or(Digest::ZERO, |last| highwater_format::frame_digest(&last.bytes));
            let frame = record_frame(round, 1, 10, chain);
            assert_eq!(wait(store.append(&key, round, frame)), Ok(Append::Appended));
        }
    }
    let open_files = fs::read_dir("/proc/self/fd").expect("the open files").count();
    assert!(open_files < highwater_store_file::limits::JOURNALS_OPEN + 100, "{open_files} files are open");
}
