//! The Highwater state machine.
//!
//! [`Engine::step`] is the one entry point: commands of the application and results of the host's I/O go in, I/O to
//! perform and replies come out. It does no I/O, reads no clock, holds no lock, draws its randomness from a seed, and the
//! same inputs give the same bytes on every host.
#![forbid(unsafe_code)]

pub mod answer;
pub mod attempt;
pub mod command;
mod engine;
mod error;
pub mod input;
pub mod limits;
pub mod node;
mod options;
pub mod output;
pub mod run;

pub use engine::Engine;
pub use error::{Error, ErrorKind};
pub use options::{ConflictPolicy, Options};
