//! What holds of any bytes: decoding them ends, without a panic, in an answer that is true.
//!
//! The fuzz target runs this on bytes that it makes up, the tests on bytes that were worth keeping.
#![allow(dead_code, unreachable_pub)]

use highwater_format::scan::{Scan, scan};
use highwater_format::value::{Value, ValueType};
use highwater_format::{
    Beat, FLAG_STUFFED, Fact, FormatError, FrameKind, PartReader, PartWriter, Record, Seal, SegmentHeader,
    Snapshot, SubtaskState, decode_entries, decode_frame, encode_entries, fact_json, frame_digest, from_body,
    to_body,
};

/// Everything at once. The first byte chooses the version that a reader awaits.
pub fn check(bytes: &[u8]) {
    decode_everything(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        parse_everything(text);
    }
    let Some((&first, rest)) = bytes.split_first() else { return };
    let next_version = u64::from(first % 8);
    check_scan(rest, 100, next_version, &scan(rest, 100, next_version));
}

/// Decodes the bytes as everything that they could be; what can be read can be written and read again.
pub fn decode_everything(bytes: &[u8]) {
    if let Ok(record) = Record::decode(bytes)
        && record.skipped == 0
    {
        assert_eq!(Record::decode(&record.encode().unwrap()).unwrap(), record);
    }
    if let Ok(snapshot) = Snapshot::decode(bytes) {
        assert_eq!(snapshot.encode().unwrap(), bytes);
    }
    if let Ok(seal) = Seal::decode(bytes) {
        assert_eq!(Seal::decode(&seal.encode().unwrap()).unwrap(), seal);
    }
    if let Ok(beat) = Beat::decode(bytes) {
        assert_eq!(Beat::decode(&beat.encode().unwrap()).unwrap(), beat);
    }
    if let Ok((header, _)) = SegmentHeader::decode_first(bytes) {
        assert_eq!(SegmentHeader::decode_first(&header.encode().unwrap()).unwrap().0, header);
    }
    if let Ok(read) = decode_entries::<Fact>(bytes) {
        let again = encode_entries(read.entries.iter()).unwrap();
        assert_eq!(decode_entries::<Fact>(&again).unwrap().entries, read.entries);
        read.entries.iter().for_each(|entry| assert!(fact_json(entry).unwrap().starts_with('{')));
    }
    if let Ok(value) = from_body::<Value>(bytes) {
        assert_eq!(from_body::<Value>(&to_body(&value).unwrap()).unwrap(), value);
    }
    if let Ok(entries) = PartReader::new(bytes).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        let mut writer = PartWriter::new();
        entries.iter().for_each(|entry| writer.push(entry).unwrap());
        assert_eq!(writer.finish().0, bytes);
    }
    if let Ok(state) = SubtaskState::decode(bytes) {
        assert_eq!(SubtaskState::decode(&state.encode()).unwrap(), state);
    }
}

/// Reads the text as a value of each type; the canonical text of what can be read gives the same.
pub fn parse_everything(text: &str) {
    for value in ValueType::ALL.into_iter().filter_map(|value_type| Value::parse(value_type, text).ok()) {
        let canonical = value.to_text();
        assert_eq!(Value::parse(value.value_type(), &canonical).unwrap(), value, "{text:?} {canonical:?}");
    }
}

/// What must hold of any answer about any bytes.
pub fn check_scan(bytes: &[u8], base: u64, next_version: u64, answer: &Result<Scan, FormatError>) {
    let scanned = match answer {
        Ok(scanned) => scanned,
        Err(error) => {
            let offset = error.offset().expect("an error of a scan names an offset");
            assert!((base..=base + bytes.len() as u64).contains(&offset), "{error:?}");
            return;
        }
    };
    let end = base + bytes.len() as u64;
    let mut behind = base;
    for (winner, version) in scanned.winners.iter().zip(next_version.max(1)..) {
        assert_eq!(winner.version, version);
        assert!(winner.offset >= behind);
        behind = winner.offset + winner.length;
        let frame = &bytes[(winner.offset - base) as usize..(behind - base) as usize];
        match decode_frame(frame) {
            Ok((header, _)) => {
                assert_eq!(
                    (header.version, header.kind, header.writer),
                    (version, winner.kind, winner.writer)
                );
            }
            // Nobody writes it: the checksum is right, and the stuffing is not. It has its version, and whoever reads it is told.
            Err(FormatError::Body { .. }) => assert_ne!(frame[7] & FLAG_STUFFED, 0),
            Err(error) => panic!("a winner is one valid frame: {error}"),
        }
        assert_eq!(frame_digest(frame), winner.digest);
    }
    assert!(behind <= scanned.end && scanned.end <= end);
    let seals = scanned.winners.iter().filter(|winner| winner.kind == FrameKind::Seal).count();
    assert_eq!(seals, usize::from(scanned.sealed));
    let records = (scanned.winners.len() - seals) as u64;
    assert_eq!(scanned.next_version, next_version.max(1) + records);
    let mut behind = base;
    for damage in &scanned.damage {
        assert!(damage.length > 0 && damage.offset >= behind && !damage.what.is_empty());
        behind = damage.offset + damage.length;
    }
    assert!(behind <= end);
}
