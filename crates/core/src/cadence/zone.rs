//! Zones: the civil clock of a place, from the rules that a cadence carries. The engine has no database of zones, so windows never
//! change because somebody updated one.

use tz::timezone::{TimeZone, TimeZoneRef, TransitionRule};

use crate::error::Error;
use crate::limits;

/// Longest time between an instant and what a clock anywhere shows then, in milliseconds.
const REACH_MS: i64 = 16 * 60 * 60 * 1_000;

/// A civil clock. Civil times are milliseconds as if they were in UTC.
#[derive(Clone, Debug)]
pub(crate) enum Zone {
    Utc,
    Rules(Box<TimeZone>),
}

/// Whether the clock stays within its reach of UTC, and goes on after its last change.
fn is_sound(zone: TimeZoneRef<'_>) -> bool {
    let is_near = |offset_s: i32| i64::from(offset_s).abs() * 1_000 <= REACH_MS;
    let rule_is_near = match zone.extra_rule() {
        None => zone.transitions().is_empty(),
        Some(TransitionRule::Fixed(fixed)) => is_near(fixed.ut_offset()),
        Some(TransitionRule::Alternate(alternate)) => {
            is_near(alternate.std().ut_offset()) && is_near(alternate.dst().ut_offset())
        }
    };
    rule_is_near && zone.local_time_types().iter().all(|known| is_near(known.ut_offset()))
}

impl Zone {
    /// The zone with these rules, in the TZif format of RFC 9636; UTC without any.
    pub(crate) fn read(name: &str, rules: Option<&[u8]>) -> Result<Zone, Error> {
        let Some(rules) = rules else { return Ok(Zone::Utc) };
        if rules.len() > limits::ZONE_RULES_BYTES {
            return Err(Error::invalid(format!(
                "the rules of the zone `{name}` have {} bytes; at most {} are allowed",
                rules.len(),
                limits::ZONE_RULES_BYTES
            )));
        }
        match TimeZone::from_tz_data(rules) {
            Ok(zone) if is_sound(zone.as_ref()) => Ok(Zone::Rules(Box::new(zone))),
            Ok(_) => Err(Error::invalid(format!(
                "the rules of the zone `{name}` are of no clock on Earth, or end without saying what comes then; take them from the IANA database"
            ))),
            Err(error) => Err(Error::invalid(format!(
                "the rules of the zone `{name}` are not in the TZif format: {error}"
            ))),
        }
    }

    /// How far the clock is ahead of UTC at an instant, in milliseconds.
    pub(crate) fn offset_ms(&self, at_ms: i64) -> i64 {
        let Zone::Rules(zone) = self else { return 0 };
        // Outside the years that can be computed with, the clock stands as it does in UTC.
        let offset_s =
            zone.find_local_time_type(at_ms.div_euclid(1_000)).map_or(0, tz::LocalTimeType::ut_offset);
        i64::from(offset_s) * 1_000
    }

    /// What the clock shows at an instant.
    pub(crate) fn civil(&self, at_ms: i64) -> i64 {
        at_ms.saturating_add(self.offset_ms(at_ms))
    }

    /// The instant at which the clock shows this: the first one if it does twice; if it never does, because the clock was put
    /// forward over it, the instant at which it was.
    pub(crate) fn instant(&self, civil_ms: i64) -> i64 {
        let (from, to) = (civil_ms.saturating_sub(REACH_MS), civil_ms.saturating_add(REACH_MS));
        let (before, after) = (self.offset_ms(from), self.offset_ms(to));
        let first = civil_ms.saturating_sub(before);
        if before == after || self.offset_ms(first) == before {
            return first;
        }
        let second = civil_ms.saturating_sub(after);
        if self.offset_ms(second) == after { second } else { self.change_between(from, to, before) }
    }

    /// The first instant, a whole second, at which the clock does not go as it did `before`.
    fn change_between(&self, from: i64, to: i64, before: i64) -> i64 {
        let (mut from, mut to) = (from.div_euclid(1_000), to.div_euclid(1_000));
        while from + 1 < to {
            let middle = from + (to - from) / 2;
            if self.offset_ms(middle * 1_000) == before { from = middle } else { to = middle }
        }
        to * 1_000
    }
}
