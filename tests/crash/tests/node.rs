//! The same for the TypeScript store, alone and beside the Rust store. Needs Node and the built npm package: the feature
//! `node`.
#![cfg(feature = "node")]

mod common;

use common::{explore_recoveries, recorder, states_at_point};
use highwater_crash_tests::again::spread;
use highwater_crash_tests::disk::Disk;
use highwater_crash_tests::explore::{Bounds, Report, explore};
use highwater_crash_tests::log::Entry;
use highwater_crash_tests::promises::Promises;
use highwater_crash_tests::record::Language::{self, Node, Rust};
use highwater_crash_tests::{node, say};

/// States that the TypeScript store opens too.
const OPENED_BY_NODE: usize = 200;

fn fail_power(name: &str, languages: &[Language], appends: u64, seed: u64) -> Report {
    explore_all(name, &recorder().record(languages, appends, seed), seed)
}

fn explore_all(name: &str, entries: &[Entry], seed: u64) -> Report {
    let bounds = Bounds { sample_every: 5, ..Bounds::all(states_at_point(), seed) };
    let report = explore(entries, &Disk::default(), &Promises::default(), bounds);
    let states: Vec<_> = spread(&report.samples, OPENED_BY_NODE).into_iter().cloned().collect();
    let problems = node::check(&states);
    say(&format!(
        "{name}: {} operations, the power failed at {} points, {} states opened, {} of them by Node too",
        entries.len(),
        report.points,
        report.states,
        states.len()
    ));
    report.assert_clean();
    assert!(problems.is_empty(), "{} broken promises in Node:\n{}", problems.len(), problems.join("\n"));
    report
}

#[test]
fn the_power_fails_under_one_node_writer_and_again_under_the_rust_writer_that_goes_on() {
    let report = fail_power("one Node writer", &[Node], 40, 3);
    assert!(
        report.points > 200 && report.states > 2_000,
        "{} points, {} states",
        report.points,
        report.states
    );
    explore_recoveries(&report.samples);
}

#[test]
fn the_power_fails_under_two_node_writers() {
    let report = fail_power("two Node writers", &[Node; 2], 20, 4);
    assert!(
        report.points > 200 && report.states > 2_000,
        "{} points, {} states",
        report.points,
        report.states
    );
}

#[test]
fn the_power_fails_under_a_rust_writer_and_a_node_writer() {
    let report = fail_power("Rust and Node", &[Rust, Node], 30, 5);
    assert!(
        report.points > 200 && report.states > 2_000,
        "{} points, {} states",
        report.points,
        report.states
    );
}

#[test]
fn the_power_fails_while_node_and_rust_writers_start_the_journal_anew() {
    for (languages, appends, seed) in [(&[Node][..], 13, 33), (&[Rust, Node], 10, 34)] {
        let entries = recorder().record_resets(languages, appends, seed);
        let starts = entries.iter().filter_map(Entry::told).filter(|told| told.starts_with("start")).count();
        let report = explore_all(&format!("{languages:?} and {starts} words of new starts"), &entries, seed);
        assert!(starts > 2 && report.states > 600, "{starts} new starts, {} states", report.states);
        explore_recoveries(&report.samples);
    }
}
