//! Records: batches of facts, all or nothing.

use crate::digest::{Digest, WriterId};
use crate::encryption::Keyring;
use crate::entries::{append_entries, decode_entries};
use crate::entry::EntryOf;
use crate::error::FormatError;
use crate::fact_table::FactTable;
use crate::frame::{
    FrameHeader, FrameKind, HEADER_BYTES, clear_body, decode_frame_of, encrypt_body, finish_frame,
};

/// How many bytes a small record has; room for it is made at once.
const USUAL_RECORD_BYTES: usize = 512;

/// One entry of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOf<F> {
    /// Position in the pipeline's journal, from 1.
    pub version: u64,
    /// Who wrote it.
    pub writer: WriterId,
    /// The writer's own count, by which it recognises its record when it reads it back.
    pub sequence: u64,
    /// When it was decided, in milliseconds since the Unix epoch.
    pub decided_at_ms: i64,
    /// The digest of the frame of the previous record; [`Digest::ZERO`] for version 1.
    pub chain: Digest,
    /// The facts, in the order in which they were decided.
    pub facts: Vec<EntryOf<F>>,
    /// How many optional facts were skipped because this version does not know them; 0 in what is written.
    pub skipped: usize,
}

/// What a record says besides its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// Position in the pipeline's journal, from 1.
    pub version: u64,
    /// Who wrote it.
    pub writer: WriterId,
    /// The writer's own count.
    pub sequence: u64,
    /// When it was decided, in milliseconds since the Unix epoch.
    pub decided_at_ms: i64,
    /// The digest of the frame of the previous record; [`Digest::ZERO`] for version 1.
    pub chain: Digest,
}

/// A record of these facts, as a frame, in the clear.
///
/// # Errors
///
/// Those of [`encode_record_with`].
pub fn encode_record<F: FactTable>(
    header: &RecordHeader,
    facts: &[EntryOf<F>],
) -> Result<Vec<u8>, FormatError> {
    encode_record_with(header, facts, &Keyring::default())
}

/// A record of these facts, as a frame, encrypted if the keyring has a key.
///
/// # Errors
///
/// [`FormatError::Header`] for version 0, [`FormatError::TooLarge`] when the body is longer than
/// [`RECORD_BODY_BYTES`](crate::limits::RECORD_BODY_BYTES), [`FormatError::Encode`] when a fact cannot be written.
pub fn encode_record_with<F: FactTable>(
    header: &RecordHeader,
    facts: &[EntryOf<F>],
    keys: &Keyring,
) -> Result<Vec<u8>, FormatError> {
    check_version(FrameKind::Record, header.version)?;
    let mut frame = Vec::with_capacity(USUAL_RECORD_BYTES);
    frame.resize(HEADER_BYTES, 0);
    append_entries(facts.iter(), &mut frame)?;
    let mut header = header.frame();
    encrypt_body(&mut header, &mut frame, keys)?;
    finish_frame(header, &mut frame)?;
    Ok(frame)
}

impl RecordHeader {
    fn frame(&self) -> FrameHeader {
        FrameHeader {
            writer: self.writer,
            sequence: self.sequence,
            decided_at_ms: self.decided_at_ms,
            chain: self.chain,
            ..FrameHeader::bare(FrameKind::Record, self.version)
        }
    }
}

impl<F: FactTable> RecordOf<F> {
    /// The record as a frame, in the clear.
    ///
    /// # Errors
    ///
    /// Those of [`encode_record`], and [`FormatError::Encode`] when facts were skipped on reading: they would be lost.
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        if self.skipped > 0 {
            return Err(FormatError::Encode {
                what: format!("the record of version {}", self.version),
                reason: format!("it has lost {} facts that this version does not know", self.skipped),
            });
        }
        encode_record(&self.header(), &self.facts)
    }

    /// Reads exactly one record that is in the clear.
    ///
    /// # Errors
    ///
    /// Those of [`RecordOf::decode_with`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        Self::decode_with(bytes, &Keyring::default())
    }

    /// Reads exactly one record.
    ///
    /// # Errors
    ///
    /// Those of [`decode_frame`](crate::decode_frame) and [`decode_entries`], [`FormatError::UnexpectedKind`],
    /// [`FormatError::Encrypted`] without the key, [`FormatError::Decryption`].
    pub fn decode_with(bytes: &[u8], keys: &Keyring) -> Result<Self, FormatError> {
        let (header, body) = decode_frame_of(FrameKind::Record, bytes)?;
        check_version(FrameKind::Record, header.version)?;
        let entries = decode_entries(&clear_body(&header, body, keys)?)?;
        Ok(Self {
            version: header.version,
            writer: header.writer,
            sequence: header.sequence,
            decided_at_ms: header.decided_at_ms,
            chain: header.chain,
            facts: entries.entries,
            skipped: entries.skipped,
        })
    }

    /// All but the facts.
    pub fn header(&self) -> RecordHeader {
        RecordHeader {
            version: self.version,
            writer: self.writer,
            sequence: self.sequence,
            decided_at_ms: self.decided_at_ms,
            chain: self.chain,
        }
    }
}

/// Refuses version 0: versions count from 1.
pub(crate) fn check_version(kind: FrameKind, version: u64) -> Result<(), FormatError> {
    if version > 0 {
        return Ok(());
    }
    Err(FormatError::Header { kind: kind.name(), field: "version", reason: "versions count from 1" })
}
