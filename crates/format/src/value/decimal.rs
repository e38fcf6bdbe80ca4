//! Decimal numbers of any scale, kept as text so that no digit is lost.

use std::cmp::Ordering;
use std::fmt;

use super::value_type::not_finite;
use super::{ValueError, ValueType};
use crate::limits::DECIMAL_DIGITS;

/// A decimal number. Its text keeps trailing zeros, its order does not see them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(Box<str>);

impl Decimal {
    /// Reads a decimal: an optional sign, digits, an optional fraction, an optional exponent.
    ///
    /// The canonical text has no plus, no leading zeros, no exponent and no minus before zero; `1.50` stays `1.50`.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when it is written otherwise, or has more than [`DECIMAL_DIGITS`] digits when written out.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let refused = |reason: &str| ValueError::new(ValueType::Decimal, text, reason);
        if let Some(reason) = not_finite(text) {
            return Err(refused(reason));
        }
        let parts = Parts::split(text).ok_or_else(|| {
            refused("write digits, a fraction or an exponent if needed, and a sign if needed")
        })?;
        match parts.canonical() {
            Some(canonical) => Ok(Self(canonical.into())),
            None => Err(refused(&format!("it has more than {DECIMAL_DIGITS} digits; round it"))),
        }
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which of two numbers is less. Numbers that differ only in trailing zeros compare as the same.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }

    /// Whether it is below zero. Zero is written with a minus by nobody.
    fn is_negative(&self) -> bool {
        self.0.starts_with('-')
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        let (whole, fraction) = self.magnitude();
        let (other_whole, other_fraction) = other.magnitude();
        whole
            .len()
            .cmp(&other_whole.len())
            .then_with(|| whole.cmp(other_whole))
            .then_with(|| fraction.trim_end_matches('0').cmp(other_fraction.trim_end_matches('0')))
    }

    /// The digits before and behind the point.
    fn magnitude(&self) -> (&str, &str) {
        let digits = self.0.trim_start_matches('-');
        digits.split_once('.').unwrap_or((digits, ""))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A decimal as somebody wrote it.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    /// How far the point is to be moved to the right; what is beyond an `i32` is beyond all limits.
    exponent: i32,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent))
                if is_number(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)) =>
            {
                let beyond = if exponent.starts_with('-') { i32::MIN } else { i32::MAX };
                (mantissa, exponent.parse().unwrap_or(beyond))
            }
            Some(_) => return None,
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if is_number(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        is_number(whole).then_some(Self { negative: text.starts_with('-'), whole, fraction, exponent })
    }

    /// The canonical text; `None` when it has too many digits.
    fn canonical(&self) -> Option<String> {
        let whole = self.whole.trim_start_matches('0');
        let digits = format!("{whole}{}", self.fraction);
        let is_zero = digits.bytes().all(|digit| digit == b'0');
        // How many digits stand behind the point, and how many before it: both may be negative.
        let scale = self.fraction.len() as i64 - i64::from(self.exponent);
        let before = if is_zero { 0 } else { digits.len() as i64 - scale };
        if before.max(1) + scale.max(0) > DECIMAL_DIGITS as i64 {
            return None;
        }
        let scale = scale.max(0) as usize;
        let mut digits = if is_zero { String::new() } else { digits };
        if self.exponent > 0 && before > digits.len() as i64 {
            digits.push_str(&"0".repeat(before as usize - digits.len()));
        }
        let digits = format!("{}{digits}", "0".repeat((scale + 1).saturating_sub(digits.len())));
        let (before, behind) = digits.split_at(digits.len() - scale);
        let before = match before.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        let sign = if self.negative && !is_zero { "-" } else { "" };
        let point = if behind.is_empty() { "" } else { "." };
        Some(format!("{sign}{before}{point}{behind}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn exponents_are_written_out() {
        let cases = [
            ("1e3", "1000"),
            ("1.5e1", "15"),
            ("1.50e1", "15.0"),
            ("15e-1", "1.5"),
            ("1.5E-3", "0.0015"),
            ("0e5", "0"),
            ("-0.00e-1", "0.000"),
            ("0.001e3", "1"),
            ("0.001e2", "0.1"),
            ("+007.10", "7.10"),
        ];
        for (text, canonical) in cases {
            assert_eq!(decimal(text).as_str(), canonical, "{text}");
        }
    }

    #[test]
    fn limits_hold_for_numbers_written_out() {
        let longest = "9".repeat(DECIMAL_DIGITS);
        assert_eq!(decimal(&longest).as_str(), longest);
        let too_long = [format!("{longest}9"), format!("1e{DECIMAL_DIGITS}"), format!("1e-{DECIMAL_DIGITS}")];
        let beyond = ["1e99999999999", "1e-99999999999", "0e-99999999999"].map(str::to_owned);
        for text in too_long.iter().chain(&beyond) {
            assert!(Decimal::parse(text).unwrap_err().reason.contains("digits"), "{text}");
        }
        assert_eq!(decimal("0e99999999999").as_str(), "0");
    }

    proptest! {
        #[test]
        fn canonical_text_is_stable(text in "[+-]?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?") {
            if let Ok(value) = Decimal::parse(&text) {
                prop_assert_eq!(&decimal(value.as_str()), &value);
            }
        }

        #[test]
        fn order_is_that_of_the_numbers(a in any::<(i64, u8)>(), b in any::<(i64, u8)>()) {
            let [(a, a_scale), (b, b_scale)] = [a, b].map(|(number, scale)| (number, i32::from(scale % 18)));
            let written = |number: i64, scale: i32| decimal(&format!("{number}e-{scale}"));
            let scaled = |number: i64, scale: i32| i128::from(number) * 10_i128.pow(18 - scale as u32);
            let expected = scaled(a, a_scale).cmp(&scaled(b, b_scale));
            prop_assert_eq!(written(a, a_scale).compare(&written(b, b_scale)), expected);
        }
    }
}
