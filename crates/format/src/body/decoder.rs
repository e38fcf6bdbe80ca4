//! Reads MessagePack into serde values, as strictly as bodies are written.
//!
//! A general decoder accepts for every type whatever could be meant, an array where a struct stands with names, and
//! carries that code once for every type: most of a small program. This one accepts what [`to_body`](super::to_body)
//! writes, looks at each head in one place, and copies nothing that can be borrowed.

use std::fmt;

use rmp::Marker;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use crate::message;

mod fields;
mod readable;

use fields::Fields;
pub(crate) use readable::readable;

/// Reads one value; what follows it is the caller's.
pub(crate) fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, DecodeError> {
    T::deserialize(&mut Decoder { rest: bytes })
}

/// Why a value does not fit, in words.
#[derive(Debug)]
pub(crate) struct DecodeError(Box<str>);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        in_words(&message)
    }
}

#[cold]
#[inline(never)]
fn in_words(message: &dyn fmt::Display) -> DecodeError {
    DecodeError(message.to_string().into())
}

/// A value up to its contents.
#[derive(Clone, Copy)]
enum Head<'de> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Text(&'de str),
    Bytes(&'de [u8]),
    Array(usize),
    Map(usize),
}

impl Head<'_> {
    #[cold]
    #[inline(never)]
    fn instead_of(self, expected: &dyn Expected) -> DecodeError {
        let found = match self {
            Head::Nil => Unexpected::Unit,
            Head::Bool(truth) => Unexpected::Bool(truth),
            Head::Unsigned(number) => Unexpected::Unsigned(number),
            Head::Negative(number) => Unexpected::Signed(number),
            Head::Text(text) => Unexpected::Str(text),
            Head::Bytes(bytes) => Unexpected::Bytes(bytes),
            Head::Array(_) => Unexpected::Seq,
            Head::Map(_) => Unexpected::Map,
        };
        de::Error::invalid_type(found, expected)
    }
}

struct Decoder<'de> {
    rest: &'de [u8],
}

impl<'de> Decoder<'de> {
    #[inline(never)]
    fn head(&mut self) -> Result<Head<'de>, DecodeError> {
        let [first] = *self.take::<1>()?;
        Ok(match Marker::from_u8(first) {
            Marker::Null => Head::Nil,
            Marker::True => Head::Bool(true),
            Marker::False => Head::Bool(false),
            Marker::FixPos(number) => Head::Unsigned(number.into()),
            Marker::U8 => Head::Unsigned(u8::from_be_bytes(*self.take()?).into()),
            Marker::U16 => Head::Unsigned(u16::from_be_bytes(*self.take()?).into()),
            Marker::U32 => Head::Unsigned(u32::from_be_bytes(*self.take()?).into()),
            Marker::U64 => Head::Unsigned(u64::from_be_bytes(*self.take()?)),
            Marker::FixNeg(number) => signed(number.into()),
            Marker::I8 => signed(i8::from_be_bytes(*self.take()?).into()),
            Marker::I16 => signed(i16::from_be_bytes(*self.take()?).into()),
            Marker::I32 => signed(i32::from_be_bytes(*self.take()?).into()),
            Marker::I64 => signed(i64::from_be_bytes(*self.take()?)),
            Marker::FixStr(length) => Head::Text(self.text(length.into())?),
            Marker::Str8 => Head::Text(self.length_8().and_then(|length| self.text(length))?),
            Marker::Str16 => Head::Text(self.length_16().and_then(|length| self.text(length))?),
            Marker::Str32 => Head::Text(self.length_32().and_then(|length| self.text(length))?),
            Marker::Bin8 => Head::Bytes(self.length_8().and_then(|length| self.bytes(length))?),
            Marker::Bin16 => Head::Bytes(self.length_16().and_then(|length| self.bytes(length))?),
            Marker::Bin32 => Head::Bytes(self.length_32().and_then(|length| self.bytes(length))?),
            Marker::FixArray(count) => Head::Array(count.into()),
            Marker::Array16 => Head::Array(self.length_16()?),
            Marker::Array32 => Head::Array(self.length_32()?),
            Marker::FixMap(count) => Head::Map(count.into()),
            Marker::Map16 => Head::Map(self.length_16()?),
            Marker::Map32 => Head::Map(self.length_32()?),
            _ => return Err(in_words(&"a float or an extension, which durable bytes never hold")),
        })
    }

    fn take<const N: usize>(&mut self) -> Result<&'de [u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }

    fn length_8(&mut self) -> Result<usize, DecodeError> {
        Ok(u8::from_be_bytes(*self.take()?).into())
    }

    fn length_16(&mut self) -> Result<usize, DecodeError> {
        Ok(u16::from_be_bytes(*self.take()?).into())
    }

    fn length_32(&mut self) -> Result<usize, DecodeError> {
        Ok(u32::from_be_bytes(*self.take()?) as usize)
    }

    fn bytes(&mut self, length: usize) -> Result<&'de [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }

    fn text(&mut self, length: usize) -> Result<&'de str, DecodeError> {
        std::str::from_utf8(self.bytes(length)?).map_err(|_| in_words(&"text that is not UTF-8"))
    }

    /// The items of an array, or the pairs of a map, that are left after a visitor has had its fill.
    fn end<T>(value: T, left: usize) -> Result<T, DecodeError> {
        match left {
            0 => Ok(value),
            _ => Err(too_many(left)),
        }
    }
}

fn signed(number: i64) -> Head<'static> {
    u64::try_from(number).map_or(Head::Negative(number), Head::Unsigned)
}

#[cold]
fn cut_off() -> DecodeError {
    in_words(&"a value is cut off")
}

#[cold]
fn too_many(left: usize) -> DecodeError {
    in_words(&format_args!("{left} parts more than expected"))
}

/// Methods that accept the heads that are listed, and no other.
macro_rules! accept {
    ($($method:ident: $($Head:ident $(($content:ident))? => $visit:ident),+;)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
                match self.head()? {
                    $(Head::$Head $(($content))? => visitor.$visit($($content)?),)+
                    #[allow(unreachable_patterns, reason = "one of them accepts every head that is no container")]
                    other => Err(other.instead_of(&visitor)),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = DecodeError;

    accept! {
        deserialize_bool: Bool(truth) => visit_bool;
        deserialize_u8: Unsigned(number) => visit_u64, Negative(number) => visit_i64;
        deserialize_u16: Unsigned(number) => visit_u64, Negative(number) => visit_i64;
        deserialize_u32: Unsigned(number) => visit_u64, Negative(number) => visit_i64;
        deserialize_u64: Unsigned(number) => visit_u64, Negative(number) => visit_i64;
        deserialize_i8: Unsigned(number) => visit_u64, Negative(number) => visit_i64;
        deserialize_i16: Unsigned(number) => visit_u64, Negative(number) => visit_i64;
        deserialize_i32: Unsigned(number) => visit_u64, Negative(number) => visit_i64;
        deserialize_i64: Unsigned(number) => visit_u64, Negative(number) => visit_i64;
        deserialize_str: Text(text) => visit_borrowed_str;
        deserialize_string: Text(text) => visit_borrowed_str;
        deserialize_char: Text(text) => visit_borrowed_str;
        deserialize_identifier: Text(text) => visit_borrowed_str;
        deserialize_bytes: Bytes(bytes) => visit_borrowed_bytes;
        deserialize_byte_buf: Bytes(bytes) => visit_borrowed_bytes;
        deserialize_unit: Nil => visit_unit;
    }

    /// Types say what they are. For values of which nothing is known there is [`readable`].
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, DecodeError> {
        self.head()?;
        Err(in_words(&"durable bytes are not read without a type"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.rest.split_first() {
            Some((&first, rest)) if first == Marker::Null.to_u8() => {
                self.rest = rest;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head()? {
            Head::Array(left) => {
                let mut parts = Parts { decoder: self, left };
                let value = visitor.visit_seq(&mut parts)?;
                Decoder::end(value, parts.left)
            }
            other => Err(other.instead_of(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head()? {
            Head::Map(left) => {
                let mut parts = Parts { decoder: self, left };
                let value = visitor.visit_map(&mut parts)?;
                Decoder::end(value, parts.left)
            }
            other => Err(other.instead_of(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        Fields::read(self, names, visitor)
    }

    /// The name alone, or a map of one pair: the name and what the case carries.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let at = self.rest;
        match self.head()? {
            Head::Text(_) => {
                self.rest = at;
                visitor.visit_enum(Case { decoder: self, has_content: false })
            }
            Head::Map(1) => visitor.visit_enum(Case { decoder: self, has_content: true }),
            other => Err(other.instead_of(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let length = message::measure(self.rest).map_err(|error| in_words(&error))?;
        self.bytes(length)?;
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    serde::forward_to_deserialize_any! { f32 f64 i128 u128 }
}

/// What is left of an array or a map.
struct Parts<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for &mut Parts<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        // The count may be a lie; each item has at least one byte.
        Some(self.left.min(self.decoder.rest.len()))
    }
}

impl<'de> MapAccess<'de> for &mut Parts<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        seed.deserialize(&mut *self.decoder)
    }

    fn size_hint(&self) -> Option<usize> {
        SeqAccess::size_hint(self)
    }
}

/// A case of an enum.
struct Case<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    has_content: bool,
}

impl Case<'_, '_> {
    fn content(&self) -> Result<(), DecodeError> {
        if self.has_content { Ok(()) } else { Err(in_words(&"a case without what it carries")) }
    }
}

impl<'de> EnumAccess<'de> for Case<'_, 'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), DecodeError> {
        let name = seed.deserialize(&mut *self.decoder)?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Case<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        if self.has_content { <()>::deserialize(self.decoder) } else { Ok(()) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, DecodeError> {
        self.content()?;
        seed.deserialize(self.decoder)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.content()?;
        self.decoder.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.content()?;
        Fields::read(self.decoder, names, visitor)
    }
}

#[cfg(test)]
pub(crate) mod tests;
