//! **HWMs move forward.** An HWM never stands behind where it stood, unless it was rewound, deleted or cast on purpose; which
//! way is forward, its declaration says. **An HWM of an unordered source moves at the end**: an attempt moves it in the record
//! in which it succeeds.
//!
//! Why it matters: an HWM that slips back loads rows twice; one that jumps ahead of what was loaded skips rows.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use highwater_format::Fact;
use highwater_format::fact::{HwmDeclared, HwmFunction, HwmSet};
use highwater_format::value::Value;

use super::{Landed, Violation};

/// How HWMs stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    pub(crate) values: BTreeMap<String, Value>,
    /// Keys of rows at the values.
    pub(crate) edges: BTreeMap<String, BTreeSet<String>>,
    /// Declarations.
    pub(crate) specs: BTreeMap<String, HwmDeclared>,
    /// Where the windows of nodes begin; those of all nodes have no name.
    pub(crate) starts: BTreeMap<String, i64>,
}

#[derive(Debug, Default)]
pub(crate) struct Hwms {
    pub(crate) now: Standing,
    /// All values that each HWM ever had after a version.
    pub(crate) past: BTreeMap<String, Vec<(u64, Option<Value>)>>,
}

impl Standing {
    fn spec(&self, name: &str) -> Option<&HwmDeclared> {
        let whole = || name.strip_suffix(']')?.split_once('[').map(|(whole, _)| whole);
        let of_whole = || self.specs.get(whole()?).filter(|spec| spec.partitioned);
        self.specs.get(name).or_else(of_whole)
    }

    /// Whether `next` is ahead of `before`, the same, or behind it.
    fn order(&self, name: &str, before: &Value, next: &Value) -> Option<Ordering> {
        let order = before.compare(next)?;
        Some(match self.spec(name).map(|spec| spec.function).unwrap_or_default() {
            HwmFunction::Max => order.reverse(),
            HwmFunction::Min => order,
            HwmFunction::Last if order.is_eq() => order,
            HwmFunction::Last => Ordering::Greater,
        })
    }

    fn set(&mut self, fact: &HwmSet) -> Result<(), String> {
        let keys = fact.keys.iter().cloned().collect::<BTreeSet<String>>();
        let before = self.values.get(&fact.name);
        let order = before.map(|before| self.order(&fact.name, before, &fact.value));
        match (before, order) {
            (Some(before), Some(order)) if order.is_none() != fact.cast => {
                return Err(format!("{fact:?} follows {before:?}: only a cast changes the type"));
            }
            (Some(_), Some(Some(Ordering::Equal))) if !keys.is_empty() => {
                self.edges.entry(fact.name.clone()).or_default().extend(keys);
                return Ok(());
            }
            (Some(before), Some(Some(Ordering::Equal | Ordering::Less))) => {
                return Err(format!("{fact:?} follows {before:?}"));
            }
            _ => {}
        }
        self.edges.remove(&fact.name);
        if !keys.is_empty() {
            self.edges.insert(fact.name.clone(), keys);
        }
        self.values.insert(fact.name.clone(), fact.value.clone());
        Ok(())
    }
}

impl Hwms {
    /// All HWMs stand so now.
    pub(super) fn put_back(&mut self, version: u64, standing: &Standing) {
        let (now, then) = (&self.now.values, &standing.values);
        let names: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
        for name in names.into_iter().filter(|name| now.get(*name) != then.get(*name)) {
            self.past.entry(name.clone()).or_default().push((version, then.get(name).cloned()));
        }
        self.now = standing.clone();
    }

    pub(crate) fn observe(&mut self, landed: &Landed<'_>, fact: &Fact) -> Result<(), Violation> {
        let refuse = |what: String| Err(Violation::new("hwm-forward", what));
        let name = match fact {
            Fact::HwmSet(fact) => {
                if self.now.spec(&fact.name).is_some_and(|spec| spec.coverage.is_some()) {
                    return refuse(format!("{fact:?} moves what follows coverage"));
                }
                if let Err(what) = self.at_the_end(landed, fact).and_then(|()| self.now.set(fact)) {
                    return refuse(what);
                }
                &fact.name
            }
            Fact::HwmRewound(fact) => {
                let before = self.now.values.get(&fact.name);
                let order = before.and_then(|before| self.now.order(&fact.name, before, &fact.value));
                let is_last =
                    self.now.spec(&fact.name).is_some_and(|spec| spec.function == HwmFunction::Last);
                if !(order == Some(Ordering::Less) || is_last && order == Some(Ordering::Greater)) {
                    return refuse(format!("{fact:?} follows {before:?}: a rewind goes back"));
                }
                self.now.values.insert(fact.name.clone(), fact.value.clone());
                self.now.edges.remove(&fact.name);
                &fact.name
            }
            Fact::HwmDeleted(fact) => {
                if self.now.values.remove(&fact.name).is_none() {
                    return refuse(format!("{fact:?} deletes what is not there"));
                }
                self.now.edges.remove(&fact.name);
                &fact.name
            }
            Fact::HwmDeclared(fact) => {
                self.now.specs.insert(fact.name.clone(), fact.clone());
                return Ok(());
            }
            _ => return Ok(()),
        };
        let value = self.now.values.get(name).cloned();
        self.past.entry(name.clone()).or_default().push((landed.version, value));
        Ok(())
    }

    /// Whether an attempt that moves the HWM of an unordered source has read all of it.
    fn at_the_end(&self, landed: &Landed<'_>, fact: &HwmSet) -> Result<(), String> {
        let is_unordered = self.now.spec(&fact.name).is_some_and(|spec| spec.unordered);
        let (Some(run), Some(node), true, false) = (&fact.run, &fact.node, is_unordered, fact.cast) else {
            return Ok(());
        };
        let ended =
            |entry: &Fact| matches!(entry, Fact::AttemptSucceeded(it) if it.run == *run && it.node == *node);
        if landed.record.facts.iter().any(|entry| ended(&entry.fact)) {
            return Ok(());
        }
        Err(format!("{fact:?} is of an unordered source, and its attempt goes on"))
    }
}
