//! Facts as JSON, for people who read a journal.

use serde::Serialize;

use crate::body::decoder::readable;
use crate::body::encoder::encode_readable;
use crate::entry::EntryOf;
use crate::error::FormatError;
use crate::fact_table::FactTable;
use crate::hex;

/// The fields of a fact as a JSON object, those that this version does not know at the end.
///
/// Values stand as `{"type": "int", "value": "5"}`, bytes as lower-case hexadecimal.
///
/// # Errors
///
/// [`FormatError::Encode`] when a field has no JSON form.
pub fn fact_json<F: FactTable>(entry: &EntryOf<F>) -> Result<String, FormatError> {
    let known = entry.fact.json_fields()?;
    let Some(mut json) = known.strip_suffix('}').map(str::to_owned) else {
        return Ok(known);
    };
    for (name, value) in entry.extra.iter() {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&to_json(&name)?);
        json.push(':');
        json.push_str(&extra_json(value)?);
    }
    json.push('}');
    Ok(json)
}

/// The fields that a fact knows, as a JSON object.
///
/// # Errors
///
/// [`FormatError::Encode`] when a field has no JSON form.
pub fn to_json<T: Serialize>(fields: &T) -> Result<String, FormatError> {
    encode_readable(fields)
        .map_err(|error| FormatError::Encode { what: "JSON".into(), reason: error.to_string() })
}

/// An unknown field, whose shape only its writer knows; where it holds what JSON has not, its bytes as they are.
fn extra_json(value: &[u8]) -> Result<String, FormatError> {
    readable(value).or_else(|_| to_json(&hex::encode(value)))
}
