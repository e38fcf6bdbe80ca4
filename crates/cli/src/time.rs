//! Times and durations, as people read and write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::console::Console;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// `2026-11-20T22:23:04.000Z`, for programs; `None` outside the calendar.
pub(crate) fn rfc3339(at_ms: i64) -> Option<String> {
    Some(DateTime::<Utc>::from_timestamp_millis(at_ms)?.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// `2026-11-20 22:23:04Z`, for people.
pub(crate) fn absolute(at_ms: i64) -> String {
    match DateTime::<Utc>::from_timestamp_millis(at_ms) {
        Some(time) => time.format("%Y-%m-%d %H:%M:%SZ").to_string(),
        None => format!("{at_ms} ms"),
    }
}

/// `2m ago`, or `in 5s`.
pub(crate) fn relative(at_ms: i64, now_ms: i64) -> String {
    let distance_ms = now_ms.saturating_sub(at_ms);
    let size = match distance_ms.saturating_abs() {
        distance if distance < SECOND_MS => return "just now".to_owned(),
        distance if distance < MINUTE_MS => format!("{}s", distance / SECOND_MS),
        distance if distance < HOUR_MS => format!("{}m", distance / MINUTE_MS),
        distance if distance < 2 * DAY_MS => format!("{}h", distance / HOUR_MS),
        distance => format!("{}d", distance / DAY_MS),
    };
    if distance_ms > 0 { format!("{size} ago") } else { format!("in {size}") }
}

/// `350 ms`, `3.2 s`, `2m 05s`, `1h 02m`.
pub(crate) fn duration(duration_ms: i64) -> String {
    match duration_ms.max(0) {
        short if short < SECOND_MS => format!("{short} ms"),
        short if short < MINUTE_MS => format!("{}.{} s", short / SECOND_MS, short % SECOND_MS / 100),
        long if long < HOUR_MS => format!("{}m {:02}s", long / MINUTE_MS, long % MINUTE_MS / SECOND_MS),
        long => format!("{}h {:02}m", long / HOUR_MS, long % HOUR_MS / MINUTE_MS),
    }
}

impl Console {
    /// A time in a table: as much of it as there is room for.
    pub(crate) fn when(&self, at_ms: i64) -> String {
        if self.is_wide() { self.moment(at_ms) } else { relative(at_ms, self.now_ms) }
    }

    /// A time with nothing left out.
    pub(crate) fn moment(&self, at_ms: i64) -> String {
        format!("{} ({})", absolute(at_ms), relative(at_ms, self.now_ms))
    }
}

/// Reads `30s`, `5m`, `1h 30m`, `500ms`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write for example 30s, 5m or 1h30m"))
}

/// Reads an RFC 3339 time, a date, or a duration, which is meant as that long ago.
pub(crate) fn parse_instant(text: &str) -> Result<i64, String> {
    let unreadable =
        || format!("`{text}` is no time; write 2026-11-20T22:00:00Z, 2026-11-20, or 2h for two hours ago");
    if let Ok(ago) = humantime::parse_duration(text.strip_suffix("ago").unwrap_or(text).trim()) {
        return Ok(now_ms().saturating_sub(milliseconds(ago)));
    }
    if let Ok(date) = text.parse::<chrono::NaiveDate>() {
        return date.and_hms_opt(0, 0, 0).map(|day| day.and_utc().timestamp_millis()).ok_or_else(unreadable);
    }
    DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_millis()).map_err(|_| unreadable())
}

/// Whole milliseconds, as commands take lengths of time.
pub(crate) fn whole_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_read_like_speech() {
        for (at_ms, words) in [
            (1_000_000, "just now"),
            (997_000, "3s ago"),
            (1_007_000, "in 7s"),
            (1_000_000 - 2 * MINUTE_MS, "2m ago"),
            (1_000_000 - 47 * HOUR_MS, "47h ago"),
            (1_000_000 - 3 * DAY_MS, "3d ago"),
        ] {
            assert_eq!(relative(at_ms, 1_000_000), words);
        }
        assert_eq!(relative(i64::MIN, i64::MAX), "106751991167d ago");
    }

    #[test]
    fn durations_have_two_digits_that_matter() {
        for (duration_ms, words) in
            [(-5, "0 ms"), (350, "350 ms"), (3_250, "3.2 s"), (125_000, "2m 05s"), (3_725_000, "1h 02m")]
        {
            assert_eq!(duration(duration_ms), words);
        }
    }

    #[test]
    fn instants_are_absolute_or_so_long_ago() {
        assert_eq!(parse_instant("1970-01-02"), Ok(DAY_MS));
        assert_eq!(parse_instant("1970-01-01T01:00:00+01:00"), Ok(0));
        let two_hours_ago = now_ms() - 2 * HOUR_MS;
        assert!((parse_instant("2h").expect("a duration") - two_hours_ago).abs() < MINUTE_MS);
        assert!((parse_instant("2h ago").expect("a duration") - two_hours_ago).abs() < MINUTE_MS);
        assert!(parse_instant("yesterday").is_err());
    }
}
