//! The directory is removed under processes that append: each is told so in words that help, and none goes on as if it were
//! there.

mod common;

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{number, recorder};
use highwater_crash_tests::KEY;
use highwater_crash_tests::check::{open, wait};
use highwater_crash_tests::record::Language;
use highwater_crash_tests::say;
use highwater_store::Store;

/// How long a process may take to notice.
const PATIENCE: Duration = Duration::from_secs(20);

fn remove_under(language: Language, rounds: usize) {
    let (mut acknowledged, mut said) = (0, Vec::new());
    for round in 0..rounds {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = recorder()
            .command(language, folder.path())
            .args(["--stop", "--keep", "--appends", "1000000000", "--seed", &round.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("a process starts");
        let told = || fs::read_to_string(folder.path().join("acks")).unwrap_or_default();
        let acks = || told().lines().filter(|line| line.starts_with("ack ")).count();
        wait_until(&mut child, || acks() > 5 + round);
        let state = folder.path().join("state");
        // A beat may make a folder again while it is being removed.
        while fs::remove_dir_all(&state).is_err() && state.exists() {}
        let until_then = acks();
        wait_until(&mut child, || told().ends_with("done\n"));
        assert!(child.wait().expect("it ended").success(), "it crashed");
        let all = told();
        let error = all.lines().find(|line| line.starts_with("error ")).expect("it was told").to_owned();
        assert!(error.contains("/state/journals-1") && error.contains("; "), "{error}");
        // What could be read when it was decided may be written down a moment later.
        assert!(acks() <= until_then + 1, "{until_then} acknowledged before, {} after all: {all}", acks());
        let left = wait(open(&state).expect("it can be opened").read(KEY))
            .expect("nothing that is no journal is left");
        assert_eq!((left.snapshot, left.tail.len()), (None, 0), "{all}");
        acknowledged += until_then;
        said.push(error.chars().take(260).collect::<String>());
    }
    said.sort();
    say(&format!(
        "{language:?}: removed under a writer {rounds} times, {acknowledged} acknowledged before; said: {}",
        said[0]
    ));
}

fn wait_until(child: &mut Child, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("nothing happens");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_directory_is_removed_under_a_rust_writer() {
    remove_under(Language::Rust, number("HIGHWATER_CRASH_REMOVALS", 10));
}

#[cfg(feature = "node")]
#[test]
fn the_directory_is_removed_under_a_node_writer() {
    remove_under(Language::Node, number("HIGHWATER_CRASH_REMOVALS", 10).div_ceil(2));
}
