//! What a reader concludes from the bytes of a shared segment.

mod support;

use highwater_format::scan::{Scan, scan};
use highwater_format::{
    Digest, FormatError, FrameHeader, FrameKind, HEADER_BYTES, MAGIC, encode_frame, frame_digest,
};
use support::{Log, WRITER, claim, header_frame, reseal};

fn versions(scan: &Scan) -> Vec<u64> {
    scan.winners.iter().map(|winner| winner.version).collect()
}

fn corrupt(bytes: &[u8], next_version: u64) -> (u64, u64, String) {
    match scan(bytes, 0, next_version) {
        Err(FormatError::Corrupt { offset, version, what }) => (offset, version, what),
        other => panic!("expected corrupt bytes, got {other:?}"),
    }
}

#[test]
fn nothing_is_an_empty_log() {
    let scanned = scan(&[], 700, 5).unwrap();
    assert_eq!((scanned.next_version, scanned.end, scanned.sealed), (5, 700, false));
    assert!(scanned.winners.is_empty() && scanned.damage.is_empty());
}

#[test]
fn records_win_in_order() {
    let log = Log::of(3);
    let scanned = scan(&log.bytes, 0, 1).unwrap();
    assert_eq!(versions(&scanned), [1, 2, 3]);
    assert_eq!((scanned.next_version, scanned.end), (4, log.bytes.len() as u64));
    for winner in &scanned.winners {
        let frame = &log.bytes[winner.offset as usize..][..winner.length as usize];
        assert_eq!((winner.writer, winner.digest), (WRITER, frame_digest(frame)));
    }
}

#[test]
fn offsets_count_from_the_start_of_the_segment() {
    let log = Log::of(2);
    let at = log.starts[1];
    let scanned = scan(&log.bytes[at..], at as u64, 2).unwrap();
    assert_eq!(scanned.winners[0].offset, at as u64);
    assert_eq!(scanned.end, log.bytes.len() as u64);
}

#[test]
fn a_later_claim_of_a_version_is_dead() {
    let mut log = Log::of(1);
    let late = claim(FrameKind::Record, 1, 99, Digest::ZERO, b"late");
    log.bytes.extend_from_slice(&late);
    log.bytes.extend_from_slice(&header_frame(1));
    log.push(b"second");
    let scanned = scan(&log.bytes, 0, 1).unwrap();
    assert_eq!(versions(&scanned), [1, 2]);
    assert_eq!(scanned.winners[0].sequence, 1);
    assert!(scanned.damage.is_empty());
}

#[test]
fn versions_below_the_awaited_one_are_passed_over() {
    let log = Log::of(5);
    assert_eq!(versions(&scan(&log.bytes, 0, 4).unwrap()), [4, 5]);
    assert_eq!(scan(&log.bytes, 0, 9).unwrap().next_version, 9);
}

#[test]
fn a_seal_ends_the_segment() {
    let mut log = Log::of(2);
    let sealed_at = log.bytes.len();
    log.bytes.extend_from_slice(&claim(FrameKind::Seal, 3, 7, log.chain, b"x"));
    let late = claim(FrameKind::Record, 3, 8, log.chain, b"late");
    log.bytes.extend_from_slice(&late);
    log.bytes.extend_from_slice(&claim(FrameKind::Record, 4, 9, frame_digest(&late), b"later"));
    let scanned = scan(&log.bytes, 0, 1).unwrap();
    assert!(scanned.sealed);
    assert_eq!(versions(&scanned), [1, 2, 3]);
    assert_eq!(scanned.winners[2].kind, FrameKind::Seal);
    assert_eq!(scanned.winners[2].offset, sealed_at as u64);
    assert_eq!((scanned.next_version, scanned.end), (3, log.bytes.len() as u64));
}

#[test]
fn a_seal_that_comes_too_late_is_dead() {
    let mut log = Log::of(2);
    let chain = frame_digest(&log.bytes[log.starts[0]..log.starts[1]]);
    log.bytes.extend_from_slice(&claim(FrameKind::Seal, 2, 7, chain, b""));
    log.push(b"third");
    let scanned = scan(&log.bytes, 0, 1).unwrap();
    assert_eq!((versions(&scanned), scanned.sealed), (vec![1, 2, 3], false));
}

#[test]
fn torn_frames_between_valid_ones_are_skipped_and_named() {
    for torn_length in [1, 3, 4, 50, 87, 88, 90] {
        let mut log = Log::of(1);
        let torn = claim(FrameKind::Record, 2, 50, log.chain, b"torn body");
        let at = log.bytes.len();
        log.bytes.extend_from_slice(&torn[..torn_length]);
        log.push(b"whole body");
        let scanned = scan(&log.bytes, 0, 1).unwrap();
        assert_eq!(versions(&scanned), [1, 2], "torn after {torn_length}");
        assert_eq!(scanned.winners[1].sequence, 2);
        assert_eq!((scanned.damage[0].offset, scanned.damage[0].length), (at as u64, torn_length as u64));
        assert_eq!(scanned.damage.len(), 1);
    }
}

/// A frame that lacks only its last bytes, before one that begins with what those would be.
#[test]
fn a_torn_frame_is_never_completed_by_the_next_one() {
    for length in 1..=MAGIC.len() {
        let mut log = Log::of(1);
        let at = log.bytes.len();
        let torn = claim(FrameKind::Record, 2, 50, log.chain, &MAGIC[..length]);
        for missing in 1..=length + 1 {
            log.bytes.truncate(at);
            log.bytes.extend_from_slice(&torn[..torn.len() - missing]);
            log.bytes.extend_from_slice(&claim(FrameKind::Record, 2, 60, log.chain, b"whole"));
            let scanned = scan(&log.bytes, 0, 1).unwrap();
            assert_eq!((scanned.winners[1].sequence, scanned.damage[0].offset), (60, at as u64));
        }
    }
}

/// The last byte of a header is one of its checksum, and so any.
#[test]
fn nor_is_one_of_an_empty_body_whose_header_ends_like_a_magic_begins() {
    let log = Log::of(1);
    let frames = (100..10_000).map(|sequence| claim(FrameKind::Record, 2, sequence, log.chain, b""));
    let risky: Vec<_> = frames.filter(|frame| frame[HEADER_BYTES - 1] == MAGIC[0]).collect();
    assert!(risky.len() > 10);
    for torn in risky {
        let torn = &torn[..torn.len() - 1];
        let whole = claim(FrameKind::Record, 2, 60, log.chain, b"whole");
        let scanned = scan(&[&log.bytes, torn, &whole].concat(), 0, 1).unwrap();
        assert_eq!(scanned.winners[1].sequence, 60);
    }
}

/// What a user stores may look like a frame that proves a loss, or that only a newer version understands.
#[test]
fn bytes_within_a_torn_body_are_never_seen() {
    let mut newer = claim(FrameKind::Record, 2, 1, Digest::ZERO, b"newer");
    newer[4] = 9;
    reseal(&mut newer);
    for within in [newer, claim(FrameKind::Record, 99, 1, Digest::ZERO, b"later"), MAGIC.repeat(9)] {
        let mut log = Log::of(1);
        let end = log.bytes.len() as u64;
        let torn = claim(FrameKind::Record, 2, 50, log.chain, &[&b"begin"[..], &within, b"end"].concat());
        log.bytes.extend_from_slice(&torn[..torn.len() - 1]);
        let scanned = scan(&log.bytes, 0, 1).unwrap();
        assert_eq!((versions(&scanned), scanned.end), (vec![1], end));
        log.push(b"whole");
        assert_eq!(versions(&scan(&log.bytes, 0, 1).unwrap()), [1, 2]);
    }
}

#[test]
fn a_torn_tail_is_named_and_not_counted() {
    let log = Log::of(2);
    for length in log.starts[1] + 1..log.bytes.len() {
        let scanned = scan(&log.bytes[..length], 0, 1).unwrap();
        assert_eq!(versions(&scanned), [1]);
        assert_eq!((scanned.end, scanned.next_version), (log.starts[1] as u64, 2));
        assert_eq!(scanned.damage[0].length, (length - log.starts[1]) as u64);
    }
}

#[test]
fn zeros_after_the_last_frame_are_damage() {
    let mut log = Log::of(1);
    let end = log.bytes.len() as u64;
    log.bytes.resize(log.bytes.len() + 4096, 0);
    let scanned = scan(&log.bytes, 0, 1).unwrap();
    assert_eq!(scanned.end, end);
    assert_eq!((scanned.damage[0].offset, scanned.damage[0].length), (end, 4096));
}

#[test]
fn damage_before_a_valid_claim_is_corrupt_and_named() {
    let log = Log::of(3);
    let mut bytes = log.bytes.clone();
    bytes[log.starts[1] + 60] ^= 1;
    let (offset, version, what) = corrupt(&bytes, 1);
    assert_eq!((offset, version), (log.starts[1] as u64, 2));
    assert!(what.contains("version 3"), "{what}");
}

#[test]
fn damage_below_what_the_reader_needs_is_only_named() {
    let log = Log::of(4);
    let mut bytes = log.bytes.clone();
    bytes[log.starts[1] + 60] ^= 1;
    let scanned = scan(&bytes, 0, 4).unwrap();
    assert_eq!(versions(&scanned), [4]);
    assert_eq!(scanned.damage[0].offset, log.starts[1] as u64);
}

#[test]
fn a_gap_without_damage_is_corrupt() {
    let log = Log::of(3);
    let without_second = [&log.bytes[..log.starts[1]], &log.bytes[log.starts[2]..]].concat();
    let (offset, version, _) = corrupt(&without_second, 1);
    assert_eq!((offset, version), (log.starts[1] as u64, 2));
}

#[test]
fn a_broken_chain_is_corrupt() {
    let mut log = Log::of(1);
    let at = log.bytes.len() as u64;
    log.bytes.extend_from_slice(&claim(FrameKind::Record, 2, 2, Digest([7; 32]), b"stray"));
    assert_eq!(corrupt(&log.bytes, 1).0, at);
    // A reader that does not have the record before it leaves the check to the engine, which knows its digest.
    assert_eq!(versions(&scan(&log.bytes[at as usize..], at, 2).unwrap()), [2]);

    let not_first = claim(FrameKind::Record, 1, 1, Digest([7; 32]), b"");
    assert_eq!(corrupt(&not_first, 1).1, 1);
}

#[test]
fn what_a_newer_version_wrote_is_never_skipped() {
    type Change = (usize, u8, fn(&FormatError) -> bool);
    let changes: [Change; 3] = [
        (4, 2, |error| matches!(error, FormatError::NewerFormat { number: 2, known: 1, .. })),
        (6, 77, |error| matches!(error, FormatError::UnknownKind { kind: 77, .. })),
        (7, 4, |error| matches!(error, FormatError::UnknownFlags { flags: 4, .. })),
    ];
    for (at, byte, expected) in changes {
        for torn in [&b""[..], b"torn"] {
            let mut log = Log::of(1);
            log.bytes.extend_from_slice(torn);
            let offset = log.bytes.len() as u64;
            let mut newer = claim(FrameKind::Record, 2, 2, log.chain, b"new");
            newer[at] = byte;
            reseal(&mut newer);
            log.bytes.extend_from_slice(&newer);
            let error = scan(&log.bytes, 0, 1).unwrap_err();
            assert!(expected(&error) && error.needs_upgrade(), "{error:?}");
            assert_eq!(error.offset(), Some(offset));
        }
    }
}

#[test]
fn other_kinds_of_frames_are_dead() {
    let mut log = Log::of(1);
    for kind in [FrameKind::Snapshot, FrameKind::Beat] {
        log.bytes.extend_from_slice(&claim(kind, 9, 9, Digest::ZERO, b"?"));
    }
    log.push(b"second");
    assert_eq!(versions(&scan(&log.bytes, 0, 1).unwrap()), [1, 2]);
}

#[test]
fn the_last_version_there_is_ends_a_log() {
    let frame = claim(FrameKind::Record, u64::MAX, 1, Digest::ZERO, b"last");
    let scanned = scan(&[&frame[..], &frame].concat(), u64::MAX - 10, u64::MAX).unwrap();
    assert_eq!((versions(&scanned), scanned.sealed), (vec![u64::MAX], true));
}

#[test]
fn version_zero_never_wins() {
    let frame = claim(FrameKind::Record, 0, 1, Digest::ZERO, b"");
    assert!(scan(&frame, 0, 0).unwrap().winners.is_empty());
}

/// A magic and a length up to the end of the bytes at every place where they fit.
#[test]
fn bogus_lengths_everywhere_take_linear_time() {
    const BYTES: usize = 4 << 20;
    let mut bytes = Vec::with_capacity(BYTES);
    while bytes.len() < BYTES - 12 {
        let body_length = (BYTES - bytes.len()).saturating_sub(88) as u32;
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[1, 0, 1, 0]);
        bytes.extend_from_slice(&body_length.to_le_bytes());
    }
    let started = std::time::Instant::now();
    let scanned = scan(&bytes, 0, 1).unwrap();
    // Summing every body would take this machine half an hour.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    assert_eq!((scanned.winners.len(), scanned.damage.len()), (0, 1));
}

/// Valid frames with bogus ones of great length between them.
#[test]
fn bogus_lengths_between_valid_frames_take_linear_time() {
    const ROUNDS: usize = 20_000;
    const BODY_BYTES: usize = 2 << 20;
    let mut log = Log::of(0);
    let long = FrameHeader {
        body_length: 0,
        kind: FrameKind::Record,
        flags: 0,
        version: 1,
        writer: WRITER,
        sequence: 0,
        decided_at_ms: 0,
        chain: Digest::ZERO,
    };
    let bogus = &encode_frame(&long, &vec![b'x'; BODY_BYTES]).unwrap()[..88];
    for _ in 0..ROUNDS {
        log.bytes.extend_from_slice(bogus);
        log.push(b"");
    }
    let started = std::time::Instant::now();
    let scanned = scan(&log.bytes, 0, 1).unwrap();
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    assert_eq!((scanned.winners.len(), scanned.damage.len()), (ROUNDS, ROUNDS));
}
