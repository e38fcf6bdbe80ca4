//! What the tests of crashes share.
#![allow(dead_code, unreachable_pub)]

use std::path::PathBuf;

use highwater_crash_tests::again;
use highwater_crash_tests::explore::State;
use highwater_crash_tests::record::Recorder;
use highwater_crash_tests::say;

/// States of which a recovery is recorded.
const RECOVERIES: usize = 8;

pub fn recorder() -> Recorder {
    Recorder { program: PathBuf::from(env!("CARGO_BIN_EXE_highwater-crash-tests")), pause_us: 300 }
}

/// A number from the environment.
pub fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// States that are looked at after each operation.
pub fn states_at_point() -> usize {
    number("HIGHWATER_CRASH_STATES", 16)
}

/// In some states a process goes on, and the power fails again after each of its operations.
pub fn explore_recoveries(samples: &[State]) {
    let report = again::explore_recoveries(&recorder(), samples, RECOVERIES, states_at_point() / 2);
    say(&format!(
        "again: {RECOVERIES} recoveries, the power failed at {} points, {} states opened",
        report.points, report.states
    ));
    report.assert_clean();
}
