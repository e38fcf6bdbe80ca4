//! Values read, print, order, refuse and store as `tests/compat/values.json` says, which every host follows.

use std::cmp::Ordering;

use highwater_format::value::{LocalTimestamp, Timestamp, Uuid, Value, ValueType};
use highwater_format::{from_body, to_body};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    canonical: Vec<Canonical>,
    refused: Vec<Refused>,
    ascending: Vec<Texts>,
    same: Vec<Texts>,
    durable: Vec<Durable>,
}

#[derive(Deserialize)]
struct Canonical {
    r#type: ValueType,
    text: String,
    canonical: String,
}

#[derive(Deserialize)]
struct Refused {
    r#type: ValueType,
    text: String,
    reason: String,
}

#[derive(Deserialize)]
struct Texts {
    r#type: ValueType,
    texts: Vec<String>,
}

#[derive(Deserialize)]
struct Durable {
    r#type: ValueType,
    text: String,
    bytes: String,
}

fn vectors() -> Vectors {
    let text = include_str!("../../../tests/compat/values.json");
    serde_json::from_str(text).expect("the vectors are readable")
}

fn value(value_type: ValueType, text: &str) -> Value {
    Value::parse(value_type, text).unwrap_or_else(|error| panic!("{error}"))
}

/// A value survives everything that may happen to it.
fn check(value: &Value) {
    let text = value.to_text();
    assert_eq!(&Value::parse(value.value_type(), &text).unwrap(), value);
    assert_eq!(value.to_string(), text);
    assert_eq!(&from_body::<Value>(&to_body(value).unwrap()).unwrap(), value);
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<Value>(&json).unwrap(), value);
    assert_eq!(value.compare(value), Some(Ordering::Equal));
}

#[test]
fn canonical_texts() {
    for case in vectors().canonical {
        let parsed = value(case.r#type, &case.text);
        assert_eq!(parsed.to_text(), case.canonical, "{} {:?}", case.r#type, case.text);
        assert_eq!(parsed.value_type(), case.r#type);
        check(&parsed);
    }
}

#[test]
fn every_type_has_vectors() {
    let vectors = vectors();
    for value_type in ValueType::ALL {
        assert!(vectors.canonical.iter().any(|case| case.r#type == value_type), "{value_type}");
        assert!(vectors.durable.iter().any(|case| case.r#type == value_type), "{value_type}");
        assert!(vectors.ascending.iter().any(|case| case.r#type == value_type), "{value_type}");
        let refusable = value_type != ValueType::Text;
        assert_eq!(vectors.refused.iter().any(|case| case.r#type == value_type), refusable, "{value_type}");
    }
}

#[test]
fn refusals() {
    for case in vectors().refused {
        let error = Value::parse(case.r#type, &case.text).expect_err(&case.text);
        assert!(error.reason.contains(&case.reason), "{:?} gives: {error}", case.text);
        assert_eq!(error.value_type, case.r#type);
    }
}

#[test]
fn a_long_text_is_not_repeated_whole() {
    let error = Value::parse(ValueType::Int, &"é".repeat(1 << 20)).unwrap_err();
    assert!(error.to_string().len() < 400);
}

#[test]
fn order() {
    for case in vectors().ascending {
        let values: Vec<Value> = case.texts.iter().map(|text| value(case.r#type, text)).collect();
        for (a, lower) in values.iter().enumerate() {
            check(lower);
            for (b, upper) in values.iter().enumerate() {
                assert_eq!(lower.compare(upper), Some(a.cmp(&b)), "{lower} {upper}");
            }
        }
    }
    for case in vectors().same {
        let values: Vec<Value> = case.texts.iter().map(|text| value(case.r#type, text)).collect();
        for (a, b) in values.iter().flat_map(|a| values.iter().map(move |b| (a, b))) {
            assert_eq!(a.compare(b), Some(Ordering::Equal), "{a} {b}");
        }
    }
}

#[test]
fn values_of_different_types_never_compare() {
    let durable = vectors().durable;
    for (a, b) in durable.iter().flat_map(|a| durable.iter().map(move |b| (a, b))) {
        let compared = value(a.r#type, &a.text).compare(&value(b.r#type, &b.text));
        assert_eq!(compared.is_some(), a.r#type == b.r#type, "{} {}", a.r#type, b.r#type);
    }
}

#[test]
fn durable_bytes() {
    for case in vectors().durable {
        let stored = to_body(&value(case.r#type, &case.text)).unwrap();
        let hexadecimal: String = stored.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hexadecimal, case.bytes, "{} {}", case.r#type, case.text);
    }
}

#[test]
fn bytes_that_are_no_value_are_refused() {
    let refused: [(&[u8], &str); 8] = [
        (&[0x92, 0x00, 0x01], "code 0"),
        (&[0x92, 0x0c, 0x01], "code 12"),
        (&[0x92, 0x02, 0xff], "integer `-1`"),
        (&[0x92, 0x03, 0xa3, b'n', b'a', b'n'], "NaN"),
        (&[0x92, 0x06, 0xa1, b'x'], "date"),
        (&[0x91, 0x01], "length"),
        (&[0x93, 0x01, 0x01, 0x01], "length"),
        (&[0x92, 0x07, 0xa1, 0xff], "utf-8"),
    ];
    for (bytes, expected) in refused {
        let error = from_body::<Value>(bytes).unwrap_err().to_string();
        assert!(error.to_lowercase().contains(&expected.to_lowercase()), "{bytes:02x?}: {error}");
    }
}

#[test]
fn types_have_names() {
    for value_type in ValueType::ALL {
        assert_eq!(value_type.name().parse::<ValueType>().unwrap(), value_type);
        assert_eq!(serde_json::to_string(&value_type).unwrap(), format!("\"{value_type}\""));
    }
    let error = "float".parse::<ValueType>().unwrap_err().to_string();
    assert!(error.contains("`float`") && error.contains("decimal"), "{error}");
}

#[test]
fn timestamps_are_made_from_numbers_too() {
    let made = Timestamp::from_unix(1_709_206_200, 500_000_000, 1, 60).unwrap();
    assert_eq!(made, Timestamp::parse("2024-02-29T12:30:00.5+01:00").unwrap());
    assert_eq!((made.unix_seconds(), made.nanoseconds()), (1_709_206_200, 500_000_000));
    assert_eq!((made.precision(), made.offset_minutes()), (1, 60));
    let impossible = [
        (i64::MAX, 0, 0, 1),
        (i64::MIN, 0, 0, -1),
        (253_402_300_800, 0, 0, 0),
        (0, 1_000_000_000, 9, 0),
        (0, 1, 8, 0),
        (0, 0, 10, 0),
        (0, 0, 0, 1440),
        (0, 0, 0, i16::MIN),
    ];
    for (seconds, nanoseconds, precision, offset) in impossible {
        assert!(Timestamp::from_unix(seconds, nanoseconds, precision, offset).is_err());
    }
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in "\\PC{0,40}", code in 0..11_usize) {
        if let Ok(value) = Value::parse(ValueType::ALL[code], &text) {
            check(&value);
        }
    }

    #[test]
    fn near_misses_have_an_answer(text in "[-+0-9eEtTzZ:. {}\\[\\],\"\\\\u]{0,30}", code in 0..11_usize) {
        if let Ok(value) = Value::parse(ValueType::ALL[code], &text) {
            check(&value);
        }
    }

    #[test]
    fn numbers_come_back(int in any::<i64>(), uint in any::<u64>(), bytes in any::<Vec<u8>>(), uuid in any::<[u8; 16]>()) {
        for value in [Value::Int(int), Value::Uint(uint), Value::Bytes(bytes), Value::Uuid(Uuid::from_bytes(uuid))] {
            check(&value);
        }
    }

    #[test]
    fn timestamps_come_back(seconds in -62_135_596_800..253_402_300_800_i64, nanoseconds in 0..1_000_000_000_u32, offset in -1439..1440_i16) {
        if let Ok(timestamp) = Timestamp::from_unix(seconds, nanoseconds, 9, offset) {
            prop_assert_eq!(Timestamp::parse(&timestamp.to_string()).unwrap(), timestamp);
            check(&Value::Timestamp(timestamp));
            let local = timestamp.to_string()[..29].to_owned();
            check(&Value::LocalTimestamp(LocalTimestamp::parse(&local).unwrap()));
        }
    }

    #[test]
    fn order_of_timestamps_is_that_of_instants(a in any::<(i32, i16)>(), b in any::<(i32, i16)>()) {
        let made = |(seconds, offset): (i32, i16)| Timestamp::from_unix(i64::from(seconds), 0, 0, offset % 1440).unwrap();
        prop_assert_eq!(made(a).compare(&made(b)), a.0.cmp(&b.0));
    }
}
