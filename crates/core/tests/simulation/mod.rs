//! Engines, a store that fails in every way that the contract allows, and what must hold whatever happens.

mod action;
mod check;
mod store;
mod world;

pub(crate) use action::{Action, action, commands};
pub(crate) use world::{Setup, World};
