//! What was once written stays readable: golden files of every kind of frame and of every fact.
//!
//! The files are written only when `HIGHWATER_WRITE_GOLDEN` is set, and only those that do not exist yet: bytes that a
//! released version has written cannot be unwritten. A new fact or field adds a file.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use highwater_format::fact::{AttemptProgressed, Counts, RunResumed};
use highwater_format::scan::scan;
use highwater_format::{
    Beat, Digest, Entry, FLAG_ENCRYPTED, FLAG_STUFFED, Fact, FactTable, Key, Keyring, MAGIC, Record, Seal,
    SegmentHeader, SegmentKind, Snapshot, WriterId, encode_record_with, frame_digest, from_body, to_body,
};
use serde_json::json;
use support::samples::samples;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat/format-1")
}

/// Whether files that are missing are to be written.
fn is_writing() -> bool {
    std::env::var_os("HIGHWATER_WRITE_GOLDEN").is_some()
}

/// The golden file of this name, after writing it where that is wanted and there is none.
fn golden(name: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = folder().join(name);
    if is_writing() && !path.exists() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&path, make()).unwrap();
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn record(version: u64, chain: Digest, facts: &[Fact]) -> Record {
    Record {
        version,
        writer: WriterId(*b"golden writer 01"),
        sequence: 40 + version,
        decided_at_ms: 1_709_209_800_000 + version as i64,
        chain,
        facts: facts.iter().cloned().map(Entry::from).collect(),
        skipped: 0,
    }
}

/// The golden records, in the order of their names.
fn golden_records() -> Vec<(PathBuf, Record)> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut paths: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(".record")).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let bytes = fs::read(&path).unwrap();
            let record = Record::decode(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(record.encode().unwrap(), bytes, "{} encodes differently now", path.display());
            (path, record)
        })
        .collect()
}

#[test]
fn every_fact_that_was_written_is_read() {
    golden("facts-1.record", || record(7, Digest([0xaa; 32]), &samples()).encode().unwrap());
    let mut records = golden_records();
    let is_new = |sample: &Fact, records: &[(PathBuf, Record)]| {
        let mut known = records.iter().flat_map(|(_, record)| &record.facts);
        !known.any(|entry| entry.fact == *sample && entry.extra.is_empty())
    };
    let new: Vec<Fact> = samples().into_iter().filter(|sample| is_new(sample, &records)).collect();
    if is_writing() && !new.is_empty() {
        let name = format!("facts-{}.record", records.len());
        golden(&name, || record(7, Digest([0xaa; 32]), &new).encode().unwrap());
        records = golden_records();
    }
    for sample in samples() {
        assert!(
            !is_new(&sample, &records),
            "no golden file holds {sample:?}; set HIGHWATER_WRITE_GOLDEN to add one"
        );
    }
}

#[test]
fn a_record_with_the_magic_in_it_is_read() {
    let state = Some([b"state ", &MAGIC[..]].concat());
    let (run, node) = ("r1".to_owned(), "load".to_owned());
    let (counts, proposed) = (Counts::default(), vec![]);
    let fact = Fact::from(AttemptProgressed { run, node, attempt: 1, counts, state, proposed });
    let record = record(8, Digest([0xaa; 32]), &[fact]);
    let bytes = golden("stuffed.record", || record.encode().unwrap());
    assert_eq!(Record::decode(&bytes).unwrap(), record);
    assert_eq!(record.encode().unwrap(), bytes);
    assert_eq!((bytes[7], bytes.windows(4).filter(|bytes| *bytes == MAGIC).count()), (FLAG_STUFFED, 1));
}

#[test]
fn what_was_encrypted_is_read_with_the_key() {
    let keys = Keyring::new(vec![Key::new(*b"the key of the golden files, 32b")]);
    let run = RunResumed { run: "r1".to_owned(), ..RunResumed::default() };
    let record = record(9, Digest([0xaa; 32]), &[Fact::from(run)]);
    let encrypt = || encode_record_with(&record.header(), &record.facts, &keys).unwrap();
    let bytes = golden("record.encrypted", encrypt);
    assert_eq!(Record::decode_with(&bytes, &keys).unwrap(), record);
    assert_eq!(encrypt(), bytes, "the same record has the same bytes");
    let snapshot = Snapshot { version: 9, chain: frame_digest(&bytes), body: b"rows".to_vec() };
    let bytes = golden("snapshot.encrypted", || snapshot.encode_with(&keys).unwrap());
    assert_eq!(Snapshot::decode_with(&bytes, &keys).unwrap(), snapshot);
    assert_eq!(snapshot.encode_with(&keys).unwrap(), bytes, "the same snapshot has the same bytes");
    assert_eq!(bytes[7], FLAG_ENCRYPTED);
}

#[test]
fn samples_show_every_field_of_every_fact() {
    for layout in Fact::layout() {
        let mut shown = Vec::new();
        for sample in samples().iter().filter(|sample| sample.name() == layout.name) {
            let fields: serde_json::Value = serde_json::from_str(&sample.json_fields().unwrap()).unwrap();
            shown.extend(fields.as_object().unwrap().keys().cloned());
        }
        for field in layout.fields {
            assert!(shown.iter().any(|name| name == field), "no sample of `{}` has `{field}`", layout.name);
        }
    }
}

/// Names of facts and fields are for ever: each line that was ever in the list must still hold.
#[test]
fn no_fact_was_changed_silently() {
    let now: BTreeMap<&str, (bool, Vec<&str>)> =
        Fact::layout().into_iter().map(|fact| (fact.name, (fact.optional, fact.fields.to_vec()))).collect();
    let line = |(name, (optional, fields)): (&&str, &(bool, Vec<&str>))| {
        format!("{name} {}: {}\n", if *optional { "optional" } else { "required" }, fields.join(" "))
    };
    let list: String = now.iter().map(line).collect();
    let known = String::from_utf8(golden("facts.txt", || list.clone().into_bytes())).unwrap();
    for line in known.lines() {
        let (head, fields) = line.split_once(": ").unwrap();
        let (name, requirement) = head.split_once(' ').unwrap();
        let Some((optional, now)) = now.get(name) else { panic!("the fact `{name}` is gone") };
        assert_eq!(requirement == "optional", *optional, "`{name}` may not change whether it may be skipped");
        for field in fields.split(' ') {
            assert!(now.contains(&field), "the field `{field}` of `{name}` is gone");
        }
    }
    if is_writing() {
        fs::write(folder().join("facts.txt"), &list).unwrap();
    } else {
        assert_eq!(known, list, "facts were added; set HIGHWATER_WRITE_GOLDEN to list them");
    }
}

#[test]
fn snapshots_are_read() {
    let snapshot = Snapshot { version: 3, chain: Digest([0xbb; 32]), body: to_body(&["state"]).unwrap() };
    let bytes = golden("state.snapshot", || snapshot.encode().unwrap());
    let read = Snapshot::decode(&bytes).unwrap();
    assert_eq!(read, snapshot);
    assert_eq!(read.encode().unwrap(), bytes);
    assert_eq!(from_body::<[String; 1]>(&read.body).unwrap(), ["state"]);
}

#[test]
fn beats_are_read() {
    let beat = Beat {
        worker: "worker-1".into(),
        sequence: 9_007_199_254_740_993,
        at_ms: 1_709_209_800_000,
        leases: vec!["orders".into(), "node/load".into()],
        host: "host.example".into(),
        pid: 4242,
    };
    let bytes = golden("worker.beat", || beat.encode().unwrap());
    let read = Beat::decode(&bytes).unwrap();
    assert_eq!(read, beat);
    assert_eq!(read.encode().unwrap(), bytes);
}

/// Two writers, a torn frame, a claim that came too late, a seal, and a torn tail.
fn segment() -> Vec<u8> {
    let fact = |run: &str| Fact::from(RunResumed { run: run.into(), ..RunResumed::default() });
    let first = record(1, Digest::ZERO, &[fact("r1"), fact("r2")]).encode().unwrap();
    let second = record(2, frame_digest(&first), &[fact("r3")]).encode().unwrap();
    let third = record(3, frame_digest(&second), &[]).encode().unwrap();
    let other = Record {
        writer: WriterId(*b"golden writer 02"),
        sequence: 1,
        ..record(3, frame_digest(&second), &[fact("r4")])
    };
    let other = other.encode().unwrap();
    let seal = Seal {
        version: 4,
        writer: WriterId(*b"golden writer 02"),
        sequence: 2,
        decided_at_ms: 1_709_209_800_004,
        chain: frame_digest(&other),
    };
    let header = SegmentHeader { first_version: 1, kind: SegmentKind::Shared }.encode().unwrap();
    let torn = &second[..second.len() - 5];
    [&header[..], &first, &second, &second[..100], &other, &third, &seal.encode().unwrap(), torn].concat()
}

#[test]
fn segments_are_read() {
    let bytes = golden("shared.segment", segment);
    assert_eq!(segment(), bytes, "a segment is written differently now");
    let (header, header_length) = SegmentHeader::decode_first(&bytes).unwrap();
    assert_eq!(header, SegmentHeader { first_version: 1, kind: SegmentKind::Shared });
    assert_eq!(bytes[..header_length], header.encode().unwrap());

    let scanned = scan(&bytes, 0, 1).unwrap();
    let winners = scanned.winners.iter().map(|winner| {
        json!({
            "version": winner.version,
            "offset": winner.offset,
            "length": winner.length,
            "kind": winner.kind.name(),
            "writer": winner.writer.to_string(),
            "sequence": winner.sequence,
            "digest": winner.digest.to_string(),
        })
    });
    let damage =
        scanned.damage.iter().map(|damage| json!({ "offset": damage.offset, "length": damage.length }));
    let answer = json!({
        "winners": winners.collect::<Vec<_>>(),
        "next_version": scanned.next_version,
        "sealed": scanned.sealed,
        "end": scanned.end,
        "damage": damage.collect::<Vec<_>>(),
    });
    let pretty = || (serde_json::to_string_pretty(&answer).unwrap() + "\n").into_bytes();
    let expected: serde_json::Value = serde_json::from_slice(&golden("shared.segment.json", pretty)).unwrap();
    assert_eq!(answer, expected);
    assert_eq!(scanned.winners.len(), 4);
    assert_eq!(scanned.damage.len(), 2);
}
