//! What the tests of crashes share.
#![allow(dead_code, unreachable_pub)]

use std::path::PathBuf;

use highwater_crash_tests::disk::Disk;
use highwater_crash_tests::explore::{Bounds, Report, State, explore};
use highwater_crash_tests::record::Recorder;
use highwater_crash_tests::say;

/// States of which a recovery is recorded.
const RECOVERIES: usize = 12;

pub fn recorder() -> Recorder {
    Recorder { program: PathBuf::from(env!("CARGO_BIN_EXE_highwater-crash-tests")), pause_us: 300 }
}

/// A number from the environment.
pub fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// States that are looked at after each operation.
pub fn states_at_point() -> usize {
    number("HIGHWATER_CRASH_STATES", 24)
}

/// Some of the states again, spread over all of them.
pub fn spread(samples: &[State], count: usize) -> Vec<&State> {
    samples.iter().step_by((samples.len() / count).max(1)).take(count).collect()
}

/// In some states a process goes on, and the power fails again after each of its operations.
pub fn explore_recoveries(samples: &[State]) -> Report {
    let states = spread(samples, RECOVERIES);
    let images: Vec<_> = states.iter().map(|state| &state.image).collect();
    let recordings = recorder().record_recoveries(&images);
    let bounds = Bounds { states_at_point: states_at_point() / 3, sample_every: 100, seed: 9 };
    let mut report = Report::default();
    for (name, entries) in &recordings {
        let state = states[name.parse::<usize>().expect("the number of a state")];
        report.add(explore(entries, &Disk::from_image(&state.image), &state.promises, bounds));
    }
    say(&format!(
        "again: {} recoveries, the power failed at {} points, {} states opened",
        recordings.len(),
        report.points,
        report.states
    ));
    report.assert_clean();
    report
}
