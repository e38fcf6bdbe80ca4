//! For `#[serde(with = "...")]` on an `Option<Vec<u8>>`: like [`bytes`](super::bytes), or nothing.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bytes::{Blob, OwnedBlob};

/// Writes the bytes, if there are any.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.as_deref().map(Blob).serialize(serializer)
}

/// Reads the bytes, if there are any.
///
/// # Errors
///
/// Those of the deserializer, and text that is not hexadecimal.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    Ok(Option::<OwnedBlob>::deserialize(deserializer)?.map(|bytes| bytes.0))
}
