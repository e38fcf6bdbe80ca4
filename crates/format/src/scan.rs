//! Reading a shared segment: which frames are valid, which claim of each version won, and where it is damaged.
//!
//! The order in the file decides. Everything that a reader may conclude from the bytes of a segment is concluded here,
//! so that every host, every store and every tool concludes the same.

mod frames;
mod salvage;

use crate::digest::{Digest, WriterId, frame_digest};
use crate::error::FormatError;
use crate::frame::{FrameHeader, FrameKind};
use frames::Frames;

pub use salvage::{Salvage, salvage};

/// A frame that won its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The version that it won.
    pub version: u64,
    /// Where the frame begins.
    pub offset: u64,
    /// How long the frame is, in bytes.
    pub length: u64,
    /// [`FrameKind::Record`] or [`FrameKind::Seal`].
    pub kind: FrameKind,
    /// Who wrote it.
    pub writer: WriterId,
    /// The writer's own count.
    pub sequence: u64,
    /// The digest of the frame, which the next record carries as its chain.
    pub digest: Digest,
}

/// Bytes that are no valid frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where they begin.
    pub offset: u64,
    /// How many there are.
    pub length: u64,
    /// What is wrong with them, for people.
    pub what: String,
}

/// What the bytes of a segment say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The first valid claim of each version from the awaited one on: gapless, ascending, a seal only as the last.
    pub winners: Vec<Claim>,
    /// The version that is awaited after the winners. Where the segment is sealed, the next segment begins with it.
    pub next_version: u64,
    /// Whether the last winner is a seal, with which the segment ends.
    pub sealed: bool,
    /// Behind the last valid frame, whether it won or not. What follows is damage or nothing.
    ///
    /// Whoever goes on later, to read what was added or to learn whether its own claim won, goes on from here and not
    /// from the end of the file: what looked torn may have been a write that was under way.
    pub end: u64,
    /// Bytes that were skipped: torn frames among valid ones, or a torn tail. None of them was needed.
    pub damage: Vec<Damage>,
}

/// Looks at the bytes of a shared segment, or of its part from `base_offset` on, for a reader that awaits
/// `next_version`.
///
/// The bytes begin at the start of a frame. Takes time in proportion to their number, whatever they are.
///
/// # Errors
///
/// [`FormatError::Corrupt`] when a version is missing that was acknowledged, because one above it is there, or when the
/// chain of the records is broken. An error for which [`FormatError::needs_upgrade`] holds when a frame is intact but
/// only a newer version understands it.
pub fn scan(bytes: &[u8], base_offset: u64, next_version: u64) -> Result<Scan, FormatError> {
    let mut frames = Frames::new(bytes, base_offset);
    let mut reader = Reader::new(base_offset, next_version);
    let mut at = 0;
    while at < bytes.len() {
        match frames.at(at)? {
            Ok(header) => {
                let length = header.frame_length();
                reader.accept(&header, base_offset.saturating_add(at as u64), &bytes[at..at + length])?;
                at += length;
            }
            Err(reason) => {
                let next = frames.search(at + 1)?.unwrap_or(bytes.len());
                reader.skip(base_offset.saturating_add(at as u64), (next - at) as u64, &reason);
                at = next;
            }
        }
    }
    Ok(reader.scan)
}

/// What a reader knows so far.
struct Reader {
    scan: Scan,
    /// What the chain of the next winner must be; `None` when the record before it is not in the bytes.
    chain: Option<Digest>,
    /// The first byte that was skipped since the last winner.
    skipped_at: Option<u64>,
}

impl Reader {
    fn new(base_offset: u64, next_version: u64) -> Self {
        let next_version = next_version.max(1);
        let scan =
            Scan { winners: Vec::new(), next_version, sealed: false, end: base_offset, damage: Vec::new() };
        Self { scan, chain: (next_version == 1).then_some(Digest::ZERO), skipped_at: None }
    }

    /// Takes a valid frame into account.
    fn accept(&mut self, header: &FrameHeader, offset: u64, frame: &[u8]) -> Result<(), FormatError> {
        self.scan.end = offset.saturating_add(frame.len() as u64);
        let is_claim = matches!(header.kind, FrameKind::Record | FrameKind::Seal);
        if !is_claim || self.scan.sealed || header.version < self.scan.next_version {
            return Ok(());
        }
        if header.is_stop() {
            // It ends the segment for every reader, whatever version that one awaits.
            self.win(header, offset, frame);
            return Ok(());
        }
        if header.version > self.scan.next_version {
            return Err(self.missing(header.version, offset));
        }
        if self.chain.is_some_and(|chain| chain != header.chain) {
            return Err(FormatError::Corrupt {
                offset,
                version: header.version,
                what: "it does not carry the digest of the record before it".into(),
            });
        }
        self.win(header, offset, frame);
        Ok(())
    }

    fn win(&mut self, header: &FrameHeader, offset: u64, frame: &[u8]) {
        let digest = frame_digest(frame);
        self.scan.winners.push(Claim {
            version: if header.is_stop() { self.scan.next_version } else { header.version },
            offset,
            length: frame.len() as u64,
            kind: header.kind,
            writer: header.writer,
            sequence: header.sequence,
            digest,
        });
        self.skipped_at = None;
        // Nothing comes after the last number there is, just as nothing comes after a seal.
        match header.version.checked_add(1) {
            Some(next_version) if header.kind == FrameKind::Record => {
                self.scan.next_version = next_version;
                self.chain = Some(digest);
            }
            _ => self.scan.sealed = true,
        }
    }

    /// The awaited version is not there, and a later one is.
    fn missing(&self, found: u64, offset: u64) -> FormatError {
        let version = self.scan.next_version;
        let what = match self.skipped_at {
            Some(_) => {
                format!("the bytes there are no valid frame, and version {found} follows at byte {offset}")
            }
            None => format!("version {found} stands there instead"),
        };
        FormatError::Corrupt { offset: self.skipped_at.unwrap_or(offset), version, what }
    }

    /// Takes bytes into account that are no valid frame.
    fn skip(&mut self, offset: u64, length: u64, reason: &FormatError) {
        self.skipped_at.get_or_insert(offset);
        self.scan.damage.push(Damage { offset, length, what: what_is_wrong(reason, length) });
    }
}

fn what_is_wrong(reason: &FormatError, length: u64) -> String {
    match reason {
        FormatError::Truncated { needed, .. } => {
            format!("a frame of {needed} bytes that is cut off after {length}")
        }
        FormatError::Checksum { .. } => format!("{length} bytes whose checksum does not match"),
        FormatError::TooLarge { .. } => format!("{length} bytes that claim an impossible length"),
        _ => format!("{length} bytes that are no frame"),
    }
}
