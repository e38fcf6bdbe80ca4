//! Cron expressions: five fields, minute, hour, day of the month, month, day of the week. They say what a civil clock shows; what
//! happens where it is put forward or back, `windows.rs` says.

use chrono::NaiveDateTime;
use croner::parser::{CronParser, Seconds, Year};

use crate::error::Error;

#[derive(Clone, Debug)]
pub(crate) struct Cron(croner::Cron);

impl Cron {
    pub(crate) fn parse(text: &str) -> Result<Cron, Error> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| {
            Error::invalid(format!(
                "`{text}` is no cron expression ({error}); write minute, hour, day of the month, month, day of the week, as in `0 6 * * mon-fri`"
            ))
        })?;
        let cron = Cron(cron);
        match cron.at_or_after(NaiveDateTime::default()) {
            Some(_) => Ok(cron),
            None => Err(Error::invalid(format!("the cron expression `{text}` names a day that never comes"))),
        }
    }

    /// The first match from this civil time on.
    pub(crate) fn at_or_after(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        self.0.find_next_occurrence(&from, true).ok()
    }

    /// The last match up to this civil time.
    pub(crate) fn at_or_before(&self, to: NaiveDateTime) -> Option<NaiveDateTime> {
        self.0.find_previous_occurrence(&to, true).ok()
    }
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
            ("0 0 L * *", "2026-11-20 00:00", "2026-11-30 00:00", "2026-10-31 00:00"),
        ] {
            let parsed = Cron::parse(cron).expect("an expression");
            assert_eq!(parsed.at_or_after(time(from)), Some(time(next)), "{cron}");
            assert_eq!(parsed.at_or_before(time(from)), Some(time(last)), "{cron}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for cron in
            ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *"]
        {
            assert!(Cron::parse(cron).is_err(), "{cron}");
        }
        for cron in ["5-1 * * * *", "a * * * *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 0 * * *"] {
            assert!(Cron::parse(cron).is_err(), "{cron}");
        }
    }
}
