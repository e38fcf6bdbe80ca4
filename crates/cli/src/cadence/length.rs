//! Lengths of windows, as people write and read them.

use std::time::Duration;

use clap::Args;
use highwater::{Axis, Cadence, CadenceUnit};

use crate::failure::{Failure, Outcome};

/// The words for a unit, and the cadence of so many.
type Unit = (&'static [&'static str], fn(u64) -> Cadence);

const UNITS: [Unit; 8] = [
    (&["m", "min", "minute", "minutes"], |count| fixed(count, 60)),
    (&["h", "hour", "hours"], |count| fixed(count, 3_600)),
    (&["d", "day", "days"], Cadence::days),
    (&["w", "week", "weeks"], Cadence::weeks),
    (&["mo", "month", "months"], Cadence::months),
    (&["q", "quarter", "quarters"], Cadence::quarters),
    (&["y", "year", "years"], Cadence::years),
    (&[""], Cadence::integers),
];

fn fixed(count: u64, seconds: u64) -> Cadence {
    Cadence::every(Duration::from_secs(count.saturating_mul(seconds)))
}

/// How long windows are.
#[derive(Args, Debug)]
pub(super) struct LengthArguments {
    /// How long a window is: 1d, 6h, 15m, 1w, 1month, 1quarter, 1y, or so many whole numbers such as 1000.
    #[arg(long, value_name = "LENGTH", required_unless_present = "cron", conflicts_with = "cron")]
    every: Option<String>,
    /// Windows from one time that a cron expression names to the next: minute, hour, day of the month, month, day of the week.
    #[arg(long, value_name = "EXPRESSION")]
    cron: Option<String>,
    /// Zone whose clock counts, for example Europe/Berlin; UTC without it.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
}

impl LengthArguments {
    pub(super) fn cadence(&self) -> Outcome<Cadence> {
        let cadence = match (&self.cron, &self.every) {
            (Some(cron), _) => Cadence::cron(cron),
            (None, every) => read(every.as_deref().unwrap_or_default())?,
        };
        in_zone(cadence, self.zone.as_ref())
    }
}

/// The cadence of windows of this length in a zone.
pub(crate) fn of(length: &str, zone: Option<&String>) -> Outcome<Cadence> {
    in_zone(read(length)?, zone)
}

fn in_zone(cadence: Cadence, zone: Option<&String>) -> Outcome<Cadence> {
    match zone {
        None => Ok(cadence),
        Some(zone) => cadence.zone(zone).map_err(|error| Failure::usage(error.message().to_owned())),
    }
}

fn read(text: &str) -> Outcome<Cadence> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(digits);
    let make = UNITS.iter().find(|(words, _)| words.contains(&unit.trim())).map(|(_, make)| make);
    match (count.parse(), make) {
        (Ok(count), Some(make)) => Ok(make(count)),
        _ => Err(Failure::usage(format!(
            "`{text}` is no length of a window; write 1d, 6h, 15m, 1w, 1month, 1quarter, 1y, or whole numbers such as 1000"
        ))),
    }
}

/// A length as [`read`] reads it, or the cron expression.
pub(super) fn words(axis: Axis, unit: CadenceUnit, every: u64, cron: Option<&String>) -> String {
    match unit {
        CadenceUnit::Fixed if axis == Axis::Integer => every.to_string(),
        CadenceUnit::Fixed if every.is_multiple_of(3_600_000) => format!("{}h", every / 3_600_000),
        CadenceUnit::Fixed if every.is_multiple_of(60_000) => format!("{}m", every / 60_000),
        CadenceUnit::Fixed => format!("{every} ms"),
        CadenceUnit::Day => format!("{every}d"),
        CadenceUnit::Week => format!("{every}w"),
        CadenceUnit::Month => format!("{every}month"),
        CadenceUnit::Quarter => format!("{every}quarter"),
        CadenceUnit::Year => format!("{every}y"),
        CadenceUnit::Cron => cron.cloned().unwrap_or_default(),
    }
}
