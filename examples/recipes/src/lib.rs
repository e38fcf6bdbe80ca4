#![doc = include_str!("../README.md")]

pub mod files;
pub mod http;
pub mod load;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod sqlite;

pub use load::{Sink, load};
