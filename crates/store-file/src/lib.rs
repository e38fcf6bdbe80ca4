//! The Highwater store in a directory: lock-free, one fdatasync a commit.
//!
//! Any number of processes may work on one directory at the same time, also those of other languages that follow the
//! same rules; `README.md` beside this crate states them and says why they hold.
//!
//! ```
//! use highwater_store::{Append, Store};
//! use highwater_store_file::FileStore;
//! # use highwater_format::Digest;
//! # use highwater_store::conformance::record_frame;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path();
//! # let record = record_frame(1, 1, 10, Digest::ZERO);
//! let store = FileStore::open(path)?;
//! # futures::executor::block_on(async {
//! let outcome = store.append("prod/orders_daily", 1, record.clone()).await?;
//! assert_eq!(outcome, Append::Appended);
//! let journal = store.read("prod/orders_daily").await?;
//! assert_eq!(journal.tail[0].bytes, record);
//! # Ok::<(), highwater_store::StoreError>(())
//! # })?;
//! # Ok(())
//! # }
//! ```
//!
//! The futures of this store do their I/O on the thread that polls them and never wait for anything else: whoever uses
//! it gives it a thread.

mod append;
mod backups;
mod beats;
mod create;
mod disk;
#[cfg(feature = "faults")]
pub mod faults;
mod folder;
mod journal;
mod layout;
pub mod limits;
mod list;
mod name;
mod network;
mod options;
mod pending;
mod problem;
mod read;
mod read_all;
mod reset;
mod segment;
mod snapshots;
mod store;
mod trim;

pub use options::FileStoreOptions;
pub use store::FileStore;

/// The guide, whose code is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Guide;
