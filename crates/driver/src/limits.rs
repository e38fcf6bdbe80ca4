//! Every bound of the driver, by name.

use std::time::Duration;

/// Most submissions that one step is given. The rest follows in the next step.
pub const SUBMISSIONS_PER_STEP: usize = 4_096;

/// Longest sleep without a look at the clock, in milliseconds. A wall clock that is set forward during a sleep is noticed
/// no later than this.
pub const SLEEP_MS: i64 = 5_000;

/// Longest time that the loop looks out for further submissions before it goes on, whatever the store needs for a commit.
pub const GATHER: Duration = Duration::from_micros(500);

/// Of that time, what is allowed for the first submitter that was just answered: about what a parked thread needs to wake.
pub const GATHER_FIRST: Duration = Duration::from_micros(50);

/// Of that time, what is allowed for each further one.
pub const GATHER_EACH: Duration = Duration::from_micros(10);

/// The loop looks out for further submissions for at most one part in this many of what the last commit took: whoever misses
/// a commit waits for a whole one.
pub const GATHER_SHARE: u32 = 1;

/// Below this, looking out for further submissions costs more than it can bring.
pub const GATHER_MIN: Duration = Duration::from_micros(5);

/// Most commits in a row for which the loop does not look out, after looking out was of no use again and again.
pub const GATHER_PAUSE: u32 = 64;

/// A lone submitter that keeps no other task waiting carries out its own submissions, as long as a commit takes less than
/// this. Above it, passing them to the driver's thread costs next to nothing in comparison.
pub const IN_PLACE: Duration = Duration::from_millis(1);
/// Bytes of an artifact that are read at once.
pub const INSPECT_BYTES: usize = 1024 * 1024;
