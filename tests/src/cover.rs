//! Coverage in the words of scenarios: `cover=0..10,20..30` asks for intervals, `covered=0..5` has done them. On the axis of
//! time, `2027-01-15..2027-01-17` are instants in UTC. `cover=due` asks for what the cadence of the node wants,
//! `cover=window` for the window of the run.

use chrono::{DateTime, NaiveDate};
use highwater_core::command::*;
use highwater_format::fact::{Axis, CoverageStatus, Interval, RunWindow};

use crate::words::Words;

pub(crate) fn command(words: &mut Words) -> Result<Command, String> {
    Ok(match words.head.as_str() {
        "describe-coverage" => Command::DescribeCoverage(DescribeCoverage {
            node: words.need("node")?,
            partition: words.text("partition"),
            from: words.text("from").map(|text| number(&text)).transpose()?,
            to: words.text("to").map(|text| number(&text)).transpose()?,
            gaps: words.flag("gaps"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "list-coverage" => Command::ListCoverage(ListCoverage {
            cursor: words.text("cursor"),
            limit: words.number("limit")?.unwrap_or(0),
        }),
        "mark-coverage" => Command::MarkCoverage(MarkCoverage {
            node: words.need("node")?,
            partition: words.text("partition"),
            axis: axis(words)?,
            intervals: intervals(words, "intervals")?,
            status: status(&words.need("status")?)?,
            reason: words.text("reason").unwrap_or_default(),
            actor: words.text("actor"),
            dry_run: words.flag("dry-run"),
        }),
        other => return Err(format!("there is no command `{other}`")),
    })
}

/// `cover=`, with `partition=`, `axis=`, `limit=` and `restate` beside it.
pub(crate) fn cover(words: &mut Words) -> Result<Option<Cover>, String> {
    let Some(text) = words.text("cover") else { return Ok(None) };
    Ok(Some(Cover {
        partition: words.text("partition"),
        axis: axis(words)?,
        intervals: match text.strip_prefix("backfill:") {
            Some(_) => Vec::new(),
            None if text == "window" => Vec::new(),
            None => list(text.strip_prefix("due").unwrap_or(&text))?,
        },
        due: text.starts_with("due"),
        backfill: text.strip_prefix("backfill:").map(str::to_owned),
        limit: words.number("limit")?.unwrap_or(0),
        restate: words.flag("restate"),
    }))
}

/// `window=`, with `axis=` beside it.
pub(crate) fn window(words: &mut Words) -> Result<Option<RunWindow>, String> {
    let Some(text) = words.text("window") else { return Ok(None) };
    let Interval { start, end } = interval(&text)?;
    Ok(Some(RunWindow { axis: axis(words)?.unwrap_or_default(), start, end }))
}

/// `covered=`, with `partition=` and `axis=` beside it.
pub(crate) fn covered(words: &mut Words) -> Result<Vec<Covered>, String> {
    let Some(text) = words.text("covered") else { return Ok(Vec::new()) };
    Ok(vec![Covered { partition: words.text("partition"), axis: axis(words)?, intervals: list(&text)? }])
}

fn intervals(words: &mut Words, key: &str) -> Result<Vec<Interval>, String> {
    list(&words.need(key)?)
}

fn list(text: &str) -> Result<Vec<Interval>, String> {
    text.split(',').filter(|word| !word.is_empty()).map(interval).collect()
}

pub(crate) fn interval(text: &str) -> Result<Interval, String> {
    let (start, end) =
        text.split_once("..").ok_or_else(|| format!("`{text}` is no interval; write 0..10"))?;
    Ok(Interval { start: number(start)?, end: number(end)? })
}

/// A number as it is, a date or a time in UTC as milliseconds.
pub(crate) fn number(text: &str) -> Result<i64, String> {
    let date =
        || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0).map(|time| time.and_utc().timestamp_millis());
    let time = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis());
    text.parse().ok().or_else(date).or_else(time).ok_or_else(|| format!("`{text}` is no number and no time"))
}

pub(crate) fn axis(words: &mut Words) -> Result<Option<Axis>, String> {
    match words.text("axis").as_deref() {
        None => Ok(None),
        Some("time") => Ok(Some(Axis::Time)),
        Some("integer") => Ok(Some(Axis::Integer)),
        Some(other) => Err(format!("there is no axis `{other}`")),
    }
}

pub(crate) fn status(name: &str) -> Result<CoverageStatus, String> {
    match name {
        "missing" => Ok(CoverageStatus::Missing),
        "done" => Ok(CoverageStatus::Done),
        "failed" => Ok(CoverageStatus::Failed),
        "stale" => Ok(CoverageStatus::Stale),
        other => Err(format!("there is no status `{other}` of coverage")),
    }
}
