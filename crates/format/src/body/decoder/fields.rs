//! The fields of a struct, found by their names and handed over in the order of its declaration.
//!
//! The code that serde derives to take fields one after the other is half of what it derives to take them by name. With
//! all types that are read that is a good part of a small program, so the names are looked up here, once for all types.

use serde::de::{self, DeserializeSeed, SeqAccess, Visitor};

use super::{DecodeError, Decoder, Head, in_words};
use crate::message;

/// The fields of a struct that are still to be handed over.
pub(super) struct Fields<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    /// All names, in the order in which they are asked for.
    names: &'static [&'static str],
    next: usize,
    /// Pairs from where the decoder stands.
    left: usize,
    /// Whether the last field that was asked for is not there.
    missing: bool,
    /// Fields that were read before their turn, each by the number of bytes that are left at its pair. Empty, and free,
    /// unless the fields stand in another order than the one in which they are written.
    early: Vec<usize>,
}

/// Where a field is.
enum Place<'de> {
    Nowhere,
    Here,
    /// Further on; the decoder has to come back.
    Further(&'de [u8]),
}

impl<'a, 'de> Fields<'a, 'de> {
    /// Reads a struct with these fields.
    pub(super) fn read<V: Visitor<'de>>(
        decoder: &'a mut Decoder<'de>,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let left = match decoder.head()? {
            Head::Map(left) => left,
            other => return Err(other.instead_of(&visitor)),
        };
        let mut fields = Fields { decoder, names, next: 0, left, missing: false, early: Vec::new() };
        match visitor.visit_seq(&mut fields) {
            Ok(value) => fields.end().map(|()| value),
            Err(error) => Err(fields.explain(error)),
        }
    }

    /// Goes to the next field.
    #[inline(never)]
    fn seek(&mut self) -> Result<Place<'de>, DecodeError> {
        let Some(&name) = self.names.get(self.next) else { return Ok(Place::Nowhere) };
        self.next += 1;
        self.missing = false;
        while self.left > 0 {
            let (key, value) = pair(self.decoder.rest)?;
            if key == name.as_bytes() {
                self.left -= 1;
                self.decoder.rest = value;
                return Ok(Place::Here);
            }
            if self.is_wanted(key) {
                return self.seek_further(name);
            }
            self.skip(value)?;
        }
        self.missing = true;
        Ok(Place::Nowhere)
    }

    /// Another field stands here: that of this name is not there, or behind it.
    fn seek_further(&mut self, name: &str) -> Result<Place<'de>, DecodeError> {
        let here = self.decoder.rest;
        let mut rest = here;
        for _ in 0..self.left {
            let (key, value) = pair(rest)?;
            if key == name.as_bytes() {
                self.early.push(rest.len());
                self.decoder.rest = value;
                return Ok(Place::Further(here));
            }
            rest = behind(value)?;
        }
        self.missing = true;
        Ok(Place::Nowhere)
    }

    /// Whether the key at which the decoder stands is that of a field, and was not read before its turn.
    fn is_wanted(&self, key: &[u8]) -> bool {
        self.names.iter().any(|name| name.as_bytes() == key) && !self.early.contains(&self.decoder.rest.len())
    }

    fn skip(&mut self, value: &'de [u8]) -> Result<(), DecodeError> {
        self.decoder.rest = behind(value)?;
        self.left -= 1;
        Ok(())
    }

    /// Goes behind all pairs. A field that is still wanted was read already.
    #[inline(never)]
    fn end(mut self) -> Result<(), DecodeError> {
        while self.left > 0 {
            let (key, value) = pair(self.decoder.rest)?;
            if self.is_wanted(key) {
                return Err(in_words(&format_args!("duplicate field `{}`", String::from_utf8_lossy(key))));
            }
            self.skip(value)?;
        }
        Ok(())
    }

    /// Who asked for a field that is not there and then gave up did so for that.
    #[cold]
    #[inline(never)]
    fn explain(self, error: DecodeError) -> DecodeError {
        match self.names.get(self.next.wrapping_sub(1)) {
            Some(name) if self.missing => de::Error::missing_field(name),
            _ => error,
        }
    }
}

impl<'de> SeqAccess<'de> for Fields<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let back = match self.seek()? {
            Place::Nowhere => return Ok(None),
            Place::Here => None,
            Place::Further(back) => Some(back),
        };
        let value = seed.deserialize(&mut *self.decoder)?;
        if let Some(back) = back {
            self.decoder.rest = back;
        }
        Ok(Some(value))
    }
}

/// The key of the pair that the bytes begin with, and what follows it.
fn pair(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    message::key(bytes, "the name of a field").map_err(|error| in_words(&error))
}

/// What follows the value that the bytes begin with.
fn behind(value: &[u8]) -> Result<&[u8], DecodeError> {
    let length = message::measure(value).map_err(|error| in_words(&error))?;
    Ok(&value[length..])
}
