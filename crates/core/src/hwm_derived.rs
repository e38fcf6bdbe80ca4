//! Derived HWMs: coverage is the truth, and an HWM that was declared to follow it stands at its edge.
//!
//! The edge is up to where everything is done: from the initial value of the HWM on, or else from the start of the cadence of the
//! node, and it stands there until that is done. With neither, from the first interval that is known of on, and without a value
//! while there is none. It moves, either way, with the fact that changes what it rests on, so no fact is written for it.
//! It is the first place that is not done, so reading begins at it and not behind it.

use highwater_format::Extra;
use highwater_format::fact::{Axis, HwmBound, HwmCoverage, HwmDeclared, HwmFunction, LagMode};
use highwater_format::value::{Timestamp, Value};

use crate::coverage::{self, Line, show};
use crate::error::Error;
use crate::row::{HwmEvent, HwmPoint};
use crate::state::{At, NodeKey, State};
use crate::validate::Found;
use crate::{bug, cadence, hwm, names};

/// The first and the last millisecond that a timestamp can say.
const TIMES_MS: (i64, i64) = (-62_135_596_800_000, 253_402_300_799_999);

/// Who changed the coverage, and why.
#[derive(Default)]
pub(crate) struct Cause<'a> {
    /// Where the first change is; absent where all may be another one.
    pub(crate) from: Option<i64>,
    pub(crate) run: Option<&'a String>,
    pub(crate) reason: Option<&'a String>,
    pub(crate) actor: Option<&'a String>,
}

/// The coverage in words.
pub(crate) fn words(of: &HwmCoverage) -> String {
    Line::new(&of.node, of.partition.as_deref()).words()
}

/// Refuses to move by hand what follows coverage.
pub(crate) fn check_by_hand(spec: Option<&HwmDeclared>) -> Result<(), Error> {
    match spec.and_then(|spec| Some((&spec.name, spec.coverage.as_ref()?))) {
        None => Ok(()),
        Some((name, of)) => Err(Error::invalid(format!(
            "HWM `{name}` follows the coverage of {}, and nothing else moves it: mark that coverage, or declare the HWM without it",
            words(of)
        ))),
    }
}

/// The declaration of an HWM that follows coverage, or what does not go with that.
pub(crate) fn checked(spec: &HwmDeclared) -> Result<HwmDeclared, Error> {
    let Some(of) = &spec.coverage else { return Ok(spec.clone()) };
    names::check_name("the name of the node", &of.node)?;
    names::check_optional_name("the partition", of.partition.as_ref())?;
    let wrong = [
        (spec.function != HwmFunction::Max, "its function is not max, and an edge is what it is"),
        (spec.value_type.is_some(), "its type follows from the axis: leave the type out"),
        (spec.lag.is_some_and(|lag| lag.mode == LagMode::HoldBack), "it holds back: give the cadence a lag"),
        (spec.boundary_keys > 0, "it keeps boundary keys, and no rows stand at an edge"),
        (spec.unordered, "its source has no order: intervals are done in any order anyway"),
        (spec.partitioned, "it is kept per partition: declare that of a partition, for example `name[eu]`"),
    ];
    let refuse = |why: &str| Error::invalid(format!("HWM `{}` cannot follow coverage: {why}", spec.name));
    if let Some((_, why)) = wrong.iter().find(|(is_wrong, _)| *is_wrong) {
        return Err(refuse(why));
    }
    let start = spec.initial.as_ref().map(|initial| {
        place_of(initial).ok_or_else(|| {
            refuse("its initial value is no whole number and no timestamp of whole milliseconds")
        })
    });
    let initial = match start.transpose()? {
        Some((Axis::Integer, at)) => Some(Value::Int(at)),
        _ => spec.initial.clone(),
    };
    if let (Some(initial), Some(end)) = (&initial, &spec.end)
        && !initial.compare(end).is_some_and(std::cmp::Ordering::is_lt)
    {
        return Err(refuse("its end does not come after its initial value, or is of another type"));
    }
    Ok(HwmDeclared { initial, lower: HwmBound::Closed, ..spec.clone() })
}

/// Refuses an initial value that is not on the axis of the node.
pub(crate) fn check_axis(state: &State, spec: &HwmDeclared) -> Result<(), Error> {
    let (Some(of), Some(initial)) = (&spec.coverage, &spec.initial) else { return Ok(()) };
    let has = coverage::axis(state, &of.node).or_else(|| cadence::of(state, &of.node).map(|it| it.axis));
    match (has, place_of(initial)) {
        (Some(has), Some((axis, _))) if has != axis => Err(Error::invalid(format!(
            "the initial value of HWM `{}` is on the {} axis, and node `{}` is on the {} axis",
            spec.name,
            show::axis_word(axis),
            of.node,
            show::axis_word(has)
        ))),
        _ => Ok(()),
    }
}

/// Where on which axis a value is, if it is on one.
fn place_of(value: &Value) -> Option<(Axis, i64)> {
    match value {
        Value::Int(at) => Some((Axis::Integer, *at)),
        Value::Uint(at) => Some((Axis::Integer, i64::try_from(*at).ok()?)),
        Value::Timestamp(at) if at.nanoseconds().is_multiple_of(1_000_000) => {
            let ms = at.unix_seconds().checked_mul(1_000)?;
            Some((Axis::Time, ms.checked_add(i64::from(at.nanoseconds() / 1_000_000))?))
        }
        _ => None,
    }
}

/// A place on an axis as a value.
fn value_at(axis: Axis, at: i64) -> Option<Value> {
    if axis == Axis::Integer {
        return Some(Value::Int(at));
    }
    let ms = at.clamp(TIMES_MS.0, TIMES_MS.1);
    let milliseconds = u32::try_from(ms.rem_euclid(1_000)).ok()?;
    let precision = if milliseconds == 0 { 0 } else { 3 };
    let time = Timestamp::from_unix(ms.div_euclid(1_000), milliseconds * 1_000_000, precision, 0);
    time.ok().map(Value::Timestamp)
}

/// Where an HWM stands that follows this coverage. Up to `known` everything is done from where it begins, so that a change costs what
/// lies behind it and not what there is.
fn value(state: &State, spec: &HwmDeclared, line: &Line, known: Option<i64>) -> Option<Value> {
    let has = coverage::first_piece(state, line).map(|row| row.axis);
    let start = match &spec.initial {
        Some(initial) => place_of(initial),
        None => cadence::of(state, &line.node)
            .and_then(|it| Some((it.axis, cadence::Windows::of(it).ok()?.first()?))),
    };
    // What was declared for another axis says nothing about this one.
    match (start.filter(|(axis, _)| has.is_none_or(|has| has == *axis)), has) {
        (Some((axis, start)), _) => {
            value_at(axis, coverage::edge_from(state, line, known.map_or(start, |known| known.max(start))))
        }
        (None, Some(axis)) => {
            let first = coverage::first_piece(state, line)?;
            let edge =
                coverage::edge_from(state, line, known.map_or(first.start, |known| known.max(first.start)));
            (edge > first.start).then(|| value_at(axis, edge))?
        }
        (None, None) => None,
    }
}

/// Where an HWM that follows coverage stands among those that do.
pub(crate) fn key(spec: &HwmDeclared) -> Option<NodeKey> {
    let of = spec.coverage.as_ref()?;
    Some((Line::new(&of.node, of.partition.as_deref()).name().to_owned(), spec.name.clone()))
}

/// The coverage of a node and partition may have changed.
pub(crate) fn follow(state: &mut State, line: &Line, cause: &Cause<'_>, at: At) {
    let first = (line.name().to_owned(), String::new());
    let of_line = state.derived_hwms.range(first..).map(|(key, ())| key);
    let names: Vec<String> =
        of_line.take_while(|key| key.0 == line.name()).map(|key| key.1.clone()).collect();
    names.iter().for_each(|name| put(state, name, cause, at));
}

/// The windows of a node, or of all that have no cadence of their own, are others now.
pub(crate) fn follow_cadence(state: &mut State, node: &str, at: At) {
    let names: Vec<String> = state.derived_hwms.iter().map(|((_, name), ())| name.clone()).collect();
    for name in names {
        let spec = state.hwm_specs.get(name.as_str()).map(|said| &said.fact);
        let of = spec.and_then(|spec| spec.coverage.as_ref());
        if of.is_some_and(|of| node.is_empty() || of.node == node) {
            let reason = "the cadence was declared anew".to_owned();
            put(state, &name, &Cause { reason: Some(&reason), ..Cause::default() }, at);
        }
    }
}

/// It follows coverage from now on. Its row is made even without a value, so that the room for it is taken.
pub(crate) fn declared(state: &mut State, fact: &HwmDeclared, at: At) {
    let Some(of) = &fact.coverage else { return };
    let reason = format!("it was declared to follow the coverage of {}", words(of));
    let cause = Cause { reason: Some(&reason), ..Cause::default() };
    put(state, &fact.name, &cause, at);
    if state.hwms.get(fact.name.as_str()).is_none() {
        record(state, fact, None, &cause, at);
    }
}

/// Puts an HWM where its coverage says.
fn put(state: &mut State, name: &str, cause: &Cause<'_>, at: At) {
    let Some(spec) = state.hwm_specs.get(name).map(|said| said.fact.clone()) else { return };
    let Some(of) = &spec.coverage else { return };
    let present = state.hwms.get(name).and_then(|row| row.last.value.as_ref());
    let stood = present.and_then(place_of).map(|(_, at)| at);
    let known = cause.from.and_then(|from| Some(from.min(stood?)));
    let value = value(state, &spec, &Line::new(&of.node, of.partition.as_deref()), known);
    let is_back = || match (present, &value) {
        (Some(present), Some(value)) => present.compare(value).is_some_and(std::cmp::Ordering::is_gt),
        (present, _) => present.is_some(),
    };
    if present != value.as_ref() && !(bug!(DerivedStays) && is_back()) {
        record(state, &spec, value.as_ref(), cause, at);
    }
}

fn record(state: &mut State, spec: &HwmDeclared, value: Option<&Value>, cause: &Cause<'_>, at: At) {
    let point = HwmPoint {
        run: cause.run.cloned(),
        node: spec.coverage.as_ref().map(|of| of.node.clone()),
        reason: cause.reason.cloned(),
        actor: cause.actor.cloned(),
        ..hwm::point(at, HwmEvent::Derived, value)
    };
    hwm::record(state, &spec.name, point, Vec::new(), &Extra::default());
}

/// Each stands where its coverage says.
pub(crate) fn check(found: &mut Found, state: &State) {
    let mut followers = 0;
    for (name, said) in state.hwm_specs.iter() {
        let Some(of) = &said.fact.coverage else { continue };
        followers += 1;
        let place = || format!("HWM `{name}`");
        let line = Line::new(&of.node, of.partition.as_deref());
        let stands = state.hwms.get(name).and_then(|row| row.last.value.as_ref());
        let is_right = stands == value(state, &said.fact, &line, None).as_ref();
        found.rule(is_right, place, "it does not stand at the edge of the coverage that it follows");
        let listed = key(&said.fact).is_some_and(|key| state.derived_hwms.get(&key).is_some());
        found.rule(listed, place, "it is not found by the coverage that it follows");
    }
    let place = || "the index of HWMs by coverage".to_owned();
    found.rule(followers == state.derived_hwms.len(), place, "it has more or fewer entries than there are");
}
