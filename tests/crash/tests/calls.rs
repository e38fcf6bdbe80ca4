//! Each call of a run fails once, in each way.

mod common;

use common::{number, recorder};
use highwater_crash_tests::calls::{Calls, fail_each};
use highwater_crash_tests::record::{Failure, Language};
use highwater_crash_tests::say;

/// Appends of each run: two snapshots, several segments.
const APPENDS: u64 = 16;

/// Every so many calls, one fails. `HIGHWATER_CRASH_CALL_STEP=1` lets all of them fail.
fn calls(step: usize) -> Calls {
    let step = number("HIGHWATER_CRASH_CALL_STEP", step);
    Calls {
        appends: APPENDS,
        step,
        first: number("HIGHWATER_CRASH_CALL_FIRST", 0) % step,
        points: 12,
        states_at_point: 6,
    }
}

fn fail_calls(language: Language, failure: Failure, step: usize) {
    let outcome = fail_each(&recorder(), language, failure, calls(step));
    say(&format!(
        "{language:?}, {failure:?}: {} calls failed, the caller was told {} times, {} appends acknowledged, {} states opened",
        outcome.failed_calls, outcome.told, outcome.acknowledged, outcome.report.states
    ));
    say(&format!("FIGURE failed-calls {}", outcome.failed_calls));
    outcome.report.assert_clean();
    // What writes for Node writes the rest of half a write by itself, with a second call.
    let is_told = (language, failure) != (Language::Node, Failure::Short);
    assert!(outcome.failed_calls > 5 && (outcome.told > 0) == is_told, "{} told", outcome.told);
}

#[test]
fn a_device_error_at_each_call_of_the_rust_store() {
    fail_calls(Language::Rust, Failure::Device, 4);
}

#[test]
fn no_room_at_each_call_of_the_rust_store() {
    fail_calls(Language::Rust, Failure::Full, 4);
}

#[test]
fn half_of_each_write_of_the_rust_store() {
    fail_calls(Language::Rust, Failure::Short, 2);
}

#[cfg(feature = "node")]
#[test]
fn a_device_error_at_each_call_of_the_typescript_store() {
    fail_calls(Language::Node, Failure::Device, 4);
}

#[cfg(feature = "node")]
#[test]
fn no_room_at_each_call_of_the_typescript_store() {
    fail_calls(Language::Node, Failure::Full, 4);
}

#[cfg(feature = "node")]
#[test]
fn half_of_each_write_of_the_typescript_store() {
    fail_calls(Language::Node, Failure::Short, 2);
}
