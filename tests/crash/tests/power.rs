//! The power fails after each operation of a real process: whatever the disk then holds, everything that was promised
//! is there.

mod common;

use common::{explore_recoveries, recorder, states_at_point};
use highwater_crash_tests::disk::Disk;
use highwater_crash_tests::explore::{Bounds, Report, explore};
use highwater_crash_tests::log::Entry;
use highwater_crash_tests::promises::Promises;
use highwater_crash_tests::record::Language;
use highwater_crash_tests::say;

fn fail_power(name: &str, languages: &[Language], appends: u64, seed: u64) -> Report {
    explore_all(name, &recorder().record(languages, appends, seed), seed)
}

fn explore_all(name: &str, entries: &[Entry], seed: u64) -> Report {
    let bounds = Bounds::all(states_at_point(), seed);
    let report = explore(entries, &Disk::default(), &Promises::default(), bounds);
    say(&format!(
        "{name}: {} operations, the power failed at {} points, {} states opened",
        entries.len(),
        report.points,
        report.states
    ));
    report.assert_clean();
    report
}

#[test]
fn the_power_fails_under_one_rust_writer_and_again_under_the_one_that_goes_on() {
    let report = fail_power("one Rust writer", &[Language::Rust], 40, 1);
    assert!(
        report.points > 300 && report.states > 2_000,
        "{} points, {} states",
        report.points,
        report.states
    );
    explore_recoveries(&report.samples);
}

#[test]
fn the_power_fails_under_two_rust_writers_and_again_under_the_one_that_goes_on() {
    let report = fail_power("two Rust writers", &[Language::Rust; 2], 25, 2);
    assert!(
        report.points > 300 && report.states > 2_000,
        "{} points, {} states",
        report.points,
        report.states
    );
    explore_recoveries(&report.samples);
}

#[test]
fn the_power_fails_while_rust_writers_start_the_journal_anew_and_again_under_the_one_that_goes_on() {
    for (languages, appends, seed) in [(&[Language::Rust][..], 16, 31), (&[Language::Rust; 2], 10, 32)] {
        let entries = recorder().record_resets(languages, appends, seed);
        let starts = entries.iter().filter_map(Entry::told).filter(|told| told.starts_with("start")).count();
        let name = format!("{} Rust writers and {starts} words of new starts", languages.len());
        let report = explore_all(&name, &entries, seed);
        assert!(starts > 2 && report.states > 1_000, "{starts} new starts, {} states", report.states);
        explore_recoveries(&report.samples);
    }
}
