//! Inputs that no host and no store should ever give: the engine answers them all and never breaks down.

mod facts;
mod inputs;

pub(crate) use facts::{chained, facts};
pub(crate) use inputs::{check, moment};
