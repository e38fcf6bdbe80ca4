//! Instants with an offset, and times without one. They never compare with each other.

use std::cmp::Ordering;
use std::fmt;

use super::civil::{Moment, Reader, write_number};
use super::{ValueError, ValueType, Way};

/// How a timestamp with an offset is written.
const ZONED_FORM: &str = "2024-02-29T12:30:00.5Z or 2024-02-29T12:30:00+01:00";

/// How a timestamp without an offset is written.
const LOCAL_FORM: &str = "2024-02-29T12:30:00.5";

/// How long the canonical text can be, in bytes.
pub(super) const LONGEST_BYTES: usize = "2024-02-29T12:30:00.000000000+01:00".len();

/// An instant, with the offset from UTC at which it was observed and the precision with which it was written.
///
/// Ordered by instant: the same instant at two offsets is neither above nor below itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    unix_seconds: i64,
    nanoseconds: u32,
    precision: u8,
    offset_minutes: i16,
}

impl Timestamp {
    /// Reads a timestamp of RFC 3339 with up to nine digits behind the second.
    ///
    /// The canonical text keeps the digits and the offset; an offset of zero is written `Z`.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when it is written otherwise, has no offset, or there is no such time.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let mut reader = Reader::new(ValueType::Timestamp, text, ZONED_FORM);
        let local = reader.moment()?;
        if reader.is_empty() {
            return Err(reader.refused("it has no offset from UTC: use local-timestamp, or add the offset"));
        }
        let offset_minutes = reader.offset()?;
        reader.end()?;
        Ok(Self {
            unix_seconds: local.seconds - i64::from(offset_minutes) * 60,
            nanoseconds: local.nanoseconds,
            precision: local.precision,
            offset_minutes,
        })
    }

    /// The instant so many seconds after 1970-01-01T00:00:00Z, observed at this offset from UTC.
    ///
    /// `precision` is the number of digits behind the second, 0 to 9; `nanoseconds` has no others.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when a part is out of its range, or the year there is not one of 0001 to 9999.
    pub fn from_unix(
        unix_seconds: i64,
        nanoseconds: u32,
        precision: u8,
        offset_minutes: i16,
    ) -> Result<Self, ValueError> {
        let timestamp = Self { unix_seconds, nanoseconds, precision, offset_minutes };
        if offset_minutes.unsigned_abs() < 24 * 60
            && timestamp.local().is_some_and(|local| local.is_possible())
        {
            return Ok(timestamp);
        }
        let text = format!("{unix_seconds}.{nanoseconds:09}");
        let reason = "a part of it is out of range: years go from 0001 to 9999, offsets to 23:59";
        Err(ValueError::new(ValueType::Timestamp, &text, reason))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.unix_seconds
    }

    /// Nanoseconds behind the second, below 1,000,000,000.
    pub fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Digits behind the second, 0 to 9.
    pub fn precision(self) -> u8 {
        self.precision
    }

    /// The offset from UTC, in minutes, positive to the east.
    pub fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// Which of two instants is earlier.
    pub fn compare(&self, other: &Self) -> Ordering {
        (self.unix_seconds, self.nanoseconds).cmp(&(other.unix_seconds, other.nanoseconds))
    }

    /// So many milliseconds away, at the same offset. It stops where a clock at the offset shows the first or last moment.
    pub(super) fn shifted(self, amount_ms: u64, way: Way) -> Self {
        let Some(local) = self.local() else { return self };
        let Moment { seconds, nanoseconds, precision } = local.shifted(amount_ms, way);
        let unix_seconds = seconds - i64::from(self.offset_minutes) * 60;
        Self { unix_seconds, nanoseconds, precision, ..self }
    }

    /// The canonical text.
    pub(super) fn to_text(self) -> String {
        let mut text = String::with_capacity(LONGEST_BYTES);
        if let Some(local) = self.local() {
            local.write(&mut text);
        }
        if self.offset_minutes == 0 {
            text.push('Z');
            return text;
        }
        let minutes = u32::from(self.offset_minutes.unsigned_abs());
        text.push(if self.offset_minutes < 0 { '-' } else { '+' });
        write_number(minutes / 60, 2, &mut text);
        text.push(':');
        write_number(minutes % 60, 2, &mut text);
        text
    }

    /// What a clock at the offset shows.
    fn local(self) -> Option<Moment> {
        let seconds = self.unix_seconds.checked_add(i64::from(self.offset_minutes) * 60)?;
        Some(Moment { seconds, nanoseconds: self.nanoseconds, precision: self.precision })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_text().fmt(f)
    }
}

/// A date and time of day without a zone, so that it denotes no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalTimestamp {
    seconds: i64,
    nanoseconds: u32,
    precision: u8,
}

impl LocalTimestamp {
    /// Reads a timestamp without an offset, with up to nine digits behind the second.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when it is written otherwise, has an offset, or there is no such time.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let mut reader = Reader::new(ValueType::LocalTimestamp, text, LOCAL_FORM);
        let Moment { seconds, nanoseconds, precision } = reader.moment()?;
        if !reader.is_empty() && reader.offset().is_ok() && reader.is_empty() {
            return Err(reader.refused("it has an offset from UTC: use timestamp, or leave the offset out"));
        }
        reader.end()?;
        Ok(Self { seconds, nanoseconds, precision })
    }

    /// The canonical text.
    pub(super) fn to_text(self) -> String {
        let Self { seconds, nanoseconds, precision } = self;
        let mut text = String::with_capacity(LONGEST_BYTES);
        Moment { seconds, nanoseconds, precision }.write(&mut text);
        text
    }

    /// So many milliseconds away. It stops at the first or last moment.
    pub(super) fn shifted(self, amount_ms: u64, way: Way) -> Self {
        let Self { seconds, nanoseconds, precision } = self;
        let Moment { seconds, nanoseconds, precision } =
            Moment { seconds, nanoseconds, precision }.shifted(amount_ms, way);
        Self { seconds, nanoseconds, precision }
    }

    /// Which of two is earlier on the same clock.
    pub fn compare(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanoseconds).cmp(&(other.seconds, other.nanoseconds))
    }

    /// Digits behind the second, 0 to 9.
    pub fn precision(self) -> u8 {
        self.precision
    }
}

impl fmt::Display for LocalTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_text().fmt(f)
    }
}
