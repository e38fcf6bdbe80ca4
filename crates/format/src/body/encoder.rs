//! Writes serde values as MessagePack, structs as maps by name.
//!
//! The same bytes as a general encoder, from a fraction of its code: that one is carried once for every type and every
//! kind of writer. Here each head is written in one place, and what bodies never hold is refused at once.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// Appends the value to `out`. After an error some of it may stand there.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    value.serialize(&mut Encoder { out })
}

/// Why a value has no durable form, in words.
#[derive(Debug)]
pub(crate) struct EncodeError(Box<str>);

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EncodeError {}

impl ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        in_words(&message)
    }
}

#[cold]
#[inline(never)]
fn in_words(message: &dyn fmt::Display) -> EncodeError {
    EncodeError(message.to_string().into())
}

struct Encoder<'a> {
    out: &'a mut Vec<u8>,
}

// Writing to memory cannot fail, so the results are of no interest.
impl Encoder<'_> {
    #[inline(never)]
    fn unsigned(&mut self, number: u64) {
        let _ = rmp::encode::write_uint(self.out, number);
    }

    #[inline(never)]
    fn signed(&mut self, number: i64) {
        let _ = rmp::encode::write_sint(self.out, number);
    }

    #[inline(never)]
    fn text(&mut self, text: &str) {
        let _ = rmp::encode::write_str(self.out, text);
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        let _ = rmp::encode::write_bin(self.out, bytes);
    }

    #[inline(never)]
    fn array(&mut self, count: Option<usize>) -> Result<(), EncodeError> {
        let _ = rmp::encode::write_array_len(self.out, countable(count)?);
        Ok(())
    }

    #[inline(never)]
    fn map(&mut self, count: Option<usize>) -> Result<(), EncodeError> {
        let _ = rmp::encode::write_map_len(self.out, countable(count)?);
        Ok(())
    }

    /// A case that carries something is a map of one pair.
    fn case(&mut self, name: &str) -> Result<(), EncodeError> {
        self.map(Some(1))?;
        self.text(name);
        Ok(())
    }
}

fn countable(count: Option<usize>) -> Result<u32, EncodeError> {
    let count = count.ok_or_else(|| in_words(&"it does not say how many parts it has"))?;
    u32::try_from(count).map_err(|_| in_words(&"it has more parts than can be counted"))
}

fn float() -> EncodeError {
    in_words(&"it holds a float, which durable bytes never hold")
}

/// Methods that write one number.
macro_rules! numbers {
    ($($method:ident($Type:ty) => $write:ident),* $(,)?) => {
        $(
            fn $method(self, number: $Type) -> Result<(), EncodeError> {
                self.$write(number.into());
                Ok(())
            }
        )*
    };
}

impl Serializer for &mut Encoder<'_> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers! {
        serialize_u8(u8) => unsigned,
        serialize_u16(u16) => unsigned,
        serialize_u32(u32) => unsigned,
        serialize_u64(u64) => unsigned,
        serialize_i8(i8) => signed,
        serialize_i16(i16) => signed,
        serialize_i32(i32) => signed,
        serialize_i64(i64) => signed,
    }

    fn serialize_f32(self, _: f32) -> Result<(), EncodeError> {
        Err(float())
    }

    fn serialize_f64(self, _: f64) -> Result<(), EncodeError> {
        Err(float())
    }

    fn serialize_bool(self, truth: bool) -> Result<(), EncodeError> {
        let _ = rmp::encode::write_bool(self.out, truth);
        Ok(())
    }

    fn serialize_char(self, character: char) -> Result<(), EncodeError> {
        self.text(character.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), EncodeError> {
        self.text(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.bytes(bytes);
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.out.push(rmp::Marker::Null.to_u8());
        Ok(())
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), EncodeError> {
        self.serialize_str(name)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.case(name)?;
        value.serialize(self)
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Self, EncodeError> {
        self.array(count)?;
        Ok(self)
    }

    fn serialize_tuple(self, count: usize) -> Result<Self, EncodeError> {
        self.serialize_seq(Some(count))
    }

    fn serialize_tuple_struct(self, _: &'static str, count: usize) -> Result<Self, EncodeError> {
        self.serialize_seq(Some(count))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        count: usize,
    ) -> Result<Self, EncodeError> {
        self.case(name)?;
        self.serialize_seq(Some(count))
    }

    fn serialize_map(self, count: Option<usize>) -> Result<Self, EncodeError> {
        self.map(count)?;
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, count: usize) -> Result<Self, EncodeError> {
        self.serialize_map(Some(count))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        count: usize,
    ) -> Result<Self, EncodeError> {
        self.case(name)?;
        self.serialize_map(Some(count))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Parts without a name.
macro_rules! plain_parts {
    ($($Trait:ident::$method:ident),* $(,)?) => {
        $(
            impl ser::$Trait for &mut Encoder<'_> {
                type Ok = ();
                type Error = EncodeError;

                fn $method<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), EncodeError> {
                    part.serialize(&mut **self)
                }

                fn end(self) -> Result<(), EncodeError> {
                    Ok(())
                }
            }
        )*
    };
}

/// Parts with a name.
macro_rules! named_parts {
    ($($Trait:ident),* $(,)?) => {
        $(
            impl ser::$Trait for &mut Encoder<'_> {
                type Ok = ();
                type Error = EncodeError;

                fn serialize_field<T: Serialize + ?Sized>(
                    &mut self,
                    name: &'static str,
                    part: &T,
                ) -> Result<(), EncodeError> {
                    self.text(name);
                    part.serialize(&mut **self)
                }

                fn end(self) -> Result<(), EncodeError> {
                    Ok(())
                }
            }
        )*
    };
}

plain_parts! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

named_parts! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for &mut Encoder<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), EncodeError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::body::decoder::tests::everything;

    fn encoded<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        encode(value, &mut out).map_err(|error| error.to_string())?;
        Ok(out)
    }

    proptest! {
        /// A general encoder is the oracle.
        #[test]
        fn the_bytes_are_those_of_any_encoder(value in everything()) {
            prop_assert_eq!(encoded(&value).unwrap(), rmp_serde::to_vec_named(&value).unwrap());
        }
    }

    #[test]
    fn what_has_no_durable_form_is_refused_in_words() {
        assert_eq!(encoded(&[1.5_f32]).unwrap_err(), "it holds a float, which durable bytes never hold");
        assert_eq!(encoded(&1.5_f64).unwrap_err(), "it holds a float, which durable bytes never hold");
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(std::iter::repeat_n(1_u8, 3).filter(|_| true))
            }
        }
        assert_eq!(encoded(&Endless).unwrap_err(), "it does not say how many parts it has");
    }
}
