use highwater_format::{Key, Keyring, Snapshot};

use super::*;
use crate::wit::frames::{Guest as _, Stamp};

fn stamp(version: u64, chain: &str) -> Stamp {
    Stamp { version, writer: "0b".repeat(16), sequence: version, decided_at_ms: -5, chain: chain.into() }
}

/// A record of format with this version, and its digest.
fn record(version: u64, chain: &str) -> (Vec<u8>, String) {
    let frame = Component::encode_frame(frames::FrameKind::Record, stamp(version, chain), vec![0x90]);
    let frame = frame.expect("a frame");
    let digest = Component::digest(frame.clone());
    (frame, digest)
}

#[test]
fn a_segment_that_a_store_writes_is_scanned_as_it_was_meant() {
    let header = Component::segment_header(1, frames::SegmentKind::Shared).expect("a header");
    let (first, first_digest) = record(1, &"0".repeat(64));
    let seal = Component::seal(stamp(2, &first_digest)).expect("a seal");
    let info = Component::decode_segment_header(header.clone()).expect("our header");
    assert_eq!((info.first_version, info.kind), (1, frames::SegmentKind::Shared));
    assert_eq!(info.length, header.len() as u64);

    let bytes = [header.as_slice(), &first, &first, &seal, b"torn"].concat();
    let scan = Component::scan(bytes.clone(), 0, 1).expect("nothing acknowledged is damaged");
    assert_eq!((scan.next_version, scan.sealed), (2, true));
    assert_eq!(scan.end, (bytes.len() - 4) as u64);
    assert_eq!(scan.damage.len(), 1);
    let kinds: Vec<_> = scan.winners.iter().map(|claim| (claim.version, claim.kind)).collect();
    assert_eq!(kinds, [(1, frames::FrameKind::Record), (2, frames::FrameKind::Seal)]);
    assert_eq!(scan.winners[0].offset, header.len() as u64);
    assert_eq!(scan.winners[0].digest, first_digest);
    assert_eq!(scan.winners[0].writer, "0b".repeat(16));
}

#[test]
fn the_header_of_a_frame_says_what_was_put_in() {
    let (frame, _) = record(7, &"ab".repeat(32));
    let header = Component::decode_header(frame.clone()).expect("our frame");
    assert_eq!((header.kind, header.length), (frames::FrameKind::Record, frame.len() as u64));
    let Stamp { version, writer, sequence, decided_at_ms, chain } = header.stamp;
    assert_eq!((version, sequence, decided_at_ms), (7, 7, -5));
    assert_eq!((writer, chain), ("0b".repeat(16), "ab".repeat(32)));
}

#[test]
fn a_snapshot_is_checked() {
    let chain = Digest([3; 32]);
    let bytes = Snapshot { version: 9, chain, body: vec![0x90] }.encode().expect("a snapshot");
    let info = Component::verify_snapshot(bytes.clone()).expect("a whole snapshot");
    assert_eq!((info.version, info.chain), (9, "03".repeat(32)));
    let error = Component::verify_snapshot(bytes[..bytes.len() - 1].to_vec()).expect_err("cut off");
    assert_eq!(error.kind, types::ErrorKind::Corrupt);
    let (record, _) = record(9, &"0".repeat(64));
    assert_eq!(Component::verify_snapshot(record).expect_err("a record").kind, types::ErrorKind::Corrupt);
}

#[test]
fn an_encrypted_snapshot_is_checked_without_the_key() {
    let keys = Keyring::new(vec![Key::new([7; 32])]);
    let snapshot = Snapshot { version: 9, chain: Digest([3; 32]), body: vec![0x90] };
    let mut bytes = snapshot.encode_with(&keys).expect("a snapshot");
    let info = Component::verify_snapshot(bytes.clone()).expect("a whole snapshot");
    assert_eq!((info.version, info.chain), (9, "03".repeat(32)));
    *bytes.last_mut().expect("a body") ^= 1;
    let error = Component::verify_snapshot(bytes).expect_err("a flipped bit");
    assert_eq!(error.kind, types::ErrorKind::Corrupt);
}

#[test]
fn errors_say_whose_fault_it_is() {
    let (frame, digest) = record(1, &"0".repeat(64));
    let (third, _) = record(3, &digest);
    let gap = Component::scan([frame.as_slice(), &third].concat(), 0, 1).expect_err("2 is missing");
    assert_eq!(gap.kind, types::ErrorKind::Corrupt);
    let short = Stamp { writer: "0b".into(), ..stamp(1, &digest) };
    assert_eq!(Component::seal(short).expect_err("a short writer").kind, types::ErrorKind::Invalid);
    assert_eq!(Component::seal(stamp(0, &digest)).expect_err("version 0").kind, types::ErrorKind::Invalid);
    let mut newer = frame;
    newer[4] = 2;
    let checksum = crc32c_of(&newer);
    newer[84..88].copy_from_slice(&checksum.to_le_bytes());
    assert_eq!(Component::decode_header(newer).expect_err("format 2").kind, types::ErrorKind::Invalid);
}

/// The checksum of a frame: over all but itself.
fn crc32c_of(frame: &[u8]) -> u32 {
    let covered = [&frame[..84], &frame[88..]].concat();
    covered.iter().fold(!0_u32, |checksum, byte| {
        (0..8).fold(checksum ^ u32::from(*byte), |checksum, _| {
            (checksum >> 1) ^ if checksum & 1 == 1 { 0x82f6_3b78 } else { 0 }
        })
    }) ^ !0
}
