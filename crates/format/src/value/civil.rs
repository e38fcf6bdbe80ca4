//! Dates and times of day as people write them, strictly.

use chrono::{Datelike, Days, NaiveDate};

use super::{ValueError, ValueType, Way};

/// 0001-01-01.
pub(super) const FIRST_DAY: i64 = -719_162;
/// 9999-12-31.
pub(super) const LAST_DAY: i64 = 2_932_896;

/// The most digits that the fraction of a second may have.
const FRACTION_DIGITS: usize = 9;

/// Seconds of a day.
pub(super) const DAY_SECONDS: i64 = 86_400;

/// Reads text from the front, and knows what to say when it does not go on as it should.
pub(super) struct Reader<'a> {
    value_type: ValueType,
    text: &'a str,
    rest: &'a [u8],
    form: &'static str,
}

/// A second of the calendar and the fraction behind it.
pub(super) struct Moment {
    /// Since 1970-01-01T00:00:00, not counting any offset.
    pub(super) seconds: i64,
    pub(super) nanoseconds: u32,
    /// How many digits the fraction has.
    pub(super) precision: u8,
}

impl<'a> Reader<'a> {
    /// `form` is an example of how it is to be written.
    pub(super) fn new(value_type: ValueType, text: &'a str, form: &'static str) -> Self {
        Self { value_type, text, rest: text.as_bytes(), form }
    }

    pub(super) fn refused(&self, reason: &str) -> ValueError {
        ValueError::new(self.value_type, self.text, format!("{reason}; write it like {}", self.form))
    }

    /// The days since 1970-01-01 of a date like `2024-02-29`.
    pub(super) fn date(&mut self) -> Result<i32, ValueError> {
        let year = self.number(4)?;
        self.expect(b'-')?;
        let month = self.number(2)?;
        self.expect(b'-')?;
        let day = self.number(2)?;
        if year == 0 {
            return Err(self.refused("years go from 0001 to 9999"));
        }
        let date = NaiveDate::from_ymd_opt(year as i32, month, day);
        date.map(days_of).ok_or_else(|| self.refused("there is no such day in the calendar"))
    }

    /// A date and time of day like `2024-02-29T12:30:00.5`.
    pub(super) fn moment(&mut self) -> Result<Moment, ValueError> {
        let days = self.date()?;
        if !(self.skip(b'T') || self.skip(b't') || self.skip(b' ')) {
            return Err(self.refused("a time of day must follow the date"));
        }
        let hour = self.number(2)?;
        self.expect(b':')?;
        let minute = self.number(2)?;
        self.expect(b':')?;
        let second = self.number(2)?;
        if second == 60 {
            return Err(self.refused("leap seconds have no place on the time line; use second 59"));
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(self.refused("there is no such time of day"));
        }
        let seconds = i64::from(days) * DAY_SECONDS + i64::from(hour * 3600 + minute * 60 + second);
        let (nanoseconds, precision) = self.fraction()?;
        Ok(Moment { seconds, nanoseconds, precision })
    }

    /// The minutes of an offset like `+05:30` or `Z`.
    pub(super) fn offset(&mut self) -> Result<i16, ValueError> {
        if self.skip(b'Z') || self.skip(b'z') {
            return Ok(0);
        }
        let sign = match self.rest.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(self.refused("it has no offset from UTC, without which it is no instant")),
        };
        self.rest = &self.rest[1..];
        let hours = self.number(2)?;
        self.expect(b':')?;
        let minutes = self.number(2)?;
        if hours > 23 || minutes > 59 {
            return Err(self.refused("there is no such offset"));
        }
        Ok(sign * (hours * 60 + minutes) as i16)
    }

    /// Refuses anything that is left.
    pub(super) fn end(&self) -> Result<(), ValueError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.refused("something follows it")) }
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn fraction(&mut self) -> Result<(u32, u8), ValueError> {
        if !self.skip(b'.') {
            return Ok((0, 0));
        }
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return Err(self.refused("digits must follow the point"));
        }
        if digits > FRACTION_DIGITS {
            return Err(self.refused("it is finer than a nanosecond"));
        }
        let number = self.number(digits)?;
        Ok((number * 10_u32.pow((FRACTION_DIGITS - digits) as u32), digits as u8))
    }

    /// A number of exactly so many digits, at most nine.
    fn number(&mut self, digits: usize) -> Result<u32, ValueError> {
        match self.rest.split_at_checked(digits) {
            Some((number, rest)) if number.iter().all(u8::is_ascii_digit) => {
                self.rest = rest;
                Ok(number.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
            }
            _ => Err(self.refused("a digit is missing")),
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), ValueError> {
        if self.skip(byte) {
            return Ok(());
        }
        Err(self.refused(&format!("a `{}` is missing", char::from(byte))))
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }
}

impl Moment {
    /// Whether the moment lies in the years 0001 to 9999, and its parts in their ranges.
    pub(super) fn is_possible(&self) -> bool {
        let year = i32::try_from(self.seconds.div_euclid(DAY_SECONDS))
            .ok()
            .and_then(date_of)
            .map(|date| date.year());
        let digits = FRACTION_DIGITS.checked_sub(usize::from(self.precision));
        matches!(year, Some(1..=9999))
            && self.nanoseconds < 1_000_000_000
            && digits.is_some_and(|digits| self.nanoseconds.is_multiple_of(10_u32.pow(digits as u32)))
    }
}

impl Moment {
    /// So many milliseconds away, but not further than the first or last moment.
    pub(super) fn shifted(self, amount_ms: u64, way: Way) -> Moment {
        let millisecond = self.seconds * 1_000 + i64::from(self.nanoseconds / 1_000_000);
        let shifted = match way {
            Way::Down => millisecond.saturating_sub_unsigned(amount_ms),
            Way::Up => millisecond.saturating_add_unsigned(amount_ms),
        };
        let day_ms = DAY_SECONDS * 1_000;
        let shifted = shifted.clamp(FIRST_DAY * day_ms, (LAST_DAY + 1) * day_ms - 1);
        let millisecond = shifted.rem_euclid(1_000) as u32;
        Moment {
            seconds: shifted.div_euclid(1_000),
            nanoseconds: millisecond * 1_000_000 + self.nanoseconds % 1_000_000,
            precision: digits_of(millisecond).max(self.precision),
        }
    }

    /// Appends the canonical text. Not through `fmt`, which takes three times as long.
    pub(super) fn write(&self, out: &mut String) {
        write_date(self.seconds.div_euclid(DAY_SECONDS) as i32, out);
        let second = self.seconds.rem_euclid(DAY_SECONDS) as u32;
        for (separator, number) in [('T', second / 3600), (':', second / 60 % 60), (':', second % 60)] {
            out.push(separator);
            write_number(number, 2, out);
        }
        if self.precision > 0 {
            let digits = usize::from(self.precision);
            out.push('.');
            write_number(self.nanoseconds / 10_u32.pow((FRACTION_DIGITS - digits) as u32), digits, out);
        }
    }
}

/// How many digits behind the second so many milliseconds need.
fn digits_of(millisecond: u32) -> u8 {
    if millisecond == 0 { 0 } else { 3 }
}

/// Appends the canonical text of a day.
pub(super) fn write_date(days: i32, out: &mut String) {
    // Days come from dates that were valid, so the other branch is never taken.
    let date = date_of(days).unwrap_or_default();
    write_number(date.year().unsigned_abs(), 4, out);
    out.push('-');
    write_number(date.month(), 2, out);
    out.push('-');
    write_number(date.day(), 2, out);
}

/// Appends the last so many digits of a number.
pub(super) fn write_number(number: u32, digits: usize, out: &mut String) {
    for place in (0..digits as u32).rev() {
        out.push(char::from(b'0' + (number / 10_u32.pow(place) % 10) as u8));
    }
}

pub(super) fn days_of(date: NaiveDate) -> i32 {
    date.signed_duration_since(NaiveDate::default()).num_days() as i32
}

pub(super) fn date_of(days: i32) -> Option<NaiveDate> {
    let distance = Days::new(u64::from(days.unsigned_abs()));
    if days < 0 {
        NaiveDate::default().checked_sub_days(distance)
    } else {
        NaiveDate::default().checked_add_days(distance)
    }
}
