//! The durable bytes of Highwater: records, snapshots, segments, facts and values.
//!
//! Everything that Highwater keeps is made here and read here, and nowhere else. The layout is fixed by `FORMAT.md`,
//! beside this crate; a byte that was once written is readable by every later version.
//!
//! Decoding is total: there are no bytes that make it panic, loop, or allocate more than a small multiple of their
//! length.

mod beat;
pub mod body;
mod checksum;
mod digest;
mod encryption;
mod entries;
pub mod entry;
mod error;
pub mod fact;
pub mod fact_json;
pub mod fact_table;
mod frame;
mod hex;
pub mod limits;
pub mod message;
mod part;
mod record;
pub mod scan;
mod segment;
mod snapshot;
mod stuffing;
mod subtask_state;
pub mod value;

pub use beat::Beat;
pub use body::{from_body, to_body};
pub use digest::{Digest, WriterId, frame_digest};
pub use encryption::{KEY_BYTES, Key, KeyId, Keyring};
pub use entries::{Entries, EntriesWriter, decode_entries, encode_entries};
pub use entry::{EntryOf, Extra};
pub use error::FormatError;
pub use fact::Fact;
pub use fact_json::fact_json;
pub use fact_table::{FactLayout, FactTable};
pub use frame::{
    FLAG_ENCRYPTED, FLAG_STUFFED, FORMAT_NUMBER, FrameHeader, FrameKind, HEADER_BYTES, MAGIC, decode_frame,
    encode_frame,
};
pub use part::{PART_FORMAT, PART_MAGIC, PartChange, PartEntry, PartReader, PartWriter, part_digest};
pub use record::{RecordHeader, RecordOf, encode_record, encode_record_with};
pub use scan::scan;
pub use segment::{STOP_VERSION, Seal, SegmentHeader, SegmentKind};
pub use snapshot::Snapshot;
pub use subtask_state::SubtaskState;

/// A fact of a pipeline's journal, as it stands in a record.
pub type Entry = EntryOf<Fact>;

/// A record of a pipeline's journal.
pub type Record = RecordOf<Fact>;
