//! For `#[serde(with = "...")]` on a `Vec<u8>`: bytes in MessagePack, lower-case hexadecimal for people.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::hex;

/// Writes the bytes.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    Blob(bytes).serialize(serializer)
}

/// Reads the bytes.
///
/// # Errors
///
/// Those of the deserializer, and text that is not hexadecimal.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    Ok(OwnedBlob::deserialize(deserializer)?.0)
}

/// Borrowed bytes that serialise as described above.
pub(crate) struct Blob<'a>(pub(crate) &'a [u8]);

impl Serialize for Blob<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&hex::encode(self.0))
        } else {
            serializer.serialize_bytes(self.0)
        }
    }
}

/// Bytes that deserialise as described above.
pub(crate) struct OwnedBlob(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for OwnedBlob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = if deserializer.is_human_readable() {
            deserializer.deserialize_str(FromText)?
        } else {
            deserializer.deserialize_byte_buf(FromBytes)?
        };
        Ok(Self(bytes))
    }
}

struct FromText;

impl Visitor<'_> for FromText {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes as hexadecimal")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
        hex::decode(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

struct FromBytes;

impl Visitor<'_> for FromBytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }
}
