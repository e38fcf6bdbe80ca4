#![doc = include_str!("../README.md")]

mod case;
mod clock;
mod crash_test;
mod difference;
mod fate;
mod kit;
mod life;
mod life_store;
pub mod limits;
mod point;
mod report;
mod rows;
mod world;

pub use crash_test::{CrashTest, crash_test};
pub use kit::TestKit;
pub use life::Life;
pub use report::{Failure, Kind, Report};
pub use rows::{OldToken, Rows};
