//! Parts of keyed state: golden files, every order, every damage.

use std::collections::BTreeMap;
use std::path::Path;

use highwater_format::{
    FormatError, PartChange, PartEntry, PartReader, PartWriter, SubtaskState, limits, part_digest,
};
use proptest::prelude::*;

/// The golden file of this name, after writing it where that is wanted and there is none.
fn golden(name: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat/format-1").join(name);
    if std::env::var_os("HIGHWATER_WRITE_GOLDEN").is_some() && !path.exists() {
        std::fs::write(&path, make()).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn put<'a>(group: u32, name: &'a str, key: &'a [u8], value: &'a [u8]) -> PartEntry<'a> {
    PartEntry { group, name, key, change: PartChange::Put(value) }
}

fn write(entries: &[PartEntry<'_>]) -> Vec<u8> {
    let mut writer = PartWriter::new();
    for entry in entries {
        writer.push(entry).unwrap();
    }
    let length = writer.encoded_bytes();
    let (bytes, checksum) = writer.finish();
    assert_eq!(bytes.len(), length);
    assert_eq!(PartReader::new(&bytes).unwrap().checksum(), checksum);
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<PartEntry<'_>>, FormatError> {
    PartReader::new(bytes)?.collect()
}

/// The key of a list or map entry.
fn inner(key: &[u8], within: &[u8]) -> Vec<u8> {
    [&u32::try_from(key.len()).unwrap().to_le_bytes(), key, within].concat()
}

/// The groups are those of 128: `"apple"` 100, `"pear"` 63, `"zoë"` 90, `7` 40.
#[test]
fn a_base_that_was_written_is_read() {
    let (first, second) =
        (inner(br#""apple""#, &0_u64.to_be_bytes()), inner(br#""apple""#, &1_u64.to_be_bytes()));
    let item = inner(b"7", br#""sku-1""#);
    let value = r#"{"user":"zoë","at":5}"#.as_bytes();
    let until = PartChange::PutUntil { value, expires_at_ms: 1_709_209_800_000 };
    let entries = [
        put(40, "stock", &item, b"12.5"),
        put(63, "counts", br#""pear""#, b"1"),
        PartEntry { group: 90, name: "sessions", key: r#""zoë""#.as_bytes(), change: until },
        put(100, "counts", br#""apple""#, b"3"),
        put(100, "seen", &first, br#""a""#),
        put(100, "seen", &second, br#""b""#),
    ];
    let bytes = golden("keyed-base.part", || write(&entries));
    assert_eq!(read(&bytes).unwrap(), entries);
    assert_eq!(write(&entries), bytes);
}

#[test]
fn a_delta_that_was_written_is_read() {
    let until = PartChange::PutUntil { value: b"4", expires_at_ms: -1 };
    let entries = [
        PartEntry { group: 63, name: "counts", key: br#""pear""#, change: PartChange::Removed },
        PartEntry { group: 100, name: "counts", key: br#""apple""#, change: until },
    ];
    let bytes = golden("keyed-delta.part", || write(&entries));
    assert_eq!(read(&bytes).unwrap(), entries);
    assert_eq!(write(&entries), bytes);
    assert_eq!(part_digest(0xab), "crc32c:000000ab");
}

#[test]
fn what_names_the_parts_is_read() {
    let state = SubtaskState {
        format: 1,
        groups: (0, 127),
        base: Some("count/0/3-base-5f2a".to_owned()),
        deltas: vec!["count/0/4-delta-81c0".to_owned()],
    };
    let bytes = golden("subtask.state", || state.encode());
    assert_eq!(SubtaskState::decode(&bytes).unwrap(), state);
    assert_eq!(state.encode(), bytes);
    assert_eq!(state.parts().collect::<Vec<_>>(), ["count/0/3-base-5f2a", "count/0/4-delta-81c0"]);
    let newer = br#"{"format":2,"groups":[0,1],"base":null,"deltas":[]}"#;
    assert!(matches!(SubtaskState::decode(newer), Err(FormatError::SubtaskState { .. })));
    assert!(SubtaskState::decode(br#"{"format":1,"groups":[2,1],"base":null,"deltas":[]}"#).is_err());
    assert!(
        SubtaskState::decode(br#"{"format":1,"groups":[1,1],"base":null,"deltas":[],"later":1}"#).is_ok()
    );
}

#[test]
fn an_empty_part_is_a_part() {
    let bytes = write(&[]);
    assert_eq!(bytes.len(), 12);
    assert!(read(&bytes).unwrap().is_empty());
    assert!(PartWriter::new().is_empty());
}

#[test]
fn entries_out_of_order_are_refused() {
    let mut writer = PartWriter::new();
    writer.push(&put(3, "b", b"k", b"")).unwrap();
    for entry in
        [put(3, "b", b"k", b""), put(3, "b", b"j", b""), put(3, "a", b"z", b""), put(2, "c", b"z", b"")]
    {
        assert!(matches!(writer.push(&entry), Err(FormatError::Part { .. })), "{entry:?}");
    }
    let wrong = [write(&[put(3, "b", b"k", b"")]), write(&[put(2, "b", b"k", b"")])];
    let entries = wrong.iter().flat_map(|part| &part[8..part.len() - 4]).copied();
    let mut bytes: Vec<u8> = wrong[0][..8].iter().copied().chain(entries).collect();
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    assert!(matches!(read(&bytes), Err(FormatError::Part { .. })));
}

#[test]
fn what_is_too_long_is_refused() {
    let (name, key) = ("n".repeat(limits::PART_NAME_BYTES + 1), vec![0; limits::PART_KEY_BYTES + 1]);
    let value = vec![0; limits::PART_VALUE_BYTES + 1];
    for entry in [put(0, &name, b"", b""), put(0, "n", &key, b""), put(0, "n", b"", &value)] {
        assert!(matches!(PartWriter::new().push(&entry), Err(FormatError::TooLarge { .. })));
    }
}

#[test]
fn damage_anywhere_is_found() {
    let bytes = write(&[put(1, "n", b"k", b"value"), put(2, "n", b"k", b"")]);
    for at in 0..bytes.len() {
        assert!(read(&bytes[..at]).is_err(), "cut off at {at}");
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            assert!(read(&damaged).is_err(), "bit {bit} of byte {at}");
        }
    }
    assert!(read(&[bytes, vec![0]].concat()).is_err());
}

type Model = BTreeMap<(u32, String, Vec<u8>), Option<(Vec<u8>, Option<i64>)>>;

fn change(value: Option<&(Vec<u8>, Option<i64>)>) -> PartChange<'_> {
    match value {
        None => PartChange::Removed,
        Some((value, None)) => PartChange::Put(value),
        Some((value, Some(expires_at_ms))) => PartChange::PutUntil { value, expires_at_ms: *expires_at_ms },
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_read(
        model in proptest::collection::btree_map(
            (0_u32..5, "[a-cä]{0,3}", proptest::collection::vec(any::<u8>(), 0..5)),
            proptest::option::of((proptest::collection::vec(any::<u8>(), 0..9), any::<Option<i64>>())),
            0..40,
        )
    ) {
        let model: Model = model;
        let entries: Vec<PartEntry<'_>> = model
            .iter()
            .map(|((group, name, key), value)| {
                PartEntry { group: *group, name, key, change: change(value.as_ref()) }
            })
            .collect();
        let bytes = write(&entries);
        prop_assert_eq!(read(&bytes).unwrap(), entries);
    }

    /// With a checksum that is right, whatever stands between head and checksum.
    #[test]
    fn no_bytes_make_it_panic(middle in proptest::collection::vec(0_u8..4, 0..60)) {
        let mut bytes = [&write(&[])[..8], &middle].concat();
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        if let Ok(entries) = read(&bytes) {
            prop_assert_eq!(write(&entries), bytes);
        }
    }
}
