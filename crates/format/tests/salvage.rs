//! What can still be read of damaged segments, and the seal that ends a segment for everybody.

mod support;

use highwater_format::scan::{Salvage, salvage, scan};
use highwater_format::{Digest, FrameKind, STOP_VERSION, Seal, frame_digest};
use support::{Log, WRITER, claim};

fn versions(salvage: &Salvage) -> Vec<u64> {
    salvage.records.iter().map(|record| record.version).collect()
}

fn stop() -> Vec<u8> {
    let seal =
        Seal { version: STOP_VERSION, writer: WRITER, sequence: 7, decided_at_ms: 0, chain: Digest::ZERO };
    seal.encode().unwrap()
}

#[test]
fn a_whole_segment_is_all_there() {
    let log = Log::of(4);
    let found = salvage(&log.bytes, u64::MAX).unwrap();
    assert_eq!(found.records, scan(&log.bytes, 0, 1).unwrap().winners);
    assert_eq!((versions(&found), found.damage.len()), (vec![1, 2, 3, 4], 0));
}

#[test]
fn what_stands_around_damage_is_still_there() {
    let mut log = Log::of(5);
    let at = log.starts[2];
    log.bytes[at + 90] ^= 1;
    let found = salvage(&log.bytes, u64::MAX).unwrap();
    assert_eq!(versions(&found), [1, 2, 4, 5]);
    assert_eq!(found.damage.len(), 1);
    assert_eq!(found.damage[0].offset, at as u64);
}

#[test]
fn a_claim_that_lost_to_a_damaged_one_is_not_taken_for_it() {
    let mut log = Log::of(2);
    let late = claim(FrameKind::Record, 2, 99, Digest::ZERO, b"late");
    let at = log.bytes.len() as u64;
    log.bytes.extend_from_slice(&late);
    log.push(b"third");
    log.bytes[log.starts[1] + 90] ^= 1;
    let found = salvage(&log.bytes, u64::MAX).unwrap();
    assert_eq!(versions(&found), [1, 3], "the chain of 3 names another record than the late one");
    assert!(found.damage.iter().any(|damage| damage.offset == at && damage.what.contains("version 2")));
}

#[test]
fn the_chain_finds_the_winner_among_several() {
    let mut log = Log::of(1);
    let early = claim(FrameKind::Record, 2, 99, Digest::ZERO, b"early");
    log.bytes.extend_from_slice(&early);
    log.push(b"second");
    log.push(b"third");
    let found = salvage(&log.bytes, u64::MAX).unwrap();
    assert_eq!(found.records[1].digest, frame_digest(&log.bytes[log.starts[1]..log.starts[2]]));
}

#[test]
fn versions_of_the_next_segment_do_not_count_in_this_one() {
    let log = Log::of(4);
    assert_eq!(versions(&salvage(&log.bytes, 3).unwrap()), [1, 2]);
}

#[test]
fn what_was_claimed_behind_a_seal_is_dead() {
    let mut log = Log::of(2);
    log.bytes.extend_from_slice(&claim(FrameKind::Seal, 3, 9, Digest::ZERO, &[0x80]));
    log.push(b"late");
    assert_eq!(versions(&salvage(&log.bytes, u64::MAX).unwrap()), [1, 2]);
}

#[test]
fn a_seal_that_lost_to_a_damaged_record_ends_nothing() {
    let mut log = Log::of(2);
    log.bytes.extend_from_slice(&claim(FrameKind::Seal, 2, 9, Digest::ZERO, &[0x80]));
    log.push(b"third");
    log.bytes[log.starts[1] + 90] ^= 1;
    assert_eq!(versions(&salvage(&log.bytes, u64::MAX).unwrap()), [1, 3]);
}

#[test]
fn a_stop_ends_a_segment_for_every_reader() {
    let mut log = Log::of(3);
    let end = log.bytes.len();
    log.bytes.extend_from_slice(&stop());
    log.push(b"too late");
    assert_eq!(versions(&salvage(&log.bytes, u64::MAX).unwrap()), [1, 2, 3]);
    let whole = scan(&log.bytes, 0, 1).unwrap();
    assert!(whole.sealed && whole.next_version == 4);
    // Readers that have read on, or not as far, since what they know of the log is not what is on the disk.
    for awaited in [2, 4, 5, 900] {
        let rest = scan(&log.bytes[end..], end as u64, awaited).unwrap();
        assert!(rest.sealed, "awaiting {awaited}");
        assert_eq!(rest.next_version, awaited);
        assert_eq!((rest.winners.len(), rest.winners[0].kind), (1, FrameKind::Seal));
    }
}

#[test]
fn any_bytes_can_be_salvaged() {
    let log = Log::of(3);
    for cut in 0..log.bytes.len() {
        assert!(salvage(&log.bytes[cut..], u64::MAX).is_ok());
        assert!(salvage(&log.bytes[..cut], u64::MAX).unwrap().records.len() < 3);
    }
    assert_eq!(salvage(&[], 1).unwrap(), Salvage::default());
}
