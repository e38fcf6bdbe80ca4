//! Windows: how a cadence divides an axis.
//!
//! A cadence has bounds, one after the other, and a window lies between two of them. Bounds are civil times: the clock of the zone
//! shows them, so a day has 23 hours where the clock is put forward and 25 where it is put back. A bound that the clock shows twice
//! is its first time; one that it skips is the instant at which it was put forward. Where it skips a whole window, there is none.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use highwater_format::fact::{Cadence, CadenceUnit, Interval};

use super::cron::Cron;
use super::zone::Zone;
use crate::error::Error;
use crate::limits;

/// The axis as a cadence divides it.
#[derive(Debug)]
pub(crate) struct Windows<'a> {
    cadence: &'a Cadence,
    zone: Zone,
    /// What the clock shows at the start.
    start: NaiveDateTime,
    cron: Option<Cron>,
}

impl Windows<'_> {
    /// Reads a cadence, or says why it cannot be one.
    pub(crate) fn of(cadence: &Cadence) -> Result<Windows<'_>, Error> {
        let zone = Zone::read(cadence.zone.as_deref().unwrap_or("UTC"), cadence.zone_rules.as_deref())?;
        let start = match cadence.unit {
            CadenceUnit::Fixed => NaiveDateTime::default(),
            _ => civil(zone.civil(cadence.start)).ok_or_else(|| {
                Error::invalid(format!(
                    "the cadence starts at {}, which is outside the calendar",
                    cadence.start
                ))
            })?,
        };
        let cron = cadence.cron.as_deref().map(Cron::parse).transpose()?;
        Ok(Windows { cadence, zone, start, cron })
    }

    /// The last bound up to this place; none before the first window.
    pub(crate) fn floor(&self, at: i64) -> Option<i64> {
        if at < self.cadence.start {
            return None;
        }
        if let Some(cron) = &self.cron {
            // Where the clock was put back, later instants show earlier times.
            let most = self.zone.offset_ms(at).max(self.zone.offset_ms(at.saturating_sub(limits::DAY_MS)));
            let mut shown = cron.at_or_before(civil(at.saturating_add(most))?)?;
            loop {
                let bound = self.zone.instant(milliseconds(shown));
                if bound <= at {
                    return Some(bound).filter(|bound| *bound >= self.cadence.start);
                }
                shown = cron.at_or_before(shown.checked_sub_signed(TimeDelta::minutes(1))?)?;
            }
        }
        self.bound(self.index(at)?).filter(|bound| *bound <= at)
    }

    /// The next bound after this one.
    pub(crate) fn after(&self, bound: i64) -> Option<i64> {
        if let Some(cron) = &self.cron {
            let least =
                self.zone.offset_ms(bound).min(self.zone.offset_ms(bound.saturating_sub(limits::DAY_MS)));
            let mut shown = cron.at_or_after(civil(bound.saturating_add(least))?)?;
            loop {
                let next = self.zone.instant(milliseconds(shown));
                if next > bound {
                    return Some(next);
                }
                shown = cron.at_or_after(shown.checked_add_signed(TimeDelta::minutes(1))?)?;
            }
        }
        let index = self.index(bound)?;
        // A window that the clock skips is left out.
        (1..=2).filter_map(|step| self.bound(index.checked_add(step)?)).find(|next| *next > bound)
    }

    /// The windows that begin in the interval or reach into it, in order, until `take` wants no more.
    pub(crate) fn each(&self, within: Interval, take: &mut dyn FnMut(Interval) -> bool) {
        let first = self.floor(within.start).or_else(|| self.first());
        let last = self.cadence.end.map_or(within.end, |end| end.min(within.end));
        let mut start = first;
        while let Some(window) = start.and_then(|start| self.starting_at(start)) {
            let is_over = self.cadence.end.is_some_and(|end| window.end > end);
            if window.start >= last || is_over || !take(window) {
                return;
            }
            start = Some(window.end);
        }
    }

    /// The window that begins at this bound.
    pub(crate) fn starting_at(&self, start: i64) -> Option<Interval> {
        Some(Interval { start, end: self.after(start)? })
    }

    /// The window that ends where this one begins.
    pub(crate) fn before(&self, start: i64) -> Option<Interval> {
        let from = self.floor(start.checked_sub(1)?)?;
        (from < start).then_some(Interval { start: from, end: start })
    }

    /// What of the interval is whole windows.
    pub(crate) fn whole(&self, within: Interval) -> Option<Interval> {
        let start = match self.floor(within.start) {
            Some(floor) if floor == within.start => floor,
            Some(floor) => self.after(floor)?,
            None => self.first()?,
        };
        let end = self.floor(self.cadence.end.map_or(within.end, |end| end.min(within.end)))?;
        (start < end).then_some(Interval { start, end })
    }

    /// The last window whose end is not after this.
    pub(crate) fn last_ended_by(&self, at: i64) -> Option<Interval> {
        let last = self.cadence.end.map_or(at, |end| end.min(at));
        self.before(self.floor(last)?)
    }

    /// When the day begins on the clock of the zone.
    pub(crate) fn midnight(&self, date: NaiveDate) -> i64 {
        self.zone.instant(milliseconds(date.and_time(NaiveTime::MIN)))
    }

    /// Where the first window begins.
    pub(crate) fn first(&self) -> Option<i64> {
        match &self.cron {
            None => Some(self.cadence.start),
            Some(_) => self.after(self.cadence.start.saturating_sub(1)),
        }
    }

    /// Bound number `index`, from the start on.
    fn bound(&self, index: i64) -> Option<i64> {
        // A start that the clock shows twice may be the second time.
        if index == 0 {
            return Some(self.cadence.start);
        }
        if self.cadence.unit == CadenceUnit::Fixed {
            let bound = i128::from(self.cadence.start) + i128::from(index) * i128::from(self.cadence.every);
            return i64::try_from(bound).ok();
        }
        let step = index.checked_mul(i64::try_from(self.cadence.every).ok()?)?;
        let shown = match self.cadence.unit {
            CadenceUnit::Day => self.start.checked_add_signed(TimeDelta::try_days(step)?)?,
            CadenceUnit::Week => self.start.checked_add_signed(TimeDelta::try_weeks(step)?)?,
            CadenceUnit::Month => months(self.start, step)?,
            CadenceUnit::Quarter => months(self.start, step.checked_mul(3)?)?,
            CadenceUnit::Year => months(self.start, step.checked_mul(12)?)?,
            CadenceUnit::Fixed | CadenceUnit::Cron => return None,
        };
        Some(self.zone.instant(milliseconds(shown)))
    }

    /// The number of the last bound up to here.
    fn index(&self, at: i64) -> Option<i64> {
        let every = i64::try_from(self.cadence.every).ok()?.max(1);
        if self.cadence.unit == CadenceUnit::Fixed {
            // No calendar comes in, so this holds for ids as large as there are.
            let since = i128::from(at) - i128::from(self.cadence.start);
            return i64::try_from(since.div_euclid(i128::from(every))).ok();
        }
        let since = at.checked_sub(self.cadence.start)?;
        let shown = civil(self.zone.civil(at))?;
        let months_since = i64::from(shown.year() - self.start.year()) * 12 + i64::from(shown.month())
            - i64::from(self.start.month());
        let mut index = match self.cadence.unit {
            CadenceUnit::Day => since / limits::DAY_MS / every,
            CadenceUnit::Week => since / (7 * limits::DAY_MS) / every,
            CadenceUnit::Month => months_since / every,
            CadenceUnit::Quarter => months_since / 3 / every,
            CadenceUnit::Year => months_since / 12 / every,
            CadenceUnit::Fixed | CadenceUnit::Cron => return None,
        };
        // The guess is wrong by little: hours of the clock, days of a month.
        while index > 0 && self.bound(index)? > at {
            index -= 1;
        }
        while self.bound(index.checked_add(1)?)? <= at {
            index += 1;
        }
        Some(index)
    }
}

/// So many months later, on the same day of the month, or the last one where the month is shorter.
fn months(from: NaiveDateTime, count: i64) -> Option<NaiveDateTime> {
    from.checked_add_months(Months::new(u32::try_from(count).ok()?))
}

fn civil(civil_ms: i64) -> Option<NaiveDateTime> {
    Some(DateTime::from_timestamp_millis(civil_ms)?.naive_utc())
}

fn milliseconds(shown: NaiveDateTime) -> i64 {
    shown.and_utc().timestamp_millis()
}
