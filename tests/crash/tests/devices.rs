//! A real ext4 whose power fails, which is full, or which the kernel makes read-only, under processes that append.

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use common::{number, recorder};
use highwater_crash_tests::check::{hold, look};
use highwater_crash_tests::device::Device;
use highwater_crash_tests::promises::Promises;
use highwater_crash_tests::record::Language;
use highwater_crash_tests::say;
use highwater_crash_tests::storm::Storm;
use tempfile::TempDir;

/// Size of the file system, in MiB.
const MEBIBYTES: u64 = 8;

fn crew() -> Vec<Language> {
    let node = cfg!(feature = "node").then_some(Language::Node);
    [Language::Rust; 2].into_iter().chain(node).collect()
}

/// A folder whose store is on the device, and whose promises are elsewhere.
fn folder_on(device: &Device) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    symlink(device.store(), folder.path().join("state")).expect("a link");
    folder
}

fn assert_kept(device: &Device, promises: &Promises, when: &str) {
    let found = look(&device.store()).unwrap_or_else(|problem| panic!("{when}: {problem}"));
    // What went on after an earlier failure is not in these promises.
    hold(&found, promises).unwrap_or_else(|problem| panic!("{when}: {problem}"));
}

#[test]
fn the_power_of_a_real_file_system_fails() {
    let Some(device) = Device::mount(MEBIBYTES) else { return };
    let cuts = number("HIGHWATER_CRASH_CUTS", 10);
    let recorder = recorder();
    let mut acknowledged = 0;
    for cut in 0..cuts {
        let folder = folder_on(&device);
        let _ = fs::remove_dir_all(device.store().join("journals-1"));
        let mut storm = Storm::start(&recorder, folder.path(), &crew(), false, cut as u64);
        assert!(storm.wait_for(5 + cut * 3 % 40), "nobody appends");
        std::thread::sleep(Duration::from_micros(cut as u64 * 7_919 % 20_000));
        // No process outlives a power failure, and ext4 lets a flush that overlaps with this one succeed, so what somebody is
        // told from here on does not count.
        let mut promises = storm.promises();
        device.fail_power();
        std::thread::sleep(Duration::from_millis(20));
        promises.tried = storm.end().tried;
        device.restart();
        assert_kept(&device, &promises, &format!("after power failure {cut}"));
        acknowledged += promises.acknowledged;
    }
    say(&format!("ext4: the power failed {cuts} times, {acknowledged} acknowledged records, none lost"));
    say(&format!("FIGURE power-cuts {cuts}\nFIGURE acknowledged-records {acknowledged}"));
}

#[test]
fn a_full_file_system_refuses_and_goes_on_when_there_is_room() {
    let Some(device) = Device::mount(MEBIBYTES) else { return };
    let (folder, recorder) = (folder_on(&device), recorder());
    let mut storm = Storm::start(&recorder, folder.path(), &crew(), true, 1);
    assert!(storm.wait_for(20), "nobody appends");
    let ballast = device.path().join("ballast");
    let _ = fs::write(&ballast, vec![1; (MEBIBYTES << 20) as usize]);
    while !storm.has_failed() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let before = storm.acknowledged();
    fs::remove_file(&ballast).expect("the ballast can go");
    assert!(storm.wait_for(40), "nobody goes on");
    let promises = storm.end();
    let errors = &promises.errors;
    assert!(
        errors.iter().all(|error| error.contains("make room")),
        "{:?}",
        errors.iter().find(|it| !it.contains("make room"))
    );
    let flush_failed = errors.iter().any(|error| error.contains("cannot flush"));
    assert!(flush_failed || promises.gone.is_empty(), "taken, and not there: {:?}", promises.gone);
    assert_kept(&device, &promises, "after all");
    say(&format!(
        "full ext4: {before} acknowledged before, {} errors, {} seen by others and gone after a failed flush, \
         {} acknowledged in the end, none lost",
        errors.len(),
        promises.gone.len(),
        promises.acknowledged
    ));
}

#[test]
fn a_file_system_that_becomes_read_only_acknowledges_no_more() {
    let Some(device) = Device::mount(MEBIBYTES) else { return };
    let (folder, recorder) = (folder_on(&device), recorder());
    let mut storm = Storm::start(&recorder, folder.path(), &crew(), false, 2);
    assert!(storm.wait_for(20), "nobody appends");
    let Some(trigger) = device.error_trigger() else {
        say("NOT RUN: this kernel cannot be made to find an error");
        return;
    };
    // A flush that overlaps with the error may succeed and keep nothing, as when the power fails.
    let mut promises = storm.promises();
    fs::write(trigger, "1").expect("an error can be triggered");
    while !storm.has_failed() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    let before = storm.acknowledged();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(storm.acknowledged(), before, "somebody was told that a read-only disk keeps a record");
    promises.tried = storm.end().tried;
    // What can be read there may not be on the disk, so nobody is told of it.
    let found = look(&device.store()).expect_err("nothing can be appended");
    let names =
        ["read: cannot flush", "append: cannot append to"].iter().any(|start| found.starts_with(start));
    // The kernel's words when a call failed, those of the library when the log could not even be opened for writing.
    assert!(names && found.to_lowercase().contains("read-only file"), "{found}");
    device.restart();
    assert_kept(&device, &promises, "after it was mounted again");
    say(&format!("read-only ext4: {before} acknowledged before, none after and none lost; then: {found}"));
}
