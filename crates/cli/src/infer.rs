//! Which type a value has that somebody typed.

use highwater::{Value, ValueType};

use crate::failure::{Failure, Outcome};

/// Types that are told by their form, in the order in which they are tried.
const BY_FORM: [ValueType; 7] = [
    ValueType::Int,
    ValueType::Uint,
    ValueType::Decimal,
    ValueType::Timestamp,
    ValueType::LocalTimestamp,
    ValueType::Date,
    ValueType::Uuid,
];

/// A value, and how its type was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Typed {
    /// The value.
    pub(crate) value: Value,
    /// Where the type comes from, in words.
    pub(crate) because: &'static str,
}

/// Reads `text` as the type that was asked for, else as the type that stands there, else as what it looks like.
pub(crate) fn read(text: &str, wanted: Option<ValueType>, present: Option<&Value>) -> Outcome<Typed> {
    let (value_type, because) = match (wanted, present) {
        (Some(wanted), _) => (wanted, "as asked for"),
        (None, Some(present)) => (present.value_type(), "as it has been so far"),
        (None, None) => return Ok(Typed { value: by_form(text), because: "from its form" }),
    };
    let value = Value::parse(value_type, text).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Typed { value, because })
}

fn by_form(text: &str) -> Value {
    let fits =
        |value_type: &ValueType| Value::parse(*value_type, text).ok().filter(|value| keeps(value, text));
    BY_FORM.iter().find_map(fits).unwrap_or_else(|| Value::Text(text.to_owned()))
}

/// Numbers that would lose something, such as the zeros of `007`, are text.
fn keeps(value: &Value, text: &str) -> bool {
    let is_number = matches!(value, Value::Int(_) | Value::Uint(_) | Value::Decimal(_));
    !is_number || value.to_text() == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_tell_types() {
        for (text, value_type) in [
            ("5", ValueType::Int),
            ("-5", ValueType::Int),
            ("9223372036854775807", ValueType::Int),
            ("9223372036854775808", ValueType::Uint),
            ("18446744073709551616", ValueType::Decimal),
            ("0.10", ValueType::Decimal),
            ("007", ValueType::Text),
            ("1e5", ValueType::Text),
            ("NaN", ValueType::Text),
            ("2024-02-29", ValueType::Date),
            ("2024-02-29T12:00:00Z", ValueType::Timestamp),
            ("2024-02-29T12:00:00+05:30", ValueType::Timestamp),
            ("2024-02-29T12:00:00", ValueType::LocalTimestamp),
            ("67e55044-10b1-426f-9247-bb680e5fe0c8", ValueType::Uuid),
            ("2023-02-29", ValueType::Text),
            ("", ValueType::Text),
            ("true", ValueType::Text),
        ] {
            let typed = read(text, None, None).expect("a form always fits");
            assert_eq!((typed.value.value_type(), typed.because), (value_type, "from its form"), "{text}");
        }
    }

    #[test]
    fn what_stands_there_decides_before_the_form_and_what_is_asked_before_both() {
        let present = Value::Text("a".to_owned());
        let typed = read("5", None, Some(&present)).expect("text");
        assert_eq!(typed.value, Value::Text("5".to_owned()));
        let typed = read("5", Some(ValueType::Uint), Some(&present)).expect("uint");
        assert_eq!(typed.value, Value::Uint(5));
        assert_eq!(read("x", None, Some(&Value::Int(1))).expect_err("no int").exit_code, 2);
    }
}
