//! Directories without rights. Rights do not bind root, so as root the checks run in a child with another user id.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use common::*;
use highwater_store::conformance::snapshot_frame;
use highwater_store::{Journal, Store, StoreError};
use highwater_store_file::FileStore;

const FOLDER: &str = "HIGHWATER_TEST_FOLDER";
const EXPECT: &str = "HIGHWATER_TEST_EXPECT";

/// A user without any right of its own.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// What a user meets on the directory of another.
#[test]
fn child() {
    let (Some(folder), Ok(expect)) = (std::env::var_os(FOLDER), std::env::var(EXPECT)) else { return };
    assert!(!is_root(), "rights do not bind root");
    meet(Path::new(&folder), &expect);
}

fn meet(folder: &Path, expect: &str) {
    if expect == "closed" {
        assert_denied(FileStore::open(folder).map(drop));
        return;
    }
    let store = open(folder);
    match expect {
        "readable" => {
            let journal = read(&store).expect("who may read can read");
            assert_eq!((versions(&journal), journal.damage), (vec![1, 2, 3], vec![]));
            assert_denied(append_next(&store, 9, 10).map(drop));
            assert_denied(wait(store.put_snapshot(
                KEY,
                2,
                snapshot_frame(2, 10, highwater_format::Digest::ZERO),
            )));
            assert_denied(wait(store.beat(KEY, "w", vec![1])));
            assert_denied(wait(store.append("another", 1, journal.tail[0].bytes.clone())).map(drop));
            assert_eq!(versions(&read(&store).expect("still readable")), [1, 2, 3]);
        }
        "unreadable log" => {
            assert_denied(read(&store).map(drop));
            assert_denied(append_next(&store, 9, 10).map(drop));
        }
        "unwritable" => {
            assert_eq!(read(&store), Ok(Journal::default()));
            assert_denied(append_next(&store, 9, 10).map(drop));
        }
        other => panic!("unknown expectation {other}"),
    }
}

fn assert_denied(result: Result<(), StoreError>) {
    let Err(StoreError::Denied { message }) = result else { panic!("{result:?} instead of a denial") };
    assert!(message.contains('/') && message.contains("right"), "{message}");
}

/// Lets another user meet `expect` on `root`, and checks that nothing changed.
fn as_nobody(outer: &Path, root: &Path, expect: &str) {
    let before = contents(outer);
    if !is_root() {
        meet(root, expect);
    } else {
        // A copy, since the folders above the original may be closed to others. Another process makes it: a program that this
        // one had open for writing cannot be started while a child that another test has just forked still holds it open.
        let program = outer.join("program");
        let original = std::env::current_exe().expect("this test has a file");
        let copied = Command::new("cp").arg(original).arg(&program).status().expect("cp can be started");
        assert!(copied.success(), "it can be copied");
        let output = Command::new(&program)
            .args(["child", "--exact", "--nocapture"])
            .env(FOLDER, root)
            .env(EXPECT, expect)
            .current_dir("/")
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .expect("the child can be started");
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        fs::remove_file(&program).expect("the copy can be removed");
    }
    assert_eq!(contents(outer), before);
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the owner may change rights");
}

/// A journal of three records, whose owner gives others these rights.
fn journal_with_rights(outer: &Path, folders: u32, files: u32) -> std::path::PathBuf {
    chmod(outer, 0o755);
    let root = outer.join("state");
    let store = open(&root);
    fill(&store, 3, 10);
    let log = segments(&store).remove(0);
    chmod(&log, files);
    for folder in log.ancestors().skip(1).take_while(|folder| folder.starts_with(&root)) {
        chmod(folder, folders);
    }
    root
}

#[test]
fn a_closed_directory_is_denied() {
    let outer = tempfile::tempdir().expect("a folder");
    let root = journal_with_rights(outer.path(), 0o700, 0o600);
    if is_root() {
        as_nobody(outer.path(), &root, "closed");
    }
}

#[test]
fn who_may_only_read_reads_and_is_denied_the_rest() {
    let outer = tempfile::tempdir().expect("a folder");
    let root = journal_with_rights(outer.path(), 0o555, 0o444);
    as_nobody(outer.path(), &root, "readable");
    chmod_back(&root);
}

#[test]
fn a_log_without_rights_is_denied_and_not_an_empty_journal() {
    let outer = tempfile::tempdir().expect("a folder");
    let root = journal_with_rights(outer.path(), 0o755, 0o000);
    if is_root() {
        as_nobody(outer.path(), &root, "unreadable log");
    } else {
        // Nor can its owner compare it.
        meet(&root, "unreadable log");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_denied() {
    let outer = tempfile::tempdir().expect("a folder");
    chmod(outer.path(), 0o755);
    let closed = outer.path().join("closed");
    fs::create_dir(&closed).expect("a folder");
    if is_root() {
        chown(&closed, Some(0), Some(0)).expect("root may");
    }
    chmod(&closed, 0o555);
    as_nobody(outer.path(), &closed.join("state"), "unwritable");
    chmod(&closed, 0o755);
}

/// So that the temporary folder can be removed.
fn chmod_back(root: &Path) {
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        chmod(&folder, 0o755);
        folders.extend(
            fs::read_dir(&folder)
                .expect("a folder")
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.is_dir()),
        );
    }
}
