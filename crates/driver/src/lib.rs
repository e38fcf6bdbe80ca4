//! The loop between the engine, a store and a clock.
//!
//! A [`Driver`] owns one [`Stepper`] (the native core, or the component that holds it) and moves everything between it
//! and the world: commands in from any number of [`Handle`]s, requests out to the [`Store`](highwater_store::Store),
//! results back in, replies out, and a step when the time has come that the engine asked for. It decides nothing.
//!
//! ```
//! use std::sync::Arc;
//! use highwater_core::{Engine, Options, command::Command, input::Freshness};
//! use highwater_driver::Driver;
//! use highwater_store::MemoryStore;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let engine = || Ok(Engine::new(Options::new(highwater_driver::seed()?)));
//! let handle = Driver::new(engine, Arc::new(MemoryStore::new())).spawn()?;
//! let answers = handle.submit("dev/orders", vec![Command::DescribePipeline], None, Freshness::Latest).await?;
//! assert_eq!(answers.len(), 1);
//! handle.close().await;
//! # Ok::<(), highwater_core::Error>(()) }).unwrap();
//! ```

mod clock;
mod driver;
mod event_loop;
mod file_inspector;
mod gather;
mod handle;
mod in_flight;
mod in_place;
mod inspect;
pub mod limits;
mod manual_clock;
mod message;
mod outcome;
mod perform;
mod seed;
mod stepper;
mod waiting;

pub use clock::{Clock, SystemClock, Until};
pub use driver::Driver;
pub use file_inspector::FileInspector;
pub use handle::Handle;
pub use inspect::Inspector;
pub use manual_clock::ManualClock;
pub use outcome::store_error;
pub use seed::seed;
pub use stepper::Stepper;
