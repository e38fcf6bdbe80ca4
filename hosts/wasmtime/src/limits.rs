//! Every bound of this crate, by name. Those of the state itself stand with the core.

use std::time::Duration;

/// Longest pause between two questions of [`Node::begin_or_wait`](crate::Node::begin_or_wait) and
/// [`Lease::acquire`](crate::Lease::acquire), although nothing may change for longer: what is waited for may come sooner
/// than it must.
pub const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Shortest pause between two such questions.
pub const ASK_AGAIN_MIN: Duration = Duration::from_millis(2);

/// Beats in the time of one lease: two may be lost before anybody may take over.
pub const BEATS_PER_LEASE: u32 = 3;

/// Longest part of a host's name that goes into the name of a worker, in bytes.
pub const HOST_BYTES: usize = 128;
