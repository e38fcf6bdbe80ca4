//! Records and snapshots from their names, by the rule of `tests/conformance/README.md`.

use highwater_format::{Digest, FrameHeader, FrameKind, WriterId, encode_frame};

/// The moment that a record of version 0 would have been decided at.
const DECIDED_AT_MS: i64 = 1_700_000_000_000;

/// The frame of the record `(version, writer, size)` that follows a record with the digest `chain`.
pub fn record_frame(version: u64, writer: u8, size: usize, chain: Digest) -> Vec<u8> {
    let header = FrameHeader {
        kind: FrameKind::Record,
        flags: 0,
        body_length: 0,
        version,
        writer: WriterId([writer; 16]),
        sequence: version,
        decided_at_ms: DECIDED_AT_MS.wrapping_add_unsigned(version),
        chain,
    };
    encode(&header, &vec![b'a'; size])
}

/// The frame of a snapshot of `size` bytes at `version`, whose record has the digest `chain`.
pub fn snapshot_frame(version: u64, size: usize, chain: Digest) -> Vec<u8> {
    let header = FrameHeader {
        kind: FrameKind::Snapshot,
        flags: 0,
        body_length: 0,
        version,
        writer: WriterId([0; 16]),
        sequence: 0,
        decided_at_ms: 0,
        chain,
    };
    encode(&header, &vec![b's'; size])
}

fn encode(header: &FrameHeader, body: &[u8]) -> Vec<u8> {
    encode_frame(header, body).unwrap_or_else(|error| panic!("a conformance case is too large: {error}"))
}
