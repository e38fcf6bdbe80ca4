//! Crashes of a process that goes on after a crash.

use crate::disk::Disk;
use crate::explore::{Bounds, Report, State, explore};
use crate::record::Recorder;

/// In some of the states a process goes on, and the power fails again after each of its operations.
///
/// # Panics
///
/// When the process fails.
pub fn explore_recoveries(
    recorder: &Recorder,
    samples: &[State],
    count: usize,
    states_at_point: usize,
) -> Report {
    let states = spread(samples, count);
    let images: Vec<_> = states.iter().map(|state| &state.image).collect();
    let mut report = Report::default();
    for (name, entries) in &recorder.record_recoveries(&images) {
        let number: usize = name.parse().expect("the number of a state");
        let state = states[number];
        let bounds = Bounds::all(states_at_point, number as u64);
        report.add(explore(entries, &Disk::from_image(&state.image), &state.promises, bounds));
    }
    report
}

/// Some of the states, spread over all of them.
pub fn spread(samples: &[State], count: usize) -> Vec<&State> {
    samples.iter().step_by((samples.len() / count.max(1)).max(1)).take(count).collect()
}
