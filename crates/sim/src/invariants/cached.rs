//! **A cached node is as it was.** A node is skipped as cached only if its last success had the very fingerprint, and no attempt of it
//! has started since, in whatever run.
//!
//! Why it matters: a node that is skipped although its input, its code or its output has changed leaves stale data, and nobody looks.

use std::collections::BTreeMap;

use highwater_format::Fact;
use highwater_format::fact::{Fingerprint, ReasonCode};

use super::Violation;

/// Run, node and number of an attempt.
type Key = (String, String, u32);

/// The last success of a node: its token, what it worked on, and whether another attempt has started since.
pub(crate) type Success = (u64, Option<Fingerprint>, bool);

#[derive(Debug, Default)]
pub(crate) struct Successes {
    running: BTreeMap<Key, (u64, Option<Fingerprint>)>,
    pub(super) last: BTreeMap<String, Success>,
}

impl Successes {
    pub(super) fn observe(&mut self, fact: &Fact) -> Result<(), Violation> {
        match fact {
            Fact::AttemptStarted(fact) => {
                let key = (fact.run.clone(), fact.node.clone(), fact.attempt);
                self.running.insert(key, (fact.token, fact.fingerprint.clone()));
                if let Some(last) = self.last.get_mut(&fact.node) {
                    last.2 = true;
                }
            }
            Fact::AttemptSucceeded(fact) => {
                let key = (fact.run.clone(), fact.node.clone(), fact.attempt);
                if let Some((token, fingerprint)) = self.running.remove(&key) {
                    self.last.insert(fact.node.clone(), (token, fingerprint, false));
                }
            }
            Fact::NodeSkipped(fact) if fact.reason.code == ReasonCode::Cached => {
                let last = self.last.get(&fact.node);
                let stands = last.is_some_and(|(token, fingerprint, is_overtaken)| {
                    fact.success == Some(*token)
                        && fingerprint.is_some()
                        && *fingerprint == fact.fingerprint
                        && !is_overtaken
                });
                if !stands {
                    let what = format!("{fact:?} rests on {last:?}");
                    return Err(Violation::new("cached-is-as-it-was", what));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What was lost may have been anything.
    pub(super) fn forget(&mut self) {
        *self = Successes::default();
    }

    /// Another state takes the place of this one: what was made outside is not put back, so only a success that is the last one in both
    /// is known. A fork brings its own.
    pub(super) fn put_in_place(&mut self, other: &BTreeMap<String, Success>, is_fork: bool) {
        self.running.clear();
        let mut other = other.clone();
        if !is_fork {
            other.retain(|node, success| self.last.get(node) == Some(success));
        }
        self.last = other;
    }
}
