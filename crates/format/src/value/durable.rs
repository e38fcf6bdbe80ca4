//! How values stand in journals, `[code, payload]`, and in JSON for people, `{"type": "int", "value": "5"}`.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeStruct, SerializeTuple};
use serde::{Deserialize, Serialize, Serializer};

use super::{Value, ValueType};
use crate::body::bytes::{Blob, OwnedBlob};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let mut fields = serializer.serialize_struct("Value", 2)?;
            fields.serialize_field("type", self.value_type().name())?;
            fields.serialize_field("value", &self.to_text())?;
            return fields.end();
        }
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&self.value_type().code())?;
        match self {
            Self::Int(number) => pair.serialize_element(number)?,
            Self::Uint(number) => pair.serialize_element(number)?,
            Self::Text(text) => pair.serialize_element(text)?,
            Self::Bytes(bytes) => pair.serialize_element(&Blob(bytes))?,
            Self::Bool(truth) => pair.serialize_element(truth)?,
            Self::Decimal(decimal) => pair.serialize_element(decimal.as_str())?,
            Self::Json(json) => pair.serialize_element(json.as_str())?,
            other => pair.serialize_element(&other.to_text())?,
        }
        pair.end()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// The form for people.
        #[derive(Deserialize)]
        #[serde(rename = "Value", deny_unknown_fields)]
        struct Named {
            r#type: ValueType,
            value: String,
        }

        if deserializer.is_human_readable() {
            let named = Named::deserialize(deserializer)?;
            return Self::parse(named.r#type, &named.value).map_err(de::Error::custom);
        }
        deserializer.deserialize_tuple(2, Pair)
    }
}

/// Reads `[code, payload]`.
struct Pair;

impl<'de> Visitor<'de> for Pair {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value as [code, payload]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Value, A::Error> {
        let missing = |index| de::Error::invalid_length(index, &self);
        let code: u8 = pair.next_element()?.ok_or_else(|| missing(0))?;
        let value_type = ValueType::from_code(code)
            .ok_or_else(|| de::Error::custom(format!("there is no type of values with code {code}")))?;
        let value = match value_type {
            ValueType::Int => pair.next_element()?.map(Value::Int),
            ValueType::Uint => pair.next_element()?.map(Value::Uint),
            ValueType::Text => pair.next_element()?.map(Value::Text),
            ValueType::Bytes => pair.next_element::<OwnedBlob>()?.map(|bytes| Value::Bytes(bytes.0)),
            ValueType::Bool => pair.next_element()?.map(Value::Bool),
            other => pair.next_element_seed(CanonicalText(other))?,
        };
        let value = value.ok_or_else(|| missing(1))?;
        if pair.next_element::<de::IgnoredAny>()?.is_some() {
            return Err(missing(3));
        }
        Ok(value)
    }
}

/// Reads a value of this type from its text, without keeping the text.
struct CanonicalText(ValueType);

impl<'de> DeserializeSeed<'de> for CanonicalText {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for CanonicalText {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text of a value of type {}", self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Value::parse(self.0, text).map_err(E::custom)
    }
}
