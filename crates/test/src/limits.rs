//! Every bound of this crate, by name.

use std::time::Duration;

/// Most lives in one case. Whoever has not ended well by then never recovers.
pub const LIVES: usize = 6;

/// Most points in one life. A life that passes more never ends.
pub const POINTS_PER_LIFE: usize = 20_000;

/// Double crashes that are tried if nothing else is said: a sample of all pairs, drawn by the seed.
pub const DOUBLE_CRASHES: usize = 100;

/// Failures that a report tells in full; the others it counts.
pub const FAILURES_SHOWN: usize = 3;

/// Rows that a report names of each kind.
pub const ROWS_SHOWN: usize = 8;

/// Steps of a life that a report tells, the last ones.
pub const STEPS_SHOWN: usize = 12;

/// Lease of lives and of what a [`TestKit`](crate::TestKit) opens, where a pipeline asks for no other.
pub const LEASE: Duration = Duration::from_secs(2);

/// What it takes to start the next life.
pub const RESTART: Duration = Duration::from_secs(1);

/// Waits up to this are pauses of the engine between two tries, in which nobody beats. Leases should be several times longer.
pub const PAUSE_MS: i64 = 100;

/// Most beats of a worker while one wait passes. A take-over needs that several looks in a row see the same beat.
pub const BEATS_PER_WAIT: i64 = 8;
