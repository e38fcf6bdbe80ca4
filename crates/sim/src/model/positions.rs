//! Declared HWMs and positions.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, HwmChange, Position};
use highwater_core::command::{HwmSpec, HwmUpdate, ObserveSource};
use highwater_format::fact::{HwmBound, HwmFunction, LagMode};
use highwater_format::value::{Value, ValueType, Way};

use super::hwms::change;
use super::{Pipeline, Refused, Trial, derived, effect, is_named, value_of};

/// Less where `next` is further on the way of the reader.
pub(super) fn along(spec: &HwmSpec, present: &Value, next: &Value) -> Option<Ordering> {
    let order = present.compare(next);
    match spec.function {
        HwmFunction::Max => order,
        HwmFunction::Min => next.compare(present),
        HwmFunction::Last => order.map(|order| if order.is_eq() { order } else { Ordering::Less }),
    }
}

/// The value in the declared type.
pub(super) fn typed(spec: &HwmSpec, value: &Value) -> Refused<Value> {
    let Some(value_type) = spec.value_type else { return Ok(value.clone()) };
    value.convert(value_type).ok_or(ErrorKind::Invalid)
}

fn shifted_back(spec: &HwmSpec, value: &Value, amount: u64) -> Refused<Value> {
    let way = if spec.function == HwmFunction::Min { Way::Up } else { Way::Down };
    value.shift(amount, way).ok_or(ErrorKind::Invalid)
}

/// What is kept of what was seen.
pub(super) fn held_back(spec: &HwmSpec, seen: &Value) -> Refused<Value> {
    let Some(lag) = &spec.lag else { return Ok(seen.clone()) };
    let held = shifted_back(spec, seen, lag.amount)?;
    Ok(if lag.mode == LagMode::HoldBack { held } else { seen.clone() })
}

impl Pipeline {
    /// The declaration that holds for a name.
    pub(super) fn spec(&self, name: &str) -> HwmSpec {
        let whole = name.find('[').filter(|_| name.ends_with(']')).map(|at| &name[..at]);
        let of_whole = || self.specs.get(whole?).filter(|spec| spec.partitioned);
        let found = self.specs.get(name).or_else(of_whole).cloned();
        found.unwrap_or_else(|| HwmSpec { name: name.to_owned(), ..HwmSpec::default() })
    }

    /// The partitions of an HWM that have a value.
    fn partitions(&self, name: &str) -> Vec<(&String, &Value)> {
        let is_part = |part: &str| part.starts_with(&format!("{name}[")) && part.ends_with(']');
        let parts = self.hwms.iter().filter(|(part, _)| is_part(part));
        parts.filter_map(|(part, changes)| Some((part, value_of(changes)?))).collect()
    }

    fn position(&self, name: &str, spec: &HwmSpec, value: Option<&Value>) -> Position {
        let (from, lower) = match value {
            None => (spec.initial.clone(), HwmBound::Closed),
            Some(value) => self.begin(spec, value),
        };
        let source = self.sources.get(name).cloned().unwrap_or_default();
        let next = match (&from, lower) {
            (Some(from @ (Value::Int(_) | Value::Uint(_))), HwmBound::Open) => from.shift(1, Way::Up),
            _ => from.clone(),
        };
        let is_behind = |next: Value| source.earliest.as_ref().and_then(|it| it.compare(&next));
        let forgotten =
            spec.function == HwmFunction::Max && next.and_then(is_behind) == Some(Ordering::Greater);
        let keeps = spec.boundary_keys > 0 && spec.lower == HwmBound::Closed && spec.lag.is_none();
        let keys = self.keys.get(name).filter(|_| keeps && value.is_some());
        Position {
            name: name.to_owned(),
            spec: spec.clone(),
            value: value.cloned(),
            from,
            lower,
            keys: keys.into_iter().flatten().cloned().collect(),
            earliest: source.earliest,
            latest: source.latest,
            forgotten,
            reason: String::new(),
        }
    }

    fn begin(&self, spec: &HwmSpec, value: &Value) -> (Option<Value>, HwmBound) {
        let Some(lag) = spec.lag.as_ref().filter(|lag| lag.mode == LagMode::ReadBack) else {
            return (Some(value.clone()), spec.lower);
        };
        let from = shifted_back(spec, value, lag.amount).unwrap_or_else(|_| value.clone());
        match &spec.initial {
            Some(initial) if along(spec, &from, initial) == Some(Ordering::Less) => {
                (Some(initial.clone()), HwmBound::Closed)
            }
            _ => (Some(from), spec.lower),
        }
    }
}

impl Trial {
    pub(super) fn declare_hwm(&mut self, wanted: &HwmSpec) -> Refused<Answer> {
        let spec = checked(wanted)?;
        if self.pipeline.specs.get(&spec.name) == Some(&spec) {
            return Ok(self.done(Vec::new()));
        }
        let own = self.pipeline.hwms.get(&spec.name).and_then(|changes| value_of(changes)).cloned();
        if spec.partitioned && own.is_some() {
            return Err(ErrorKind::Conflict);
        }
        if spec.coverage.is_some() {
            return self.declare_derived(spec);
        }
        let mut follow: Vec<(String, Value)> = own.map(|own| (spec.name.clone(), own)).into_iter().collect();
        if spec.partitioned {
            let parts = self.pipeline.partitions(&spec.name).into_iter();
            let parts = parts.filter(|(name, _)| !self.pipeline.specs.contains_key(*name));
            follow.extend(parts.map(|(name, value)| (name.clone(), value.clone())));
        }
        let mut effects = vec![effect::hwm_declared(&spec.name)];
        for (name, present) in follow {
            let value = typed(&spec, &present)?;
            if spec.lag.is_some() {
                shifted_back(&spec, &value, 0)?;
            }
            if value.value_type() != present.value_type() {
                effects.push(effect::hwm("cast", &name, Some(&value)));
                let last = self.pipeline.hwms.get(&name).and_then(|changes| changes.last());
                let (run, node) = last.map(|last| (last.run.clone(), last.node.clone())).unwrap_or_default();
                self.change(&name, HwmChange { run, node, ..change("cast", Some(&value)) });
            }
        }
        self.pipeline.specs.insert(spec.name.clone(), spec);
        Ok(self.done(effects))
    }

    pub(super) fn observe_source(&mut self, command: &ObserveSource) -> Refused<Answer> {
        is_named(&command.name)?;
        let spec = self.pipeline.spec(&command.name);
        let known = |value: &Option<Value>| value.as_ref().map(|value| typed(&spec, value)).transpose();
        let (earliest, latest) = (known(&command.earliest)?, known(&command.latest)?);
        if let (Some(earliest), Some(latest)) = (&earliest, &latest)
            && !matches!(earliest.compare(latest), Some(Ordering::Less | Ordering::Equal))
        {
            return Err(ErrorKind::Invalid);
        }
        let source = ObserveSource { name: command.name.clone(), earliest, latest };
        if self.pipeline.sources.get(&command.name) == Some(&source) {
            return Ok(self.done(Vec::new()));
        }
        self.pipeline.sources.insert(command.name.clone(), source);
        Ok(self.done(vec![effect::source_observed(&command.name)]))
    }

    pub(super) fn positions(&self, names: &[String]) -> Refused<Answer> {
        let pipeline = &self.pipeline;
        let names: Vec<String> =
            if names.is_empty() { pipeline.specs.keys().cloned().collect() } else { names.to_vec() };
        let mut positions = Vec::new();
        for name in &names {
            is_named(name)?;
            let spec = pipeline.spec(name);
            if !spec.partitioned || spec.name != *name {
                let value = pipeline.hwms.get(name).and_then(|changes| value_of(changes));
                positions.push(pipeline.position(name, &spec, value));
                continue;
            }
            let parts = pipeline.partitions(name);
            let least = parts.iter().map(|(_, value)| *value).reduce(|least, next| {
                if along(&spec, least, next) == Some(Ordering::Greater) { next } else { least }
            });
            positions.push(pipeline.position(name, &spec, least));
            positions.last_mut().into_iter().for_each(|whole| whole.keys.clear());
            let part = |(name, value): &(&String, &Value)| {
                pipeline.position(name, &pipeline.spec(name), Some(value))
            };
            positions.extend(parts.iter().map(part));
        }
        Ok(Answer::Positions(positions))
    }

    /// Moves that are kept until the attempt succeeds; the others are given back.
    pub(super) fn propose(
        &mut self,
        (run, node): (&str, &str),
        at: usize,
        updates: &[HwmUpdate],
    ) -> Refused<Vec<HwmUpdate>> {
        let (later, now): (Vec<HwmUpdate>, Vec<HwmUpdate>) =
            updates.iter().cloned().partition(|update| self.pipeline.spec(&update.name).unordered);
        for (place, update) in later.iter().enumerate() {
            is_named(&update.name)?;
            if later[..place].iter().any(|other| other.name == update.name) {
                return Err(ErrorKind::Invalid);
            }
            self.next_of(update)?;
            let merged = self.merged((run, node), at, update)?;
            self.attempt(run, node, at)?.proposed.insert(update.name.clone(), merged);
        }
        Ok(now)
    }

    /// What an attempt moves at its end.
    pub(super) fn with_proposed(
        &mut self,
        (run, node): (&str, &str),
        at: usize,
        updates: &[HwmUpdate],
    ) -> Refused<Vec<HwmUpdate>> {
        let mut all = Vec::new();
        for update in updates {
            let (value, keys) = self.merged((run, node), at, update)?;
            all.push(HwmUpdate { value, keys: keys.into_iter().collect(), ..update.clone() });
        }
        for (name, (value, keys)) in self.attempt(run, node, at)?.proposed.clone() {
            let follows = self.pipeline.spec(&name).coverage.is_some();
            if !follows && updates.iter().all(|update| update.name != name) {
                all.push(HwmUpdate { name, value, cast: false, keys: keys.into_iter().collect() });
            }
        }
        Ok(all)
    }

    fn merged(
        &mut self,
        (run, node): (&str, &str),
        at: usize,
        update: &HwmUpdate,
    ) -> Refused<(Value, BTreeSet<String>)> {
        let spec = self.pipeline.spec(&update.name);
        let mut keys: BTreeSet<String> = update.keys.iter().cloned().collect();
        let known = self.attempt(run, node, at)?.proposed.get(&update.name).cloned();
        if let Some((value, more)) = known {
            match along(&spec, &value, &update.value) {
                Some(Ordering::Greater) => return Ok((value, more)),
                Some(Ordering::Equal) => keys.extend(more),
                _ => {}
            }
        }
        Ok((update.value.clone(), keys))
    }
}

/// The declaration with its values in its type.
fn checked(spec: &HwmSpec) -> Refused<HwmSpec> {
    is_named(&spec.name)?;
    let has_distances = |value_type| {
        use ValueType::{Date, Int, LocalTimestamp, Timestamp, Uint};
        matches!(value_type, Int | Uint | Timestamp | LocalTimestamp | Date)
    };
    let is_part = spec.name.ends_with(']') && spec.name.contains('[');
    let wrong = [
        spec.lag.is_some_and(|lag| lag.amount == 0 || spec.function == HwmFunction::Last),
        spec.lag.is_some() && !spec.value_type.is_none_or(has_distances),
        spec.boundary_keys > 1_000,
        spec.boundary_keys > 0 && (spec.lower == HwmBound::Open || spec.lag.is_some()),
        spec.partitioned && is_part,
    ];
    if wrong.contains(&true) {
        return Err(ErrorKind::Invalid);
    }
    if spec.coverage.is_some() {
        return derived::checked(spec);
    }
    let known = |value: &Option<Value>| value.as_ref().map(|value| typed(spec, value)).transpose();
    let (initial, end) = (known(&spec.initial)?, known(&spec.end)?);
    if let (Some(initial), Some(end)) = (&initial, &end)
        && along(spec, initial, end) != Some(Ordering::Less)
    {
        return Err(ErrorKind::Invalid);
    }
    Ok(HwmSpec { initial, end, ..spec.clone() })
}
