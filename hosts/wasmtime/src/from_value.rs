//! From values to the types of Rust.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use highwater_format::value::{Date, Decimal, Json, LocalTimestamp, Timestamp, Uuid, Value};

use crate::{Error, ErrorKind};

/// What a value can be read as. Nothing is converted on the way: an `i64` is read from a signed integer and from nothing else.
pub trait FromValue: Sized {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if the value is of another type.
    fn from_value(value: Value) -> Result<Self, Error>;
}

macro_rules! from_value {
    ($($into:ty : $name:literal, $variant:ident($value:ident) => $read:expr;)+) => {$(
        impl FromValue for $into {
            fn from_value(value: Value) -> Result<Self, Error> {
                match value {
                    Value::$variant($value) => $read,
                    other => Err(wrong_type($name, &other)),
                }
            }
        }
    )+};
}

from_value! {
    i64: "int", Int(value) => Ok(value);
    u64: "uint", Uint(value) => Ok(value);
    bool: "bool", Bool(value) => Ok(value);
    String: "text", Text(value) => Ok(value);
    Vec<u8>: "bytes", Bytes(value) => Ok(value);
    Decimal: "decimal", Decimal(value) => Ok(value);
    Timestamp: "timestamp", Timestamp(value) => Ok(value);
    LocalTimestamp: "local-timestamp", LocalTimestamp(value) => Ok(value);
    Date: "date", Date(value) => Ok(value);
    Uuid: "uuid", Uuid(value) => Ok(value);
    Json: "json", Json(value) => Ok(value);
    DateTime<FixedOffset>: "timestamp", Timestamp(value) =>
        DateTime::parse_from_rfc3339(&value.to_string()).map_err(|error| unreadable(&value.to_string(), &error));
    DateTime<Utc>: "timestamp", Timestamp(value) =>
        DateTime::parse_from_rfc3339(&value.to_string())
            .map(|time| time.with_timezone(&Utc))
            .map_err(|error| unreadable(&value.to_string(), &error));
    NaiveDateTime: "local-timestamp", LocalTimestamp(value) =>
        NaiveDateTime::parse_from_str(&value.to_string(), "%Y-%m-%dT%H:%M:%S%.f")
            .map_err(|error| unreadable(&value.to_string(), &error));
    NaiveDate: "date", Date(value) =>
        NaiveDate::parse_from_str(&value.to_string(), "%Y-%m-%d").map_err(|error| unreadable(&value.to_string(), &error));
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

fn wrong_type(wanted: &str, value: &Value) -> Error {
    let found = value.value_type();
    let message = format!("the value `{value}` is of type {found}, not {wanted}; read it as what it is");
    Error::new(ErrorKind::Conflict, message)
}

/// Whatever Highwater takes as a time chrono takes as well, so this is a defect.
fn unreadable(text: &str, error: &chrono::ParseError) -> Error {
    Error::new(ErrorKind::Internal, format!("chrono cannot read the stored time `{text}`: {error}"))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::IntoValue;

    fn round_trip<T: IntoValue + FromValue + Clone + PartialEq + std::fmt::Debug>(value: T) {
        let stored = value.clone().into_value().expect("it is in range");
        assert_eq!(T::from_value(stored), Ok(value));
    }

    #[test]
    fn everything_comes_back_as_it_went() {
        round_trip(i64::MIN);
        round_trip(u64::MAX);
        round_trip(true);
        round_trip("ß🦀".to_owned());
        round_trip(vec![0, 255]);
        let utc = Utc.timestamp_opt(1_700_000_000, 123_456_789).unwrap();
        round_trip(utc);
        round_trip(utc.with_timezone(&FixedOffset::west_opt(12_600).expect("a real offset")));
        round_trip(utc.naive_utc());
        round_trip(utc.date_naive());
    }

    #[test]
    fn another_type_is_refused_by_name() {
        let error = i64::from_value(Value::Uint(7)).expect_err("another type");
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.message().contains("`7` is of type uint, not int"), "{error}");
    }
}
