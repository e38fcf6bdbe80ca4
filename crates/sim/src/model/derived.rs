//! HWMs that follow coverage, number by number.

use std::cmp::Ordering;

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, HwmChange};
use highwater_core::command::HwmSpec;
use highwater_format::fact::{Axis, CoverageStatus, HwmBound, HwmFunction, LagMode};
use highwater_format::value::{Timestamp, Value};

use super::coverage::{Line, line};
use super::hwms::change;
use super::{Refused, Trial, effect, value_of};

/// The declaration, or that something of it does not go with coverage.
pub(super) fn checked(spec: &HwmSpec) -> Refused<HwmSpec> {
    let Some(of) = &spec.coverage else { return Ok(spec.clone()) };
    line(&of.node, of.partition.as_ref())?;
    let holds_back = spec.lag.is_some_and(|lag| lag.mode == LagMode::HoldBack);
    let is_plain = spec.function == HwmFunction::Max && spec.value_type.is_none() && !holds_back;
    if !is_plain || spec.boundary_keys > 0 || spec.unordered || spec.partitioned {
        return Err(ErrorKind::Invalid);
    }
    let mut spec = HwmSpec { lower: HwmBound::Closed, ..spec.clone() };
    if let Some(initial) = &spec.initial {
        let (axis, at) = place(initial).ok_or(ErrorKind::Invalid)?;
        if axis == Axis::Integer {
            spec.initial = Some(Value::Int(at));
        }
    }
    match (&spec.initial, &spec.end) {
        (Some(initial), Some(end)) if initial.compare(end) != Some(Ordering::Less) => Err(ErrorKind::Invalid),
        _ => Ok(spec),
    }
}

fn place(value: &Value) -> Option<(Axis, i64)> {
    match value {
        Value::Int(at) => Some((Axis::Integer, *at)),
        Value::Uint(at) => i64::try_from(*at).ok().map(|at| (Axis::Integer, at)),
        Value::Timestamp(at) => {
            Some((Axis::Time, at.unix_seconds() * 1_000 + i64::from(at.nanoseconds()) / 1_000_000))
        }
        _ => None,
    }
}

fn at(axis: Axis, at: i64) -> Value {
    if axis == Axis::Integer {
        return Value::Int(at);
    }
    let nanoseconds = u32::try_from(at.rem_euclid(1_000)).unwrap_or(0) * 1_000_000;
    let precision = if nanoseconds == 0 { 0 } else { 3 };
    let time = Timestamp::from_unix(at.div_euclid(1_000), nanoseconds, precision, 0);
    Value::Timestamp(time.expect("the axes of the reference are short"))
}

impl Trial {
    pub(super) fn declare_derived(&mut self, spec: HwmSpec) -> Refused<Answer> {
        let Some(of) = &spec.coverage else { return Err(ErrorKind::Internal) };
        let axes =
            self.pipeline.covers_axis(&of.node).or_else(|| self.cadence(&of.node).ok().map(|it| it.axis));
        let start = spec.initial.as_ref().and_then(place);
        if let (Some(has), Some((axis, _))) = (axes, start)
            && has != axis
        {
            return Err(ErrorKind::Invalid);
        }
        let effects = vec![effect::hwm_declared(&spec.name)];
        let (name, of) = (spec.name.clone(), of.clone());
        let partition = of.partition.as_ref().map(|it| format!("partition `{it}` of ")).unwrap_or_default();
        let reason = format!("it was declared to follow the coverage of {partition}node `{}`", of.node);
        self.pipeline.specs.insert(name.clone(), spec);
        self.derive(&name, None, Some(reason.clone()), None);
        if !self.pipeline.hwms.contains_key(&name) {
            let (node, reason) = (Some(of.node.clone()), Some(reason));
            self.change(&name, HwmChange { node, reason, ..change("derived", None) });
        }
        Ok(self.done(effects))
    }

    /// The coverage of this line may be another one now.
    pub(super) fn follow(
        &mut self,
        of: &Line,
        run: Option<&str>,
        reason: Option<&String>,
        actor: Option<&String>,
    ) {
        let names: Vec<String> = self.pipeline.specs.keys().cloned().collect();
        for name in names {
            let spec = self.pipeline.specs[&name].coverage.clone();
            if spec.is_some_and(|it| it.node == of.0 && it.partition.unwrap_or_default() == of.1) {
                self.derive(&name, run, reason.cloned(), actor.cloned());
            }
        }
    }

    /// A cadence is another one now.
    pub(super) fn follow_all(&mut self) {
        let names: Vec<String> = self.pipeline.specs.keys().cloned().collect();
        for name in names {
            self.derive(&name, None, Some("the cadence was declared anew".to_owned()), None);
        }
    }

    fn derive(&mut self, name: &str, run: Option<&str>, reason: Option<String>, actor: Option<String>) {
        let spec = self.pipeline.specs[name].clone();
        let Some(of) = &spec.coverage else { return };
        let value = self.edge(&spec, &(of.node.clone(), of.partition.clone().unwrap_or_default()));
        if self.pipeline.hwms.get(name).and_then(|changes| value_of(changes)) == value.as_ref() {
            return;
        }
        self.pipeline.keys.remove(name);
        let (run, node) = (run.map(str::to_owned), Some(of.node.clone()));
        self.change(name, HwmChange { run, node, reason, actor, ..change("derived", value.as_ref()) });
    }

    fn edge(&self, spec: &HwmSpec, line: &Line) -> Option<Value> {
        let (touched, has) = self.touched(line);
        let start = match &spec.initial {
            Some(initial) => place(initial),
            None => self.cadence(&line.0).ok().map(|cadence| (cadence.axis, cadence.start)),
        };
        let start = start.filter(|start| has.is_none_or(|has| has == start.0));
        let is_done = |number: i64| touched.contains(&(number, CoverageStatus::Done));
        let (axis, first) = match (start, has) {
            (Some(start), _) => start,
            (None, Some(axis)) => {
                (axis, touched.first().map(|first| first.0).filter(|first| is_done(*first))?)
            }
            (None, None) => return None,
        };
        let edge = (first..).find(|number| !is_done(*number))?;
        Some(at(axis, edge))
    }
}
