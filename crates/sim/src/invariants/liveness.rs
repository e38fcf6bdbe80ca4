//! **What can finish, finishes.** When nothing goes wrong any more, every submission is answered, every dead holder is
//! replaced and every run can be brought to its end, within a bound of simulated time.
//!
//! Why it matters: a pipeline that is safe because it stands still is of no use to anybody.

use super::Violation;

/// Longest simulated time from the end of all faults to the end of all applications, in milliseconds.
pub(crate) const CALM_MS: u64 = 600_000;

/// Applications that did not end.
pub(crate) fn stuck(clients: usize, why: &str) -> Violation {
    Violation::new("liveness", format!("{clients} applications never end: {why}"))
}
