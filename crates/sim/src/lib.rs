//! Many hosts over one store, simulated.
//!
//! A [`Plan`] is one line of text; its life is the same for ever. Hosts with drivers, engines and clocks of their own run
//! applications that behave like pipelines, over a store that fails in every way that the contract allows, while hosts die,
//! stand still and jump in time. What must hold all the while is in [`invariants`].
//!
//! ```
//! use highwater_sim::{Plan, Simulation};
//!
//! let end = Simulation::new(&Plan { operations: 5, ..Plan::of_seed(1) }).run();
//! assert_eq!(end.violation, None);
//! ```
#![forbid(unsafe_code)]

mod application;
mod bug;
mod clock;
mod executor;
mod fault;
mod figures;
mod history;
#[cfg(feature = "known-bugs")]
mod hunt;
pub mod invariants;
pub mod model;
mod outputs;
mod plan;
mod random;
mod shrink;
mod simulation;
mod stepper;
mod store;
mod time;
mod world;

pub use bug::Bug;
pub use fault::Fault;
pub use figures::Figures;
pub use history::{History, Operation};
#[cfg(feature = "known-bugs")]
pub use hunt::{Found, hunt};
pub use invariants::Violation;
pub use plan::Plan;
pub use shrink::shrink;
pub use simulation::{End, Simulation};
