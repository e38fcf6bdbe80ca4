//! The directory is removed under processes that append: each is told so in words that help, and none goes on as if it were
//! there.

mod common;

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{number, recorder};
use highwater_crash_tests::record::Language;
use highwater_crash_tests::say;

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
        while fs::remove_dir_all(folder.path().join("state")).is_err() {}
        wait_until(&mut child, || told().ends_with("done\n"));
        assert!(child.wait().expect("it ended").success(), "it crashed");
        let told = told();
        let error = told.lines().find(|line| line.starts_with("error ")).expect("it was told").to_owned();
        assert!(error.contains("/state/journals-1") && error.contains("; "), "{error}");
        acknowledged += acks();
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
