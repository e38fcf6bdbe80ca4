//! The types of values, and the text of the plain ones.

use std::fmt;
use std::num::IntErrorKind;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ValueError;
use crate::hex;

/// The type of a [`Value`](super::Value).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueType {
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `decimal`
    Decimal,
    /// `timestamp`
    Timestamp,
    /// `local-timestamp`
    LocalTimestamp,
    /// `date`
    Date,
    /// `text`
    Text,
    /// `bytes`
    Bytes,
    /// `uuid`
    Uuid,
    /// `bool`
    Bool,
    /// `json`
    Json,
}

impl ValueType {
    /// Every type, in the order of the codes, which begin at 1.
    pub const ALL: [Self; 11] = [
        Self::Int,
        Self::Uint,
        Self::Decimal,
        Self::Timestamp,
        Self::LocalTimestamp,
        Self::Date,
        Self::Text,
        Self::Bytes,
        Self::Uuid,
        Self::Bool,
        Self::Json,
    ];

    /// The name that people and programs use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Decimal => "decimal",
            Self::Timestamp => "timestamp",
            Self::LocalTimestamp => "local-timestamp",
            Self::Date => "date",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Uuid => "uuid",
            Self::Bool => "bool",
            Self::Json => "json",
        }
    }

    /// The number that stands in front of a durable value.
    pub(super) fn code(self) -> u8 {
        self as u8 + 1
    }

    /// The type with that number; `None` when there is none.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no type of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a type of values; use int, uint, decimal, timestamp, local-timestamp, date, text, bytes, uuid, bool \
     or json"
)]
pub struct UnknownValueType(String);

impl FromStr for ValueType {
    type Err = UnknownValueType;

    fn from_str(name: &str) -> Result<Self, UnknownValueType> {
        let found = Self::ALL.into_iter().find(|value_type| value_type.name() == name);
        found.ok_or_else(|| UnknownValueType(name.chars().take(64).collect()))
    }
}

pub(super) fn parse_int(text: &str) -> Result<i64, ValueError> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        let reason = match error.kind() {
            IntErrorKind::PosOverflow => "it is above 9223372036854775807; use uint or decimal",
            IntErrorKind::NegOverflow => "it is below -9223372036854775808; use decimal",
            _ => not_whole(text),
        };
        ValueError::new(ValueType::Int, text, reason)
    })
}

pub(super) fn parse_uint(text: &str) -> Result<u64, ValueError> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        let reason = match error.kind() {
            IntErrorKind::PosOverflow => "it is above 18446744073709551615; use decimal",
            _ if parse_int(text).is_ok() => "it is negative; use int",
            _ => not_whole(text),
        };
        ValueError::new(ValueType::Uint, text, reason)
    })
}

/// Why text is not a whole number, apart from its size.
fn not_whole(text: &str) -> &'static str {
    match not_finite(text) {
        Some(reason) => reason,
        None if text.is_empty() => "it is empty; write decimal digits",
        None if text.contains(['.', 'e', 'E']) => "it is not written as a whole number; use decimal",
        None => "only decimal digits, and a sign before them, may stand here",
    }
}

/// Why a number that is none is refused; `None` for anything else.
pub(super) fn not_finite(text: &str) -> Option<&'static str> {
    let name = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    match name.as_str() {
        "nan" | "snan" => Some("NaN has no place in an order; leave the value out instead"),
        "inf" | "infinity" => Some("infinity is not a position; leave the value out instead"),
        _ => None,
    }
}

pub(super) fn parse_bool(text: &str) -> Result<bool, ValueError> {
    text.parse().map_err(|_| ValueError::new(ValueType::Bool, text, "write `true` or `false`"))
}

pub(super) fn parse_bytes(text: &str) -> Result<Vec<u8>, ValueError> {
    hex::decode(text).ok_or_else(|| {
        ValueError::new(
            ValueType::Bytes,
            text,
            "write two hexadecimal digits for each byte, and nothing else",
        )
    })
}
