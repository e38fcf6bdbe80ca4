//! A disk that is full, in a small file system of its own.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::*;
use highwater_store::conformance::{record_frame, snapshot_frame};
use highwater_store::{Append, Store, StoreError};

/// A tmpfs of 256 KiB, as long as the value lives.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// Mounting needs the rights of root, which continuous integration has. Without them the test says so and ends.
    fn mount() -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs"])
            .arg(folder.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(SmallDisk(folder)),
            other if is_root() => panic!("mount: {other:?}"),
            _ => {
                eprintln!("not run: a small file system can be mounted by root only");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// Appends until there is no room; the last version, and the refused frame.
fn fill_up(store: &highwater_store_file::FileStore) -> (u64, Vec<u8>) {
    loop {
        let journal = read(store).expect("readable on a full disk");
        let chain = chain_after(store, &journal).expect("readable");
        let frame = record_frame(journal.head() + 1, 1, 3_000, chain);
        match wait(store.append(KEY, journal.head() + 1, frame.clone())) {
            Ok(outcome) => assert_eq!(outcome, Append::Appended),
            Err(StoreError::Unavailable { message, may_have_happened: false }) => {
                assert!(message.contains("room") && message.contains("log-"), "{message}");
                return (journal.head(), frame);
            }
            Err(error) => panic!("a full disk is reported as {error:?}"),
        }
    }
}

#[test]
fn a_full_disk_refuses_loses_nothing_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let ballast: PathBuf = disk.path().join("ballast");
    fs::write(&ballast, vec![0; 64 * 1024]).expect("there is room");
    let store = open(disk.path());
    let (head, refused) = fill_up(&store);
    assert!(head > 20, "{head}");
    for _ in 0..3 {
        assert!(append_next(&store, 2, 3_000).is_err(), "still full");
    }
    let snapshot =
        wait(store.put_snapshot(KEY, head, snapshot_frame(head, 60_000, highwater_format::Digest::ZERO)));
    assert!(matches!(snapshot, Err(StoreError::Unavailable { .. })), "{snapshot:?}");
    assert_eq!(files(&store, ".tmp"), Vec::<PathBuf>::new(), "half a snapshot is no use and takes room");
    // A reader that starts now, on the full disk.
    assert_eq!(read(&open(disk.path())).expect("readable").head(), head);

    fs::remove_file(&ballast).expect("the ballast can go");
    assert_eq!(append_next(&store, 2, 3_000), Ok((head + 1, Append::Appended)));
    assert_eq!(append_next(&open(disk.path()), 3, 3_000), Ok((head + 2, Append::Appended)));
    let journal = read(&open(disk.path())).expect("readable");
    assert_eq!(versions(&journal), (1..=head + 2).collect::<Vec<_>>());
    assert!(!journal.tail.iter().any(|record| record.bytes == refused), "what was refused is not there");
}

#[test]
fn a_journal_that_finds_no_room_to_begin_begins_later() {
    let Some(disk) = SmallDisk::mount() else { return };
    let ballast: PathBuf = disk.path().join("ballast");
    let _ = fs::write(&ballast, vec![0; 256 * 1024]);
    let store = open(disk.path());
    for _ in 0..3 {
        assert!(matches!(
            append_next(&store, 1, 10),
            Err(StoreError::Unavailable { may_have_happened: false, .. })
        ));
        assert_eq!(read(&store), Ok(highwater_store::Journal::default()));
    }
    fs::remove_file(&ballast).expect("the ballast can go");
    assert_eq!(append_next(&store, 1, 10), Ok((1, Append::Appended)));
    assert_eq!(files(&store, ".tmp"), Vec::<PathBuf>::new());
}
