//! **A dead letter stays until somebody settles it.** What an attempt put aside is there, as it was put aside last, until it is dropped
//! by name; no revert takes it back.
//!
//! Why it matters: the node went on without it and counts as done, so a letter that is lost is a row that nobody ever misses.

use std::collections::BTreeMap;

use highwater_format::Fact;

use super::Violation;

/// By node and key: run, attempt, how often, and whether it is to be worked on again.
pub(crate) type Buried = BTreeMap<(String, String), (String, u32, u32, bool)>;

#[derive(Debug, Default)]
pub(crate) struct Letters {
    pub(super) buried: Buried,
}

impl Letters {
    pub(super) fn observe(&mut self, version: u64, fact: &Fact) -> Result<(), Violation> {
        match fact {
            Fact::DeadLettersBuried(fact) => {
                for item in &fact.items {
                    let key = (fact.node.clone(), item.key.clone());
                    let times = self.buried.get(&key).map_or(0, |(_, _, times, _)| *times) + 1;
                    self.buried.insert(key, (fact.run.clone(), fact.attempt, times, false));
                }
            }
            Fact::DeadLettersSettled(fact) => {
                for item in &fact.keys {
                    let key = (fact.node.clone(), item.clone());
                    let Some(letter) = self.buried.get_mut(&key) else {
                        let what = format!("version {version}: {key:?} is settled, and nobody buried it");
                        return Err(Violation::new("dead-letters-stay", what));
                    };
                    letter.3 = true;
                    if !fact.requeued {
                        self.buried.remove(&key);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
