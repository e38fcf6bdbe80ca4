use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::decode;
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
        let oracle: serde_json::Value = rmp_serde::from_slice(&rmp_serde::to_vec_named(&value.shapes).unwrap()).unwrap();
        prop_assert_eq!(decode::<serde_json::Value>(&rmp_serde::to_vec_named(&value.shapes).unwrap()).unwrap(), oracle);
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
    comes_back(&NodeSpec { name: "b".into(), after: vec!["a".into()], retry: Some(RetryPolicy::default()) });
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
