//! The byte format for hosts that keep frames in files.

use std::cell::RefCell;

use highwater_core::{Error, ErrorKind};
use highwater_format::scan::{Claim, Damage, Salvage, Scan, salvage, scan};
use highwater_format::{
    Digest, FormatError, FrameHeader, FrameKind, Seal, SegmentHeader, SegmentKind, WriterId, decode_frame,
    encode_frame, frame_digest,
};

use crate::Component;
use crate::conversion::FromCore;
use crate::hex;
use crate::wit::{frames, types};

/// A digest that grows.
pub(crate) struct GuestHasher(RefCell<blake3::Hasher>);

impl frames::GuestHasher for GuestHasher {
    fn new() -> Self {
        GuestHasher(RefCell::new(blake3::Hasher::new()))
    }

    fn update(&self, bytes: Vec<u8>) {
        self.0.borrow_mut().update(&bytes);
    }

    fn digest(&self) -> String {
        hex::encode(self.0.borrow().finalize().as_bytes())
    }
}

impl frames::Guest for Component {
    type Hasher = GuestHasher;

    fn scan(bytes: Vec<u8>, base_offset: u64, next_version: u64) -> Result<frames::ScanResult, types::Error> {
        let Scan { winners, next_version, sealed, end, damage } =
            scan(&bytes, base_offset, next_version).map_err(unreadable)?;
        let (winners, damage) = (winners.into_iter().map(claim).collect(), damages(damage));
        Ok(frames::ScanResult { winners, next_version, sealed, end, damage })
    }

    fn salvage(bytes: Vec<u8>, limit: u64) -> Result<frames::SalvageResult, types::Error> {
        let Salvage { records, damage } = salvage(&bytes, limit).map_err(unreadable)?;
        let records = records.into_iter().map(claim).collect();
        Ok(frames::SalvageResult { records, damage: damages(damage) })
    }

    fn decode_header(frame: Vec<u8>) -> Result<frames::FrameHeader, types::Error> {
        let (header, _) = decode_frame(&frame).map_err(unreadable)?;
        let stamp = frames::Stamp {
            version: header.version,
            writer: hex::encode(&header.writer.0),
            sequence: header.sequence,
            decided_at_ms: header.decided_at_ms,
            chain: hex::encode(&header.chain.0),
        };
        let length = header.frame_length() as u64;
        Ok(frames::FrameHeader { kind: frame_kind(header.kind), stamp, length })
    }

    fn digest(frame: Vec<u8>) -> String {
        hex::encode(&frame_digest(&frame).0)
    }

    fn segment_header(first_version: u64, kind: frames::SegmentKind) -> Result<Vec<u8>, types::Error> {
        let kind = match kind {
            frames::SegmentKind::Shared => SegmentKind::Shared,
            frames::SegmentKind::Owned => SegmentKind::Owned,
        };
        SegmentHeader { first_version, kind }.encode().map_err(invalid)
    }

    fn decode_segment_header(segment: Vec<u8>) -> Result<frames::SegmentInfo, types::Error> {
        let (header, length) = SegmentHeader::decode_first(&segment).map_err(unreadable)?;
        let kind = match header.kind {
            SegmentKind::Shared => frames::SegmentKind::Shared,
            SegmentKind::Owned => frames::SegmentKind::Owned,
        };
        Ok(frames::SegmentInfo { first_version: header.first_version, kind, length: length as u64 })
    }

    fn seal(stamp: frames::Stamp) -> Result<Vec<u8>, types::Error> {
        let (writer, chain) = identity(&stamp)?;
        let frames::Stamp { version, sequence, decided_at_ms, .. } = stamp;
        Seal { version, writer, sequence, decided_at_ms, chain }.encode().map_err(invalid)
    }

    fn verify_snapshot(bytes: Vec<u8>) -> Result<frames::SnapshotInfo, types::Error> {
        // Only the frame: a store has no keys, and what is encrypted is not damaged.
        let (header, _) = decode_frame(&bytes).map_err(unreadable)?;
        if header.kind != FrameKind::Snapshot {
            let (expected, found) = (FrameKind::Snapshot.name(), header.kind.name());
            return Err(unreadable(FormatError::UnexpectedKind { expected, found }));
        }
        Ok(frames::SnapshotInfo { version: header.version, chain: hex::encode(&header.chain.0) })
    }

    fn encode_frame(
        kind: frames::FrameKind,
        stamp: frames::Stamp,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, types::Error> {
        let (writer, chain) = identity(&stamp)?;
        let kind = match kind {
            frames::FrameKind::Record => FrameKind::Record,
            frames::FrameKind::Seal => FrameKind::Seal,
            frames::FrameKind::SegmentHeader => FrameKind::SegmentHeader,
            frames::FrameKind::Snapshot => FrameKind::Snapshot,
            frames::FrameKind::Beat => FrameKind::Beat,
        };
        let frames::Stamp { version, sequence, decided_at_ms, .. } = stamp;
        // The length in the header is taken from the body.
        let header =
            FrameHeader { kind, flags: 0, body_length: 0, version, writer, sequence, decided_at_ms, chain };
        encode_frame(&header, &body).map_err(invalid)
    }
}

fn damages(damage: Vec<Damage>) -> Vec<frames::Damage> {
    let one = |Damage { offset, length, what }| frames::Damage { offset, length, what };
    damage.into_iter().map(one).collect()
}

fn claim(claim: Claim) -> frames::Claim {
    let Claim { version, offset, length, kind, writer, sequence, digest } = claim;
    let (kind, writer, digest) = (frame_kind(kind), hex::encode(&writer.0), hex::encode(&digest.0));
    frames::Claim { version, kind, offset, length, writer, sequence, digest }
}

fn frame_kind(kind: FrameKind) -> frames::FrameKind {
    match kind {
        FrameKind::Record => frames::FrameKind::Record,
        FrameKind::Seal => frames::FrameKind::Seal,
        FrameKind::SegmentHeader => frames::FrameKind::SegmentHeader,
        FrameKind::Snapshot => frames::FrameKind::Snapshot,
        FrameKind::Beat => frames::FrameKind::Beat,
    }
}

/// The parts of a stamp that are text at the boundary.
fn identity(stamp: &frames::Stamp) -> Result<(WriterId, Digest), types::Error> {
    let writer = hex::decode("the writer", &stamp.writer).map_err(refuse)?;
    let chain = hex::decode("the chain", &stamp.chain).map_err(refuse)?;
    Ok((WriterId(writer), Digest(chain)))
}

fn refuse(message: String) -> types::Error {
    FromCore::from_core(Error::new(ErrorKind::Invalid, message))
}

/// The caller asked for a frame that cannot be.
#[allow(clippy::needless_pass_by_value, reason = "it is the last that is heard of the error")]
fn invalid(error: FormatError) -> types::Error {
    refuse(error.to_string())
}

/// The bytes are damaged, or from a newer version.
#[allow(clippy::needless_pass_by_value, reason = "it is the last that is heard of the error")]
fn unreadable(error: FormatError) -> types::Error {
    let kind = if error.needs_upgrade() { ErrorKind::Invalid } else { ErrorKind::Corrupt };
    FromCore::from_core(Error::new(kind, error.to_string()))
}

#[cfg(test)]
mod tests;
