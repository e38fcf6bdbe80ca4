//! Time: what the host says it is, and what may be concluded from it.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

/// The engine's own clock. It never runs backwards, whatever the host's clock does.
///
/// Deadlines inside the engine are set on it, so a host clock that jumps back a day does not make anything wait a day,
/// and one that jumps forward lets waits end early, which is safe: safety rests on tokens and versions, never on time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Monotonic {
    last_ms: Option<i64>,
    elapsed_ms: u64,
}

impl Monotonic {
    /// Takes the time of the host, and returns the time on this clock, in milliseconds since its start.
    pub(crate) fn advance(&mut self, now_ms: i64) -> u64 {
        if let Some(last_ms) = self.last_ms {
            let step = i128::from(now_ms) - i128::from(last_ms);
            self.elapsed_ms = self.elapsed_ms.saturating_add(u64::try_from(step.max(0)).unwrap_or(u64::MAX));
        }
        self.last_ms = Some(now_ms);
        self.elapsed_ms
    }
}

/// `20261120T222304Z`, for ids that sort by time. Times outside the calendar give their number.
pub(crate) fn compact(at_ms: i64) -> String {
    let Some(time) = calendar(at_ms) else { return at_ms.to_string() };
    let (year, month, day) = (time.year(), time.month(), time.day());
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", time.hour(), time.minute(), time.second())
}

/// The time, in whole seconds, that [`compact`] wrote.
pub(crate) fn from_compact(text: &str) -> Option<i64> {
    let Some((date, time)) = text.strip_suffix('Z').and_then(|text| text.split_once('T')) else {
        return text.parse().ok();
    };
    let part = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let year = i32::try_from(part(date, 0, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, part(date, 4, 6)?, part(date, 6, date.len())?)?;
    let time = day.and_hms_opt(part(time, 0, 2)?, part(time, 2, 4)?, part(time, 4, time.len())?)?;
    Some(time.and_utc().timestamp_millis())
}

/// `2026-11-20T22:23:04.000Z`, for people. Times outside the calendar give their number.
pub(crate) fn readable(at_ms: i64) -> String {
    let Some(time) = calendar(at_ms) else { return at_ms.to_string() };
    let (year, month, day) = (time.year(), time.month(), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", at_ms.rem_euclid(1_000))
}

/// The time in the calendar, for years of four digits.
// Its parts are put together here: the interpreter of chrono's format strings would be 17 KB of the component.
fn calendar(at_ms: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(at_ms).filter(|time| (0..=9_999).contains(&time.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_on_when_the_host_jumps_back_a_day() {
        let mut clock = Monotonic::default();
        assert_eq!(clock.advance(1_000_000_000), 0);
        assert_eq!(clock.advance(1_000_000_500), 500);
        assert_eq!(clock.advance(1_000_000_500 - 86_400_000), 500);
        assert_eq!(clock.advance(1_000_000_600 - 86_400_000), 600);
        assert_eq!(clock.advance(i64::MAX).min(601), 601);
        assert!(clock.advance(i64::MIN) > 600);
    }

    #[test]
    fn times_are_written_out() {
        assert_eq!(compact(1_795_213_384_000), "20261120T222304Z");
        assert_eq!(readable(1_795_213_384_007), "2026-11-20T22:23:04.007Z");
        assert_eq!(readable(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(compact(253_402_300_800_000), "253402300800000", "the year 10000");
        assert_eq!(compact(i64::MAX), i64::MAX.to_string());
        for at_ms in [1_795_213_384_000, 0, -62_000_000_000_000, 253_402_300_800_000, i64::MAX] {
            assert_eq!(from_compact(&compact(at_ms)), Some(at_ms));
        }
        assert_eq!(["", "T", "20261320T000000Z", "é"].map(from_compact), [None; 4]);
    }
}
