//! Segments: how the file of a log begins, and how it ends.

use serde::{Deserialize, Serialize};

use crate::body::{from_body, to_body};
use crate::digest::{Digest, WriterId};
use crate::error::FormatError;
use crate::frame::{FrameHeader, FrameKind, decode_first_frame, decode_frame_of, encode_frame, expect_kind};
use crate::record::check_version;

/// Who may append to a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SegmentKind {
    /// Anyone; the order in the file decides.
    Shared,
    /// Its creator alone.
    Owned,
}

impl SegmentKind {
    /// The number that stands in the body of the header.
    pub fn code(self) -> u8 {
        match self {
            Self::Shared => 1,
            Self::Owned => 2,
        }
    }
}

/// The first frame of a segment. The same segment gives the same bytes, whoever makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The first version that the segment can hold, from 1.
    pub first_version: u64,
    /// Who may append to it.
    pub kind: SegmentKind,
}

/// The body of a segment's header.
#[derive(Serialize, Deserialize)]
struct SegmentBody {
    kind: u8,
}

impl SegmentHeader {
    /// The header as a frame.
    ///
    /// # Errors
    ///
    /// [`FormatError::Header`] for version 0.
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        check_version(FrameKind::SegmentHeader, self.first_version)?;
        let body = to_body(&SegmentBody { kind: self.kind.code() })?;
        encode_frame(&FrameHeader::bare(FrameKind::SegmentHeader, self.first_version), &body)
    }

    /// Reads the header that the bytes of a segment begin with, and its length in bytes.
    ///
    /// # Errors
    ///
    /// Those of [`decode_frame`](crate::decode_frame), [`FormatError::UnexpectedKind`], and
    /// [`FormatError::UnknownSegment`] for a segment of a kind that only a newer version understands.
    pub fn decode_first(segment: &[u8]) -> Result<(Self, usize), FormatError> {
        let (header, body) = decode_first_frame(segment, 0)?;
        expect_kind(FrameKind::SegmentHeader, &header)?;
        check_version(FrameKind::SegmentHeader, header.version)?;
        let kind = match from_body::<SegmentBody>(&body)?.kind {
            1 => SegmentKind::Shared,
            2 => SegmentKind::Owned,
            kind => return Err(FormatError::UnknownSegment { kind }),
        };
        Ok((Self { first_version: header.version, kind }, header.frame_length()))
    }
}

/// The body of a seal. Were it empty, a torn seal might be completed by the first byte of the next frame.
const EMPTY_MAP: [u8; 1] = [0x80];

/// The version that a seal claims which ends its segment whatever version is awaited: a *stop*. Whoever starts a journal
/// anew writes one, since it may not know up to where others have read a damaged log. No record gets this version.
pub const STOP_VERSION: u64 = u64::MAX;

/// The last frame of a segment. It claims its version like a record does; where it wins, the next segment begins at
/// that version, and the record of that version stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The version that no record of this segment can have any more, from 1.
    pub version: u64,
    /// Who wrote it.
    pub writer: WriterId,
    /// The writer's own count.
    pub sequence: u64,
    /// When it was decided, in milliseconds since the Unix epoch.
    pub decided_at_ms: i64,
    /// The digest of the frame of the previous record. A seal is no part of the chain itself.
    pub chain: Digest,
}

impl Seal {
    /// The seal as a frame.
    ///
    /// # Errors
    ///
    /// [`FormatError::Header`] for version 0.
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        check_version(FrameKind::Seal, self.version)?;
        let header = FrameHeader {
            writer: self.writer,
            sequence: self.sequence,
            decided_at_ms: self.decided_at_ms,
            chain: self.chain,
            ..FrameHeader::bare(FrameKind::Seal, self.version)
        };
        encode_frame(&header, &EMPTY_MAP)
    }

    /// Reads exactly one seal.
    ///
    /// # Errors
    ///
    /// Those of [`decode_frame`](crate::decode_frame), and [`FormatError::UnexpectedKind`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let (header, _) = decode_frame_of(FrameKind::Seal, bytes)?;
        check_version(FrameKind::Seal, header.version)?;
        Ok(Self {
            version: header.version,
            writer: header.writer,
            sequence: header.sequence,
            decided_at_ms: header.decided_at_ms,
            chain: header.chain,
        })
    }
}
