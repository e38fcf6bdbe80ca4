//! Positions: from where to where a reader reads, so that no pipeline computes a lag or a bound by hand.

use std::cmp::Ordering;

use highwater_format::fact::{HwmBound, HwmFunction, LagMode};
use highwater_format::value::{Value, ValueType, Way};

use crate::answer::{Answer, Position};
use crate::command::{GetPositions, HwmSpec};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::HwmRow;
use crate::state::State;
use crate::{hwm_derived, hwm_spec, limits, names};

pub(crate) fn get(context: &Context<'_>, command: &GetPositions) -> Result<Decided, Stop> {
    let state = context.state;
    let mut positions = Vec::new();
    let declared = state.hwm_specs.iter().map(|(name, _)| &**name).filter(|_| command.names.is_empty());
    for name in command.names.iter().map(String::as_str).chain(declared) {
        names::check_name("the name of the HWM", name)?;
        let spec = spec_of(state, name);
        if spec.partitioned && spec.name == name {
            whole(state, &spec, &mut positions);
        } else {
            positions.push(one(state, name, &spec));
        }
        if positions.len() > limits::PAGE {
            return Err(Error::invalid(format!(
                "there are more than {} positions; name the HWMs or partitions that are to be read",
                limits::PAGE
            ))
            .into());
        }
    }
    Decided::answer(Answer::Positions(positions))
}

/// How the HWM is kept, whether it was declared or not.
fn spec_of(state: &State, name: &str) -> HwmSpec {
    let undeclared = || HwmSpec { name: name.to_owned(), ..HwmSpec::default() };
    hwm_spec::of(state, name).cloned().unwrap_or_else(undeclared)
}

/// The position of an HWM that is kept per partition: where the one stands that is least far, and then all of them.
fn whole(state: &State, spec: &HwmSpec, positions: &mut Vec<Position>) {
    let at = positions.len();
    let mut rows: Vec<&HwmRow> = hwm_spec::partitions(state, &spec.name);
    rows.retain(|row| row.last.value.is_some());
    let values = rows.iter().filter_map(|row| Some((*row, row.last.value.as_ref()?)));
    let last = values.reduce(|least, next| {
        let is_behind = hwm_spec::order(spec.function, least.1, next.1) == Some(Ordering::Greater);
        if is_behind { next } else { least }
    });
    let mut position = of_value(state, &spec.name, spec, last.map(|(_, value)| value));
    if let Some((row, _)) = last {
        position.reason =
            format!("the least far of {} partitions is `{}`; {}", rows.len(), row.name, position.reason);
    }
    positions.push(position);
    // More than fit into an answer are counted, and then refused.
    for row in rows.iter().take(limits::PAGE + 1 - at.min(limits::PAGE)) {
        positions.push(one(state, &row.name, &spec_of(state, &row.name)));
    }
}

fn one(state: &State, name: &str, spec: &HwmSpec) -> Position {
    let row = state.hwms.get(name);
    let mut position = of_value(state, name, spec, row.and_then(|row| row.last.value.as_ref()));
    if let Some(row) = row.filter(|row| keeps_keys(spec) && !row.keys.is_empty() && position.value.is_some())
    {
        position.keys.clone_from(&row.keys);
        position.reason.push_str(&format!(", where {} rows were loaded already", row.keys.len()));
    }
    position
}

fn keeps_keys(spec: &HwmSpec) -> bool {
    spec.boundary_keys > 0 && spec.lower == HwmBound::Closed && spec.lag.is_none()
}

/// Where the reader of an HWM with this value begins.
fn of_value(state: &State, name: &str, spec: &HwmSpec, value: Option<&Value>) -> Position {
    let (from, lower, reason) = begins(spec, value);
    let source = state.hwm_sources.get(name).map(|said| &said.fact);
    let earliest = source.and_then(|source| source.earliest.clone());
    let forgotten = is_forgotten(spec.function, from.as_ref(), lower, earliest.as_ref());
    Position {
        name: name.to_owned(),
        spec: spec.clone(),
        value: value.cloned(),
        from,
        lower,
        keys: Vec::new(),
        earliest,
        latest: source.and_then(|source| source.latest.clone()),
        forgotten,
        reason,
    }
}

fn begins(spec: &HwmSpec, value: Option<&Value>) -> (Option<Value>, HwmBound, String) {
    let Some(value) = value else {
        let place = if spec.initial.is_some() { "its initial value" } else { "the first row" };
        let reason = format!("nothing was loaded yet: reading begins at {place}");
        return (spec.initial.clone(), HwmBound::Closed, reason);
    };
    let stands = match &spec.coverage {
        None => format!("it stands at {}", value.to_text()),
        Some(of) => {
            format!("it stands at {}, up to where {} is done", value.to_text(), hwm_derived::words(of))
        }
    };
    match &spec.lag {
        None => (Some(value.clone()), spec.lower, stands),
        Some(lag) if lag.mode == LagMode::HoldBack => {
            let reason = format!("{stands}, which is {} behind what was seen", distance(lag.amount, value));
            (Some(value.clone()), spec.lower, reason)
        }
        Some(lag) => {
            let from = hwm_spec::back(spec, value, lag.amount).unwrap_or_else(|| value.clone());
            let too_far = |initial: &&Value| {
                hwm_spec::order(spec.function, &from, initial).is_some_and(Ordering::is_lt)
            };
            if let Some(initial) = spec.initial.as_ref().filter(too_far) {
                let reason = format!("{stands}, and its lag reaches back to its initial value");
                return (Some(initial.clone()), HwmBound::Closed, reason);
            }
            let back = distance(lag.amount, value);
            (Some(from), spec.lower, format!("{stands}, and {back} before it are read again for late rows"))
        }
    }
}

/// A lag in words.
fn distance(amount: u64, value: &Value) -> String {
    match value.value_type() {
        ValueType::Date => format!("{amount} days"),
        ValueType::Timestamp | ValueType::LocalTimestamp => format!("{amount} ms"),
        _ => amount.to_string(),
    }
}

/// Whether the source may have had rows behind where reading begins that it has not any more.
fn is_forgotten(
    function: HwmFunction,
    from: Option<&Value>,
    lower: HwmBound,
    earliest: Option<&Value>,
) -> bool {
    let (HwmFunction::Max, Some(from), Some(earliest)) = (function, from, earliest) else { return false };
    // After 5 comes 6, so a source that begins there has forgotten nothing.
    let next = match from {
        Value::Int(_) | Value::Uint(_) if lower == HwmBound::Open => from.shift(1, Way::Up),
        _ => None,
    };
    next.as_ref().unwrap_or(from).compare(earliest) == Some(Ordering::Less)
}

/// What to say if the reader of this HWM begins before `earliest`.
pub(crate) fn lost(state: &State, name: &str, earliest: Option<&Value>) -> Option<String> {
    let spec = spec_of(state, name);
    let value = state.hwms.get(name).and_then(|row| row.last.value.as_ref());
    let (from, lower, _) = begins(&spec, value);
    is_forgotten(spec.function, from.as_ref(), lower, earliest).then(|| {
        let (from, earliest) = (from.map(|from| from.to_text()), earliest.map(Value::to_text));
        format!(
            "the source of HWM `{name}` begins at {} and reading begins at {}: rows between them are gone from it; load them from elsewhere",
            earliest.unwrap_or_default(),
            from.unwrap_or_default()
        )
    })
}
