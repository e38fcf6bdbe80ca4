//! Intervals, as people write and read them.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use highwater::{Axis, Interval};

/// An interval, and the axis that its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) axis: Axis,
    pub(crate) interval: Interval,
}

/// Reads `2026-11-20..2026-11-22`, a whole day, month or year, or whole numbers such as `0..500`. The end is not part of it. Times
/// without an offset are in UTC.
pub(crate) fn parse(text: &str) -> Result<Written, String> {
    let unreadable = || {
        format!(
            "`{text}` is no interval; write 2026-11-20, 2026-11-20..2026-11-23, 2026-11, or whole numbers as in 0..500"
        )
    };
    let (axis, interval) = match text.split_once("..") {
        None => (Axis::Time, whole(text).ok_or_else(unreadable)?),
        Some((start, end)) => match (start.parse(), end.parse()) {
            (Ok(start), Ok(end)) => (Axis::Integer, Interval { start, end }),
            _ => {
                let start = instant(start).ok_or_else(unreadable)?;
                (Axis::Time, Interval { start, end: instant(end).ok_or_else(unreadable)? })
            }
        },
    };
    if interval.start >= interval.end {
        return Err(format!("`{text}` is empty: the end is not part of it and must come after the start"));
    }
    Ok(Written { axis, interval })
}

/// A whole day, month or year.
fn whole(text: &str) -> Option<Interval> {
    let (first, next) = match text.len() {
        4 => (format!("{text}-01-01"), Months::new(12)),
        7 => (format!("{text}-01"), Months::new(1)),
        _ => {
            let day: NaiveDate = text.parse().ok()?;
            return Some(Interval { start: midnight(day)?, end: midnight(day.succ_opt()?)? });
        }
    };
    let first: NaiveDate = first.parse().ok()?;
    Some(Interval { start: midnight(first)?, end: midnight(first.checked_add_months(next)?)? })
}

/// A date in UTC, a month, or a time.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let date = || text.parse().ok().and_then(midnight);
    let month = || format!("{text}-01").parse().ok().and_then(midnight);
    let time = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis());
    date().or_else(month).or_else(time)
}

/// Reads a place on either axis: a date in UTC, a time, or a whole number.
pub(crate) fn place(text: &str) -> Result<i64, String> {
    let found = text.parse().ok().or_else(|| instant(text));
    found.ok_or_else(|| format!("`{text}` is no place; write 2026-11-28, a time, or a whole number"))
}

fn midnight(day: NaiveDate) -> Option<i64> {
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

/// A number of this axis as [`parse`] reads it: as short as it can be.
pub(crate) fn number(axis: Axis, number: i64) -> String {
    let time =
        DateTime::<Utc>::from_timestamp_millis(number).filter(|time| (0..=9_999).contains(&time.year()));
    match (axis, time) {
        (Axis::Time, Some(time)) => {
            let format = if number.rem_euclid(86_400_000) == 0 {
                "%Y-%m-%d"
            } else if number.rem_euclid(1_000) == 0 {
                "%Y-%m-%dT%H:%M:%SZ"
            } else {
                "%Y-%m-%dT%H:%M:%S%.3fZ"
            };
            time.format(format).to_string()
        }
        _ => number.to_string(),
    }
}

/// An interval as [`parse`] reads it.
pub(crate) fn words(axis: Axis, interval: Interval) -> String {
    format!("{}..{}", number(axis, interval.start), number(axis, interval.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_and_said_alike() {
        for text in
            ["0..500", "-5..5", "2026-11-20..2026-11-22", "2026-11-20T06:00:00Z..2026-11-20T12:00:00.500Z"]
        {
            let written = parse(text).expect("an interval");
            assert_eq!(words(written.axis, written.interval), text);
        }
    }

    #[test]
    fn days_months_and_years_are_whole() {
        for (text, words) in [
            ("2024-02-29", "2024-02-29..2024-03-01"),
            ("2024-02", "2024-02-01..2024-03-01"),
            ("2024", "2024-01-01..2025-01-01"),
            ("2024-02..2024-04", "2024-02-01..2024-04-01"),
        ] {
            assert_eq!(super::words(Axis::Time, parse(text).expect("an interval").interval), words);
        }
        for text in
            ["", "..", "5..5", "9..5", "2026-13", "yesterday", "2026-11-20..2026-11-20", "1..2026-11-20"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
