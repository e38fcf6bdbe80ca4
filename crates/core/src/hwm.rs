//! High-water marks: decide and apply.
//!
//! An HWM moves forward, or changes its type with a cast, or is rewound with a reason, or is deleted with a reason. Each
//! change is kept as a point; the last [`limits::HWM_HISTORY`] of them are kept beside the present one. Which way forward is,
//! and what else was declared, stands in `hwm_spec.rs`; where readers begin, in `position.rs`; and how one follows coverage, which
//! then is all that moves it, in `hwm_derived.rs`.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{Fact, HwmDeleted, HwmFunction, HwmRewound, HwmSet, SourcePosition};
use highwater_format::value::Value;

use crate::answer::{Answer, HwmChange, HwmView, Hwms, HwmsSet, Rewound};
use crate::bug;
use crate::command::{DeleteHwm, GetHwm, HwmHistory, HwmSpec, HwmUpdate, ListHwms, RewindHwm, SetHwms};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::order::sorted;
use crate::row::{HwmEvent, HwmPastRow, HwmPoint, HwmRow};
use crate::state::{At, State};
use crate::{hwm_derived, hwm_spec, lease, limits, names, page};

pub(crate) fn get(context: &Context<'_>, command: &GetHwm) -> Result<Decided, Stop> {
    names::check_name("the name of the HWM", &command.name)?;
    Decided::answer(Answer::Hwm(context.state.hwms.get(command.name.as_str()).and_then(view)))
}

pub(crate) fn set(context: &mut Context<'_>, command: &SetHwms) -> Result<Decided, Stop> {
    lease::check_named(context.state, command.holder.as_ref())?;
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
        added += usize::from(context.state.hwms.get(update.name.as_str()).is_none());
        facts.extend(moved(context.state, update, origin)?);
    }
    if added > 0 {
        context.check_bound("HWMs", context.state.hwms.len(), added, limits::HWMS)?;
    }
    Ok(facts)
}

/// The fact of one move, none if nothing changes, or why it must not be.
pub(crate) fn moved(
    state: &State,
    update: &HwmUpdate,
    origin: Option<(&str, &str)>,
) -> Result<Option<Fact>, Error> {
    let name = &update.name;
    let spec = hwm_spec::of(state, name);
    hwm_derived::check_by_hand(spec)?;
    if spec.is_some_and(|spec| spec.partitioned && spec.name == *name) {
        return Err(Error::invalid(format!(
            "HWM `{name}` is kept per partition; set that of a partition, for example `{name}[eu]`"
        )));
    }
    let row = state.hwms.get(name.as_str());
    let seen = hwm_spec::typed(spec, &format!("HWM `{name}`"), &update.value)?;
    let value = hwm_spec::held_back(spec, name, seen.clone())?;
    let present = row.and_then(|row| row.last.value.as_ref());
    let stays = match (present, steps_forward(spec, present, update, &value)) {
        (_, Ok(moves)) => !moves,
        // What was seen lies between where it stands and what it holds back.
        (Some(present), Err(_)) if seen != value && !is_behind(spec, present, &seen) => true,
        (_, Err(error)) => return Err(error),
    };
    let known = row.filter(|_| stays).map_or(&[][..], |row| &row.keys);
    let keys = new_keys(spec, update, known)?;
    if stays && keys.is_empty() {
        return Ok(None);
    }
    let fact = HwmSet {
        name: name.clone(),
        cast: present.is_some_and(|present| present.value_type() != value.value_type()),
        value,
        run: origin.map(|(run, _)| run.to_owned()),
        node: origin.map(|(_, node)| node.to_owned()),
        keys,
    };
    Ok(Some(fact.into()))
}

/// The keys that are not known yet, in order; or that they are too many.
fn new_keys(spec: Option<&HwmSpec>, update: &HwmUpdate, known: &[String]) -> Result<Vec<String>, Error> {
    if update.keys.is_empty() {
        return Ok(Vec::new());
    }
    let most = spec.map_or(0, |spec| spec.boundary_keys) as usize;
    let mut keys = sorted(update.keys.clone(), Ord::cmp);
    keys.dedup();
    keys.retain(|key| known.binary_search(key).is_err());
    for key in &keys {
        names::check_length("the boundary key", key, limits::NAME_BYTES)?;
    }
    let all = known.len() + keys.len();
    if all > most {
        return Err(Error::invalid(match most {
            0 => format!("HWM `{}` keeps no boundary keys; declare how many, or leave them out", update.name),
            _ => format!(
                "{all} rows stand at {} of HWM `{}`, and it keeps the keys of {most}: declare more, or use a finer cursor, because without the keys they would be loaded twice",
                update.value.to_text(),
                update.name
            ),
        }));
    }
    Ok(keys)
}

pub(crate) fn check_names(updates: &[HwmUpdate]) -> Result<(), Error> {
    for update in updates {
        names::check_name("the name of the HWM", &update.name)?;
        check_value(&update.name, &update.value)?;
    }
    match named_twice(updates) {
        Some(name) => Err(Error::invalid(format!(
            "HWM `{name}` is set twice in one command; say once where it shall stand"
        ))),
        None => Ok(()),
    }
}

/// A name that is there twice.
pub(crate) fn named_twice(updates: &[HwmUpdate]) -> Option<&str> {
    if updates.len() < 2 {
        return None;
    }
    let mut sorted: Vec<&str> = updates.iter().map(|update| update.name.as_str()).collect();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

pub(crate) fn check_value(name: &str, value: &Value) -> Result<(), Error> {
    let size = value.bytes_len();
    if size > limits::VALUE_BYTES {
        return Err(Error::invalid(format!(
            "the value of HWM `{name}` has {size} bytes; at most {} are allowed",
            limits::VALUE_BYTES
        )));
    }
    Ok(())
}

/// Refuses a position of a checkpoint that could not become an HWM when it completes.
pub(crate) fn check_position(state: &State, position: &SourcePosition) -> Result<(), Error> {
    let update = update_of(position);
    check_names(std::slice::from_ref(&update))?;
    moved(state, &update, None).map(drop)
}

/// The move that makes an HWM of a position.
pub(crate) fn update_of(position: &SourcePosition) -> HwmUpdate {
    HwmUpdate { name: position.name.clone(), value: position.value.clone(), cast: false, keys: Vec::new() }
}

/// Whether it moves from `present` to `value`, or why it must not.
fn steps_forward(
    spec: Option<&HwmSpec>,
    present: Option<&Value>,
    update: &HwmUpdate,
    value: &Value,
) -> Result<bool, Error> {
    let Some(present) = present else { return Ok(true) };
    let function = function(spec);
    match hwm_spec::order(function, present, value) {
        Some(Ordering::Less) => Ok(true),
        Some(Ordering::Greater) if bug!(HwmBackwards) => Ok(true),
        Some(Ordering::Equal) => Ok(false),
        Some(Ordering::Greater) => {
            let where_it_is = match function {
                HwmFunction::Min => "above it; its function is min, so it only moves down",
                _ => "behind it; an HWM only moves forward",
            };
            Err(Error::invalid(format!(
                "HWM `{}` is at {} and {} is {where_it_is}: to go back, rewind it with a reason",
                update.name,
                present.to_text(),
                value.to_text()
            )))
        }
        // A declared type is a cast that was allowed beforehand.
        None if update.cast || spec.is_some_and(|spec| spec.value_type.is_some()) => Ok(true),
        None => Err(Error::invalid(format!(
            "HWM `{}` is of type {} and {} is of type {}; to change the type on purpose, set it with cast",
            update.name,
            present.value_type(),
            value.to_text(),
            value.value_type()
        ))),
    }
}

pub(crate) fn function(spec: Option<&HwmSpec>) -> HwmFunction {
    spec.map(|spec| spec.function).unwrap_or_default()
}

fn is_behind(spec: Option<&HwmSpec>, present: &Value, value: &Value) -> bool {
    hwm_spec::order(function(spec), present, value) != Some(Ordering::Less)
        && present.compare(value) != Some(Ordering::Equal)
}

pub(crate) fn rewind(context: &Context<'_>, command: &RewindHwm) -> Result<Decided, Stop> {
    names::check_name("the name of the HWM", &command.name)?;
    if !command.dry_run {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    check_value(&command.name, &command.value)?;
    let from = present(context.state, &command.name)?;
    let spec = hwm_spec::of(context.state, &command.name);
    hwm_derived::check_by_hand(spec)?;
    let to = hwm_spec::typed(spec, &format!("HWM `{}`", command.name), &command.value)?;
    match (from.compare(&to), function(spec)) {
        (Some(Ordering::Greater), HwmFunction::Max)
        | (Some(Ordering::Less), HwmFunction::Min)
        | (Some(Ordering::Greater | Ordering::Less), HwmFunction::Last) => {}
        (Some(_), _) => {
            return Err(Error::invalid(format!(
                "HWM `{}` is at {}, and {} is not behind it; to move it forward, set it",
                command.name,
                from.to_text(),
                to.to_text()
            ))
            .into());
        }
        (None, _) => {
            return Err(Error::invalid(format!(
                "HWM `{}` is of type {} and {} is of type {}; rewind to a value of its own type",
                command.name,
                from.value_type(),
                to.to_text(),
                to.value_type()
            ))
            .into());
        }
    }
    let answer = |version| {
        let (name, from, to) = (command.name.clone(), from.clone(), to.clone());
        Answer::Rewound(Rewound { name, from, to, applied: !command.dry_run, version })
    };
    if command.dry_run {
        return Decided::answer(answer(context.version()));
    }
    let fact = HwmRewound {
        name: command.name.clone(),
        value: to.clone(),
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    };
    Decided::facts(vec![fact.into()], answer(context.next_version))
}

pub(crate) fn delete(context: &Context<'_>, command: &DeleteHwm) -> Result<Decided, Stop> {
    names::check_name("the name of the HWM", &command.name)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    present(context.state, &command.name)?;
    hwm_derived::check_by_hand(hwm_spec::of(context.state, &command.name))?;
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
        HwmEvent::Derived => "derived",
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
        Fact::HwmSet(fact) if !fact.keys.is_empty() && joins(state, fact) => {
            return join(state, fact, extra, at);
        }
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
    let keys = if let Fact::HwmSet(fact) = fact { fact.keys.clone() } else { Vec::new() };
    record(state, name, point, keys, extra);
}

/// Whether the keys of a fact are of rows at the value that stands there already.
fn joins(state: &State, fact: &HwmSet) -> bool {
    let present = state.hwms.get(fact.name.as_str()).and_then(|row| row.last.value.as_ref());
    !fact.cast && present.is_some_and(|present| present.compare(&fact.value) == Some(Ordering::Equal))
}

/// More rows were loaded at the same value. That is no change of it, so its history does not grow.
fn join(state: &mut State, fact: &HwmSet, extra: &Extra, at: At) {
    state.hwms.modify(&Arc::from(fact.name.as_str()), |row| {
        let known = row.keys.iter().filter(|_| !bug!(ForgetEdge));
        let keys = known.chain(&fact.keys).cloned().collect();
        row.keys = sorted(keys, Ord::cmp);
        row.keys.dedup();
        row.last.version = at.version;
        row.last.at_ms = at.at_ms;
        row.last.run.clone_from(&fact.run);
        row.last.node.clone_from(&fact.node);
        row.extra.absorb(extra);
    });
}

/// Makes this the present value of an HWM, and the one before it part of its history.
pub(crate) fn record(state: &mut State, name: &str, point: HwmPoint, keys: Vec<String>, extra: &Extra) {
    let Some(name) = state.hwms.get(name).map(|row| Arc::clone(&row.name)) else {
        let name: Arc<str> = name.into();
        let row = HwmRow { name: Arc::clone(&name), changes: 1, last: point, keys, extra: extra.clone() };
        return state.hwms.insert(name, row);
    };
    let past = state.hwms.modify(&name, |row| {
        let number = row.changes;
        row.changes = number.saturating_add(1);
        row.keys = keys;
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

pub(crate) fn point(at: At, what: HwmEvent, value: Option<&Value>) -> HwmPoint {
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
