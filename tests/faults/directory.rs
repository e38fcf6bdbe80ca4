//! What can be wrong with the directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use highwater::{EngineKind, Error, ErrorKind, Highwater, OpenOptions};

async fn try_open(directory: &Path) -> Result<Highwater, Error> {
    OpenOptions::new().engine(EngineKind::Native).open(&format!("file:{}", directory.display())).await
}

async fn set(directory: &Path, value: i64) -> Result<(), Error> {
    let highwater = try_open(directory).await?;
    let set = highwater.pipeline("prod/orders")?.hwm("position").set(value).await.map(|_| ());
    highwater.close().await;
    set
}

async fn get(directory: &Path) -> Result<Option<i64>, Error> {
    try_open(directory).await?.pipeline("prod/orders")?.hwm("position").get_as().await
}

fn log_file(directory: &Path) -> PathBuf {
    let log = directory.join("journals-1/p_prod%2Forders/log-00000000000000000001.hwl");
    assert!(log.is_file(), "{} is where the journal should be", log.display());
    log
}

#[tokio::test]
async fn an_empty_log_is_damage_and_no_new_journal() {
    let directory = tempfile::tempdir().expect("a directory");
    set(directory.path(), 7).await.expect("the set");
    std::fs::write(log_file(directory.path()), b"").expect("the file is emptied");
    for error in [
        get(directory.path()).await.expect_err("it cannot be read"),
        set(directory.path(), 1).await.expect_err("nothing starts empty"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.message().contains("log-00000000000000000001.hwl"), "{error}");
    }
}

#[tokio::test]
async fn any_flipped_byte_is_found_or_harmless() {
    let directory = tempfile::tempdir().expect("a directory");
    for value in 1..=2 {
        set(directory.path(), value).await.expect("the set");
    }
    let log = log_file(directory.path());
    // From here on stands the last record, which cannot be told from one that a crash has torn.
    let last = std::fs::read(&log).expect("the log").len();
    set(directory.path(), 3).await.expect("the set");
    let good = std::fs::read(&log).expect("the log");
    let mut found = 0;
    for at in 0..last {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&log, &bytes).expect("the damaged log");
        match get(directory.path()).await {
            Ok(value) => assert_eq!(value, Some(3), "byte {at} changed what is read"),
            Err(error) => {
                found += 1;
                assert_eq!(error.kind(), ErrorKind::Corrupt, "byte {at}: {error}");
                assert!(error.message().contains("hwl"), "byte {at}: the file is named: {error}");
            }
        }
        assert_eq!(std::fs::read(&log).expect("the log"), bytes, "reading threw something away");
    }
    assert!(found > last * 9 / 10, "only {found} of {last} flipped bytes were found");
}

/// A file system of a megabyte, mounted for one test. Needs the right to mount, which tests in containers have as root.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("not run: this user may not mount a small file system");
        }
        mounted.then(|| SmallDisk(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let state = disk.0.path().join("state");
    set(&state, 1).await.expect("there is room");
    let filler = disk.0.path().join("filler");
    let mut room = 1 << 20;
    while room > 0 {
        if std::fs::write(&filler, vec![0_u8; room]).is_ok() {
            break;
        }
        room -= 4_096;
    }
    let mut last = 1;
    let refused = loop {
        match set(&state, last + 1).await {
            Ok(()) => last += 1,
            Err(error) => break error,
        }
        assert!(last < 100_000, "the disk never fills up");
    };
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
    std::fs::remove_file(&filler).expect("room again");
    assert_eq!(get(&state).await.expect("it can be read"), Some(last));
    set(&state, last + 1).await.expect("there is room again");
    assert_eq!(get(&state).await.expect("it can be read"), Some(last + 1));
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_says_so() {
    let Some(disk) = SmallDisk::mount() else { return };
    let state = disk.0.path().join("state");
    set(&state, 1).await.expect("the set");
    let remount = |option: &str| {
        let status = Command::new("mount").args(["-o", option]).arg(disk.0.path()).status();
        assert!(status.is_ok_and(|status| status.success()), "remount with {option}");
    };
    remount("remount,ro");
    let refused = set(&state, 2).await.expect_err("it is read-only");
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
    assert!(refused.message().contains("state"), "the place is named: {refused}");
    assert_eq!(get(&state).await.expect("reading works"), Some(1));
    remount("remount,rw");
    set(&state, 2).await.expect("it works again");
}

#[tokio::test]
async fn a_file_where_the_directory_should_be_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("state");
    std::fs::write(&file, "not a directory").expect("a file");
    let refused = set(&file, 1).await.expect_err("it is a file");
    assert!(refused.message().contains("state"), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "not a directory");
}
