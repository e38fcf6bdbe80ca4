//! Whatever happens to the bytes of a segment, a reader learns the truth or is told that they are damaged.

mod support;

use highwater_format::scan::{Scan, scan};
use highwater_format::{Digest, FormatError, FrameKind, MAGIC, frame_digest};
use proptest::prelude::*;
use support::total::{check_scan, decode_everything};
use support::{Log, claim};

fn checked_scan(bytes: &[u8], next_version: u64) -> Result<Scan, FormatError> {
    let answer = scan(bytes, 0, next_version);
    check_scan(bytes, 0, next_version, &answer);
    answer
}

#[test]
fn every_truncation_leaves_a_prefix() {
    let log = Log::of(6);
    let whole = checked_scan(&log.bytes, 1).unwrap();
    for length in 0..log.bytes.len() {
        let scanned = checked_scan(&log.bytes[..length], 1).unwrap();
        assert!(whole.winners.starts_with(&scanned.winners));
        let ends = whole.winners.iter().map(|winner| winner.offset + winner.length);
        assert_eq!(scanned.winners.len(), ends.filter(|&end| end <= length as u64).count());
        decode_everything(&log.bytes[..length]);
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let log = Log::of(6);
    let whole = checked_scan(&log.bytes, 1).unwrap();
    let last = *log.starts.last().unwrap();
    for bit in 0..log.bytes.len() * 8 {
        let mut bytes = log.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        decode_everything(&bytes);
        match checked_scan(&bytes, 1) {
            // Only the header of the segment can be damaged without a loss, only the last record for a torn one.
            Ok(scanned) if bit / 8 < log.starts[0] => assert_eq!(scanned.winners, whole.winners),
            Ok(scanned) => {
                assert!(bit / 8 >= last, "bit {bit} was not noticed");
                assert_eq!(scanned.winners, whole.winners[..5]);
                assert_eq!(scanned.damage[0].offset, last as u64);
            }
            Err(FormatError::Corrupt { offset, version, .. }) => {
                let record = log.starts.iter().rposition(|&start| start <= bit / 8).unwrap();
                assert_eq!((offset, version), (log.starts[record] as u64, record as u64 + 1));
            }
            Err(other) => panic!("bit {bit}: {other:?}"),
        }
    }
}

/// What a writer can leave behind in a segment.
#[derive(Clone, Debug)]
enum Step {
    /// A record that is whole.
    Append { body: Vec<u8> },
    /// A record that was cut off.
    Torn { body: Vec<u8>, keep: prop::sample::Index },
    /// A claim of a version that was won before.
    Stale { behind: u64 },
    /// A seal.
    Seal,
}

fn step() -> impl Strategy<Value = Step> {
    let body = || {
        let piece = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            proptest::sample::select(vec![1, 2, 3, 4]).prop_map(|length| MAGIC[..length].to_vec()),
            // A whole frame, of a version that would be missed.
            (0..9_u64).prop_map(|version| claim(FrameKind::Record, version, 7, Digest::ZERO, b"within")),
        ];
        proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
    };
    prop_oneof![
        4 => body().prop_map(|body| Step::Append { body }),
        2 => (body(), any::<prop::sample::Index>()).prop_map(|(body, keep)| Step::Torn { body, keep }),
        2 => (0..3_u64).prop_map(|behind| Step::Stale { behind }),
        1 => Just(Step::Seal),
    ]
}

/// A segment in which many writers worked and some died; and what is true of it.
fn interleave(steps: &[Step]) -> (Log, Vec<u64>, bool) {
    let mut log = Log::of(0);
    let mut sequences = Vec::new();
    let mut sealed = false;
    for (sequence, step) in (1000..).zip(steps) {
        let version = sequences.len() as u64 + 1;
        let record = |body: &[u8]| claim(FrameKind::Record, version, sequence, log.chain, body);
        match step {
            Step::Append { body } => {
                let frame = record(body);
                log.bytes.extend_from_slice(&frame);
                if !sealed {
                    log.chain = frame_digest(&frame);
                    sequences.push(sequence);
                }
            }
            Step::Torn { body, keep } => {
                let frame = record(body);
                log.bytes.extend_from_slice(&frame[..keep.index(frame.len())]);
            }
            Step::Stale { behind } => {
                let version = version.saturating_sub(1 + behind);
                log.bytes.extend_from_slice(&claim(
                    FrameKind::Record,
                    version,
                    sequence,
                    Digest([9; 32]),
                    b"stale",
                ));
            }
            Step::Seal => {
                log.bytes.extend_from_slice(&claim(FrameKind::Seal, version, sequence, log.chain, b""));
                if !sealed {
                    sequences.push(sequence);
                }
                sealed = true;
            }
        }
    }
    (log, sequences, sealed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn interleaved_writers_are_told_apart(steps in proptest::collection::vec(step(), 0..30)) {
        let (log, sequences, sealed) = interleave(&steps);
        let scanned = checked_scan(&log.bytes, 1).unwrap();
        let won: Vec<u64> = scanned.winners.iter().map(|winner| winner.sequence).collect();
        prop_assert_eq!(won, sequences);
        prop_assert_eq!(scanned.sealed, sealed);
    }

    #[test]
    fn a_part_says_what_the_whole_says(steps in proptest::collection::vec(step(), 0..20), cut in any::<prop::sample::Index>()) {
        let (log, _, _) = interleave(&steps);
        let whole = checked_scan(&log.bytes, 1).unwrap();
        let taken = cut.index(whole.winners.len() + 1);
        let (seen, rest) = whole.winners.split_at(taken);
        let from = seen.last().map_or(0, |winner| winner.offset + winner.length);
        if seen.last().is_none_or(|winner| winner.kind == FrameKind::Record) {
            let part = &log.bytes[from as usize..];
            let answer = scan(part, from, taken as u64 + 1);
            check_scan(part, from, taken as u64 + 1, &answer);
            let scanned = answer.unwrap();
            prop_assert_eq!(&scanned.winners[..], rest);
            prop_assert_eq!((scanned.sealed, scanned.end), (whole.sealed, whole.end.max(from)));
        }
    }

    #[test]
    fn any_bytes_have_an_answer(
        pieces in proptest::collection::vec(hostile_piece(), 0..40),
        base in 0..u64::MAX / 2,
        next_version in any::<u64>().prop_map(|version| version % 8),
    ) {
        let bytes = pieces.concat();
        let answer = scan(&bytes, base, next_version);
        check_scan(&bytes, base, next_version, &answer);
        decode_everything(&bytes);
    }
}

/// Bytes that look like frames, or nearly.
fn hostile_piece() -> impl Strategy<Value = Vec<u8>> {
    let body = || proptest::collection::vec(any::<u8>(), 0..200);
    let frame = (0..6_u8, 0..8_u64, body()).prop_map(|(kind, version, body)| {
        let kind = FrameKind::from_code(kind).unwrap_or(FrameKind::Record);
        claim(kind, version, 1, Digest::ZERO, &body)
    });
    let bogus = (any::<u32>(), 0..20_u32, proptest::collection::vec(any::<u8>(), 80)).prop_map(
        |(length, shift, rest)| [&MAGIC[..], &[1, 0, 1, 0], &(length >> shift).to_le_bytes(), &rest].concat(),
    );
    prop_oneof![body(), frame, bogus, Just(MAGIC.to_vec()), Just(vec![0; 100])]
}
