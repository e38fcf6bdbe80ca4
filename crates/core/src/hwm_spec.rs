//! Declared HWMs: what may be declared, which declaration holds for a name, and the rules that follow from it.
//!
//! Nothing has to be declared: an HWM then stands at the greatest value that was set, and its reader begins behind it.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{Fact, HwmBound, HwmDeclared, HwmFunction, HwmSet, LagMode, SourceObserved};
use highwater_format::value::{Value, ValueType, Way};

use crate::command::{HwmSpec, ObserveSource};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::output::{Notice, NoticeLevel};
use crate::row::{HwmRow, Said};
use crate::state::{At, State};
use crate::{hwm, hwm_derived, limits, names, position};

/// The declaration that holds for a name: its own, or that of the HWM that it is a partition of.
pub(crate) fn of<'a>(state: &'a State, name: &str) -> Option<&'a HwmSpec> {
    let of_whole = || state.hwm_specs.get(whole(name)?).filter(|said| said.fact.partitioned);
    state.hwm_specs.get(name).or_else(of_whole).map(|said| &said.fact)
}

/// The HWM that this is a partition of by its name: `orders.id` of `orders.id[eu]`.
fn whole(name: &str) -> Option<&str> {
    Some(name.strip_suffix(']')?.split_once('[')?.0)
}

/// The partitions of an HWM, in byte order of their names, with those that were deleted.
pub(crate) fn partitions<'a>(state: &'a State, name: &str) -> Vec<&'a HwmRow> {
    let prefix = format!("{name}[");
    let from = state.hwms.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
    let rows = from.map(|(_, row)| row).take_while(|row| row.name.starts_with(&prefix));
    rows.filter(|row| row.name.ends_with(']')).collect()
}

/// How two values follow each other on the way of the reader: less if `next` is ahead of `present`, greater if it is behind.
pub(crate) fn order(function: HwmFunction, present: &Value, next: &Value) -> Option<Ordering> {
    let order = present.compare(next)?;
    Some(match function {
        HwmFunction::Max => order,
        HwmFunction::Min => order.reverse(),
        HwmFunction::Last if order == Ordering::Equal => order,
        HwmFunction::Last => Ordering::Less,
    })
}

/// The value so far back on the way of the reader; `None` if its type has no distances.
pub(crate) fn back(spec: &HwmSpec, value: &Value, amount: u64) -> Option<Value> {
    value.shift(amount, if spec.function == HwmFunction::Min { Way::Up } else { Way::Down })
}

/// The value in the declared type, or why it cannot be.
pub(crate) fn typed(spec: Option<&HwmSpec>, what: &str, value: &Value) -> Result<Value, Error> {
    let Some(value_type) = spec.and_then(|spec| spec.value_type) else { return Ok(value.clone()) };
    value.convert(value_type).ok_or_else(|| {
        Error::invalid(format!(
            "{what} is declared as {value_type}, and {} of type {} does not become one without loss; convert it, or declare another type",
            value.to_text(),
            value.value_type()
        ))
    })
}

pub(crate) fn declare(context: &mut Context<'_>, command: &HwmSpec) -> Result<Decided, Stop> {
    let spec = checked(command)?;
    let state = context.state;
    if state.hwm_specs.get(spec.name.as_str()).is_some_and(|said| said.fact == spec) {
        return context.done(Vec::new());
    }
    let own = state.hwms.get(spec.name.as_str());
    if spec.partitioned && own.is_some_and(|row| row.last.value.is_some()) {
        return Err(Error::conflict(format!(
            "HWM `{}` has a value of its own, so it cannot be kept per partition; delete it first, or use another name",
            spec.name
        ))
        .into());
    }
    hwm_derived::check_axis(state, &spec)?;
    let mut facts: Vec<Fact> = vec![spec.clone().into()];
    // What coverage says takes the place of any value.
    let own = own.filter(|_| spec.coverage.is_none());
    let parts = spec.partitioned.then(|| partitions(state, &spec.name)).into_iter().flatten();
    for row in own.into_iter().chain(parts) {
        // A partition with a declaration of its own does not follow this one.
        if *row.name == *spec.name || state.hwm_specs.get(&row.name).is_none() {
            facts.extend(cast(&spec, row)?);
        }
    }
    if facts.len() > limits::HWMS_PER_COMMAND {
        return Err(Error::invalid(format!(
            "{} HWMs would change their type at once; at most {} may, declare their partitions one by one",
            facts.len(),
            limits::HWMS_PER_COMMAND
        ))
        .into());
    }
    let added = usize::from(state.hwm_specs.get(spec.name.as_str()).is_none());
    context.check_bound("declared HWMs", state.hwm_specs.len(), added, limits::HWM_SPECS)?;
    if spec.coverage.is_some() && state.hwms.get(spec.name.as_str()).is_none() {
        context.check_bound("HWMs", state.hwms.len(), 1, limits::HWMS)?;
    }
    context.done(facts)
}

/// The fact that gives the present value the declared type, if it has another.
fn cast(spec: &HwmSpec, row: &HwmRow) -> Result<Option<Fact>, Error> {
    let Some(present) = &row.last.value else { return Ok(None) };
    let value = typed(Some(spec), &format!("HWM `{}`", row.name), present)?;
    if spec.lag.is_some() && value.shift(0, Way::Down).is_none() {
        return Err(without_distance(&row.name, value.value_type()));
    }
    let fact = HwmSet {
        name: row.name.to_string(),
        cast: true,
        run: row.last.run.clone(),
        node: row.last.node.clone(),
        keys: row.keys.clone(),
        value,
    };
    Ok((fact.value.value_type() != present.value_type()).then(|| fact.into()))
}

pub(crate) fn without_distance(name: &str, value_type: ValueType) -> Error {
    Error::invalid(format!(
        "HWM `{name}` has a lag, and values of type {value_type} have no distances; whole numbers, timestamps and dates do: declare one of them, or no lag"
    ))
}

/// The declaration with its values in its type, or what is wrong with it.
fn checked(spec: &HwmSpec) -> Result<HwmSpec, Error> {
    names::check_name("the name of the HWM", &spec.name)?;
    let refuse = |why: &str| Err(Error::invalid(format!("HWM `{}` cannot be declared so: {why}", spec.name)));
    if let Some(lag) = &spec.lag {
        if lag.amount == 0 {
            return refuse("a lag of nothing is none; leave it out");
        }
        if spec.function == HwmFunction::Last {
            return refuse("a lag needs an order, and the function `last` knows none; use `max` or `min`");
        }
        if let Some(value_type) = spec.value_type
            && !has_distances(value_type)
        {
            return Err(without_distance(&spec.name, value_type));
        }
    }
    if spec.boundary_keys as usize > limits::BOUNDARY_KEYS {
        return refuse(&format!(
            "it would keep {} keys; at most {} are kept: use a finer cursor, or a sink that takes rows twice",
            spec.boundary_keys,
            limits::BOUNDARY_KEYS
        ));
    }
    if spec.boundary_keys > 0 && spec.lower == HwmBound::Open {
        return refuse("boundary keys are of rows that are read again, so its lower bound must be closed");
    }
    if spec.boundary_keys > 0 && spec.lag.is_some() {
        return refuse(
            "rows within a lag are read again, and their keys are not kept; leave the lag or the boundary keys out",
        );
    }
    if spec.partitioned && whole(&spec.name).is_some() {
        return refuse("it is a partition by its name, and partitions have none of their own");
    }
    if spec.coverage.is_some() {
        return hwm_derived::checked(spec);
    }
    let ends = |what, value: &Option<Value>| {
        value.as_ref().map(|value| {
            hwm::check_value(&spec.name, value)?;
            typed(Some(spec), what, value)
        })
    };
    let initial = ends("the initial value", &spec.initial).transpose()?;
    let end = ends("the end", &spec.end).transpose()?;
    if let (Some(initial), Some(end)) = (&initial, &end)
        && order(spec.function, initial, end) != Some(Ordering::Less)
    {
        return refuse("its end does not come after its initial value, or is of another type");
    }
    Ok(HwmSpec { initial, end, ..spec.clone() })
}

fn has_distances(value_type: ValueType) -> bool {
    use ValueType::{Date, Int, LocalTimestamp, Timestamp, Uint};
    matches!(value_type, Int | Uint | Timestamp | LocalTimestamp | Date)
}

/// What is kept of an HWM that holds back: so much before what was seen.
pub(crate) fn held_back(spec: Option<&HwmSpec>, name: &str, seen: Value) -> Result<Value, Error> {
    let Some((spec, lag)) = spec.and_then(|spec| Some((spec, spec.lag?))) else { return Ok(seen) };
    let held = back(spec, &seen, lag.amount).ok_or_else(|| without_distance(name, seen.value_type()))?;
    Ok(if lag.mode == LagMode::HoldBack { held } else { seen })
}

pub(crate) fn observe(context: &mut Context<'_>, command: &ObserveSource) -> Result<Decided, Stop> {
    let name = &command.name;
    names::check_name("the name of the HWM", name)?;
    let state = context.state;
    let known = |value: &Option<Value>| {
        value.as_ref().map(|value| {
            hwm::check_value(name, value)?;
            typed(of(state, name), &format!("the source of HWM `{name}`"), value)
        })
    };
    let earliest = known(&command.earliest).transpose()?;
    let latest = known(&command.latest).transpose()?;
    if let (Some(earliest), Some(latest)) = (&earliest, &latest)
        && !earliest.compare(latest).is_some_and(Ordering::is_le)
    {
        return Err(Error::invalid(format!(
            "the source of HWM `{name}` cannot begin at {} and end at {}",
            earliest.to_text(),
            latest.to_text()
        ))
        .into());
    }
    let fact = SourceObserved { name: name.clone(), earliest, latest };
    let before = state.hwm_sources.get(name.as_str());
    if before.is_some_and(|said| said.fact == fact) {
        return context.done(Vec::new());
    }
    let added = usize::from(before.is_none());
    context.check_bound("observed sources", state.hwm_sources.len(), added, limits::HWM_SPECS)?;
    if let Some(lost) = position::lost(state, name, fact.earliest.as_ref()) {
        let (level, pipeline) = (NoticeLevel::Warn, context.pipeline.to_owned());
        context.notices.push(Notice { level, pipeline, code: "source-forgot".to_owned(), message: lost });
    }
    context.done(vec![fact.into()])
}

pub(crate) fn declared(state: &mut State, fact: &HwmDeclared, extra: &Extra, at: At) {
    let said = Said { fact: fact.clone(), extra: extra.clone() };
    forget_places(state, &fact.name);
    place(state, said, true);
    hwm_derived::declared(state, fact, at);
}

/// Puts a declaration in place, and what is derived from it.
pub(crate) fn place(state: &mut State, said: Said<HwmDeclared>, can_be_taken_back: bool) {
    if let Some(key) = hwm_derived::key(&said.fact) {
        state.derived_hwms.put(key, (), can_be_taken_back);
    }
    state.hwm_specs.put(said.fact.name.as_str().into(), said, can_be_taken_back);
}

/// Takes what is derived from a declaration out of the indexes.
pub(crate) fn forget_places(state: &mut State, name: &str) {
    if let Some(key) = state.hwm_specs.get(name).and_then(|said| hwm_derived::key(&said.fact)) {
        state.derived_hwms.remove(&key);
    }
}

pub(crate) fn observed(state: &mut State, fact: &SourceObserved, extra: &Extra) {
    let name: Arc<str> = fact.name.as_str().into();
    state.hwm_sources.insert(name, Said { fact: fact.clone(), extra: extra.clone() });
}
