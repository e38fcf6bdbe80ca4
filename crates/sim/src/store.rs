//! The store of a simulation: one truth, and one door to it for each life of a host.

mod backups;
mod door;
mod truth;

pub(crate) use door::Door;
pub(crate) use truth::{BeatTruth, Journaled, Truth};
