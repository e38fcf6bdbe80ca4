//! Values in another type, where that loses nothing.

use super::{Value, ValueType};

impl Value {
    /// The same value in this type; `None` where something would be lost or guessed.
    ///
    /// Whole numbers and decimals become each other where they fit, a date becomes midnight without a zone, and text is
    /// read as whatever it denotes. A time with an offset and one without never become each other.
    #[must_use]
    pub fn convert(&self, to: ValueType) -> Option<Value> {
        use ValueType::{Date, Decimal, Int, LocalTimestamp, Text, Uint};
        let from = self.value_type();
        if from == to {
            return Some(self.clone());
        }
        let text = self.to_text();
        let text = match (from, to) {
            (Int | Uint, Int | Uint | Decimal) | (Text, _) | (_, Text) => text,
            (Decimal, Int | Uint) => whole(&text)?.to_owned(),
            (Date, LocalTimestamp) => format!("{text}T00:00:00"),
            _ => return None,
        };
        Value::parse(to, &text).ok()
    }
}

/// The number without a fraction that is nothing.
fn whole(text: &str) -> Option<&str> {
    match text.split_once('.') {
        None => Some(text),
        Some((whole, fraction)) => fraction.bytes().all(|digit| digit == b'0').then_some(whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(from: ValueType, text: &str, to: ValueType) -> Option<String> {
        let value = Value::parse(from, text).expect("a value");
        value.convert(to).map(|value| {
            assert_eq!(value.value_type(), to);
            value.to_text()
        })
    }

    #[test]
    fn nothing_is_lost_and_nothing_guessed() {
        use ValueType::{Bool, Date, Decimal, Int, LocalTimestamp, Text, Timestamp, Uint};
        let same = |from, text, to| assert_eq!(converted(from, text, to).as_deref(), Some(text));
        same(Int, "5", Uint);
        same(Uint, "5", Int);
        same(Int, "-5", Decimal);
        same(Text, "2024-02-29", Date);
        same(Timestamp, "2024-02-29T12:30:00Z", Text);
        assert_eq!(converted(Decimal, "5.00", Int).as_deref(), Some("5"));
        assert_eq!(converted(Date, "2024-02-29", LocalTimestamp).as_deref(), Some("2024-02-29T00:00:00"));
        for (from, text, to) in [
            (Int, "-5", Uint),
            (Uint, "18446744073709551615", Int),
            (Decimal, "5.10", Int),
            (Text, "soon", Date),
            (LocalTimestamp, "2024-02-29T12:30:00", Timestamp),
            (Timestamp, "2024-02-29T12:30:00Z", LocalTimestamp),
            (Bool, "true", Int),
        ] {
            assert_eq!(converted(from, text, to), None, "{text}");
        }
    }
}
