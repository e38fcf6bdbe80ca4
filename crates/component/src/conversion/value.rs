//! Values: those that the boundary carries as text are checked here, by the format's own rules.

use highwater_format::value;
use highwater_format::value::{Value, ValueType};

use super::super::wit::types;
use super::shape::variants;
use super::{FromCore, FromWit, Problem};

impl FromWit<types::Value> for Value {
    fn from_wit(wit: types::Value) -> Result<Self, Problem> {
        match wit {
            types::Value::Int(number) => Ok(Value::Int(number)),
            types::Value::Uint(number) => Ok(Value::Uint(number)),
            types::Value::Text(text) => Ok(Value::Text(text)),
            types::Value::Bytes(bytes) => Ok(Value::Bytes(bytes)),
            types::Value::Bool(truth) => Ok(Value::Bool(truth)),
            types::Value::Decimal(text) => parse(ValueType::Decimal, &text),
            types::Value::Timestamp(text) => parse(ValueType::Timestamp, &text),
            types::Value::LocalTimestamp(text) => parse(ValueType::LocalTimestamp, &text),
            types::Value::Date(text) => parse(ValueType::Date, &text),
            types::Value::Uuid(text) => parse(ValueType::Uuid, &text),
            types::Value::Json(text) => parse(ValueType::Json, &text),
        }
    }
}

/// Reads text of this type.
pub(crate) fn parse(value_type: ValueType, text: &str) -> Result<Value, Problem> {
    Value::parse(value_type, text).map_err(|error| Problem::new(error.to_string()))
}

impl FromCore<Value> for types::Value {
    fn from_core(core: Value) -> Self {
        match core {
            Value::Int(number) => types::Value::Int(number),
            Value::Uint(number) => types::Value::Uint(number),
            Value::Text(text) => types::Value::Text(text),
            Value::Bytes(bytes) => types::Value::Bytes(bytes),
            Value::Bool(truth) => types::Value::Bool(truth),
            Value::Decimal(_) => types::Value::Decimal(core.to_text()),
            Value::Timestamp(_) => types::Value::Timestamp(core.to_text()),
            Value::LocalTimestamp(_) => types::Value::LocalTimestamp(core.to_text()),
            Value::Date(_) => types::Value::Date(core.to_text()),
            Value::Uuid(_) => types::Value::Uuid(core.to_text()),
            Value::Json(_) => types::Value::Json(core.to_text()),
        }
    }
}

variants! {
    value <=> types;
    ValueType { Int, Uint, Decimal, Timestamp, LocalTimestamp, Date, Text, Bytes, Uuid, Bool, Json; }
}
