//! Every bound of this crate, by name. Those of the state itself stand with the core.

use std::time::Duration;

/// Longest pause between two questions of [`Node::begin_or_wait`](crate::Node::begin_or_wait),
/// [`Lease::acquire`](crate::Lease::acquire), and a processor that asks for checkpoints, although nothing may change for longer: what is waited for may come sooner
/// than it must.
pub const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Shortest pause between two such questions.
pub const ASK_AGAIN_MIN: Duration = Duration::from_millis(2);

/// Beats in the time of one lease: two may be lost before anybody may take over.
pub const BEATS_PER_LEASE: u32 = 3;

/// Longest part of a host's name that goes into the name of a worker, in bytes.
pub const HOST_BYTES: usize = 128;

/// Most deltas on one base of a keyed state; then everything is written anew. It bounds what a restore has to open.
pub const DELTA_PARTS: usize = 64;

/// Most states by name in one sub-task.
pub const KEYED_STATES: usize = 1_000;

/// Most snapshots of a keyed state whose checkpoints are under way.
pub const SNAPSHOTS_IN_FLIGHT: usize = 100;

/// Most inputs of one operator that are aligned.
pub const ALIGNED_INPUTS: usize = 10_000;

/// Most events of one input that may wait for the barrier of the others.
pub const ALIGNED_WAITING: usize = 100_000;

/// Records that a processor reads at once when nothing else is said.
pub const PROCESSOR_READ: usize = 1_000;

/// A part of a keyed state that would become longer ends, and another one begins, in bytes (64 MiB): it bounds what is in memory while one is read.
pub const KEYED_PART_BYTES: usize = 64 << 20;

/// Pause of [`ExactlyOnceProcessor::run`](crate::streaming::ExactlyOnceProcessor::run) when there was nothing to read.
pub const PROCESSOR_IDLE: Duration = Duration::from_millis(50);
