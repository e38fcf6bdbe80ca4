//! Eight processes race for one journal, each in its own language: every version has one winner, who knows it.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};

use common::{number, recorder};
use highwater_crash_tests::check::{hold, look};
use highwater_crash_tests::promises::Promises;
use highwater_crash_tests::record::Language;
use highwater_crash_tests::say;

/// Six in Rust and two in Node, or in Rust too where Node is not tested.
fn crew() -> Vec<Language> {
    let others = if cfg!(feature = "node") { Language::Node } else { Language::Rust };
    [[Language::Rust; 6].as_slice(), &[others; 2]].concat()
}

fn start(language: Language, folder: &Path, writer: usize, appends: usize) -> Child {
    let mut command = recorder().command(language, folder);
    command
        .args(["--wait", "--writer", &writer.to_string(), "--appends", &appends.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("a process starts");
    let mut ready = [0; 6];
    child.stdout.as_mut().expect("piped").read_exact(&mut ready).expect("the workload starts");
    child
}

/// `HIGHWATER_CRASH_RACE` is how many appends each of them tries. Segments are small, so they rotate all the time, store
/// snapshots, trim, and open the directory again.
#[test]
fn eight_processes_race_and_trim() {
    let (appends, crew) = (number("HIGHWATER_CRASH_RACE", 40), crew());
    let folder = tempfile::tempdir().expect("a folder");
    let mut children: Vec<Child> =
        (1..).zip(&crew).map(|(writer, language)| start(*language, folder.path(), writer, appends)).collect();
    for child in &mut children {
        child.stdin.as_mut().expect("piped").write_all(b"go\n").expect("the workload listens");
    }
    for child in &mut children {
        let status = child.wait().expect("it ends");
        assert!(status.success(), "a process ended with {status}");
    }
    let mut promises = Promises::default();
    promises.hear(&fs::read_to_string(folder.path().join("acks")).expect("the promises"));
    let lost = promises.head(0) - promises.kept.len() as u64;
    say(&format!("8 processes: {} appends, {} in kept order", promises.acknowledged, promises.kept.len()));
    say(&format!("FIGURE mixed-appends {}\nFIGURE records-lost {lost}", promises.acknowledged));
    assert!(promises.errors.is_empty(), "nothing failed: {:?}", promises.errors);
    assert!(promises.gone.is_empty(), "taken, and not there: {:?}", promises.gone);
    assert_eq!(promises.done, crew.len(), "all came to their end");
    assert_eq!(lost, 0, "there is a gap");
    assert_eq!(promises.acknowledged, promises.kept.len(), "each version was acknowledged once");
    assert!(promises.acknowledged > crew.len() * appends / 2, "they hardly got through");
    let found = look(&folder.path().join("state")).unwrap_or_else(|problem| panic!("after all: {problem}"));
    hold(&found, &promises).unwrap_or_else(|problem| panic!("after all: {problem}"));
}
