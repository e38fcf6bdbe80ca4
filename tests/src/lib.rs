//! Scenarios: transcripts that are run, read as documentation, and replayed on every host.
//!
//! A scenario is a text of commands and what came of them (see `scenarios/README.md`). [`World`] runs it against the
//! native engine and a store in memory, and keeps a [`Trace`]: what went into each engine, and what came out. Another
//! host replays the trace: the same inputs must give the same outputs, byte for byte.

mod ask;
mod brief;
mod cadence;
mod control;
mod cover;
pub mod directory;
mod fault;
mod late;
pub mod lockstep;
mod maintain;
mod neutral;
mod outputs;
mod partition;
mod plan;
mod scenario;
mod stream;
mod trace;
mod wire;
mod words;
mod world;

pub use scenario::{Block, Scenario};
pub use trace::{Digests, Step, Trace};
pub use world::World;

use std::path::PathBuf;

/// The folder of this crate.
#[must_use]
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All scenarios, by name.
///
/// # Panics
///
/// If the folder of scenarios cannot be read.
#[must_use]
pub fn scenarios() -> Vec<Scenario> {
    let folder = folder().join("scenarios");
    let entries = std::fs::read_dir(&folder).expect("the folder of scenarios is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "txt")).collect();
    paths.sort();
    paths.iter().map(|path| Scenario::read(path)).collect()
}

pub mod role;
