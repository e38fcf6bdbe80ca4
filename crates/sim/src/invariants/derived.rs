//! **Coverage is the truth.** An HWM that was declared to follow coverage stands, after every record, up to where that is done
//! without a gap: never further, and no less far.
//!
//! Why it matters: its reader begins there, so further skips what nobody has done, and less far does everything again.
//!
//! What follows is folded into what the HWM is told to be in snapshots and in answers, which other invariants look at.

use std::collections::BTreeSet;

use highwater_format::Fact;
use highwater_format::fact::HwmDeclared;
use highwater_format::value::{Timestamp, Value};

use super::hwm_forward::Hwms;
use super::one_claim::Covers;

impl Hwms {
    /// Moves what follows coverage, after this fact.
    pub(super) fn follow(&mut self, version: u64, fact: &Fact, covers: &Covers) {
        if let Fact::CadenceDeclared(fact) = fact {
            let starts = &mut self.now.starts;
            match &fact.cadence {
                Some(cadence) => drop(starts.insert(fact.node.clone(), cadence.start)),
                None => drop(starts.remove(&fact.node)),
            }
        }
        for (name, spec) in &self.now.specs {
            let Some(value) = self.edge(spec, covers) else { continue };
            if self.now.values.get(name) != value.as_ref() {
                self.past.entry(name.clone()).or_default().push((version, value.clone()));
                self.now.edges.remove(name);
                match value {
                    Some(value) => drop(self.now.values.insert(name.clone(), value)),
                    None => drop(self.now.values.remove(name)),
                }
            }
        }
    }

    /// Where it stands, if it follows coverage. All nodes here are on the axis of time.
    fn edge(&self, spec: &HwmDeclared, covers: &Covers) -> Option<Option<Value>> {
        let of = spec.coverage.as_ref()?;
        let line = (of.node.clone(), of.partition.clone().unwrap_or_default());
        let none = BTreeSet::new();
        let done = covers.done.get(&line).unwrap_or(&none);
        let undone = covers.undone.get(&line).unwrap_or(&none);
        let starts = &self.now.starts;
        let start = match &spec.initial {
            Some(Value::Timestamp(at)) => Some(at.unix_seconds() * 1_000),
            _ => starts.get(&of.node).or_else(|| starts.get("")).copied(),
        };
        let first =
            || done.first().filter(|first| undone.first().is_none_or(|other| *first < other)).copied();
        let edge = start.or_else(first).and_then(|start| (start..).find(|number| !done.contains(number)));
        Some(edge.map(time))
    }
}

fn time(at_ms: i64) -> Value {
    let nanoseconds = u32::try_from(at_ms.rem_euclid(1_000)).unwrap_or(0) * 1_000_000;
    let precision = if nanoseconds == 0 { 0 } else { 3 };
    let time = Timestamp::from_unix(at_ms.div_euclid(1_000), nanoseconds, precision, 0);
    Value::Timestamp(time.expect("days of a life are short"))
}
