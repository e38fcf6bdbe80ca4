//! One fact as it stands in a record: its name, its fields, and the fields that this version does not know.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::body;
use crate::body::decoder::{DecodeError, decode};
use crate::body::encoder::{EncodeError, encode};
use crate::error::FormatError;
use crate::fact_table::{FactTable, field_names};
use crate::limits::{EXTRA_FIELDS, FACT_NAME_BYTES};
use crate::message::{self, malformed};

/// A fact, with what a newer version has written beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryOf<F> {
    /// The fact.
    pub fact: F,
    /// The fields of the fact that this version does not know; written back as they came.
    pub extra: Extra,
}

impl<F: FactTable> From<F> for EntryOf<F> {
    fn from(fact: F) -> Self {
        Self { fact, extra: Extra::default() }
    }
}

/// Fields that this version does not know, in the order in which they came. Empty almost always, and free then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra(Vec<(Box<str>, Box<[u8]>)>);

impl Extra {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The names, each with its value as MessagePack.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Takes over the fields of `newer`, which win over those of the same name. Above
    /// [`EXTRA_FIELDS`] the others are left out.
    pub fn absorb(&mut self, newer: &Extra) {
        for (name, value) in newer.iter() {
            match self.0.iter().position(|(known, _)| **known == *name) {
                Some(at) => self.0[at].1 = value.into(),
                None if self.0.len() < EXTRA_FIELDS => self.0.push((name.into(), value.into())),
                None => {}
            }
        }
    }

    /// Keeps a field, given as its name and one MessagePack value.
    fn keep(&mut self, fact: &str, name: &str, value: &[u8]) -> Result<(), FormatError> {
        let refused = |reason| Err(FormatError::Fields { fact: fact.to_owned(), reason });
        if self.0.len() == EXTRA_FIELDS {
            return refused(format!("it has more than {EXTRA_FIELDS} unknown fields"));
        }
        if self.0.iter().any(|(known, _)| **known == *name) {
            return refused(format!("its field `{name}` is there twice"));
        }
        self.0.push((name.into(), value.into()));
        Ok(())
    }
}

/// Appends `[name, fields]`, or `[name, fields, true]` for a fact that a reader may skip.
pub(crate) fn encode_entry<F: FactTable>(entry: &EntryOf<F>, out: &mut Vec<u8>) -> Result<(), FormatError> {
    encode_parts(&entry.fact, &entry.extra, out)
}

/// The same for an entry that is not held together.
pub(crate) fn encode_parts<F: FactTable>(
    fact: &F,
    extra: &Extra,
    out: &mut Vec<u8>,
) -> Result<(), FormatError> {
    let name = fact.name();
    let optional = fact.is_optional();
    write_array(out, if optional { 3 } else { 2 });
    write_text(out, name);
    let start = out.len();
    fact.encode_fields(extra, out)?;
    body::check(&out[start..], || name)?;
    if optional {
        out.push(rmp::Marker::True.to_u8());
    }
    Ok(())
}

/// Reads the entry that `bytes` begin with, and returns what follows it. An unknown optional fact gives `None`.
pub(crate) fn decode_entry<F: FactTable>(bytes: &[u8]) -> Result<(Option<EntryOf<F>>, &[u8]), FormatError> {
    let (count, rest) = message::array(bytes, "an entry")?;
    if !(2..=3).contains(&count) {
        return Err(malformed(0, format!("an entry has {count} parts instead of 2 or 3")));
    }
    let (name, rest) = message::text(rest, "the name of a fact")?;
    if name.len() > FACT_NAME_BYTES {
        return Err(malformed(0, format!("the name of a fact is longer than {FACT_NAME_BYTES} bytes")));
    }
    let (fields, mut rest) = rest.split_at(message::measure(rest)?);
    let mut optional = false;
    if count == 3 {
        optional = match rest.first().map(|&byte| rmp::Marker::from_u8(byte)) {
            Some(rmp::Marker::True) => true,
            Some(rmp::Marker::False) => false,
            _ => return Err(malformed(0, format!("the third part of `{name}` is not a boolean"))),
        };
        rest = &rest[1..];
    }
    match F::decode_fields(name, fields)? {
        Some((fact, extra)) => Ok((Some(EntryOf { fact, extra }), rest)),
        None if optional => Ok((None, rest)),
        None => Err(FormatError::UnknownFact { name: name.to_owned() }),
    }
}

/// Appends the fields of a fact as a map by name, then those of `extra`.
///
/// # Errors
///
/// [`FormatError::Encode`] when a field cannot be written.
pub fn encode_fields<T: Serialize>(
    fact: &str,
    fields: &T,
    extra: &Extra,
    out: &mut Vec<u8>,
) -> Result<(), FormatError> {
    let start = out.len();
    encode(fields, out).map_err(|error| unwritable(fact, &error))?;
    if extra.is_empty() { Ok(()) } else { append_extra(extra, start, out) }
}

#[cold]
fn unwritable(fact: &str, error: &EncodeError) -> FormatError {
    FormatError::Encode { what: format!("the fact `{fact}`"), reason: error.to_string() }
}

/// Makes one map of the known fields, which stand from `start` on, and the others.
fn append_extra(extra: &Extra, start: usize, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let known = out.split_off(start);
    let (count, pairs) = message::map(&known, "what a fact holds")?;
    write_map(out, count + extra.len() as u32);
    out.extend_from_slice(pairs);
    for (name, value) in extra.iter() {
        write_text(out, name);
        out.extend_from_slice(value);
    }
    Ok(())
}

/// Reads the fields of a fact from a measured map, and keeps those that it does not know.
///
/// # Errors
///
/// [`FormatError::Fields`] when a field is missing, there twice, or has another type.
pub fn decode_fields<T: DeserializeOwned>(fact: &str, fields: &[u8]) -> Result<(T, Extra), FormatError> {
    let (known, extra) = split_known(fact, field_names::<T>(), fields)?;
    let fields = decode(&known).map_err(|error| unreadable(fact, &error))?;
    Ok((fields, extra))
}

#[cold]
fn unreadable(fact: &str, error: &DecodeError) -> FormatError {
    FormatError::Fields { fact: fact.to_owned(), reason: error.to_string() }
}

/// The map without the fields that are not among `names`, and those.
fn split_known<'a>(
    fact: &str,
    names: &[&str],
    fields: &'a [u8],
) -> Result<(Cow<'a, [u8]>, Extra), FormatError> {
    let (count, pairs) = message::map(fields, "what a fact holds")?;
    if knows_all(names, count, pairs)? {
        return Ok((Cow::Borrowed(fields), Extra::default()));
    }
    let mut extra = Extra::default();
    let mut known = Vec::with_capacity(pairs.len());
    let mut known_count = 0;
    let mut rest = pairs;
    for _ in 0..count {
        let pair = rest;
        let (name, value) = message::text(rest, "the name of a field")?;
        let length = message::measure(value)?;
        rest = &value[length..];
        if names.contains(&name) {
            known.extend_from_slice(&pair[..pair.len() - rest.len()]);
            known_count += 1;
        } else {
            extra.keep(fact, name, &value[..length])?;
        }
    }
    let mut whole = Vec::with_capacity(known.len() + 5);
    write_map(&mut whole, known_count);
    whole.extend_from_slice(&known);
    Ok((Cow::Owned(whole), extra))
}

/// Whether all keys of the map are among `names`. Writers keep their order, so each is looked for behind the last one.
fn knows_all(names: &[&str], count: u32, pairs: &[u8]) -> Result<bool, FormatError> {
    let mut rest = pairs;
    let mut next = 0;
    for _ in 0..count {
        let (name, value) = message::key(rest, "the name of a field")?;
        match names[next..].iter().position(|known| known.as_bytes() == name) {
            Some(skipped) => next += skipped + 1,
            None if names.iter().any(|known| known.as_bytes() == name) => {}
            None => return Ok(false),
        }
        rest = &value[message::measure(value)?..];
    }
    Ok(true)
}

pub(crate) fn write_array(out: &mut Vec<u8>, count: u32) {
    // Writing to memory cannot fail.
    let _ = rmp::encode::write_array_len(out, count);
}

fn write_map(out: &mut Vec<u8>, count: u32) {
    let _ = rmp::encode::write_map_len(out, count);
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    let _ = rmp::encode::write_str(out, text);
}
