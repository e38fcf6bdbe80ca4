//! An older and a newer version read each other's records.
#![allow(unreachable_pub)]

use std::collections::BTreeMap;

use highwater_format::value::Value;
use highwater_format::{
    Digest, EntriesWriter, EntryOf, Extra, FactTable, FormatError, RecordOf, WriterId, decode_entries,
    encode_entries, fact_json,
};
use serde::{Deserialize, Serialize};

mod older {
    use super::*;

    /// A lamp was lit.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct LampLit {
        /// Which.
        pub lamp: String,
        /// How bright.
        pub level: u64,
    }

    /// All lamps went out.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Blackout {}

    highwater_format::facts! {
        /// What the older version knows.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Fact {
            LampLit = "lamp-lit",
            Blackout = "blackout",
        }
    }
}

mod newer {
    pub use super::older::Blackout;
    use super::*;

    /// A lamp was lit.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct LampLit {
        /// Which.
        pub lamp: String,
        /// Who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub by: Option<String>,
        /// How bright.
        pub level: u64,
        /// What else is known.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub details: BTreeMap<String, Value>,
    }

    /// Somebody remarked something.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Remark {
        /// What.
        pub text: String,
    }

    /// A lamp broke.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct LampBroke {
        /// Which.
        pub lamp: String,
        /// A picture of it.
        #[serde(with = "highwater_format::body::bytes")]
        pub picture: Vec<u8>,
        /// Another one.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "highwater_format::body::optional_bytes"
        )]
        pub second: Option<Vec<u8>>,
    }

    highwater_format::facts! {
        /// What the newer version knows.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Fact {
            LampLit = "lamp-lit",
            Blackout = "blackout",
            Remark = "remark" optional,
            LampBroke = "lamp-broke",
        }
    }
}

fn record<F: FactTable>(facts: Vec<F>) -> RecordOf<F> {
    RecordOf {
        version: 7,
        writer: WriterId([1; 16]),
        sequence: 3,
        decided_at_ms: -5,
        chain: Digest([2; 32]),
        facts: facts.into_iter().map(EntryOf::from).collect(),
        skipped: 0,
    }
}

fn lit_by_newer() -> newer::LampLit {
    newer::LampLit {
        lamp: "hall".into(),
        by: Some("nightwatch".into()),
        level: 3,
        details: BTreeMap::from([("bulb".to_owned(), Value::Int(-9))]),
    }
}

#[test]
fn a_record_comes_back_to_the_byte() {
    let broke = newer::LampBroke { lamp: "attic".into(), picture: vec![0, 255], second: Some(vec![1]) };
    let written = record::<newer::Fact>(vec![
        lit_by_newer().into(),
        newer::Blackout {}.into(),
        newer::Remark { text: "dark".into() }.into(),
        broke.into(),
    ]);
    let bytes = written.encode().unwrap();
    let read = RecordOf::<newer::Fact>::decode(&bytes).unwrap();
    assert_eq!(read, written);
    assert_eq!(read.encode().unwrap(), bytes);
}

#[test]
fn fields_that_an_older_version_does_not_know_survive_it() {
    let bytes = record::<newer::Fact>(vec![lit_by_newer().into()]).encode().unwrap();
    let read = RecordOf::<older::Fact>::decode(&bytes).unwrap();
    let older::Fact::LampLit(lit) = &read.facts[0].fact else { panic!("{read:?}") };
    assert_eq!((lit.lamp.as_str(), lit.level), ("hall", 3));
    let names: Vec<&str> = read.facts[0].extra.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["by", "details"]);

    let again = RecordOf::<newer::Fact>::decode(&read.encode().unwrap()).unwrap();
    assert_eq!(again.facts[0].fact, lit_by_newer().into());
    assert!(again.facts[0].extra.is_empty());
}

#[test]
fn fields_that_came_later_may_be_missing() {
    let lit = older::LampLit { lamp: "hall".into(), level: 3 };
    let bytes = record::<older::Fact>(vec![lit.into()]).encode().unwrap();
    let read = RecordOf::<newer::Fact>::decode(&bytes).unwrap();
    let newer::Fact::LampLit(lit) = &read.facts[0].fact else { panic!("{read:?}") };
    assert_eq!(lit.by, None);
    assert_eq!(read.encode().unwrap(), bytes);
}

#[test]
fn an_unknown_optional_fact_is_skipped_and_counted() {
    let remark = newer::Remark { text: "dark".into() };
    let facts = vec![remark.clone().into(), newer::Blackout {}.into(), remark.into()];
    let bytes = record::<newer::Fact>(facts).encode().unwrap();
    let read = RecordOf::<older::Fact>::decode(&bytes).unwrap();
    assert_eq!((read.facts.len(), read.skipped), (1, 2));
    let error = read.encode().unwrap_err().to_string();
    assert!(error.contains("lost 2 facts"), "{error}");
}

#[test]
fn an_unknown_required_fact_is_refused_by_name() {
    let broke = newer::LampBroke { lamp: "attic".into(), picture: vec![], second: None };
    let bytes = record::<newer::Fact>(vec![broke.into()]).encode().unwrap();
    let error = RecordOf::<older::Fact>::decode(&bytes).unwrap_err();
    assert_eq!(error, FormatError::UnknownFact { name: "lamp-broke".into() });
    assert!(error.needs_upgrade());
}

#[test]
fn entries_written_one_by_one_read_like_the_others() {
    let entries: Vec<EntryOf<newer::Fact>> =
        (0..300).map(|level| newer::Fact::from(newer::LampLit { level, ..lit_by_newer() }).into()).collect();
    let mut writer = EntriesWriter::default();
    for entry in &entries {
        writer.push(&entry.fact, &entry.extra).unwrap();
    }
    let one_by_one = decode_entries::<newer::Fact>(&writer.finish().unwrap()).unwrap();
    let at_once = decode_entries::<newer::Fact>(&encode_entries(entries.iter()).unwrap()).unwrap();
    assert_eq!(one_by_one, at_once);
    assert_eq!(one_by_one.entries, entries);
}

#[test]
fn json_shows_known_and_unknown_fields() {
    let broke = newer::LampBroke { lamp: "attic".into(), picture: vec![0, 255], second: None };
    let entry = EntryOf::from(newer::Fact::from(broke));
    assert_eq!(fact_json(&entry).unwrap(), r#"{"lamp":"attic","picture":"00ff"}"#);

    let bytes = record::<newer::Fact>(vec![lit_by_newer().into()]).encode().unwrap();
    let newer = RecordOf::<newer::Fact>::decode(&bytes).unwrap();
    let expected =
        r#"{"lamp":"hall","by":"nightwatch","level":3,"details":{"bulb":{"type":"int","value":"-9"}}}"#;
    assert_eq!(fact_json(&newer.facts[0]).unwrap(), expected);
    let older = RecordOf::<older::Fact>::decode(&bytes).unwrap();
    let expected = r#"{"lamp":"hall","level":3,"by":"nightwatch","details":{"bulb":[1,-9]}}"#;
    assert_eq!(fact_json(&older.facts[0]).unwrap(), expected);
}

/// Facts whose durable form nobody can read back.
mod broken {
    use super::*;

    /// It has a float.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Measured {
        /// Not allowed.
        pub celsius: f64,
    }

    highwater_format::facts! {
        /// What must not be written.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Fact {
            Measured = "measured",
        }
    }
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let measured = broken::Fact::from(broken::Measured { celsius: 36.6 });
    let error = record(vec![measured.clone()]).encode().unwrap_err().to_string();
    assert!(error.contains("measured") && error.contains("float"), "{error}");

    let mut writer = EntriesWriter::default();
    writer.push(&measured, &Extra::default()).unwrap_err();
    let body = writer.finish().unwrap();
    assert!(decode_entries::<broken::Fact>(&body).unwrap().entries.is_empty());
}

fn text(text: &str) -> Vec<u8> {
    [&[0xa0 | text.len() as u8], text.as_bytes()].concat()
}

#[test]
fn malformed_entries_are_refused_with_a_reason() {
    let lamp = [text("lamp"), text("x")].concat();
    let level = [text("level"), vec![1]].concat();
    let extra = [text("extra"), vec![0xc0]].concat();
    let entry =
        |head: &[u8], name: &str, fields: &[&[u8]]| [&[0x91], head, &text(name), &fields.concat()].concat();
    let many_extras: Vec<u8> = (0..65).flat_map(|n| [text(&format!("x{n}")), vec![1]].concat()).collect();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![0x80], "not an array"),
        (vec![0x91, 0x91, 0xa0], "instead of 2 or 3"),
        (vec![0x91, 0x92, 0x01, 0x80], "name of a fact is not text"),
        (vec![0x91, 0x92, 0xa1, 0xff, 0x80], "name of a fact is not text"),
        (entry(&[0x92], "blackout", &[&[0x90]]), "not a map"),
        (entry(&[0x92], "lamp-lit", &[&[0x81], &lamp]), "missing field `level`"),
        (entry(&[0x92], "lamp-lit", &[&[0x83], &lamp, &level, &lamp]), "duplicate field"),
        (entry(&[0x92], "lamp-lit", &[&[0x84], &lamp, &level, &extra, &extra]), "`extra` is there twice"),
        (entry(&[0x92], "blackout", &[&[0xde, 0, 65], &many_extras]), "more than 64 unknown fields"),
        (entry(&[0x92], "lamp-lit", &[&[0x82], &lamp, &text("level"), &text("high")]), "expected u64"),
        (entry(&[0x92], "lamp-lit", &[&[0x81], &[0x01, 0x01]]), "name of a field is not text"),
        (entry(&[0x93], "blackout", &[&[0x80, 0x01]]), "not a boolean"),
        (entry(&[0x93], "blackout", &[&[0x80]]), "not a boolean"),
        (entry(&[0x93], "unknown", &[&[0x80, 0xc2]]), "`unknown` is unknown"),
        (entry(&[0x92], "blackout", &[&[0x80, 0x00]]), "1 bytes follow"),
        (vec![0x92, 0x92, 0xa1, b'x'], "cut off"),
        (vec![0xdd, 0xff, 0xff, 0xff, 0xff], "not an array"),
        (entry(&[0x92], &"n".repeat(31), &[&[0x80]]), "is unknown"),
    ];
    for (body, expected) in cases {
        let error = decode_entries::<older::Fact>(&body).unwrap_err().to_string();
        assert!(error.contains(expected), "{body:02x?}: {error}");
    }
}
