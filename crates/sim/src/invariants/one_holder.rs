//! **At most one live holder.** A lease goes from hand to hand only when it was given back, taken away by hand, or its
//! holder's beat stood still for the whole lease on the observer's clock.
//!
//! Why it matters: two workers that both believe they hold a lease do the work twice. What the observer says it saw is held
//! against the beats that really landed, as long as its clock was not set meanwhile.

use std::collections::BTreeMap;

use highwater_format::Fact;
use highwater_format::fact::Evidence;

use super::{Landed, Violation, host_of};

#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) worker: String,
    pub(crate) token: u64,
    lease_ms: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Holders {
    /// Leases by name; those of attempts under `node:run/node`.
    pub(crate) held: BTreeMap<String, Held>,
    /// The holder of each lease after each version in which it changed hands.
    past: BTreeMap<String, Vec<(u64, Option<u64>)>>,
}

impl Holders {
    pub(crate) fn observe(&mut self, landed: &Landed<'_>, fact: &Fact) -> Result<(), Violation> {
        let of = |run: &str, node: &str| format!("node:{run}/{node}");
        match fact {
            Fact::LeaseAcquired(fact) => {
                if let Some(held) = self.held.get(&fact.name).cloned() {
                    judge(landed, &fact.name, &held, fact.evidence.as_ref())?;
                }
                let held = Held { worker: fact.worker.clone(), token: fact.token, lease_ms: fact.lease_ms };
                self.hold(landed.version, fact.name.clone(), Some(held));
            }
            Fact::AttemptStarted(fact) => {
                let name = of(&fact.run, &fact.node);
                if let Some(held) = self.held.get(&name) {
                    let what = format!("{fact:?} while {held:?} holds the node");
                    return Err(Violation::new("one-live-holder", what));
                }
                let held = Held { worker: fact.worker.clone(), token: fact.token, lease_ms: fact.lease_ms };
                self.hold(landed.version, name, Some(held));
            }
            Fact::AttemptCrashed(fact) => {
                let name = of(&fact.run, &fact.node);
                if let Some(held) = self.held.get(&name).cloned() {
                    judge(landed, &name, &held, fact.evidence.as_ref())?;
                }
                self.hold(landed.version, name, None);
            }
            Fact::LeaseReleased(fact) => self.give_back(landed, &fact.name, fact.token)?,
            Fact::LeaseForced(fact) => self.give_back(landed, &fact.name, fact.token)?,
            Fact::AttemptSucceeded(fact) => self.hold(landed.version, of(&fact.run, &fact.node), None),
            Fact::AttemptFailed(fact) => self.hold(landed.version, of(&fact.run, &fact.node), None),
            Fact::AttemptHandedBack(fact) => self.hold(landed.version, of(&fact.run, &fact.node), None),
            Fact::RunFinished(fact) => self.end(landed.version, &fact.run),
            Fact::RunCancelled(fact) => self.end(landed.version, &fact.run),
            _ => {}
        }
        Ok(())
    }

    fn hold(&mut self, version: u64, name: String, held: Option<Held>) {
        self.past.entry(name.clone()).or_default().push((version, held.as_ref().map(|held| held.token)));
        match held {
            Some(held) => self.held.insert(name, held),
            None => self.held.remove(&name),
        };
    }

    fn give_back(&mut self, landed: &Landed<'_>, name: &str, token: u64) -> Result<(), Violation> {
        if self.held.get(name).is_none_or(|held| held.token != token) {
            let what = format!(
                "version {}: token {token} gives back {name}, which it does not hold",
                landed.version
            );
            return Err(Violation::new("one-live-holder", what));
        }
        self.hold(landed.version, name.to_owned(), None);
        Ok(())
    }

    fn end(&mut self, version: u64, run: &str) {
        let prefix = format!("node:{run}/");
        let names: Vec<String> = self.held.keys().filter(|name| name.starts_with(&prefix)).cloned().collect();
        names.into_iter().for_each(|name| self.hold(version, name, None));
    }

    /// Another state takes the place of this one: nobody holds anything in it.
    pub(super) fn release_all(&mut self, version: u64) {
        let names: Vec<String> = self.held.keys().cloned().collect();
        names.into_iter().for_each(|name| self.hold(version, name, None));
    }

    /// Whether this token held the lease when the record of this version was decided, or was granted in it.
    pub(crate) fn held_at(&self, name: &str, token: u64, version: u64) -> bool {
        let past = self.past.get(name).map_or(&[][..], Vec::as_slice);
        let before = past.iter().rev().find(|(at, _)| *at < version);
        let within = past.iter().filter(|(at, _)| *at == version);
        before.into_iter().chain(within).any(|(_, held)| *held == Some(token))
    }
}

/// Whether the evidence carries a hand-over from this holder.
fn judge(landed: &Landed<'_>, name: &str, held: &Held, evidence: Option<&Evidence>) -> Result<(), Violation> {
    let refuse = |what: String| {
        Err(Violation::new("one-live-holder", format!("version {}, {name}: {what}", landed.version)))
    };
    let Some(evidence) = evidence else {
        return refuse(format!("taken from {held:?} without evidence"));
    };
    if evidence.still_ms < held.lease_ms {
        return refuse(format!("taken from {held:?} after {} ms", evidence.still_ms));
    }
    let still_us = evidence.still_ms * 1_000;
    let from_us = landed.at_us.saturating_sub(still_us);
    let clock_set = host_of(&evidence.observer).and_then(|host| landed.clocks_set_us.get(&host));
    let Some(number) = evidence.beat else { return Ok(()) };
    if clock_set.is_some_and(|set_us| *set_us >= from_us) {
        return Ok(());
    }
    let beats = landed.beats.get(&held.worker).map_or(&[][..], |beats| beats.landed.as_slice());
    match beats.iter().rfind(|(beat, _)| *beat == number) {
        None => refuse(format!("the evidence names beat {number}, which never landed")),
        // A millisecond may be lost to rounding at either end.
        Some((_, at_us)) if *at_us > from_us + 2_000 => refuse(format!(
            "beat {number} of {} landed {} ms ago and is said to have stood still for {} ms",
            held.worker,
            (landed.at_us - at_us) / 1_000,
            evidence.still_ms
        )),
        Some(_) => Ok(()),
    }
}
