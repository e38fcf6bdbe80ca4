//! Frames and logs made by hand, for tests that need them wrong.
#![allow(dead_code, unreachable_pub)]

pub mod samples;
pub mod total;

use highwater_format::{
    Digest, FrameHeader, FrameKind, SegmentHeader, SegmentKind, WriterId, encode_frame, frame_digest,
};

pub const WRITER: WriterId = WriterId([0x11; 16]);

/// A frame with any header and body.
pub fn claim(kind: FrameKind, version: u64, sequence: u64, chain: Digest, body: &[u8]) -> Vec<u8> {
    let header = FrameHeader {
        kind,
        flags: 0,
        body_length: 0,
        version,
        writer: WRITER,
        sequence,
        decided_at_ms: 1_700_000_000_000,
        chain,
    };
    encode_frame(&header, body).unwrap()
}

/// The first frame of a shared segment.
pub fn header_frame(first_version: u64) -> Vec<u8> {
    SegmentHeader { first_version, kind: SegmentKind::Shared }.encode().unwrap()
}

/// Makes the checksum of a changed frame right again.
pub fn reseal(frame: &mut [u8]) {
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&frame[..84]), &frame[88..]);
    frame[84..88].copy_from_slice(&checksum.to_le_bytes());
}

/// A log of records that chain properly.
pub struct Log {
    pub bytes: Vec<u8>,
    /// Where each record begins.
    pub starts: Vec<usize>,
    /// The digest of the last record.
    pub chain: Digest,
}

impl Log {
    /// So many records after the header of a segment.
    pub fn of(records: usize) -> Self {
        let mut log = Self { bytes: header_frame(1), starts: Vec::new(), chain: Digest::ZERO };
        for record in 0..records {
            log.push(format!("the body of record {record}").as_bytes());
        }
        log
    }

    /// Appends the next record; its sequence is its version.
    pub fn push(&mut self, body: &[u8]) {
        let version = self.starts.len() as u64 + 1;
        let frame = claim(FrameKind::Record, version, version, self.chain, body);
        self.starts.push(self.bytes.len());
        self.chain = frame_digest(&frame);
        self.bytes.extend_from_slice(&frame);
    }
}
