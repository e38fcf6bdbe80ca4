//! From the types of Rust to values.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone};
use highwater_format::value::{
    Date, Decimal, Json, LocalTimestamp, Timestamp, Uuid, Value, ValueError, ValueType,
};

use crate::Error;

/// What can be stored as a value. Floating-point numbers cannot: they do not keep their digits; use a [`Decimal`].
pub trait IntoValue {
    /// The value.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) where the type has values that no [`Value`] has, for example a time in the year 12000.
    fn into_value(self) -> Result<Value, Error>;
}

macro_rules! into_value {
    ($($from:ty => |$value:ident| $into:expr),+ $(,)?) => {$(
        impl IntoValue for $from {
            fn into_value(self) -> Result<Value, Error> {
                let $value = self;
                Ok($into)
            }
        }
    )+};
}

into_value! {
    Value => |value| value,
    i64 => |value| Value::Int(value),
    i32 => |value| Value::Int(value.into()),
    i16 => |value| Value::Int(value.into()),
    i8 => |value| Value::Int(value.into()),
    u64 => |value| Value::Uint(value),
    u32 => |value| Value::Uint(value.into()),
    u16 => |value| Value::Uint(value.into()),
    u8 => |value| Value::Uint(value.into()),
    bool => |value| Value::Bool(value),
    &str => |value| Value::Text(value.to_owned()),
    &String => |value| Value::Text(value.clone()),
    String => |value| Value::Text(value),
    &[u8] => |value| Value::Bytes(value.to_vec()),
    Vec<u8> => |value| Value::Bytes(value),
    Decimal => |value| Value::Decimal(value),
    Timestamp => |value| Value::Timestamp(value),
    LocalTimestamp => |value| Value::LocalTimestamp(value),
    Date => |value| Value::Date(value),
    Uuid => |value| Value::Uuid(value),
    Json => |value| Value::Json(value),
    // RFC 3339 with 0, 3, 6 or 9 digits behind the second, as many as the time needs.
    NaiveDateTime => |value| parse(ValueType::LocalTimestamp, &value.format("%Y-%m-%dT%H:%M:%S%.f").to_string())?,
    NaiveDate => |value| parse(ValueType::Date, &value.format("%Y-%m-%d").to_string())?,
    SystemTime => |value| Value::Timestamp(timestamp(value).map_err(|error| refused(&error))?),
}

impl<Z: TimeZone> IntoValue for DateTime<Z> {
    fn into_value(self) -> Result<Value, Error> {
        parse(ValueType::Timestamp, &self.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

fn parse(value_type: ValueType, text: &str) -> Result<Value, Error> {
    Value::parse(value_type, text).map_err(|error| refused(&error))
}

fn timestamp(time: SystemTime) -> Result<Timestamp, ValueError> {
    let nanoseconds = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => {
            i128::try_from(before.duration().as_nanos()).map_or(i128::MIN, |nanoseconds| -nanoseconds)
        }
    };
    let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
    let behind = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).unwrap_or_default();
    Timestamp::from_unix(seconds, behind, 9, 0)
}

fn refused(error: &ValueError) -> Error {
    Error::invalid(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{FixedOffset, Utc};

    use super::*;

    fn text(value: impl IntoValue) -> String {
        let value = value.into_value().expect("it is in range");
        format!("{}:{}", value.value_type(), value.to_text())
    }

    #[test]
    fn times_keep_their_digits_and_offset() {
        let utc = Utc.with_ymd_and_hms(2024, 2, 29, 23, 59, 59).unwrap();
        assert_eq!(text(utc), "timestamp:2024-02-29T23:59:59Z");
        assert_eq!(text(utc + Duration::from_micros(5)), "timestamp:2024-02-29T23:59:59.000005Z");
        let offset = FixedOffset::east_opt(5 * 3600 + 1800).expect("a real offset");
        assert_eq!(text(utc.with_timezone(&offset)), "timestamp:2024-03-01T05:29:59+05:30");
        assert_eq!(text(utc.naive_utc()), "local-timestamp:2024-02-29T23:59:59");
        assert_eq!(text(utc.date_naive()), "date:2024-02-29");
        let half_before = UNIX_EPOCH - Duration::from_millis(500);
        assert_eq!(text(half_before), "timestamp:1969-12-31T23:59:59.500000000Z");
    }

    #[test]
    fn a_time_beyond_the_year_9999_is_refused() {
        let far = NaiveDate::from_ymd_opt(12_000, 1, 1).expect("chrono has it");
        assert_eq!(far.into_value().expect_err("it is out of range").kind(), crate::ErrorKind::Invalid);
    }

    #[test]
    fn integers_keep_their_sign() {
        assert_eq!(text(i64::MIN), "int:-9223372036854775808");
        assert_eq!(text(u64::MAX), "uint:18446744073709551615");
        assert_eq!(text(7_u8), "uint:7");
    }
}
