use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{decode, readable};
use crate::fact::{Counts, ErrorRecord, Evidence, NodeSpec, Reason, ReasonCode, RetryPolicy};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Nothing,
    One(i64),
    Two(u8, String),
    Named { left: Option<bool>, right: Vec<u16> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(u32);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Everything {
    signed: (i8, i16, i32, i64),
    unsigned: (u8, u16, u32, u64),
    letter: char,
    nothing: (),
    wrapped: Wrapped,
    shapes: Vec<Shape>,
    names: BTreeMap<String, Option<Vec<Shape>>>,
    #[serde(with = "crate::body::bytes")]
    blob: Vec<u8>,
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Nothing),
        any::<i64>().prop_map(Shape::One),
        any::<(u8, String)>().prop_map(|(number, text)| Shape::Two(number, text)),
        any::<(Option<bool>, Vec<u16>)>().prop_map(|(left, right)| Shape::Named { left, right }),
    ]
}

pub(crate) fn everything() -> impl Strategy<Value = Everything> {
    let shapes = || prop::collection::vec(shape(), 0..20);
    let names = prop::collection::btree_map(any::<String>(), prop::option::of(shapes()), 0..20);
    (
        any::<(i8, i16, i32, i64)>(),
        any::<(u8, u16, u32, u64)>(),
        any::<(char, u32)>(),
        shapes(),
        names,
        any::<Vec<u8>>(),
    )
        .prop_map(|(signed, unsigned, (letter, wrapped), shapes, names, blob)| Everything {
            signed,
            unsigned,
            letter,
            nothing: (),
            wrapped: Wrapped(wrapped),
            shapes,
            names,
            blob,
        })
}

proptest! {
    /// A general decoder is the oracle.
    #[test]
    fn what_was_written_reads_as_any_decoder_reads_it(value in everything()) {
        let bytes = rmp_serde::to_vec_named(&value).unwrap();
        prop_assert_eq!(&decode::<Everything>(&bytes).unwrap(), &value);
        prop_assert_eq!(&rmp_serde::from_slice::<Everything>(&bytes).unwrap(), &value);
        let whole = (&value.shapes, &value.names, &value.signed, value.letter);
        let oracle: serde_json::Value = rmp_serde::from_slice(&rmp_serde::to_vec_named(&whole).unwrap()).unwrap();
        let json = readable(&rmp_serde::to_vec_named(&whole).unwrap()).unwrap();
        prop_assert_eq!(json, oracle.to_string());
    }

    /// Damage is refused or reads as something else, which encodes again; it never panics.
    #[test]
    fn any_bytes_are_read_or_refused(value in everything(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = rmp_serde::to_vec_named(&value).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = decode::<Everything>(&bytes) {
            prop_assert_eq!(decode::<Everything>(&rmp_serde::to_vec_named(&read).unwrap()).unwrap(), read);
        }
        prop_assert!(decode::<Everything>(&bytes[..at]).is_err());
    }
}

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    assert_eq!(&decode::<T>(&rmp_serde::to_vec_named(value).unwrap()).unwrap(), value);
}

#[test]
fn shapes_that_facts_share_come_back() {
    comes_back(&Counts { rows_read: u64::MAX, rows_written: 1, rows_failed: 127, bytes: 128 });
    comes_back(&ErrorRecord { class: "Timeout".into(), message: String::new(), detail: Some("at 3".into()) });
    comes_back(&Reason { code: ReasonCode::TookOver, message: "gone".into() });
    comes_back(&Evidence { observer: "a".into(), beat: None, still_ms: 5 });
    comes_back(&NodeSpec {
        name: "b".into(),
        after: vec!["a".into()],
        retry: Some(RetryPolicy::default()),
        deadline_ms: Some(60_000),
    });
}

fn refusal<T: DeserializeOwned + std::fmt::Debug>(bytes: &[u8]) -> String {
    decode::<T>(bytes).unwrap_err().to_string()
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    assert_eq!(refusal::<u8>(&[0xcd, 1, 0]), "invalid value: integer `256`, expected u8");
    assert_eq!(refusal::<u64>(&[0xff]), "invalid value: integer `-1`, expected u64");
    assert_eq!(refusal::<String>(&[0x05]), "invalid type: integer `5`, expected a string");
    assert_eq!(refusal::<String>(&[0xa2, 0xc3, 0x28]), "text that is not UTF-8");
    assert_eq!(refusal::<Wrapped>(&[0xc0]), "invalid type: unit value, expected u32");
    assert_eq!(refusal::<(u8, u8)>(&[0x93, 1, 2, 3]), "1 parts more than expected");
    assert_eq!(refusal::<Vec<u8>>(&[0xdd, 0xff, 0xff, 0xff, 0xff, 1]), "a value is cut off");
    assert_eq!(refusal::<Shape>(&[0xa3, b'O', b'n', b'e']), "a case without what it carries");
    assert_eq!(
        refusal::<f64>(&[0xcb, 0, 0, 0, 0, 0, 0, 0, 0]),
        "a float or an extension, which durable bytes never hold"
    );
    let counts = rmp_serde::to_vec(&Counts::default()).unwrap();
    assert_eq!(refusal::<Counts>(&counts), "invalid type: sequence, expected struct Counts");
}

#[test]
fn what_json_has_not_is_not_readable() {
    assert_eq!(readable(&[0x92, 1, 0xc4, 0]).unwrap_err().to_string(), "JSON has no bytes");
    assert_eq!(readable(&[0x81, 1, 1]).unwrap_err().to_string(), "JSON has no names that are not text");
    assert_eq!(readable(&[0x82, 0xa1, b'a', 1, 0xa1, b'a', 0xc0]).unwrap(), r#"{"a":null}"#);
}

/// A struct as its writers had it at different times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Named {
    first: u8,
    #[serde(default)]
    second: Option<String>,
    third: Vec<u8>,
    #[serde(skip)]
    skipped: u8,
    #[serde(default)]
    fourth: u8,
}

/// The fields of a map in this order, each with a value that fits it.
fn fields(names: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0x80 | names.len() as u8];
    for name in names {
        bytes.push(0xa0 | name.len() as u8);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(match *name {
            "first" => &[1],
            "second" => &[0xa1, b'2'],
            "third" => &[0x92, 3, 3],
            "fourth" => &[4],
            _ => &[0x81, 0xc0, 0xc3],
        });
    }
    bytes
}

#[test]
fn fields_are_found_wherever_they_stand() {
    let all = Named { first: 1, second: Some("2".into()), third: vec![3, 3], skipped: 0, fourth: 4 };
    let few = Named { second: None, fourth: 0, ..all.clone() };
    let cases: [(&[&str], &Named); 7] = [
        (&["first", "second", "third", "fourth"], &all),
        (&["fourth", "third", "second", "first"], &all),
        (&["third", "new", "first", "fourth", "skipped", "second"], &all),
        (&["new", "first", "third"], &few),
        (&["third", "first", "new"], &few),
        (&["first", "second", "third"], &Named { fourth: 0, ..all.clone() }),
        (&["first", "third", "fourth"], &Named { second: None, ..all.clone() }),
    ];
    for (names, expected) in cases {
        // What follows shows where the struct ended.
        let bytes = [vec![0x92], fields(names), vec![7]].concat();
        assert_eq!(decode::<(Named, u8)>(&bytes).unwrap(), (expected.clone(), 7), "{names:?}");
    }
}

#[test]
fn fields_that_are_missing_or_there_twice_are_named() {
    let cases: [(&[&str], &str); 8] = [
        (&[], "missing field `first`"),
        (&["second", "third"], "missing field `first`"),
        (&["first", "fourth"], "missing field `third`"),
        (&["first", "second"], "missing field `third`"),
        (&["first", "first", "third"], "duplicate field `first`"),
        (&["first", "third", "third"], "duplicate field `third`"),
        (&["third", "first", "third"], "duplicate field `third`"),
        (&["first", "third", "second", "second"], "duplicate field `second`"),
    ];
    for (names, expected) in cases {
        assert_eq!(refusal::<Named>(&fields(names)), expected, "{names:?}");
    }
    assert_eq!(
        refusal::<Named>(&[0x81, 0xa5, b'f', b'i', b'r', b's', b't', 0xc3]),
        "invalid type: boolean `true`, expected u8"
    );
    assert!(refusal::<Named>(&[0x81, 0x05, 0x05]).contains("the name of a field is not text"));
}
