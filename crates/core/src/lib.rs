//! The Highwater state machine.
//!
//! [`Engine::step`] is the one entry point: commands of the application and results of the host's I/O go in, I/O to
//! perform and replies come out. It does no I/O, reads no clock, holds no lock, draws its randomness from a seed, and the
//! same inputs give the same bytes on every host.
//!
//! Start with [`Engine`], then read [`command`] for what can be asked and [`answer`] for what comes back. [`docs::host_loop`] is for
//! whoever writes a host, [`docs::machine`] for whoever changes the core.
#![forbid(unsafe_code)]

mod acknowledge;
pub mod answer;
mod artifact;
mod ask;
pub mod attempt;
pub mod backfill;
mod backup;
pub mod batch;
mod begin;
mod cadence;
pub mod checkpoint;
pub mod command;
#[doc(hidden)]
pub mod coverage;
mod dead_letter;
mod deadline;
mod decide;
mod desk;
mod diff;
mod drift;
mod due;
mod engine;
mod error;
mod extent;
mod few;
mod flight;
mod fork;
mod graph;
mod hand_back;
mod hwm;
mod hwm_derived;
mod hwm_spec;
pub mod input;
mod interval_set;
mod journal;
pub mod key_group;
#[doc(hidden)]
pub mod known_bug;
mod late;
pub mod lease;
pub mod limits;
mod log;
pub mod moment;
mod names;
pub mod node;
mod observe;
mod offline;
mod options;
mod order;
pub mod output;
mod page;
pub mod partition;
mod past;
mod pause;
mod plan;
mod position;
mod proposed;
mod remember;
mod repair;
mod replace;
mod report;
mod resident;
mod retry;
mod revert;
mod rng;
mod round;
pub mod row;
mod rows;
pub mod run;
mod run_window;
mod sink;
mod skip;
mod snapshot;
mod state;
mod state_part;
mod stop;
mod stream;
mod success;
mod table;
mod time;
pub mod transaction;
mod trigger;
mod upkeep;
mod validate;
mod verify;
mod view;
mod why;
mod worker;

/// Guides.
pub mod docs {
    #[doc = include_str!("../docs/loop.md")]
    pub mod host_loop {}
    #[doc = include_str!("../docs/machine.md")]
    pub mod machine {}
}

pub use engine::Engine;
pub use error::{Error, ErrorKind};
#[doc(hidden)]
pub use journal::snapshot_of;
pub use names::check_pipeline;
pub use options::{ConflictPolicy, Options};
