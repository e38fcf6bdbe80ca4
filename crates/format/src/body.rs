//! Bodies of snapshots, beats and other frames: serde values as MessagePack maps by name.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::FormatError;
use crate::message::{self, malformed};

pub mod bytes;
pub(crate) mod decoder;
pub(crate) mod encoder;
mod json;
pub mod optional_bytes;

/// The value as MessagePack, with the fields of structs by name.
///
/// # Errors
///
/// [`FormatError::Encode`] when the value holds what bodies may not, such as a float, or nests too deep.
pub fn to_body<T: Serialize>(value: &T) -> Result<Vec<u8>, FormatError> {
    let what = std::any::type_name::<T>;
    let mut body = Vec::new();
    encoder::encode(value, &mut body)
        .map_err(|error| FormatError::Encode { what: what().to_owned(), reason: error.to_string() })?;
    check(&body, what)?;
    Ok(body)
}

/// Reads what [`to_body`] wrote. Fields that the value does not know are ignored.
///
/// # Errors
///
/// [`FormatError::Body`] when the bytes are not one value of the kind that bodies hold, or do not fit.
pub fn from_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, FormatError> {
    let length = message::measure(body)?;
    if length < body.len() {
        return Err(malformed(length, format!("{} bytes follow the value", body.len() - length)));
    }
    decoder::decode(body).map_err(|error| malformed(0, error.to_string()))
}

/// Refuses to write what could not be read again.
pub(crate) fn check<'a>(body: &[u8], what: impl Fn() -> &'a str) -> Result<(), FormatError> {
    match message::measure(body) {
        Ok(length) if length == body.len() => Ok(()),
        Ok(_) => {
            Err(FormatError::Encode { what: what().to_owned(), reason: "it is more than one value".into() })
        }
        Err(error) => Err(FormatError::Encode { what: what().to_owned(), reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back() {
        let value = vec![(1_u64, "one".to_owned()), (u64::MAX, String::new())];
        let body = to_body(&value).unwrap();
        assert_eq!(from_body::<Vec<(u64, String)>>(&body).unwrap(), value);
    }

    #[test]
    fn a_float_is_not_written() {
        let error = to_body(&1.5_f64).unwrap_err();
        assert!(error.to_string().contains("float"), "{error}");
    }

    #[test]
    fn hostile_bodies_are_refused() {
        let hostile: [(&[u8], &str); 6] = [
            (&[], "cut off"),
            (&[0xdd, 0xff, 0xff, 0xff, 0xff], "cut off"),
            (&[0xc6, 0xff, 0xff, 0xff, 0xff, 1], "cut off"),
            (&[0x91; 100], "nest deeper"),
            (&[0xca, 0, 0, 0, 0], "float"),
            (&[0x90, 0x90], "1 bytes follow"),
        ];
        for (body, expected) in hostile {
            let error = from_body::<Vec<u64>>(body).unwrap_err().to_string();
            assert!(error.contains(expected), "{body:x?}: {error}");
        }
    }
}
