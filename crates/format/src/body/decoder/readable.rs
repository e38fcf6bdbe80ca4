//! Values of which nothing is known, as JSON for people.

use std::collections::BTreeMap;

use super::{DecodeError, Decoder, Head, in_words};
use crate::body::encoder::encode_readable;

/// The one value that `bytes` hold as JSON, with the names of maps in order; an error when it holds what JSON has not.
pub(crate) fn readable(bytes: &[u8]) -> Result<String, DecodeError> {
    value(&mut Decoder { rest: bytes })
}

fn value(decoder: &mut Decoder<'_>) -> Result<String, DecodeError> {
    Ok(match decoder.head()? {
        Head::Nil => "null".to_owned(),
        Head::Bool(truth) => truth.to_string(),
        Head::Unsigned(number) => number.to_string(),
        Head::Negative(number) => number.to_string(),
        Head::Text(text) => quoted(text)?,
        Head::Bytes(_) => return Err(in_words(&"JSON has no bytes")),
        Head::Array(count) => {
            let items: Vec<String> = (0..count).map(|_| value(decoder)).collect::<Result<_, _>>()?;
            format!("[{}]", items.join(","))
        }
        Head::Map(count) => {
            let mut pairs: BTreeMap<String, String> = BTreeMap::new();
            for _ in 0..count {
                let Head::Text(name) = decoder.head()? else {
                    return Err(in_words(&"JSON has no names that are not text"));
                };
                pairs.insert(name.to_owned(), value(decoder)?);
            }
            let pairs = pairs.into_iter().map(|(name, value)| Ok(format!("{}:{value}", quoted(&name)?)));
            format!("{{{}}}", pairs.collect::<Result<Vec<_>, DecodeError>>()?.join(","))
        }
    })
}

fn quoted(text: &str) -> Result<String, DecodeError> {
    encode_readable(text).map_err(|error| in_words(&error))
}
