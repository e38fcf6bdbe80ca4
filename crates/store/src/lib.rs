//! The contract that every Highwater store keeps, an in-memory store, and the conformance suite.
//!
//! A store moves bytes and decides nothing. It keeps one journal a pipeline: records numbered from 1 without a gap, of
//! which each number is written at most once. [`Store::append`] is the only commit point; batches, compare-and-set,
//! leases and fencing are all built on it by the engine. [`Store`] states the rules, `README.md` beside this crate
//! says what each of them protects from, and the `conformance` feature holds a store to them.

#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod error;
mod journal;
mod key;
pub mod limits;
mod memory;

pub use contract::{Shared, Store, StoreFuture};
pub use error::StoreError;
pub use journal::{Append, BackupFile, Damage, Journal, Page, Reset, Retained, Tail, Versioned};
pub use key::{check_backup_name, check_beat, check_key, check_reset, check_worker};
pub use memory::MemoryStore;

/// The guide, whose code is compiled and run with the tests.
#[cfg(all(doctest, feature = "conformance"))]
#[doc = include_str!("../README.md")]
struct Guide;
