//! The power fails after each operation of a real process: whatever the disk then holds, everything that was promised
//! is there.

mod common;

use common::{explore_recoveries, recorder, states_at_point};
use highwater_crash_tests::disk::Disk;
use highwater_crash_tests::explore::{Bounds, Report, explore};
use highwater_crash_tests::promises::Promises;
use highwater_crash_tests::record::Language;
use highwater_crash_tests::say;

fn fail_power(name: &str, languages: &[Language], appends: u64, seed: u64) -> Report {
    let entries = recorder().record(languages, appends, seed);
    let bounds = Bounds::all(states_at_point(), seed);
    let report = explore(&entries, &Disk::default(), &Promises::default(), bounds);
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
