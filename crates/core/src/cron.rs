//! Cron expressions: five fields, minute, hour, day of the month, month, day of the week. They say what a civil clock shows; what
//! happens where it is put forward or back, `window.rs` says.
//!
//! Crates for this cost the component 38 to 112 KiB gzipped (measured: `cron` 0.15, `croner` 3), this one 2.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Timelike};

use crate::error::Error;

/// Longest time without a match, in days: a 29 February on a given weekday comes every 40 years at most.
const SEARCH_DAYS: u64 = 41 * 366;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// One bit for each value of each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Days of the month and of the week are both limited: then either is enough, as cron always had it.
    either_day: bool,
}

impl Cron {
    pub(crate) fn parse(text: &str) -> Result<Cron, Error> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(Error::invalid(format!(
                "the cron expression `{text}` has {} fields; write five: minute, hour, day of the month, month, day of the week",
                fields.len()
            )));
        };
        let mut weekdays = field("day of the week", weekday, 0, 7, &WEEKDAYS)?;
        // Sunday is 0 and 7.
        weekdays = (weekdays | weekdays >> 7) & 0x7f;
        let cron = Cron {
            minutes: field("minute", minute, 0, 59, &[])?,
            hours: field("hour", hour, 0, 23, &[])?,
            days: field("day of the month", day, 1, 31, &[])?,
            months: field("month", month, 1, 12, &MONTHS)?,
            weekdays,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
        };
        let start = NaiveDate::from_ymd_opt(2000, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0));
        match start.and_then(|start| cron.at_or_after(start)) {
            Some(_) => Ok(cron),
            None => Err(Error::invalid(format!("the cron expression `{text}` names a day that never comes"))),
        }
    }

    /// The first match from this civil time on.
    pub(crate) fn at_or_after(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        // Seconds are left out of matches, so a time within a minute is after it.
        let from = if from.second() > 0 || from.nanosecond() > 0 {
            from.with_second(0)?.with_nanosecond(0)?.checked_add_signed(chrono::TimeDelta::minutes(1))?
        } else {
            from
        };
        let mut day = from.date();
        for step in 0..SEARCH_DAYS {
            if self.has_day(day) {
                let earliest = if step == 0 { (from.hour(), from.minute()) } else { (0, 0) };
                if let Some((hour, minute)) = self.time_from(earliest) {
                    return day.and_hms_opt(hour, minute, 0);
                }
            }
            day = day.succ_opt()?;
        }
        None
    }

    /// The last match up to this civil time.
    pub(crate) fn at_or_before(&self, to: NaiveDateTime) -> Option<NaiveDateTime> {
        for step in 0..SEARCH_DAYS {
            let day = to.date().checked_sub_days(Days::new(step))?;
            if self.has_day(day) {
                let latest = if step == 0 { (to.hour(), to.minute()) } else { (23, 59) };
                if let Some((hour, minute)) = self.time_up_to(latest) {
                    return day.and_hms_opt(hour, minute, 0);
                }
            }
        }
        None
    }

    fn has_day(&self, day: NaiveDate) -> bool {
        let has = |bits: u64, value: u32| bits >> value & 1 == 1;
        let of_month = has(self.days, day.day());
        let of_week = has(self.weekdays, day.weekday().num_days_from_sunday());
        let is_day = if self.either_day { of_month || of_week } else { of_month && of_week };
        is_day && has(self.months, day.month())
    }

    fn time_from(&self, (hour, minute): (u32, u32)) -> Option<(u32, u32)> {
        let first = |bits: u64, from: u32| {
            let left = bits.checked_shr(from).unwrap_or(0);
            (left != 0).then(|| from + left.trailing_zeros())
        };
        let found = first(self.hours, hour)?;
        if found > hour {
            return Some((found, first(self.minutes, 0)?));
        }
        match first(self.minutes, minute) {
            Some(minute) => Some((hour, minute)),
            None => Some((first(self.hours, hour + 1)?, first(self.minutes, 0)?)),
        }
    }

    fn time_up_to(&self, (hour, minute): (u32, u32)) -> Option<(u32, u32)> {
        let last = |bits: u64, to: u32| {
            let left = bits & (u64::MAX >> (63 - to));
            (left != 0).then(|| 63 - left.leading_zeros())
        };
        let found = last(self.hours, hour)?;
        if found < hour {
            return Some((found, last(self.minutes, 59)?));
        }
        match last(self.minutes, minute) {
            Some(minute) => Some((hour, minute)),
            None => Some((last(self.hours, hour.checked_sub(1)?)?, last(self.minutes, 59)?)),
        }
    }
}

/// The values of one field: `*`, `5`, `1-5`, `*/15`, `9-17/2`, names, and several of them with commas.
fn field(name: &str, text: &str, least: u32, most: u32, names: &[&str]) -> Result<u64, Error> {
    let refuse = || {
        Err(Error::invalid(format!(
            "`{text}` is no {name} of a cron expression; write *, numbers from {least} to {most}, ranges as in 1-5, or steps as in */15"
        )))
    };
    let number = |word: &str| {
        let word = word.to_ascii_lowercase();
        let named = names.iter().position(|name| *name == word).and_then(|at| u32::try_from(at).ok());
        named.map(|at| at + least).or_else(|| word.parse().ok()).filter(|value| (least..=most).contains(value))
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)),
            None => (part, Some(1)),
        };
        let ends = match range.split_once('-') {
            _ if range == "*" => Some((least, most)),
            Some((first, last)) => number(first).zip(number(last)),
            None if part.contains('/') => number(range).map(|first| (first, most)),
            None => number(range).map(|value| (value, value)),
        };
        let (Some((first, last)), Some(step)) = (ends, step) else { return refuse() };
        if first > last {
            return refuse();
        }
        let mut value = Some(first);
        while let Some(at) = value.filter(|at| *at <= last) {
            bits |= 1 << at;
            value = at.checked_add(step);
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time")
    }

    #[test]
    fn matches_are_found_in_both_directions() {
        for (cron, from, next, last) in [
            ("*/15 * * * *", "2026-11-20 10:01", "2026-11-20 10:15", "2026-11-20 10:00"),
            ("0 6 * * mon-fri", "2026-11-20 07:00", "2026-11-23 06:00", "2026-11-20 06:00"),
            ("30 23 29 2 *", "2026-11-20 00:00", "2028-02-29 23:30", "2024-02-29 23:30"),
            ("0 0 1,15 * 5", "2026-11-16 00:00", "2026-11-20 00:00", "2026-11-15 00:00"),
            ("5 9-17/4 * jan,Jul 7", "2026-11-20 00:00", "2027-01-03 09:05", "2026-07-26 17:05"),
            ("0 0 31 12 *", "2026-12-31 00:00", "2026-12-31 00:00", "2026-12-31 00:00"),
        ] {
            let parsed = Cron::parse(cron).expect("an expression");
            assert_eq!(parsed.at_or_after(time(from)), Some(time(next)), "{cron}");
            assert_eq!(parsed.at_or_before(time(from)), Some(time(last)), "{cron}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for cron in ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *"] {
            assert!(Cron::parse(cron).is_err(), "{cron}");
        }
        for cron in ["5-1 * * * *", "a * * * *", "1,,2 * * * *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
            assert!(Cron::parse(cron).is_err(), "{cron}");
        }
    }
}
