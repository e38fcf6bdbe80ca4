//! How keys and values become bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Makes bytes of keys and values, and reads them again.
///
/// Equal keys must always give equal bytes: a key is found, and falls into a key group, by its bytes.
pub trait Codec {
    /// The bytes of a key or value.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if it has none.
    fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error>;

    /// The key or value of these bytes.
    ///
    /// # Errors
    ///
    /// [`Corrupt`](crate::ErrorKind::Corrupt) if they are of something else.
    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error>;
}

/// Compact JSON, which the TypeScript library reads and writes too.
///
/// For keys prefer text and whole numbers: `1.0` is written `1` in JavaScript, and is another key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json;

impl Codec for Json {
    fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(value)
            .map_err(|error| Error::invalid(format!("a key or value of a state has no JSON: {error}")))
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
        serde_json::from_slice(bytes).map_err(|error| {
            Error::corrupt(format!(
                "a key or value of a state is not of the type that it is read as ({error}); read it as what it was written as, \
                 or begin a state with another name"
            ))
        })
    }
}
