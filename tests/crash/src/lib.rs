//! Crashes, power failures and failing system calls, on the real file stores in real processes.
//!
//! A process that uses a store runs with `shim.c` preloaded, which records every file operation, and what the process
//! was promised, in one order ([`log`]). [`disk`] replays the record and knows what is on the disk for certain;
//! [`choices`] says what else may be there after the power failed; [`explore`] makes each such directory and [`check`]
//! opens it with the store and holds it to the [`promises`] that were made until then.

pub mod again;
pub mod calls;
pub mod check;
pub mod choices;
pub mod device;
pub mod disk;
pub mod explore;
pub mod folder;
pub mod log;
pub mod node;
pub mod promises;
pub mod random;
pub mod record;
pub mod shim;
pub mod storm;
pub mod workload;

/// The journal that all workloads use.
pub const KEY: &str = "prod/orders_daily";

/// Size at which the workloads seal a segment, in bytes: small, so that there are many.
pub const SEGMENT_BYTES: u64 = 1_024;

/// Says what was counted, also when the test harness would keep the output of a passing test to itself.
pub fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}
