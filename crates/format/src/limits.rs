//! Every bound of the durable bytes, by name.
//!
//! A bound of the format may be raised by a later version and never lowered: what was once written stays readable.

/// The longest body of a record, in bytes (16 MiB).
pub const RECORD_BODY_BYTES: usize = 16 << 20;

/// The longest body of a snapshot, in bytes (1 GiB).
pub const SNAPSHOT_BODY_BYTES: usize = 1 << 30;

/// The longest body of a seal, a segment header or a beat, in bytes (64 KiB).
pub const SMALL_BODY_BYTES: usize = 64 << 10;

/// How deep arrays and maps may nest in a body.
pub const MESSAGE_DEPTH: usize = 32;

/// The longest name of a fact, in bytes.
pub const FACT_NAME_BYTES: usize = 64;

/// How many fields unknown to this version one fact may carry.
pub const EXTRA_FIELDS: usize = 64;

/// How many digits a decimal may have, written out without an exponent.
pub const DECIMAL_DIGITS: usize = 100;

/// How deep arrays and objects may nest in a JSON value.
pub const JSON_DEPTH: usize = 32;

/// The longest part of a keyed state, in bytes (1 GiB). Longer states are more than one part.
pub const PART_BYTES: usize = 1 << 30;

/// The longest name of a keyed state, in bytes.
pub const PART_NAME_BYTES: usize = 256;

/// The longest key of an entry in a keyed state, as it is encoded, in bytes (64 KiB).
pub const PART_KEY_BYTES: usize = 64 << 10;

/// The longest value of an entry in a keyed state, as it is encoded, in bytes (16 MiB).
pub const PART_VALUE_BYTES: usize = 16 << 20;
