//! **HWMs move forward.** An HWM never stands behind where it stood, unless it was rewound, deleted or cast on purpose.
//!
//! Why it matters: an HWM that slips back loads rows twice; one that jumps ahead of what was loaded skips rows.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use highwater_format::Fact;
use highwater_format::value::Value;

use super::Violation;

#[derive(Debug, Default)]
pub(crate) struct Hwms {
    /// Present values.
    pub(crate) values: BTreeMap<String, Value>,
    /// All values that each HWM ever had after a version.
    pub(crate) past: BTreeMap<String, Vec<(u64, Option<Value>)>>,
}

impl Hwms {
    /// All HWMs have these values now.
    pub(super) fn put_back(&mut self, version: u64, values: &BTreeMap<String, Value>) {
        let names: BTreeSet<&String> = self.values.keys().chain(values.keys()).collect();
        for name in names.into_iter().filter(|name| self.values.get(*name) != values.get(*name)) {
            self.past.entry(name.clone()).or_default().push((version, values.get(name).cloned()));
        }
        self.values.clone_from(values);
    }

    pub(crate) fn observe(&mut self, version: u64, fact: &Fact) -> Result<(), Violation> {
        let refuse = |what: String| Err(Violation::new("hwm-forward", what));
        let (name, value) = match fact {
            Fact::HwmSet(fact) => {
                if let Some(before) = self.values.get(&fact.name) {
                    let order = before.compare(&fact.value);
                    if order.is_none() != fact.cast {
                        return refuse(format!("{fact:?} follows {before:?}: only a cast changes the type"));
                    }
                    if order.is_some_and(Ordering::is_ge) {
                        return refuse(format!("{fact:?} follows {before:?}"));
                    }
                }
                (&fact.name, Some(fact.value.clone()))
            }
            Fact::HwmRewound(fact) => {
                let before = self.values.get(&fact.name);
                if !before.and_then(|before| before.compare(&fact.value)).is_some_and(Ordering::is_gt) {
                    return refuse(format!("{fact:?} follows {before:?}: a rewind goes back"));
                }
                (&fact.name, Some(fact.value.clone()))
            }
            Fact::HwmDeleted(fact) => {
                if !self.values.contains_key(&fact.name) {
                    return refuse(format!("{fact:?} deletes what is not there"));
                }
                (&fact.name, None)
            }
            _ => return Ok(()),
        };
        match &value {
            Some(value) => self.values.insert(name.clone(), value.clone()),
            None => self.values.remove(name),
        };
        self.past.entry(name.clone()).or_default().push((version, value));
        Ok(())
    }
}
