//! Cadences: into which windows the axis of a node is divided, and which of them are due. What a window is, `windows.rs` says.

mod cron;
pub(crate) mod due;
pub(crate) mod show;
mod windows;
mod zone;

use std::sync::Arc;

use chrono::NaiveDate;
use highwater_format::Extra;
use highwater_format::fact::{Axis, Cadence, CadenceDeclared, CadenceUnit};

use crate::command::DeclareCadence;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::Said;
use crate::state::{At, State};
use crate::{coverage, hwm_derived, limits, names};

pub(crate) use windows::Windows;

/// The cadence of a node: its own, or that of all nodes.
pub(crate) fn of<'a>(state: &'a State, node: &str) -> Option<&'a Cadence> {
    let said = state.cadences.get(node).or_else(|| state.cadences.get(""));
    said.and_then(|said| said.fact.cadence.as_ref())
}

/// The cadence of a node, or why nothing can be asked of it.
pub(crate) fn needed<'a>(state: &'a State, node: &str) -> Result<&'a Cadence, Error> {
    of(state, node).ok_or_else(|| {
        Error::invalid(format!(
            "node `{node}` has no cadence, so it has no windows; declare one, or name intervals"
        ))
    })
}

pub(crate) fn declare(context: &mut Context<'_>, command: &DeclareCadence) -> Result<Decided, Stop> {
    names::check_optional_name("the name of the node", command.node.as_ref())?;
    let state = context.state;
    let node = command.node.clone().unwrap_or_default();
    let cadence = match (&command.cadence, &command.start_date) {
        (Some(cadence), Some(date)) => Some(starting_on(cadence, date)?),
        (cadence, _) => cadence.clone(),
    };
    let before = state.cadences.get(node.as_str()).and_then(|said| said.fact.cadence.as_ref());
    if before == cadence.as_ref() {
        return context.done(Vec::new());
    }
    if let Some(cadence) = &cadence {
        check(cadence)?;
        if let Some(node) = &command.node {
            coverage::check_axis(state, node, Some(cadence.axis))?;
        }
    }
    let added = usize::from(before.is_none());
    context.check_bound("declared cadences", state.cadences.len(), added, limits::NODES)?;
    context.done(vec![CadenceDeclared { node, cadence }.into()])
}

/// The cadence with its start at the beginning of a date in its zone.
pub(crate) fn starting_on(cadence: &Cadence, date: &str) -> Result<Cadence, Error> {
    names::check_length("the date", date, limits::NAME_BYTES)?;
    let day = date
        .parse::<NaiveDate>()
        .map_err(|_| Error::invalid(format!("`{date}` is no date; write it as in 2026-11-28")))?;
    if cadence.axis == Axis::Integer {
        return Err(Error::invalid("a date on an axis of whole numbers; leave it out there"));
    }
    let undated = Cadence { start: 0, ..cadence.clone() };
    check(&Cadence { end: None, ..undated.clone() })?;
    Ok(Cadence { start: Windows::of(&undated)?.midnight(day), ..undated })
}

/// Refuses what divides no axis.
pub(crate) fn check(cadence: &Cadence) -> Result<(), Error> {
    let is_cron = cadence.unit == CadenceUnit::Cron;
    let most = match cadence.unit {
        CadenceUnit::Fixed => i64::MAX.unsigned_abs(),
        CadenceUnit::Cron => 1,
        _ => limits::CALENDAR_UNITS,
    };
    let refuse = |message: String| Err(Error::invalid(message));
    if cadence.every == 0 || cadence.every > most {
        return refuse(format!(
            "windows of {} {}; write 1 to {most}",
            cadence.every,
            unit_words(cadence.unit)
        ));
    }
    if cadence.axis == Axis::Integer && (cadence.unit != CadenceUnit::Fixed || cadence.zone.is_some()) {
        return refuse(format!(
            "windows of {} on an axis of whole numbers; they have a fixed length and no zone there",
            unit_words(cadence.unit)
        ));
    }
    if cadence.axis == Axis::Integer && cadence.lag_ms > 0 {
        return refuse(
            "a lag on an axis of whole numbers; there is no time at which a window ends there".into(),
        );
    }
    if let Some(cron) = &cadence.cron {
        names::check_length("the cron expression", cron, limits::CRON_BYTES)?;
    }
    match &cadence.cron {
        None if is_cron => {
            return refuse("windows of a cron expression without one; write for example `0 6 * * *`".into());
        }
        Some(cron) if !is_cron => {
            return refuse(format!(
                "the cron expression `{cron}` for windows of another kind; leave one out"
            ));
        }
        _ => {}
    }
    if cadence.end.is_some_and(|end| end <= cadence.start) {
        return refuse(format!(
            "the cadence ends at {}, which is not after its start",
            cadence.end.unwrap_or_default()
        ));
    }
    if cadence.lookback > limits::LOOKBACK {
        return refuse(format!(
            "a lookback of {} windows; at most {} are allowed",
            cadence.lookback,
            limits::LOOKBACK
        ));
    }
    names::check_optional_name("the name of the zone", cadence.zone.as_ref())?;
    match (&cadence.zone, &cadence.zone_rules) {
        (Some(zone), None) if zone != "UTC" => {
            return refuse(format!(
                "the rules of the zone `{zone}` are missing; the engine knows UTC alone, hand them over in the TZif format"
            ));
        }
        (None, Some(_)) => return refuse("rules of a zone without its name; name it".into()),
        _ => {}
    }
    match Windows::of(cadence)?.first() {
        Some(_) => Ok(()),
        None => refuse("a cadence whose first window is outside the calendar; let it start earlier".into()),
    }
}

fn unit_words(unit: CadenceUnit) -> &'static str {
    match unit {
        CadenceUnit::Fixed => "units of a fixed length",
        CadenceUnit::Day => "days",
        CadenceUnit::Week => "weeks",
        CadenceUnit::Month => "months",
        CadenceUnit::Quarter => "quarters",
        CadenceUnit::Year => "years",
        CadenceUnit::Cron => "a cron expression",
    }
}

pub(crate) fn declared(state: &mut State, fact: &CadenceDeclared, extra: &Extra, at: At) {
    let node: Arc<str> = fact.node.as_str().into();
    match &fact.cadence {
        None => state.cadences.remove(&node),
        Some(_) => state.cadences.insert(node, Said { fact: fact.clone(), extra: extra.clone() }),
    }
    hwm_derived::follow_cadence(state, &fact.node, at);
}

#[cfg(test)]
mod tests;
