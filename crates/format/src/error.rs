//! What can be wrong with durable bytes: where it is, and what to do next.

use crate::encryption::KeyId;

/// Why bytes could not be written or read.
///
/// Offsets count from the start of the bytes that were handed in, or from the start of the segment where the caller
/// has said where its part begins. The messages are for people and may change; the variants and their fields may not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes end before the frame does.
    #[error(
        "the frame at byte {offset} is cut off: it needs {needed} bytes and {have} are there; \
         restore the missing bytes, or treat them as torn if they are the last of a segment"
    )]
    Truncated {
        /// Where the frame begins.
        offset: u64,
        /// How many bytes the frame needs, as far as can be told.
        needed: u64,
        /// How many bytes there are.
        have: u64,
    },

    /// The bytes do not begin with the magic of a frame.
    #[error("no frame begins at byte {offset}: the magic is missing; check that this is a file of Highwater")]
    NotAFrame {
        /// Where a frame was expected.
        offset: u64,
    },

    /// A length is above its limit.
    #[error(
        "{what} at byte {offset} has {length} bytes and at most {limit} are allowed; \
         split what is written, or treat the bytes as damaged if they were read"
    )]
    TooLarge {
        /// What is too long.
        what: &'static str,
        /// Where it begins.
        offset: u64,
        /// How long it is, in bytes.
        length: u64,
        /// How long it may be, in bytes.
        limit: u64,
    },

    /// The checksum does not fit the bytes.
    #[error("the frame at byte {offset} is damaged: its checksum does not match; restore it from a backup")]
    Checksum {
        /// Where the frame begins.
        offset: u64,
    },

    /// An intact frame of a format that this version does not know.
    #[error(
        "the frame at byte {offset} has format number {number}, this version reads up to {known}; \
         it was written by a newer version: upgrade this one"
    )]
    NewerFormat {
        /// Where the frame begins.
        offset: u64,
        /// The format number that it carries.
        number: u16,
        /// The highest format number that this version reads.
        known: u16,
    },

    /// An intact frame of a kind that this version does not know.
    #[error(
        "the frame at byte {offset} has kind {kind}, which this version does not know; \
         it was written by a newer version: upgrade this one"
    )]
    UnknownKind {
        /// Where the frame begins.
        offset: u64,
        /// The kind that it carries.
        kind: u8,
    },

    /// An intact frame with flags that must be understood and are not.
    #[error(
        "the frame at byte {offset} has flags {flags:#010b}, which this version does not know; \
         it was written by a newer version: upgrade this one"
    )]
    UnknownFlags {
        /// Where the frame begins.
        offset: u64,
        /// The flags that are not known.
        flags: u8,
    },

    /// A segment of a kind that this version does not know.
    #[error(
        "the segment is of kind {kind}, which this version does not know; \
         it was written by a newer version: upgrade this one"
    )]
    UnknownSegment {
        /// The kind that its header names.
        kind: u8,
    },

    /// An intact frame of another kind than the caller asked for.
    #[error("expected a {expected} frame and found a {found} frame; check which file or row this came from")]
    UnexpectedKind {
        /// The kind that was asked for.
        expected: &'static str,
        /// The kind that was found.
        found: &'static str,
    },

    /// There are bytes after the one frame that was expected.
    #[error("the frame ends at byte {offset} and {extra} bytes follow it; hand in exactly one frame")]
    TrailingBytes {
        /// Where the frame ends.
        offset: u64,
        /// How many bytes follow.
        extra: u64,
    },

    /// A header field has a value that its kind of frame never has.
    #[error("the {kind} frame has an impossible {field}: {reason}; it was not written by Highwater")]
    Header {
        /// The kind of the frame.
        kind: &'static str,
        /// The field of the header.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The body is not the MessagePack that it should be.
    #[error(
        "the body is malformed at its byte {at}: {what}; \
         its checksum is right, so it was written wrongly: report a defect of the writer"
    )]
    Body {
        /// Where in the body.
        at: u64,
        /// What is wrong there.
        what: String,
    },

    /// The part of a keyed state is not what it should be.
    #[error("the part of a state cannot be read at its byte {at}: {reason}")]
    Part {
        /// Where in the part.
        at: u64,
        /// What is wrong, and what to do.
        reason: &'static str,
    },

    /// What a sub-task handed over is not what names the parts of a keyed state.
    #[error("the state of the sub-task does not name parts of a keyed state: {reason}")]
    SubtaskState {
        /// What is wrong.
        reason: String,
    },

    /// The fields of a fact do not fit it.
    #[error("the fact `{fact}` cannot be read: {reason}; it was written by an incompatible version")]
    Fields {
        /// The name of the fact.
        fact: String,
        /// What does not fit.
        reason: String,
    },

    /// A fact that this version does not know and must not skip.
    #[error(
        "the fact `{name}` is unknown to this version, which must not skip it; upgrade to a newer version"
    )]
    UnknownFact {
        /// The name of the fact.
        name: String,
    },

    /// A text that is no key.
    #[error(
        "the encryption key is none: {reason}; a key is 64 hexadecimal digits, as `openssl rand -hex 32` makes them"
    )]
    Key {
        /// What is wrong with it.
        reason: &'static str,
    },

    /// An encrypted body, and not the key for it.
    #[error(
        "the {kind} of version {version} is encrypted with key {key}, and {}; open it with that key",
        given_keys(given)
    )]
    Encrypted {
        /// The kind of the frame.
        kind: &'static str,
        /// Its version.
        version: u64,
        /// The key that it was encrypted with.
        key: KeyId,
        /// The keys that were given.
        given: Vec<KeyId>,
    },

    /// An encrypted body that was changed after it was encrypted.
    #[error(
        "the {kind} of version {version} cannot be decrypted: it was changed after it was encrypted; \
         restore it from a backup"
    )]
    Decryption {
        /// The kind of the frame.
        kind: &'static str,
        /// Its version.
        version: u64,
    },

    /// A value that has no durable form.
    #[error("{what} cannot be written: {reason}")]
    Encode {
        /// What was to be written.
        what: String,
        /// Why it cannot be.
        reason: String,
    },

    /// Acknowledged bytes are damaged or missing.
    #[error(
        "version {version} is damaged or missing at byte {offset}: {what}; nothing was changed: \
         restore the file from a backup, or repair it by hand after looking at it"
    )]
    Corrupt {
        /// The first byte that is damaged, or where the missing version should begin.
        offset: u64,
        /// The version that cannot be read.
        version: u64,
        /// What is wrong.
        what: String,
    },
}

fn given_keys(given: &[KeyId]) -> String {
    let ids: Vec<String> = given.iter().map(ToString::to_string).collect();
    match ids.as_slice() {
        [] => "no key was given".to_owned(),
        [id] => format!("the key that was given is {id}"),
        ids => format!("the keys that were given are {}", ids.join(", ")),
    }
}

impl FormatError {
    /// Where the trouble begins, when that is known: an offset as described at [`FormatError`].
    pub fn offset(&self) -> Option<u64> {
        match *self {
            Self::Truncated { offset, .. }
            | Self::NotAFrame { offset }
            | Self::TooLarge { offset, .. }
            | Self::Checksum { offset }
            | Self::NewerFormat { offset, .. }
            | Self::UnknownKind { offset, .. }
            | Self::UnknownFlags { offset, .. }
            | Self::TrailingBytes { offset, .. }
            | Self::Corrupt { offset, .. } => Some(offset),
            _ => None,
        }
    }

    /// Whether the bytes are in order and only the key for them is missing.
    pub fn needs_key(&self) -> bool {
        matches!(self, Self::Encrypted { .. })
    }

    /// Whether a newer version of Highwater would understand the bytes: they are intact, and this version is too old.
    pub fn needs_upgrade(&self) -> bool {
        matches!(
            self,
            Self::NewerFormat { .. }
                | Self::UnknownKind { .. }
                | Self::UnknownFlags { .. }
                | Self::UnknownSegment { .. }
                | Self::UnknownFact { .. }
        )
    }
}
