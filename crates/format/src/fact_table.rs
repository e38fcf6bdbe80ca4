//! The table that gives each fact its name: what [`facts!`](crate::facts) generates, and the trait through which
//! records read and write facts without knowing them.

use serde::de::{self, DeserializeOwned, Deserializer, Visitor};

use crate::entry::Extra;
use crate::error::FormatError;

/// A closed set of facts, each with a name that it keeps for ever.
///
/// Implemented by [`facts!`](crate::facts); the trait exists so that the machinery of records does not depend on one
/// particular set, which is how its tests play an older and a newer version against each other.
pub trait FactTable: Sized {
    /// The name and the field names of every fact of the table, in the order of the table.
    fn layout() -> Vec<FactLayout>;

    /// The stable name that is written to the journal.
    fn name(&self) -> &'static str;

    /// Whether a reader that does not know this fact may skip it.
    fn is_optional(&self) -> bool;

    /// Appends the fields, as a MessagePack map that holds `extra` after the known fields.
    ///
    /// # Errors
    ///
    /// [`FormatError::Encode`] when a field cannot be written.
    fn encode_fields(&self, extra: &Extra, out: &mut Vec<u8>) -> Result<(), FormatError>;

    /// Reads the fields of the fact called `name`; `None` when the table has no such fact.
    ///
    /// `fields` is one whole MessagePack map that has passed [`message::measure`](crate::message::measure).
    ///
    /// # Errors
    ///
    /// [`FormatError::Fields`] when the fields do not fit the fact.
    fn decode_fields(name: &str, fields: &[u8]) -> Result<Option<(Self, Extra)>, FormatError>;

    /// The known fields as a JSON object, for people.
    ///
    /// # Errors
    ///
    /// [`FormatError::Encode`] when a field has no JSON form.
    fn json_fields(&self) -> Result<String, FormatError>;
}

/// What may never change about a fact that was once written: its name, its fields, and whether it may be skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactLayout {
    /// The stable name.
    pub name: &'static str,
    /// The field names, in the order in which they are written.
    pub fields: &'static [&'static str],
    /// Whether a reader that does not know the fact may skip it.
    pub optional: bool,
}

/// Declares the facts of a journal: an enum, the stable name of each variant, and how each is read and written.
///
/// Each line names a struct in scope, which becomes a variant of the same name that holds it, and the stable name of
/// the fact. A line that ends with `optional` declares a fact that a reader may skip when it does not know it. The
/// structs derive `Serialize` and `Deserialize` (plain: no `flatten`, no `tag`, named fields) and need no
/// `deny_unknown_fields`: fields that they do not know are kept in [`Extra`]. A field that was added later
/// has `#[serde(default, skip_serializing_if = ...)]`, an `Option` too, so that older records still decode and encode to
/// the same bytes.
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// /// The light was switched.
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// pub struct LightSwitched {
///     /// Whether it is on now.
///     pub on: bool,
/// }
///
/// /// Somebody left a remark.
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// pub struct RemarkLeft {
///     /// The remark.
///     pub text: String,
/// }
///
/// highwater_format::facts! {
///     /// What can happen to a light.
///     #[derive(Clone, Debug, PartialEq)]
///     pub enum LightFact {
///         LightSwitched = "light-switched",
///         RemarkLeft = "remark-left" optional,
///     }
/// }
///
/// assert_eq!(LightFact::from(LightSwitched { on: true }).name(), "light-switched");
/// # use highwater_format::FactTable;
/// ```
#[macro_export]
macro_rules! facts {
    (
        $(#[$outer:meta])*
        $visibility:vis enum $Table:ident {
            $( $(#[$inner:meta])* $Variant:ident = $name:literal $($optional:ident)? ),+ $(,)?
        }
    ) => {
        $(#[$outer])*
        $visibility enum $Table {
            $(
                #[doc = concat!("`", $name, "`: see [`struct@", stringify!($Variant), "`].")]
                $(#[$inner])*
                $Variant($Variant),
            )+
        }

        impl $crate::FactTable for $Table {
            fn layout() -> Vec<$crate::FactLayout> {
                vec![$(
                    $crate::FactLayout {
                        name: $name,
                        fields: $crate::fact_table::field_names::<$Variant>(),
                        optional: $crate::facts!(@optional $($optional)?),
                    },
                )+]
            }

            fn name(&self) -> &'static str {
                match self {
                    $( Self::$Variant(_) => $name, )+
                }
            }

            fn is_optional(&self) -> bool {
                match self {
                    $( Self::$Variant(_) => $crate::facts!(@optional $($optional)?), )+
                }
            }

            fn encode_fields(
                &self,
                extra: &$crate::Extra,
                out: &mut Vec<u8>,
            ) -> Result<(), $crate::FormatError> {
                match self {
                    $( Self::$Variant(fields) => $crate::entry::encode_fields($name, fields, extra, out), )+
                }
            }

            fn decode_fields(
                name: &str,
                fields: &[u8],
            ) -> Result<Option<(Self, $crate::Extra)>, $crate::FormatError> {
                Ok(Some(match name {
                    $(
                        $name => {
                            let (fields, extra) = $crate::entry::decode_fields::<$Variant>($name, fields)?;
                            (Self::$Variant(fields), extra)
                        }
                    )+
                    _ => return Ok(None),
                }))
            }

            fn json_fields(&self) -> Result<String, $crate::FormatError> {
                match self {
                    $( Self::$Variant(fields) => $crate::fact_json::to_json(fields), )+
                }
            }
        }

        $(
            impl From<$Variant> for $Table {
                fn from(fields: $Variant) -> Self {
                    Self::$Variant(fields)
                }
            }
        )+
    };
    (@optional) => { false };
    (@optional optional) => { true };
}

/// The field names of a struct that derives `Deserialize`, in the order of its declaration.
///
/// A struct without named fields has none.
pub fn field_names<T: DeserializeOwned>() -> &'static [&'static str] {
    match T::deserialize(FieldNames) {
        Err(Found(fields)) => fields,
        Ok(_) => &[],
    }
}

/// A deserializer that answers nothing and remembers which fields it was asked for.
struct FieldNames;

/// The field names, travelling as an error because that is the only way out of a deserializer without data.
#[derive(Debug)]
struct Found(&'static [&'static str]);

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "fields {:?}", self.0)
    }
}

impl std::error::Error for Found {}

impl de::Error for Found {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self(&[])
    }
}

impl<'de> Deserializer<'de> for FieldNames {
    type Error = Found;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Found> {
        Err(Found(fields))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Found> {
        Err(Found(&[]))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Sample {
        first: u64,
        #[serde(rename = "2nd")]
        second: Option<String>,
    }

    #[test]
    fn field_names_are_those_on_the_wire() {
        assert_eq!(field_names::<Sample>(), ["first", "2nd"]);
        assert!(field_names::<u64>().is_empty());
    }
}
