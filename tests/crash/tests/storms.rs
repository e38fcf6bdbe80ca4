//! Processes that are killed all the time: every acknowledged record is there once.

mod common;

use common::{number, recorder};
use highwater_crash_tests::check::{hold, look};
use highwater_crash_tests::record::Language;
use highwater_crash_tests::say;
use highwater_crash_tests::storm::Storm;

/// Kills in one directory; more go on in a new one, so that none grows without bound.
const KILLS_IN_ONE: usize = 100;

/// `HIGHWATER_CRASH_KILLS` kills so many processes.
fn storm(crew: &[Language], kills: usize, keeps: bool) {
    let kills = number("HIGHWATER_CRASH_KILLS", kills);
    let (mut killed, mut acknowledged) = ([0, 0], 0);
    for seed in 0..kills.div_ceil(KILLS_IN_ONE) {
        // On a real disk, where a flush takes its time.
        let folder = tempfile::tempdir().expect("a folder");
        let recorder = recorder();
        let mut storm = Storm::start(&recorder, folder.path(), crew, keeps, seed as u64);
        for _ in 0..kills.min(KILLS_IN_ONE) {
            storm.kill_next();
        }
        killed = [killed[0] + storm.kills[0], killed[1] + storm.kills[1]];
        let promises = storm.end();
        acknowledged += promises.acknowledged;
        let found =
            look(&folder.path().join("state")).unwrap_or_else(|problem| panic!("after all: {problem}"));
        hold(&found, &promises).unwrap_or_else(|problem| panic!("after all: {problem}"));
        assert!(promises.errors.is_empty(), "nothing failed but processes: {:?}", promises.errors);
        assert!(promises.gone.is_empty(), "taken, and not there: {:?}", promises.gone);
        if keeps {
            assert!(found.all.is_some(), "nothing was trimmed, so all records are there");
        }
    }
    say(&format!(
        "{crew:?}, {}: {} Rust and {} Node processes killed, {acknowledged} acknowledged records, none lost",
        if keeps { "all is kept" } else { "with trims" },
        killed[0],
        killed[1]
    ));
    say(&format!("FIGURE kills {}\nFIGURE acknowledged-records {acknowledged}", killed[0] + killed[1]));
    assert!(acknowledged > kills, "{acknowledged} records");
}

#[test]
fn rust_processes_are_killed() {
    storm(&[Language::Rust; 3], 20, true);
}

#[test]
fn rust_processes_that_trim_are_killed() {
    storm(&[Language::Rust; 3], 20, false);
}

#[cfg(feature = "node")]
#[test]
fn rust_and_node_processes_are_killed() {
    use Language::{Node, Rust};
    storm(&[Rust, Node, Node], 24, true);
}

#[cfg(feature = "node")]
#[test]
fn rust_and_node_processes_that_trim_are_killed() {
    use Language::{Node, Rust};
    storm(&[Rust, Node, Node], 24, false);
}
