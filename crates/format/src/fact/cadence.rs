//! Facts about cadences: into which windows an axis is divided.

use serde::{Deserialize, Serialize};

use super::coverage::{Axis, is_time};
use super::shared::{is_default, is_none, is_zero};

/// What the length of a window is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CadenceUnit {
    /// Units of the axis, whatever a clock shows: milliseconds, or whole numbers.
    #[default]
    Fixed,
    /// Calendar days.
    Day,
    /// Calendar weeks.
    Week,
    /// Calendar months.
    Month,
    /// Quarters of a year.
    Quarter,
    /// Calendar years.
    Year,
    /// From one time that a cron expression names to the next.
    Cron,
}

/// How an axis is divided into windows, and when a window is due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadence {
    /// What the numbers are.
    #[serde(default, skip_serializing_if = "is_time")]
    pub axis: Axis,
    /// What the length of a window is counted in.
    pub unit: CadenceUnit,
    /// How many of the unit a window has; at least one. One for cron.
    pub every: u64,
    /// The cron expression, for cron alone: minute, hour, day of the month, month, day of the week.
    #[serde(default, skip_serializing_if = "is_none")]
    pub cron: Option<String>,
    /// Name of the zone whose clock counts; absent means UTC.
    #[serde(default, skip_serializing_if = "is_none")]
    pub zone: Option<String>,
    /// The rules of that zone as they were known when the cadence was declared, in the TZif format of RFC 9636. Windows follow
    /// these, so that an update of somebody's time zone database never moves what was done.
    #[serde(default, skip_serializing_if = "is_none", with = "crate::body::optional_bytes")]
    pub zone_rules: Option<Vec<u8>>,
    /// Where the first window begins; with cron, where the first one may begin.
    pub start: i64,
    /// No window ends after this; absent goes on for ever.
    #[serde(default, skip_serializing_if = "is_none")]
    pub end: Option<i64>,
    /// A window is due this long after its end, in milliseconds, because its rows come late.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lag_ms: u64,
    /// Windows before the newest one that are done again with it, because rows of theirs may have come since.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lookback: u32,
}

/// The cadence of a node was declared, or taken back. It replaces the declaration before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CadenceDeclared {
    /// Name of the node; empty means all nodes that have no cadence of their own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// The cadence; absent means that there is none any more.
    #[serde(default, skip_serializing_if = "is_none")]
    pub cadence: Option<Cadence>,
}
