//! The one layout of everything durable: a header of 88 bytes and a body.

use std::borrow::Cow;

use crate::checksum::frame_checksum;
use crate::digest::{Digest, WriterId};
use crate::encryption::Keyring;
use crate::error::FormatError;
use crate::limits;
use crate::segment::STOP_VERSION;
use crate::stuffing;

/// What every frame begins with. Neither the first nor the last byte occurs in UTF-8, no byte occurs twice, and read
/// as a length it is above every limit, so that neither text nor overlapping frames look like one.
pub const MAGIC: [u8; 4] = [0xf5, b'H', b'W', 0xf7];

/// The format number that this version writes, and the highest that it reads.
pub const FORMAT_NUMBER: u16 = 1;

/// The length of a frame's header, in bytes.
pub const HEADER_BYTES: usize = 88;

/// The flag of a record whose body would contain the magic, and was changed so that it does not.
pub const FLAG_STUFFED: u8 = 1;

/// The flag of a record or snapshot whose body is encrypted.
pub const FLAG_ENCRYPTED: u8 = 2;

/// Where in the header the checksum stands, and so how much of the header it covers.
pub(crate) const CHECKSUM_OFFSET: usize = 84;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// A batch of facts.
    Record,
    /// The end of a segment.
    Seal,
    /// The beginning of a segment.
    SegmentHeader,
    /// A folded journal.
    Snapshot,
    /// A worker's sign of life.
    Beat,
}

impl FrameKind {
    /// Every kind, in the order of the codes, which begin at 1.
    pub const ALL: [Self; 5] = [Self::Record, Self::Seal, Self::SegmentHeader, Self::Snapshot, Self::Beat];

    /// The number that stands in the header.
    pub fn code(self) -> u8 {
        match self {
            Self::Record => 1,
            Self::Seal => 2,
            Self::SegmentHeader => 3,
            Self::Snapshot => 4,
            Self::Beat => 5,
        }
    }

    /// The kind with that number; `None` when there is none.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name that people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Seal => "seal",
            Self::SegmentHeader => "segment header",
            Self::Snapshot => "snapshot",
            Self::Beat => "beat",
        }
    }

    /// The flags that a frame of this kind may have.
    fn flags(self) -> u8 {
        match self {
            Self::Record => FLAG_STUFFED | FLAG_ENCRYPTED,
            Self::Snapshot => FLAG_ENCRYPTED,
            Self::Seal | Self::SegmentHeader | Self::Beat => 0,
        }
    }

    /// How long the body may be, in bytes.
    pub fn body_limit_bytes(self) -> usize {
        match self {
            Self::Record => limits::RECORD_BODY_BYTES,
            Self::Snapshot => limits::SNAPSHOT_BODY_BYTES,
            Self::Seal | Self::SegmentHeader | Self::Beat => limits::SMALL_BODY_BYTES,
        }
    }
}

/// The header of a frame, without what follows from the format itself: magic, format number and checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// What the frame holds.
    pub kind: FrameKind,
    /// Flags that a reader must understand: of a record [`FLAG_STUFFED`], which [`encode_frame`] sets where it
    /// is needed, and of records and snapshots [`FLAG_ENCRYPTED`].
    pub flags: u8,
    /// The length of the body as it is stored, in bytes. [`encode_frame`] takes it from the body instead.
    pub body_length: u32,
    /// The version of a record, or that a seal claims; the first version of a segment; that of a snapshot; 0 for a beat.
    pub version: u64,
    /// Who wrote it; zero where the bytes must not depend on the writer.
    pub writer: WriterId,
    /// The writer's own count.
    pub sequence: u64,
    /// When it was decided, in milliseconds since the Unix epoch.
    pub decided_at_ms: i64,
    /// The digest of the frame of the previous record; of the record itself for a snapshot.
    pub chain: Digest,
}

impl FrameHeader {
    /// The length of the whole frame, in bytes.
    pub fn frame_length(&self) -> usize {
        HEADER_BYTES + self.body_length as usize
    }

    /// Whether this is the seal that ends a segment whatever version is awaited: see [`STOP_VERSION`].
    pub fn is_stop(&self) -> bool {
        self.kind == FrameKind::Seal && self.version == STOP_VERSION
    }

    /// A header of this kind and version in which all else is zero.
    pub(crate) fn bare(kind: FrameKind, version: u64) -> Self {
        Self {
            kind,
            flags: 0,
            body_length: 0,
            version,
            writer: WriterId::ZERO,
            sequence: 0,
            decided_at_ms: 0,
            chain: Digest::ZERO,
        }
    }

    /// Refuses what would make the bytes depend on who wrote them.
    pub(crate) fn expect_no_writer(&self) -> Result<(), FormatError> {
        let refused = |field| {
            let reason = "it must be zero, so that the bytes do not depend on the writer";
            Err(FormatError::Header { kind: self.kind.name(), field, reason })
        };
        match self {
            Self { writer, .. } if *writer != WriterId::ZERO => refused("writer"),
            Self { sequence: 1.., .. } => refused("sequence"),
            Self { decided_at_ms, .. } if *decided_at_ms != 0 => refused("time"),
            _ => Ok(()),
        }
    }

    /// The header as it stands in front of `body`.
    fn to_bytes(self, body: &[u8]) -> Result<[u8; HEADER_BYTES], FormatError> {
        let limit = self.kind.body_limit_bytes();
        let Some(length) = u32::try_from(body.len()).ok().filter(|_| body.len() <= limit) else {
            return Err(FormatError::TooLarge {
                what: body_name(Some(self.kind)),
                offset: 0,
                length: body.len() as u64,
                limit: limit as u64,
            });
        };
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&FORMAT_NUMBER.to_le_bytes());
        bytes[6] = self.kind.code();
        bytes[7] = self.flags;
        bytes[8..12].copy_from_slice(&length.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.version.to_le_bytes());
        bytes[20..36].copy_from_slice(&self.writer.0);
        bytes[36..44].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[44..52].copy_from_slice(&self.decided_at_ms.to_le_bytes());
        bytes[52..84].copy_from_slice(&self.chain.0);
        let checksum = frame_checksum(&bytes, body);
        bytes[CHECKSUM_OFFSET..].copy_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }
}

/// A frame of this header and body.
///
/// The stored body of a record contains no magic, whatever `body` does: see [`FLAG_STUFFED`].
///
/// # Errors
///
/// [`FormatError::TooLarge`] when the body is longer than its kind allows.
pub fn encode_frame(header: &FrameHeader, body: &[u8]) -> Result<Vec<u8>, FormatError> {
    let mut frame = Vec::with_capacity(HEADER_BYTES + body.len());
    frame.resize(HEADER_BYTES, 0);
    frame.extend_from_slice(body);
    finish_frame(*header, &mut frame)?;
    Ok(frame)
}

/// Encrypts the body that stands behind [`HEADER_BYTES`] of room, if there is a key for it.
pub(crate) fn encrypt_body(
    header: &mut FrameHeader,
    frame: &mut Vec<u8>,
    keys: &Keyring,
) -> Result<(), FormatError> {
    if let Some(sealed) = keys.seal(header, &frame[HEADER_BYTES..])? {
        header.flags |= FLAG_ENCRYPTED;
        frame.truncate(HEADER_BYTES);
        frame.extend_from_slice(&sealed);
    }
    Ok(())
}

/// The body in the clear, whether it was encrypted or not.
pub(crate) fn clear_body<'a>(
    header: &FrameHeader,
    body: Cow<'a, [u8]>,
    keys: &Keyring,
) -> Result<Cow<'a, [u8]>, FormatError> {
    if header.flags & FLAG_ENCRYPTED == 0 {
        return Ok(body);
    }
    keys.open(header, &body).map(Cow::Owned)
}

/// Fills in the header of a frame whose body already stands behind [`HEADER_BYTES`] of room.
pub(crate) fn finish_frame(mut header: FrameHeader, frame: &mut Vec<u8>) -> Result<(), FormatError> {
    header.flags &= !FLAG_STUFFED;
    if header.kind == FrameKind::Record && stuffing::is_needed(&frame[HEADER_BYTES..]) {
        header.flags |= FLAG_STUFFED;
        let body = stuffing::stuff(&frame[HEADER_BYTES..]);
        frame.truncate(HEADER_BYTES);
        frame.extend_from_slice(&body);
    }
    let (room, body) = frame.split_at_mut(HEADER_BYTES);
    room.copy_from_slice(&header.to_bytes(body)?);
    Ok(())
}

/// Reads exactly one frame, and checks magic, format number, length and checksum.
///
/// # Errors
///
/// Whatever of [`FormatError`] is wrong with the frame. What a newer version wrote is told apart from damage:
/// see [`FormatError::needs_upgrade`].
pub fn decode_frame(bytes: &[u8]) -> Result<(FrameHeader, Cow<'_, [u8]>), FormatError> {
    let (header, body) = decode_first_frame(bytes, 0)?;
    let end = header.frame_length();
    if end < bytes.len() {
        return Err(FormatError::TrailingBytes { offset: end as u64, extra: (bytes.len() - end) as u64 });
    }
    Ok((header, body))
}

/// Reads the frame that `bytes` begin with; `offset` is where they stand, for messages.
pub(crate) fn decode_first_frame(
    bytes: &[u8],
    offset: u64,
) -> Result<(FrameHeader, Cow<'_, [u8]>), FormatError> {
    let raw = RawHeader::read(bytes, offset)?;
    let frame = &bytes[..raw.frame_length()];
    let (header, body) = frame.split_at(HEADER_BYTES);
    if frame_checksum(header, body) != raw.checksum() {
        return Err(FormatError::Checksum { offset });
    }
    let header = raw.understand(offset)?;
    let is_stuffed = header.flags & FLAG_STUFFED != 0;
    Ok((header, if is_stuffed { stuffing::unstuff(body)? } else { Cow::Borrowed(body) }))
}

/// Reads one frame of this kind.
pub(crate) fn decode_frame_of(
    kind: FrameKind,
    bytes: &[u8],
) -> Result<(FrameHeader, Cow<'_, [u8]>), FormatError> {
    let (header, body) = decode_frame(bytes)?;
    expect_kind(kind, &header)?;
    Ok((header, body))
}

/// Refuses a frame of another kind.
pub(crate) fn expect_kind(kind: FrameKind, header: &FrameHeader) -> Result<(), FormatError> {
    if header.kind == kind {
        return Ok(());
    }
    Err(FormatError::UnexpectedKind { expected: kind.name(), found: header.kind.name() })
}

/// A header whose frame lies whole within its bytes, before its checksum was looked at.
#[derive(Clone, Copy)]
pub(crate) struct RawHeader<'a>(&'a [u8; HEADER_BYTES]);

impl<'a> RawHeader<'a> {
    /// Looks at the header that `bytes` begin with. Magic, length and checksum stay where they are in every format
    /// number, so that a frame of a later one can be told from damage.
    pub(crate) fn read(bytes: &'a [u8], offset: u64) -> Result<Self, FormatError> {
        let magic = &bytes[..bytes.len().min(MAGIC.len())];
        if !MAGIC.starts_with(magic) {
            return Err(FormatError::NotAFrame { offset });
        }
        let have = bytes.len() as u64;
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Err(FormatError::Truncated { offset, needed: HEADER_BYTES as u64, have });
        };
        let raw = Self(header);
        let kind = raw.kind();
        let limit = kind.map_or(limits::SNAPSHOT_BODY_BYTES, FrameKind::body_limit_bytes);
        if raw.body_length() > limit {
            return Err(FormatError::TooLarge {
                what: body_name(kind),
                offset,
                length: raw.body_length() as u64,
                limit: limit as u64,
            });
        }
        if rest.len() < raw.body_length() {
            return Err(FormatError::Truncated { offset, needed: raw.frame_length() as u64, have });
        }
        Ok(raw)
    }

    pub(crate) fn body_length(self) -> usize {
        u32::from_le_bytes(self.part(8)) as usize
    }

    pub(crate) fn frame_length(self) -> usize {
        HEADER_BYTES + self.body_length()
    }

    pub(crate) fn bytes(self) -> &'a [u8; HEADER_BYTES] {
        self.0
    }

    pub(crate) fn checksum(self) -> u32 {
        u32::from_le_bytes(self.part(CHECKSUM_OFFSET))
    }

    /// The kind, where it is certain that this version gives the number the same meaning.
    fn kind(self) -> Option<FrameKind> {
        FrameKind::from_code(self.0[6]).filter(|_| self.number() == FORMAT_NUMBER)
    }

    fn number(self) -> u16 {
        u16::from_le_bytes(self.part(4))
    }

    /// The header of a frame whose checksum is right; refuses what only a newer version understands.
    pub(crate) fn understand(self, offset: u64) -> Result<FrameHeader, FormatError> {
        let (number, flags) = (self.number(), self.0[7]);
        if number != FORMAT_NUMBER {
            return Err(FormatError::NewerFormat { offset, number, known: FORMAT_NUMBER });
        }
        let kind = self.kind().ok_or(FormatError::UnknownKind { offset, kind: self.0[6] })?;
        let unknown = flags & !kind.flags();
        if unknown != 0 {
            return Err(FormatError::UnknownFlags { offset, flags: unknown });
        }
        Ok(FrameHeader {
            kind,
            flags,
            body_length: u32::from_le_bytes(self.part(8)),
            version: u64::from_le_bytes(self.part(12)),
            writer: WriterId(self.part(20)),
            sequence: u64::from_le_bytes(self.part(36)),
            decided_at_ms: i64::from_le_bytes(self.part(44)),
            chain: Digest(self.part(52)),
        })
    }

    fn part<const N: usize>(self, at: usize) -> [u8; N] {
        std::array::from_fn(|index| self.0[at + index])
    }
}

fn body_name(kind: Option<FrameKind>) -> &'static str {
    match kind {
        Some(FrameKind::Record) => "the body of the record",
        Some(FrameKind::Seal) => "the body of the seal",
        Some(FrameKind::SegmentHeader) => "the body of the segment header",
        Some(FrameKind::Snapshot) => "the body of the snapshot",
        Some(FrameKind::Beat) => "the body of the beat",
        None => "the body of the frame",
    }
}
