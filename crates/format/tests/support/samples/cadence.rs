//! Facts of cadences.

use highwater_format::Fact;
use highwater_format::fact::*;

use super::{some, text};

pub(super) fn samples() -> Vec<Fact> {
    use CadenceUnit::{Day, Fixed, Month, Quarter, Week, Year};
    let units = [Fixed, Day, Week, Month, Quarter, Year];
    let least = units.map(|unit| Cadence { unit, every: 1, ..Cadence::default() });
    let numbers = Cadence { axis: Axis::Integer, every: 1_000, start: -5, ..Cadence::default() };
    let cron = Cadence {
        unit: CadenceUnit::Cron,
        every: 1,
        cron: some("0 6 * * mon-fri"),
        zone: some("Europe/Berlin"),
        zone_rules: Some(vec![0, 255]),
        start: i64::MIN,
        end: Some(i64::MAX),
        lag_ms: u64::MAX,
        lookback: u32::MAX,
        ..Cadence::default()
    };
    let mut facts: Vec<Fact> = vec![CadenceDeclared { node: String::new(), cadence: None }.into()];
    let cadences = least.into_iter().chain([numbers, cron]);
    facts.extend(
        cadences.map(|cadence| CadenceDeclared { node: text("load"), cadence: Some(cadence) }.into()),
    );
    facts
}
