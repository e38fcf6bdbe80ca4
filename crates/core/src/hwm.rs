//! High-water marks: decide and apply.
//!
//! An HWM moves forward, or changes its type with a cast, or is rewound with a reason, or is deleted with a reason. Each
//! change is kept as a point; the last [`limits::HWM_HISTORY`] of them are kept beside the present one.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{Fact, HwmDeleted, HwmRewound, HwmSet};
use highwater_format::value::Value;

use crate::answer::{Answer, HwmChange, HwmView, Hwms, HwmsSet, Rewound};
use crate::bug;
use crate::command::{DeleteHwm, GetHwm, HwmHistory, HwmUpdate, ListHwms, RewindHwm, SetHwms};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::order::sorted;
use crate::row::{HwmEvent, HwmPastRow, HwmPoint, HwmRow};
use crate::state::{At, State};
use crate::{lease, limits, names, page};

pub(crate) fn get(context: &Context<'_>, command: &GetHwm) -> Result<Decided, Stop> {
    names::check_name("the name of the HWM", &command.name)?;
    Decided::answer(Answer::Hwm(context.state.hwms.get(command.name.as_str()).and_then(view)))
}

pub(crate) fn set(context: &mut Context<'_>, command: &SetHwms) -> Result<Decided, Stop> {
    if let Some(holder) = &command.holder {
        lease::check_holder(context.state, &holder.lease, holder.token)?;
    }
    let facts = moves(context, &command.hwms, None)?;
    let moved = u32::try_from(facts.len()).unwrap_or(u32::MAX);
    let version = if facts.is_empty() { context.version() } else { context.next_version };
    Decided::facts(facts, Answer::HwmsSet(HwmsSet { version, moved }))
}

/// The facts of moving these HWMs, `origin` being the run and node that move them.
pub(crate) fn moves(
    context: &mut Context<'_>,
    updates: &[HwmUpdate],
    origin: Option<(&str, &str)>,
) -> Result<Vec<Fact>, Error> {
    if updates.len() > limits::HWMS_PER_COMMAND {
        return Err(Error::invalid(format!(
            "{} HWMs in one command; at most {} are allowed, send several commands",
            updates.len(),
            limits::HWMS_PER_COMMAND
        )));
    }
    check_names(updates)?;
    let mut facts = Vec::with_capacity(updates.len());
    let mut added = 0;
    for update in updates {
        let row = context.state.hwms.get(update.name.as_str());
        added += usize::from(row.is_none());
        if moves_forward(row, update)? {
            facts.push(Fact::HwmSet(HwmSet {
                name: update.name.clone(),
                value: update.value.clone(),
                cast: is_cast(row, &update.value),
                run: origin.map(|(run, _)| run.to_owned()),
                node: origin.map(|(_, node)| node.to_owned()),
            }));
        }
    }
    if added > 0 {
        context.check_bound("HWMs", context.state.hwms.len(), added, limits::HWMS)?;
    }
    Ok(facts)
}

fn check_names(updates: &[HwmUpdate]) -> Result<(), Error> {
    for update in updates {
        names::check_name("the name of the HWM", &update.name)?;
        check_value(&update.name, &update.value)?;
    }
    if updates.len() < 2 {
        return Ok(());
    }
    let mut sorted: Vec<&str> = updates.iter().map(|update| update.name.as_str()).collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::invalid(format!(
            "HWM `{}` is set twice in one command; say once where it shall stand",
            pair[0]
        ))),
        None => Ok(()),
    }
}

fn check_value(name: &str, value: &Value) -> Result<(), Error> {
    let size = value.bytes_len();
    if size > limits::VALUE_BYTES {
        return Err(Error::invalid(format!(
            "the value of HWM `{name}` has {size} bytes; at most {} are allowed",
            limits::VALUE_BYTES
        )));
    }
    Ok(())
}

/// Whether the update changes something, or why it must not.
fn moves_forward(row: Option<&HwmRow>, update: &HwmUpdate) -> Result<bool, Error> {
    let Some(present) = row.and_then(|row| row.last.value.as_ref()) else { return Ok(true) };
    match present.compare(&update.value) {
        Some(Ordering::Less) => Ok(true),
        Some(Ordering::Greater) if bug!(HwmBackwards) => Ok(true),
        Some(Ordering::Equal) => Ok(false),
        Some(Ordering::Greater) => Err(Error::invalid(format!(
            "HWM `{}` is at {} and {} is behind it; an HWM only moves forward: to go back, rewind it with a reason",
            update.name,
            present.to_text(),
            update.value.to_text()
        ))),
        None if update.cast => Ok(true),
        None => Err(Error::invalid(format!(
            "HWM `{}` is of type {} and {} is of type {}; to change the type on purpose, set it with cast",
            update.name,
            present.value_type(),
            update.value.to_text(),
            update.value.value_type()
        ))),
    }
}

fn is_cast(row: Option<&HwmRow>, value: &Value) -> bool {
    row.and_then(|row| row.last.value.as_ref())
        .is_some_and(|present| present.value_type() != value.value_type())
}

pub(crate) fn rewind(context: &Context<'_>, command: &RewindHwm) -> Result<Decided, Stop> {
    names::check_name("the name of the HWM", &command.name)?;
    if !command.dry_run {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    check_value(&command.name, &command.value)?;
    let from = present(context.state, &command.name)?;
    match from.compare(&command.value) {
        Some(Ordering::Greater) => {}
        Some(_) => {
            return Err(Error::invalid(format!(
                "HWM `{}` is at {}, and {} is not behind it; to move it forward, set it",
                command.name,
                from.to_text(),
                command.value.to_text()
            ))
            .into());
        }
        None => {
            return Err(Error::invalid(format!(
                "HWM `{}` is of type {} and {} is of type {}; rewind to a value of its own type",
                command.name,
                from.value_type(),
                command.value.to_text(),
                command.value.value_type()
            ))
            .into());
        }
    }
    let answer = |version| {
        let (name, from, to) = (command.name.clone(), from.clone(), command.value.clone());
        Answer::Rewound(Rewound { name, from, to, applied: !command.dry_run, version })
    };
    if command.dry_run {
        return Decided::answer(answer(context.version()));
    }
    let fact = HwmRewound {
        name: command.name.clone(),
        value: command.value.clone(),
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    };
    Decided::facts(vec![fact.into()], answer(context.next_version))
}

pub(crate) fn delete(context: &Context<'_>, command: &DeleteHwm) -> Result<Decided, Stop> {
    names::check_name("the name of the HWM", &command.name)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    present(context.state, &command.name)?;
    let fact = HwmDeleted {
        name: command.name.clone(),
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    };
    context.done(vec![fact.into()])
}

fn present<'a>(state: &'a State, name: &str) -> Result<&'a Value, Error> {
    state.hwms.get(name).and_then(|row| row.last.value.as_ref()).ok_or_else(|| {
        Error::invalid(format!("there is no HWM `{name}`; list the HWMs to see which there are"))
    })
}

pub(crate) fn list(context: &Context<'_>, command: &ListHwms) -> Result<Decided, Stop> {
    let limit = page::limit(command.limit);
    let start = command.cursor.as_deref().map_or(Bound::Included(command.prefix.as_str()), Bound::Excluded);
    let mut views = context
        .state
        .hwms
        .range::<str, _>((start, Bound::Unbounded))
        .take_while(|(name, _)| name.starts_with(&command.prefix))
        .filter_map(|(_, row)| view(row));
    let hwms: Vec<HwmView> = views.by_ref().take(limit).collect();
    let next = views.next().and_then(|_| hwms.last().map(|hwm| hwm.name.clone()));
    Decided::answer(Answer::Hwms(Hwms { hwms, next }))
}

pub(crate) fn history(context: &Context<'_>, command: &HwmHistory) -> Result<Decided, Stop> {
    names::check_name("the name of the HWM", &command.name)?;
    let mut changes = Vec::new();
    if let Some(row) = context.state.hwms.get(command.name.as_str()) {
        changes.push(change(&row.last));
        let (from, to) = ((Arc::clone(&row.name), 0), (Arc::clone(&row.name), u64::MAX));
        let past: Vec<&HwmPastRow> = context.state.hwm_past.range(from..=to).map(|(_, row)| row).collect();
        let newest_first = sorted(past, |a, b| b.number.cmp(&a.number));
        changes.extend(newest_first.into_iter().map(|row| change(&row.point)));
    }
    Decided::answer(Answer::HwmHistory(changes))
}

fn view(row: &HwmRow) -> Option<HwmView> {
    let point = &row.last;
    Some(HwmView {
        name: row.name.to_string(),
        value: point.value.clone()?,
        version: point.version,
        updated_at_ms: point.at_ms,
        run: point.run.clone(),
        node: point.node.clone(),
    })
}

fn change(point: &HwmPoint) -> HwmChange {
    let what = match point.what {
        HwmEvent::Set => "set",
        HwmEvent::Cast => "cast",
        HwmEvent::Rewind => "rewind",
        HwmEvent::Delete => "delete",
        HwmEvent::Revert => "revert",
        HwmEvent::Fork => "fork",
    };
    HwmChange {
        version: point.version,
        at_ms: point.at_ms,
        what: what.to_owned(),
        value: point.value.clone(),
        run: point.run.clone(),
        node: point.node.clone(),
        reason: point.reason.clone(),
        actor: point.actor.clone(),
    }
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    let (name, point) = match fact {
        Fact::HwmSet(fact) => {
            let what = if fact.cast { HwmEvent::Cast } else { HwmEvent::Set };
            let (run, node) = (fact.run.clone(), fact.node.clone());
            (&fact.name, HwmPoint { run, node, ..point(at, what, Some(&fact.value)) })
        }
        Fact::HwmRewound(fact) => {
            let (reason, actor) = (Some(fact.reason.clone()), fact.actor.clone());
            (&fact.name, HwmPoint { reason, actor, ..point(at, HwmEvent::Rewind, Some(&fact.value)) })
        }
        Fact::HwmDeleted(fact) => {
            let (reason, actor) = (Some(fact.reason.clone()), fact.actor.clone());
            (&fact.name, HwmPoint { reason, actor, ..point(at, HwmEvent::Delete, None) })
        }
        _ => return,
    };
    record(state, name, point, extra);
}

/// Makes this the present value of an HWM, and the one before it part of its history.
pub(crate) fn record(state: &mut State, name: &str, point: HwmPoint, extra: &Extra) {
    let Some(name) = state.hwms.get(name).map(|row| Arc::clone(&row.name)) else {
        let name: Arc<str> = name.into();
        let row = HwmRow { name: Arc::clone(&name), changes: 1, last: point, extra: extra.clone() };
        return state.hwms.insert(name, row);
    };
    let past = state.hwms.modify(&name, |row| {
        let number = row.changes;
        row.changes = number.saturating_add(1);
        row.extra.absorb(extra);
        (number, std::mem::replace(&mut row.last, point))
    });
    if let Some((number, point)) = past {
        let past = HwmPastRow { name: Arc::clone(&name), number, point, extra: Extra::default() };
        state.hwm_past.insert((name, place(number)), past);
    }
}

/// Where a change stands in the history of its HWM: in the place of the oldest one, so that the history never grows
/// longer and nothing has to be removed.
pub(crate) fn place(number: u64) -> u64 {
    number % limits::HWM_HISTORY as u64
}

fn point(at: At, what: HwmEvent, value: Option<&Value>) -> HwmPoint {
    HwmPoint {
        version: at.version,
        at_ms: at.at_ms,
        what,
        value: value.cloned(),
        run: None,
        node: None,
        reason: None,
        actor: None,
    }
}
