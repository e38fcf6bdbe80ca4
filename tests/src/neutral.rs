//! JSON that says what JavaScript must make of it, without a schema.
//!
//! Names are camel case and cases are kebab case, as in JavaScript. 64-bit integers are `{"$int": "5"}` (a `bigint`), bytes
//! are `{"$bytes": "0aff"}` (a `Uint8Array`), absent options are `null`, variants are `{"tag": ..., "val": ...}` and enums
//! are text.

use std::collections::BTreeMap;

use serde::ser::{self, Serialize};
use serde_json::{Map, Value, json};

/// What the value is in this JSON.
pub(crate) fn neutral<T: Serialize>(value: &T) -> Value {
    value.serialize(Neutral).expect("the types of the boundary have a form in JSON")
}

/// The value as text with sorted keys, whichever order the map of this build keeps.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            // JavaScript cannot tell a case that carries nothing from one that carries an absent option.
            let told = fields.iter().filter(|(name, value)| !(*name == "val" && value.is_null()));
            let sorted: BTreeMap<&String, &Value> = told.collect();
            let pair = |(name, value): (&String, &Value)| {
                format!("{}:{}", Value::from(name.as_str()), canonical(value))
            };
            format!("{{{}}}", sorted.into_iter().map(pair).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// Variants with cases that carry nothing. Other types with such cases are enums.
const VARIANTS: [&str; 7] =
    ["CheckpointRef", "Command", "Inspected", "Moment", "Operation", "Outcome", "PlanOf"];

#[derive(Debug)]
struct Unsupported(String);

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsupported {}

impl ser::Error for Unsupported {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Unsupported(message.to_string())
    }
}

fn unsupported<T>(what: &str) -> Result<T, Unsupported> {
    Err(Unsupported(format!("{what} does not cross the boundary")))
}

/// `ReadFrom` as `read-from`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(character.to_ascii_lowercase());
    }
    kebab
}

/// `wake_at_ms` as `wakeAtMs`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[derive(Clone, Copy)]
struct Neutral;

impl ser::Serializer for Neutral {
    type Ok = Value;
    type Error = Unsupported;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = ser::Impossible<Value, Unsupported>;
    type SerializeTupleVariant = ser::Impossible<Value, Unsupported>;
    type SerializeMap = ser::Impossible<Value, Unsupported>;
    type SerializeStruct = Record;
    type SerializeStructVariant = ser::Impossible<Value, Unsupported>;

    fn serialize_bool(self, truth: bool) -> Result<Value, Unsupported> {
        Ok(truth.into())
    }

    fn serialize_i64(self, number: i64) -> Result<Value, Unsupported> {
        Ok(json!({ "$int": number.to_string() }))
    }

    fn serialize_u64(self, number: u64) -> Result<Value, Unsupported> {
        Ok(json!({ "$int": number.to_string() }))
    }

    fn serialize_u32(self, number: u32) -> Result<Value, Unsupported> {
        Ok(number.into())
    }

    fn serialize_u8(self, byte: u8) -> Result<Value, Unsupported> {
        Ok(json!({ "$byte": byte }))
    }

    fn serialize_str(self, text: &str) -> Result<Value, Unsupported> {
        Ok(text.into())
    }

    fn serialize_none(self) -> Result<Value, Unsupported> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Unsupported> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        _: u32,
        case: &'static str,
    ) -> Result<Value, Unsupported> {
        match VARIANTS.contains(&name) {
            true => Ok(json!({ "tag": kebab(case) })),
            false => Ok(kebab(case).into()),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        case: &'static str,
        value: &T,
    ) -> Result<Value, Unsupported> {
        Ok(json!({ "tag": kebab(case), "val": value.serialize(self)? }))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Unsupported> {
        Ok(List(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<List, Unsupported> {
        Ok(List(Vec::new()))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Record, Unsupported> {
        Ok(Record(Map::new()))
    }

    fn serialize_i8(self, _: i8) -> Result<Value, Unsupported> {
        unsupported("i8")
    }

    fn serialize_i16(self, _: i16) -> Result<Value, Unsupported> {
        unsupported("i16")
    }

    fn serialize_i32(self, _: i32) -> Result<Value, Unsupported> {
        unsupported("i32")
    }

    fn serialize_u16(self, _: u16) -> Result<Value, Unsupported> {
        unsupported("u16")
    }

    fn serialize_f32(self, _: f32) -> Result<Value, Unsupported> {
        unsupported("a float")
    }

    fn serialize_f64(self, _: f64) -> Result<Value, Unsupported> {
        unsupported("a float")
    }

    fn serialize_char(self, _: char) -> Result<Value, Unsupported> {
        unsupported("char")
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Value, Unsupported> {
        unsupported("a byte string")
    }

    fn serialize_unit(self) -> Result<Value, Unsupported> {
        unsupported("unit")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Value, Unsupported> {
        unsupported(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: &T,
    ) -> Result<Value, Unsupported> {
        unsupported(name)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unsupported> {
        unsupported(name)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unsupported> {
        unsupported(name)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unsupported> {
        unsupported("a map")
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unsupported> {
        unsupported(name)
    }
}

struct List(Vec<Value>);

impl List {
    /// A list of bytes becomes one hexadecimal text. An empty list is an empty list, whatever it might have held.
    fn finish(self) -> Value {
        let byte =
            |value: &Value| value.get("$byte").and_then(Value::as_u64).map(|byte| format!("{byte:02x}"));
        match self.0.iter().map(byte).collect::<Option<String>>() {
            Some(bytes) if !bytes.is_empty() => json!({ "$bytes": bytes }),
            _ => Value::Array(self.0),
        }
    }
}

impl ser::SerializeSeq for List {
    type Ok = Value;
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.0.push(value.serialize(Neutral)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Unsupported> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for List {
    type Ok = Value;
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Unsupported> {
        Ok(self.finish())
    }
}

struct Record(Map<String, Value>);

impl ser::SerializeStruct for Record {
    type Ok = Value;
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unsupported> {
        self.0.insert(camel(name), value.serialize(Neutral)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Unsupported> {
        Ok(Value::Object(self.0))
    }
}
