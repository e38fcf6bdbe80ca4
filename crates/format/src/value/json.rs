//! JSON documents in one canonical text, in which numbers keep every digit.

use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{ValueError, ValueType};
use crate::limits::JSON_DEPTH;

/// A JSON document. Its text is compact, with the keys of objects in the order of their bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Json(Box<str>);

impl Json {
    /// Reads a JSON document. Numbers stay as they are written: `1.0` and `1.00` are different documents.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when it is not JSON, has a key twice, or nests deeper than [`JSON_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let mut canonical = String::with_capacity(text.len());
        match write_canonical(text, JSON_DEPTH, &mut canonical) {
            Ok(()) => Ok(Self(canonical.into())),
            Err(error) => Err(ValueError::new(ValueType::Json, text, error.to_string())),
        }
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn write_canonical(text: &str, depth: usize, out: &mut String) -> Result<(), serde_json::Error> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    match text.as_bytes().first() {
        Some(b'[' | b'{') if depth == 0 => {
            Err(de::Error::custom(format!("arrays and objects nest deeper than {JSON_DEPTH}")))
        }
        Some(b'[') => {
            out.push('[');
            for (index, element) in read(text, Elements)?.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(element.get(), depth - 1, out)?;
            }
            out.push(']');
            Ok(())
        }
        Some(b'{') => {
            out.push('{');
            for (index, (key, value)) in read(text, Members)?.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&serde_json::to_string(&key)?);
                out.push(':');
                write_canonical(&value, depth - 1, out)?;
            }
            out.push('}');
            Ok(())
        }
        Some(b'"') => {
            out.push_str(&serde_json::to_string(&serde_json::from_str::<String>(text)?)?);
            Ok(())
        }
        _ => {
            out.push_str(serde_json::from_str::<&RawValue>(text)?.get());
            Ok(())
        }
    }
}

/// Reads one level of a document, and leaves what it holds as text.
fn read<'a, V: Visitor<'a>>(text: &'a str, visitor: V) -> Result<V::Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = deserializer.deserialize_any(visitor)?;
    deserializer.end()?;
    Ok(value)
}

struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = array.next_element()? {
            elements.push(element);
        }
        Ok(elements)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = std::collections::BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Self::Value::new();
        while let Some((key, value)) = object.next_entry::<String, &RawValue>()? {
            if members.contains_key(&key) {
                return Err(de::Error::custom(format!("the key {key:?} is there twice")));
            }
            members.insert(key, value.get().to_owned());
        }
        Ok(members)
    }
}
