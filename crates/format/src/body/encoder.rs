//! Writes serde values as MessagePack, structs as maps by name, or as JSON for people.
//!
//! The same bytes as general encoders, from a fraction of their code: those are carried once for every type and every
//! kind of writer, and for both forms. Here each type is carried once, each head is written in one place, which knows the
//! form, and what bodies never hold is refused at once.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::json;
use crate::hex;

/// Appends the value to `out`. After an error some of it may stand there.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    value.serialize(&mut Encoder { out, readable: false })
}

/// The value as JSON for people.
pub(crate) fn encode_readable<T: Serialize + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut out = Vec::new();
    value.serialize(&mut Encoder { out: &mut out, readable: true })?;
    String::from_utf8(out).map_err(|error| in_words(&error))
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
pub(super) fn in_words(message: &dyn fmt::Display) -> EncodeError {
    EncodeError(message.to_string().into())
}

struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    /// JSON instead of MessagePack.
    readable: bool,
}

// Writing to memory cannot fail, so the results are of no interest.
impl Encoder<'_> {
    #[inline(never)]
    fn unsigned(&mut self, number: u64) {
        if self.readable {
            return json::word(self.out, &number);
        }
        let _ = rmp::encode::write_uint(self.out, number);
    }

    #[inline(never)]
    fn signed(&mut self, number: i64) {
        if self.readable {
            return json::word(self.out, &number);
        }
        let _ = rmp::encode::write_sint(self.out, number);
    }

    #[inline(never)]
    fn text(&mut self, text: &str) {
        if self.readable {
            return json::text(self.out, text);
        }
        let _ = rmp::encode::write_str(self.out, text);
    }

    /// The name of a field, which its value follows.
    #[inline(never)]
    fn name(&mut self, name: &str) {
        self.text(name);
        if self.readable {
            self.out.push(json::NAMED);
        }
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        if self.readable {
            return json::text(self.out, &hex::encode(bytes));
        }
        let _ = rmp::encode::write_bin(self.out, bytes);
    }

    #[inline(never)]
    fn array(&mut self, count: Option<usize>) -> Result<(), EncodeError> {
        let count = countable(count)?;
        if self.readable {
            json::open(self.out, b'[');
        } else {
            let _ = rmp::encode::write_array_len(self.out, count);
        }
        Ok(())
    }

    #[inline(never)]
    fn map(&mut self, count: Option<usize>) -> Result<(), EncodeError> {
        let count = countable(count)?;
        if self.readable {
            json::open(self.out, b'{');
        } else {
            let _ = rmp::encode::write_map_len(self.out, count);
        }
        Ok(())
    }

    /// A case that carries something is a map of one pair.
    fn case(&mut self, name: &str) -> Result<(), EncodeError> {
        self.map(Some(1))?;
        self.name(name);
        Ok(())
    }

    /// The end of arrays and maps. MessagePack has said before how many parts they have.
    #[inline(never)]
    fn close(&mut self, brackets: &str) {
        if self.readable {
            self.out.extend_from_slice(brackets.as_bytes());
        }
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
        if self.readable {
            json::word(self.out, &truth);
        } else {
            let _ = rmp::encode::write_bool(self.out, truth);
        }
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
        if self.readable {
            json::word(self.out, &"null");
        } else {
            self.out.push(rmp::Marker::Null.to_u8());
        }
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
        value.serialize(&mut *self)?;
        self.close("}");
        Ok(())
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
        self.readable
    }
}

/// Parts without a name.
macro_rules! plain_parts {
    ($($Trait:ident::$method:ident $brackets:literal),* $(,)?) => {
        $(
            impl ser::$Trait for &mut Encoder<'_> {
                type Ok = ();
                type Error = EncodeError;

                fn $method<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), EncodeError> {
                    part.serialize(&mut **self)
                }

                fn end(self) -> Result<(), EncodeError> {
                    self.close($brackets);
                    Ok(())
                }
            }
        )*
    };
}

/// Parts with a name.
macro_rules! named_parts {
    ($($Trait:ident $brackets:literal),* $(,)?) => {
        $(
            impl ser::$Trait for &mut Encoder<'_> {
                type Ok = ();
                type Error = EncodeError;

                fn serialize_field<T: Serialize + ?Sized>(
                    &mut self,
                    name: &'static str,
                    part: &T,
                ) -> Result<(), EncodeError> {
                    self.name(name);
                    part.serialize(&mut **self)
                }

                fn end(self) -> Result<(), EncodeError> {
                    self.close($brackets);
                    Ok(())
                }
            }
        )*
    };
}

plain_parts! {
    SerializeSeq::serialize_element "]",
    SerializeTuple::serialize_element "]",
    SerializeTupleStruct::serialize_field "]",
    SerializeTupleVariant::serialize_field "]}",
}

named_parts! { SerializeStruct "}", SerializeStructVariant "}}" }

impl ser::SerializeMap for &mut Encoder<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        key.serialize(&mut **self)?;
        if self.readable { json::end_name(self.out) } else { Ok(()) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close("}");
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

    proptest! {
        /// So is it for the form for people.
        #[test]
        fn the_json_is_that_of_any_encoder(value in everything()) {
            prop_assert_eq!(encode_readable(&value).unwrap(), serde_json::to_string(&value).unwrap());
        }
    }

    #[test]
    fn names_of_a_map_are_text_in_json() {
        let map = std::collections::BTreeMap::from([(1_u8, 2_u8)]);
        assert_eq!(encode_readable(&map).unwrap_err().to_string(), "it has names that are not text");
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
