//! Days of the calendar.

use std::fmt;

use super::civil::{FIRST_DAY, LAST_DAY, Reader, write_date};
use super::{ValueError, ValueType, Way};

/// How long the canonical text is, in bytes.
pub(super) const LONGEST_BYTES: usize = "2024-02-29".len();

/// A day of the calendar, from 0001-01-01 to 9999-12-31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    unix_days: i32,
}

impl Date {
    /// Reads a date like `2024-02-29`.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when it is written otherwise or there is no such day.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let mut reader = Reader::new(ValueType::Date, text, "2024-02-29");
        let unix_days = reader.date()?;
        reader.end()?;
        Ok(Self { unix_days })
    }

    /// The canonical text.
    pub(super) fn to_text(self) -> String {
        let mut text = String::with_capacity(LONGEST_BYTES);
        write_date(self.unix_days, &mut text);
        text
    }

    /// So many days away. It stops at the first or last day.
    pub(super) fn shifted(self, days: u64, way: Way) -> Self {
        let day = i64::from(self.unix_days);
        let shifted = match way {
            Way::Down => day.saturating_sub_unsigned(days),
            Way::Up => day.saturating_add_unsigned(days),
        };
        Self { unix_days: shifted.clamp(FIRST_DAY, LAST_DAY) as i32 }
    }

    /// Days since 1970-01-01.
    pub fn unix_days(self) -> i32 {
        self.unix_days
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_text().fmt(f)
    }
}
