//! A call that fails: nobody is told what is not so, nothing is lost, and the process goes on.

use std::ops::Range;

use crate::disk::Disk;
use crate::explore::{Bounds, Report, explore};
use crate::log::{Entry, Operation, is_acks};
use crate::promises::Promises;
use crate::record::{Failure, Language, Recorder};

/// Numbers of the errors that the shim makes.
const ERRNOS: [i32; 2] = [5, 28];
/// Kinds of errors that tell of a disk which does not do what it is asked to.
const KINDS: [&str; 2] = ["unavailable", "unknown"];

/// What came of all the calls that failed.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Runs of which a call failed.
    pub failed_calls: usize,
    /// Runs whose process was told of it; the others could do without the call.
    pub told: usize,
    /// Appends that were acknowledged in all runs.
    pub acknowledged: usize,
    /// What the power left.
    pub report: Report,
}

/// How much to look at.
#[derive(Debug, Clone, Copy)]
pub struct Calls {
    /// Appends of each run.
    pub appends: u64,
    /// Every so many calls, one fails.
    pub step: usize,
    /// Where the first of them is.
    pub first: usize,
    /// Behind so many entries after the failure the power fails.
    pub points: usize,
    /// Most states at each.
    pub states_at_point: usize,
}

/// Runs the workload once for each of its calls, which then fails.
///
/// # Panics
///
/// When a process ends early or says what it must not.
pub fn fail_each(recorder: &Recorder, language: Language, failure: Failure, calls: Calls) -> Outcome {
    let undisturbed = recorder.record(&[language], calls.appends, 1);
    let counted: Vec<&Entry> = undisturbed.iter().filter(|entry| !is_acks(&entry.path)).collect();
    let suits = |index: &usize| {
        failure != Failure::Short || matches!(counted[*index].operation, Operation::Write { .. })
    };
    let chosen = (0..counted.len()).filter(suits).skip(calls.first).step_by(calls.step);
    let mut outcome = Outcome::default();
    for (call, entries) in recorder.record_failures(language, failure, calls.appends, chosen) {
        let case = format!("{language:?}, {failure:?} at call {call}");
        let Some(failed) = failed_at(&entries, failure, call.parse().expect("a number")) else {
            panic!("{case}: there was no such call");
        };
        let mut promises = Promises::default();
        entries.iter().filter_map(Entry::told).for_each(|told| promises.hear(told));
        assert_eq!(promises.done, 1, "{case}: the process did not come to its end");
        assert_eq!(
            promises.acknowledged as u64, calls.appends,
            "{case}: it did not append all: {:?}",
            promises.errors
        );
        promises.errors.iter().for_each(|error| assert_clear(&case, error));
        outcome.failed_calls += 1;
        outcome.told += usize::from(!promises.errors.is_empty());
        outcome.acknowledged += promises.acknowledged;
        outcome.report.add(look_around(
            &case,
            &entries,
            failed..failed + calls.points,
            calls.states_at_point,
        ));
    }
    outcome
}

/// The entry that failed.
fn failed_at(entries: &[Entry], failure: Failure, call: usize) -> Option<usize> {
    if failure != Failure::Short {
        return entries.iter().position(|entry| ERRNOS.contains(&entry.errno));
    }
    let counted = |(_, entry): &(usize, &Entry)| !is_acks(&entry.path);
    entries.iter().enumerate().filter(counted).nth(call).map(|(index, _)| index)
}

/// The power fails soon after the failure, and at the end.
fn look_around(case: &str, entries: &[Entry], points: Range<usize>, states_at_point: usize) -> Report {
    let bounds = Bounds::all(states_at_point, points.start as u64);
    let ranges = [points.clone(), entries.len().saturating_sub(2).max(points.end)..entries.len()];
    let mut report = Report::default();
    for range in ranges {
        let bounds = Bounds { first_point: range.start, points: range.len(), ..bounds };
        report.add(explore(entries, &Disk::default(), &Promises::default(), bounds));
    }
    report.failures.iter_mut().for_each(|failure| *failure = format!("{case}: {failure}"));
    report
}

/// An error names what was to be done, where, why not, and what to do next.
fn assert_clear(case: &str, error: &str) {
    let mut words = error.splitn(3, ' ');
    let (_, kind, message) = (words.next(), words.next(), words.next().unwrap_or_default());
    assert!(kind.is_some_and(|kind| KINDS.contains(&kind)), "{case}: {error}");
    // The directory of the run has this name.
    let place = format!("/{}/", "root");
    for needed in [place.as_str(), "; "] {
        assert!(message.contains(needed), "{case}: `{message}` does not have `{needed}`");
    }
}
