//! Conversions between the core's types and those of `wit/`, in both directions, without any decision.
//!
//! Both sides have the same names and the same fields. Every conversion takes its type apart and names each part, so
//! that a part which one side lacks does not compile. Text and bytes are moved, never copied. Only values can fail,
//! because the boundary carries some of them as text.
//!
//! The host that loads the component compiles these files too, against the types that its own binding generator makes:
//! `super::wit` is whichever it is.

mod answers;
mod commands;
mod engine;
mod keys;
mod problem;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod sample;
mod shape;
mod shared;
mod storage;
mod traits;
pub(crate) mod value;

pub(crate) use problem::Problem;
pub(crate) use traits::{FromCore, FromWit};
