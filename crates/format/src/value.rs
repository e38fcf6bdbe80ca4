//! Typed values: positions and parameters, ordered within their type, the same on every host.

use std::cmp::Ordering;
use std::fmt;

mod civil;
mod convert;
mod date;
mod decimal;
mod durable;
mod error;
mod json;
mod shift;
mod timestamp;
mod uuid;
mod value_type;

pub use date::Date;
pub use decimal::Decimal;
pub use error::ValueError;
pub use json::Json;
pub use shift::Way;
pub use timestamp::{LocalTimestamp, Timestamp};
pub use uuid::Uuid;
pub use value_type::{UnknownValueType, ValueType};

use crate::hex;

/// A typed value.
///
/// Two values are *equal* when their types and canonical texts are, and *compare* by what they mean: the decimals 1.0
/// and 1.00 are not equal, and neither is below the other. Values of different types do not compare at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A signed integer of 64 bits.
    Int(i64),
    /// An unsigned integer of 64 bits.
    Uint(u64),
    /// A decimal number of any scale.
    Decimal(Decimal),
    /// An instant, with the offset from UTC at which it was observed.
    Timestamp(Timestamp),
    /// A date and time of day without a zone.
    LocalTimestamp(LocalTimestamp),
    /// A day of the calendar.
    Date(Date),
    /// Text, ordered by its UTF-8 bytes.
    Text(String),
    /// Bytes, ordered one by one.
    Bytes(Vec<u8>),
    /// A UUID, ordered by its bytes.
    Uuid(Uuid),
    /// A truth value; false comes first.
    Bool(bool),
    /// A JSON document, ordered by its canonical text.
    Json(Json),
}

impl Value {
    /// The type of the value.
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Int(_) => ValueType::Int,
            Self::Uint(_) => ValueType::Uint,
            Self::Decimal(_) => ValueType::Decimal,
            Self::Timestamp(_) => ValueType::Timestamp,
            Self::LocalTimestamp(_) => ValueType::LocalTimestamp,
            Self::Date(_) => ValueType::Date,
            Self::Text(_) => ValueType::Text,
            Self::Bytes(_) => ValueType::Bytes,
            Self::Uuid(_) => ValueType::Uuid,
            Self::Bool(_) => ValueType::Bool,
            Self::Json(_) => ValueType::Json,
        }
    }

    /// The canonical text, which [`parse`](Self::parse) reads back to an equal value.
    pub fn to_text(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Uint(number) => number.to_string(),
            Self::Decimal(decimal) => decimal.as_str().to_owned(),
            Self::Timestamp(timestamp) => timestamp.to_text(),
            Self::LocalTimestamp(timestamp) => timestamp.to_text(),
            Self::Date(date) => date.to_text(),
            Self::Text(text) => text.clone(),
            Self::Bytes(bytes) => hex::encode(bytes),
            Self::Uuid(uuid) => uuid.to_text(),
            Self::Bool(truth) => truth.to_string(),
            Self::Json(json) => json.as_str().to_owned(),
        }
    }

    /// Reads a value of this type from text.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when the text does not denote a value of the type; it says why, and what would.
    pub fn parse(value_type: ValueType, text: &str) -> Result<Self, ValueError> {
        Ok(match value_type {
            ValueType::Int => Self::Int(value_type::parse_int(text)?),
            ValueType::Uint => Self::Uint(value_type::parse_uint(text)?),
            ValueType::Decimal => Self::Decimal(Decimal::parse(text)?),
            ValueType::Timestamp => Self::Timestamp(Timestamp::parse(text)?),
            ValueType::LocalTimestamp => Self::LocalTimestamp(LocalTimestamp::parse(text)?),
            ValueType::Date => Self::Date(Date::parse(text)?),
            ValueType::Text => Self::Text(text.to_owned()),
            ValueType::Bytes => Self::Bytes(value_type::parse_bytes(text)?),
            ValueType::Uuid => Self::Uuid(Uuid::parse(text)?),
            ValueType::Bool => Self::Bool(value_type::parse_bool(text)?),
            ValueType::Json => Self::Json(Json::parse(text)?),
        })
    }

    /// Which of two values of one type comes first; `None` when their types differ.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Uint(a), Self::Uint(b)) => a.cmp(b),
            (Self::Decimal(a), Self::Decimal(b)) => a.compare(b),
            (Self::Timestamp(a), Self::Timestamp(b)) => a.compare(b),
            (Self::LocalTimestamp(a), Self::LocalTimestamp(b)) => a.compare(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Json(a), Self::Json(b)) => a.as_str().cmp(b.as_str()),
            _ => return None,
        })
    }

    /// About how many bytes the value takes in a journal; what limits on values count.
    pub fn bytes_len(&self) -> usize {
        match self {
            Self::Decimal(decimal) => decimal.as_str().len(),
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Json(json) => json.as_str().len(),
            Self::Bool(_) => 1,
            Self::Int(_) | Self::Uint(_) => 8,
            Self::Date(_) => date::LONGEST_BYTES,
            Self::Uuid(_) => uuid::LONGEST_BYTES,
            Self::Timestamp(_) | Self::LocalTimestamp(_) => timestamp::LONGEST_BYTES,
        }
    }
}

/// The canonical text.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Decimal(decimal) => decimal.fmt(f),
            Self::Json(json) => json.fmt(f),
            other => other.to_text().fmt(f),
        }
    }
}
