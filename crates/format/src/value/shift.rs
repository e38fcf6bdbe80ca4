//! Values some way before or behind others.

use super::timestamp::{LocalTimestamp, Timestamp};
use super::{Date, Value};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Towards the least value.
    Down,
    /// Towards the greatest value.
    Up,
}

impl Value {
    /// The value so far away: units of a whole number, milliseconds of a timestamp, days of a date. It stops at the last
    /// value of its type. `None` for types that have no distances.
    #[must_use]
    pub fn shift(&self, amount: u64, way: Way) -> Option<Value> {
        Some(match (self, way) {
            (Value::Int(number), Way::Down) => Value::Int(number.saturating_sub_unsigned(amount)),
            (Value::Int(number), Way::Up) => Value::Int(number.saturating_add_unsigned(amount)),
            (Value::Uint(number), Way::Down) => Value::Uint(number.saturating_sub(amount)),
            (Value::Uint(number), Way::Up) => Value::Uint(number.saturating_add(amount)),
            (Value::Timestamp(time), way) => Value::Timestamp(Timestamp::shifted(*time, amount, way)),
            (Value::LocalTimestamp(time), way) => {
                Value::LocalTimestamp(LocalTimestamp::shifted(*time, amount, way))
            }
            (Value::Date(date), way) => Value::Date(Date::shifted(*date, amount, way)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ValueType;
    use super::*;

    fn shifted(value_type: ValueType, text: &str, amount: u64, way: Way) -> String {
        let value = Value::parse(value_type, text).expect("a value").shift(amount, way).expect("a distance");
        // Whatever comes out is a value that can be written and read.
        assert_eq!(Value::parse(value_type, &value.to_text()).as_ref(), Ok(&value));
        value.to_text()
    }

    #[test]
    fn each_type_has_its_unit() {
        use ValueType::{Date, Int, LocalTimestamp, Timestamp, Uint};
        assert_eq!(shifted(Int, "5", 7, Way::Down), "-2");
        assert_eq!(shifted(Uint, "5", 7, Way::Up), "12");
        assert_eq!(
            shifted(Timestamp, "2024-03-01T00:00:00+01:00", 3_600_000, Way::Down),
            "2024-02-29T23:00:00+01:00"
        );
        assert_eq!(shifted(Timestamp, "2024-03-01T00:00:00Z", 1, Way::Down), "2024-02-29T23:59:59.999Z");
        assert_eq!(
            shifted(Timestamp, "2024-03-01T00:00:00.123456Z", 1_500, Way::Up),
            "2024-03-01T00:00:01.623456Z"
        );
        assert_eq!(
            shifted(LocalTimestamp, "2024-03-01T00:00:00", 86_400_000, Way::Down),
            "2024-02-29T00:00:00"
        );
        assert_eq!(shifted(Date, "2024-03-01", 1, Way::Down), "2024-02-29");
    }

    #[test]
    fn it_stops_at_the_last_value() {
        use ValueType::{Date, Int, LocalTimestamp, Timestamp, Uint};
        assert_eq!(shifted(Uint, "5", 7, Way::Down), "0");
        assert_eq!(shifted(Int, "5", u64::MAX, Way::Down), "-9223372036854775808");
        assert_eq!(shifted(Int, "-5", u64::MAX, Way::Up), "9223372036854775807");
        assert_eq!(shifted(Date, "0001-01-05", 9, Way::Down), "0001-01-01");
        assert_eq!(shifted(Date, "2024-01-05", u64::MAX, Way::Up), "9999-12-31");
        assert_eq!(shifted(Timestamp, "2024-01-05T00:00:00Z", u64::MAX, Way::Down), "0001-01-01T00:00:00Z");
        assert_eq!(
            shifted(Timestamp, "9999-12-31T20:00:00-05:00", 86_400_000, Way::Up),
            "9999-12-31T23:59:59.999-05:00"
        );
        assert_eq!(shifted(LocalTimestamp, "0001-01-01T00:00:00.5", 501, Way::Down), "0001-01-01T00:00:00.0");
    }

    #[test]
    fn what_has_no_distances_says_so() {
        for value in [Value::Text("a".to_owned()), Value::Bool(true), Value::Bytes(vec![1])] {
            assert_eq!(value.shift(1, Way::Down), None);
        }
    }
}
