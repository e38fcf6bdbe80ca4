//! Damaged files: what is said, and that nothing is thrown away and nothing starts empty.

mod common;

use std::fs;

use common::*;
use highwater_format::{
    Digest, FrameHeader, FrameKind, HEADER_BYTES, SegmentHeader, SegmentKind, WriterId, encode_frame,
};
use highwater_store::{Append, StoreError, Tail};

#[test]
fn a_torn_tail_is_kept_skipped_and_named_and_the_journal_goes_on() {
    // Every way to cut the last of three records.
    let whole = folder();
    fill(&open(whole.path()), 3, 30);
    let length = HEADER_BYTES + 30;
    for kept in 0..length {
        let folder = folder();
        let store = open(folder.path());
        fill(&store, 3, 30);
        let segment = segments(&store).remove(0);
        damage(&segment, |bytes| bytes.truncate(bytes.len() - length + kept));
        let torn = fs::read(&segment).expect("the segment");

        let store = open(folder.path());
        let journal = read(&store).expect("a torn tail is no damage to what was acknowledged");
        assert_eq!(versions(&journal), [1, 2]);
        assert_eq!(journal.damage.len(), usize::from(kept > 0), "cut after {kept} bytes");
        for damage in &journal.damage {
            let start = torn.len() - kept;
            assert!(
                damage.place.ends_with(&format!("{}, byte {start}", segment.display())),
                "{}",
                damage.place
            );
        }
        assert_eq!(append_next(&store, 2, 5), Ok((3, Append::Appended)));
        assert_eq!(append_next(&store, 2, 5), Ok((4, Append::Appended)));
        let journal = read(&open(folder.path())).expect("readable");
        assert_eq!((versions(&journal), journal.damage), (vec![1, 2, 3, 4], vec![]));
        assert!(
            fs::read(&segment).expect("the segment").starts_with(&torn),
            "torn bytes stay where they are"
        );
    }
}

#[test]
fn a_damaged_last_record_is_kept_and_named() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 3, 30);
    let segment = segments(&store).remove(0);
    damage(&segment, |bytes| *bytes.last_mut().expect("a byte") ^= 1);
    let before = contents(folder.path());
    let journal = read(&open(folder.path())).expect("readable");
    assert_eq!(versions(&journal), [1, 2]);
    assert_eq!(journal.damage.len(), 1);
    assert!(journal.damage[0].what.contains("checksum"), "{}", journal.damage[0].what);
    assert_eq!(contents(folder.path()), before);
    let tail = read_from(&open(folder.path()), 2).expect("readable");
    assert!(matches!(tail, Tail::Records { records, damage } if records.len() == 1 && damage.len() == 1));
}

#[test]
fn every_flipped_byte_before_the_last_record_is_corrupt() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 4, 30);
    let segment = segments(&store).remove(0);
    let length = HEADER_BYTES + 30;
    let whole = fs::read(&segment).expect("the segment");
    let first = whole.len() - 4 * length;
    for at in 0..whole.len() - length {
        damage(&segment, |bytes| bytes[at] ^= 1 << (at % 8));
        let store = open(folder.path());
        let Err(StoreError::Corrupt { what, place }) = read(&store) else {
            panic!("byte {at} was flipped and not noticed")
        };
        // The header of the segment, or the record that the byte is in.
        let start = if at < first { 0 } else { first + (at - first) / length * length };
        assert_eq!(place, format!("{}, byte {start}", segment.display()), "byte {at}: {what}");
        fs::write(&segment, &whole).expect("the segment can be written");
    }
    assert_eq!(versions(&read(&open(folder.path())).expect("readable again")), [1, 2, 3, 4]);
}

#[test]
fn a_flipped_byte_in_the_middle_says_what_to_do_and_nothing_is_changed() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 4, 30);
    let segment = segments(&store).remove(0);
    damage(&segment, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
    });
    let (what, _) = assert_corrupt(folder.path(), &segment);
    assert!(what.contains("version") && what.contains("restore"), "{what}");
    // Appending is refused as well, and reading on from a version after the damage.
    let store = open(folder.path());
    assert!(matches!(append_next(&store, 2, 5), Err(StoreError::Corrupt { .. })));
    assert!(matches!(read_from(&store, 4), Err(StoreError::Corrupt { .. })));
}

#[test]
fn a_store_that_is_open_notices_damage_too() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 4, 30);
    let segment = segments(&store).remove(0);
    damage(&segment, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
    });
    assert!(matches!(read(&store), Err(StoreError::Corrupt { .. })));
    assert!(matches!(read_from(&store, 1), Err(StoreError::Corrupt { .. })));
}

#[test]
fn an_empty_segment_is_corrupt_and_not_an_empty_journal() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 4, 30);
    let segment = segments(&store).remove(0);
    damage(&segment, Vec::clear);
    let (what, _) = assert_corrupt(folder.path(), &segment);
    assert!(what.contains("empty"), "{what}");
    // The store that was open while it happened refuses too, and does not write into the hole.
    assert!(read(&store).is_err());
    assert!(append_next(&store, 1, 1).is_err());
    assert_eq!(fs::metadata(&segment).expect("the segment").len(), 0);
}

#[test]
fn a_segment_with_a_damaged_or_foreign_header_is_corrupt() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 2, 30);
    let segment = segments(&store).remove(0);
    let whole = fs::read(&segment).expect("the segment");
    for change in [b"not a log at all".to_vec(), whole[1..].to_vec(), whole[..50].to_vec(), vec![0; 4096]] {
        fs::write(&segment, change).expect("the segment can be written");
        assert_corrupt(folder.path(), &segment);
    }
    // The segment of another version under this name.
    let other = SegmentHeader { first_version: 7, kind: SegmentKind::Shared }.encode().expect("a header");
    fs::write(&segment, other).expect("the segment can be written");
    let (what, _) = assert_corrupt(folder.path(), &segment);
    assert!(what.contains("begins with version 7"), "{what}");
}

#[test]
fn an_owned_segment_is_left_to_the_version_that_knows_it() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 1, 30);
    let segment = segments(&store).remove(0);
    let owned = SegmentHeader { first_version: 1, kind: SegmentKind::Owned }.encode().expect("a header");
    fs::write(&segment, owned).expect("the segment can be written");
    let Err(StoreError::Unsupported { message }) = read(&open(folder.path())) else { panic!("it was read") };
    assert!(message.contains("owned") && message.contains("upgrade"), "{message}");
}

#[test]
fn a_frame_of_a_newer_version_is_never_skipped() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 2, 30);
    let header = FrameHeader {
        kind: FrameKind::Record,
        flags: 0x40,
        body_length: 0,
        version: 3,
        writer: WriterId([1; 16]),
        sequence: 3,
        decided_at_ms: 0,
        chain: Digest::ZERO,
    };
    let newer = encode_frame(&header, b"from the future").expect("a frame");
    damage(&segments(&store)[0], |bytes| bytes.extend_from_slice(&newer));
    for store in [store, open(folder.path())] {
        let Err(StoreError::Unsupported { message }) = read(&store) else { panic!("it was skipped") };
        assert!(message.contains("newer version"), "{message}");
        assert!(matches!(append_next(&store, 1, 1), Err(StoreError::Unsupported { .. })));
    }
}

#[test]
fn a_record_that_does_not_follow_is_noticed_by_a_store_that_catches_up() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 3, 30);
    let segment = segments(&store).remove(0);
    let place = fs::metadata(&segment).expect("the segment").len();
    let stray = highwater_store::conformance::record_frame(4, 9, 10, Digest([7; 32]));
    damage(&segment, |bytes| bytes.extend_from_slice(&stray));
    for result in
        [read_from(&store, 4).map(drop), append_next(&store, 1, 1).map(drop), read(&store).map(drop)]
    {
        let Err(StoreError::Corrupt { what, place: found }) = result else {
            panic!("it was taken: {result:?}")
        };
        assert!(what.contains("digest"), "{what}");
        assert_eq!(found, format!("{}, byte {place}", segment.display()));
    }
}

#[test]
fn a_missing_segment_in_the_middle_is_corrupt() {
    let folder = folder();
    let store = open_small(folder.path());
    fill(&store, 60, 100);
    let segments = segments(&store);
    assert!(segments.len() >= 4, "{segments:?}");
    fs::remove_file(&segments[1]).expect("the segment can be removed");
    let (what, _) = assert_corrupt(folder.path(), &segments[0]);
    assert!(what.contains("missing"), "{what}");
    assert!(matches!(read_from(&open_small(folder.path()), 1), Err(StoreError::Corrupt { .. })));
}

/// As a file system shows it that stopped half-way.
#[cfg(unix)]
#[test]
fn a_name_without_a_file_is_said_to_be_one() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 3, 100);
    let segment = segments(&store).remove(0);
    fs::remove_file(&segment).expect("the segment can be removed");
    std::os::unix::fs::symlink("nowhere", &segment).expect("a link can be made");
    let Err(StoreError::Unavailable { message, may_have_happened: false }) = read(&open(folder.path()))
    else {
        panic!("a link that leads nowhere was read")
    };
    let name = segment.file_name().expect("a segment has a name").to_string_lossy();
    assert!(message.contains(&format!("it lists `{name}`, and there is no such file")), "{message}");
}

#[test]
fn a_segment_of_another_journal_is_corrupt() {
    // Two journals of the same shape with other records; one segment changes place.
    let (mine, other) = (folder(), folder());
    for (folder, size) in [(&mine, 100), (&other, 101)] {
        fill(&open_small(folder.path()), 60, size);
    }
    let (mine_segments, other_segments) =
        (segments(&open_small(mine.path())), segments(&open_small(other.path())));
    assert_eq!(mine_segments[2].file_name(), other_segments[2].file_name());
    fs::copy(&other_segments[2], &mine_segments[2]).expect("the segment can be replaced");
    let (what, _) = assert_corrupt(mine.path(), &mine_segments[2]);
    assert!(what.contains("digest"), "{what}");
}

#[test]
fn a_missing_first_segment_is_corrupt_without_a_snapshot_that_covers_it() {
    let folder = folder();
    let store = open_small(folder.path());
    fill(&store, 60, 100);
    let segments = segments(&store);
    fs::remove_file(&segments[0]).expect("the segment can be removed");
    let (what, _) = assert_corrupt(folder.path(), &segments[1]);
    assert!(what.contains("version 1 is missing"), "{what}");
}

#[test]
fn a_log_that_is_gone_is_corrupt_while_a_snapshot_remembers_it() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 5, 100);
    put_snapshot(&store, 4);
    fs::remove_file(&segments(&store)[0]).expect("the segment can be removed");
    let journal = store.journal_folder(KEY).expect("an allowed key");
    assert_corrupt(folder.path(), &journal);
    assert!(append_next(&open(folder.path()), 1, 1).is_err());
}

#[test]
fn a_log_that_is_removed_under_an_open_store_is_noticed() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 5, 100);
    fs::remove_dir_all(store.journal_folder(KEY).expect("an allowed key"))
        .expect("the folder can be removed");
    let frame = highwater_store::conformance::record_frame(6, 1, 1, Digest::ZERO);
    let outcome = wait(highwater_store::Store::append(&store, KEY, 6, frame));
    let Err(StoreError::Unavailable { message, may_have_happened: false }) = outcome else {
        panic!("a record went into a file that nobody will ever find: {outcome:?}")
    };
    assert!(message.contains("removed"), "{message}");
}

#[test]
fn a_damaged_snapshot_is_stepped_over_while_the_log_stands_in_for_it() {
    let folder = folder();
    let store = open_small(folder.path());
    fill(&store, 60, 100);
    put_snapshot(&store, 30);
    put_snapshot(&store, 50);
    wait(highwater_store::Store::trim(&store, KEY, 50)).expect("trimmed");
    assert!(segments(&store).len() < 8);
    let snapshots = files(&store, ".hws");
    assert_eq!(snapshots.len(), 2);
    damage(&snapshots[1], |bytes| bytes[90] ^= 1);
    let journal = read(&open_small(folder.path())).expect("the older snapshot and the log are there");
    assert_eq!(journal.snapshot.as_ref().map(|snapshot| snapshot.version), Some(30));
    assert_eq!(versions(&journal), (31..=60).collect::<Vec<_>>());
    assert_eq!(journal.damage.len(), 1);
    assert!(journal.damage[0].place.contains(&*snapshots[1].to_string_lossy()));

    // While only one is whole, nothing more is dropped.
    let kept = segments(&store).len();
    wait(highwater_store::Store::trim(&store, KEY, 60)).expect("trimmed");
    assert_eq!(segments(&store).len(), kept);

    // A new one does not push out the whole one that is left; the next one does, and the damaged one goes too.
    put_snapshot(&store, 55);
    assert_eq!(files(&store, ".hws").len(), 3);
    assert_eq!(read(&store).expect("readable").damage, []);
    put_snapshot(&store, 56);
    let snapshots = files(&store, ".hws");
    assert_eq!(snapshots.len(), 2);
    assert!(snapshots[0].to_string_lossy().contains("55"));

    // With all damaged, what was trimmed is lost, and this is said.
    damage(&snapshots[0], Vec::clear);
    damage(&snapshots[1], |bytes| bytes.truncate(100));
    assert_corrupt(folder.path(), &segments(&store)[0]);
}

#[test]
fn a_log_that_lost_its_end_is_corrupt_while_a_snapshot_remembers_it() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 5, 100);
    put_snapshot(&store, 5);
    damage(&segments(&store)[0], |bytes| bytes.truncate(bytes.len() - 300));
    let (what, _) = assert_corrupt(folder.path(), &files(&store, ".hws")[0]);
    assert!(what.contains("the end of the log was lost"), "{what}");
}

#[test]
fn foreign_files_and_folders_are_ignored() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, 3, 10);
    let journal = store.journal_folder(KEY).expect("an allowed key");
    for name in ["log-1.hwl", "log-00000000000000000009.hwl.bak", "snapshot-2.hws", ".DS_Store", "new-x.tmp"]
    {
        fs::write(journal.join(name), b"x").expect("a file");
    }
    let journals = journal.parent().expect("a parent");
    for name in ["p_UPPER", "q_other", "p_%2f", "lost+found"] {
        fs::create_dir(journals.join(name)).expect("a folder");
    }
    fs::write(journals.join("p_file"), b"x").expect("a file");
    let store = open(folder.path());
    assert_eq!(versions(&read(&store).expect("readable")), [1, 2, 3]);
    assert_eq!(append_next(&store, 1, 1), Ok((4, Append::Appended)));
    let page = wait(highwater_store::Store::list(&store, "", None, 9)).expect("a page");
    assert_eq!(page.keys, [KEY]);
}

#[test]
fn a_directory_of_a_newer_version_is_refused() {
    let folder = folder();
    fs::create_dir(folder.path().join("journals-2")).expect("a folder");
    let Err(StoreError::Unsupported { message }) = highwater_store_file::FileStore::open(folder.path())
    else {
        panic!("it was opened")
    };
    assert!(message.contains("journals-2") && message.contains("upgrade"), "{message}");
}

#[test]
fn a_file_in_place_of_the_directory_is_named() {
    let folder = folder();
    let path = folder.path().join("state");
    fs::write(&path, b"{}").expect("a file");
    let Err(StoreError::Corrupt { place, .. }) = highwater_store_file::FileStore::open(&path) else {
        panic!("it was opened")
    };
    assert!(place.contains("state"), "{place}");
}
