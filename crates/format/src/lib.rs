//! The durable bytes of Highwater: records, snapshots, segments, facts and values.
//!
//! Everything that Highwater keeps is made here and read here, and nowhere else. The layout is fixed by `FORMAT.md`,
//! beside this crate; a byte that was once written is readable by every later version.
//!
//! Decoding is total: there are no bytes that make it panic, loop, or allocate more than a small multiple of their
//! length.

pub mod entry;
pub mod error;
pub mod fact_table;
pub mod limits;
pub mod message;

pub use entry::{EntryOf, Extra};
pub use error::FormatError;
pub use fact_table::{FactLayout, FactTable};
