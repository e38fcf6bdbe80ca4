//! **A position moves with a receipt.** What an attempt moves, it moves with a report of its own, or with a batch that its sink took. A batch is
//! committed or aborted once, and never both; it is committed when the sink has it and aborted when the sink never will; nobody who was
//! fenced commits one; and a batch in doubt is never forgotten.
//!
//! Why it matters: a position that moves without its rows skips them for ever, and a batch that is forgotten is loaded twice or never.

use std::collections::BTreeMap;

use highwater_format::Fact;

use super::fencing::Attempts;
use super::{Landed, Violation};

/// What became of a batch, as the records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    Open,
    Committed,
    Aborted,
}

#[derive(Debug, Default)]
pub(crate) struct Batches {
    pub(crate) became: BTreeMap<u64, Became>,
    /// Key and node of each.
    known: BTreeMap<u64, (String, String)>,
    /// What the simulated sink has, by key: it took the batch, or was told that it never will.
    sink: BTreeMap<String, bool>,
}

impl Batches {
    pub(crate) fn observe(
        &mut self,
        landed: &Landed<'_>,
        attempts: &Attempts,
        fact: &Fact,
    ) -> Result<(), Violation> {
        let refuse =
            |what: String| Err(Violation::new("receipts", format!("version {}: {what}", landed.version)));
        let (batch, became, by) = match fact {
            Fact::BatchPrepared(fact) => {
                if self.became.insert(fact.batch, Became::Open).is_some() {
                    return refuse(format!("batch {} is prepared twice", fact.batch));
                }
                self.known.insert(fact.batch, (fact.key.clone(), fact.node.clone()));
                if !attempts.is_running(&fact.run, &fact.node, fact.attempt) {
                    return refuse(format!("{fact:?} is of an attempt that is over"));
                }
                return Ok(());
            }
            Fact::BatchCommitted(fact) => {
                (fact.batch, Became::Committed, fact.run.as_ref().zip(fact.attempt))
            }
            Fact::BatchAborted(fact) => (fact.batch, Became::Aborted, fact.run.as_ref().zip(fact.attempt)),
            Fact::HwmSet(fact) if fact.run.is_some() && !fact.cast => {
                let moves = |entry: &Fact| {
                    matches!(
                        entry,
                        Fact::AttemptSucceeded(_) | Fact::AttemptProgressed(_) | Fact::BatchCommitted(_)
                    )
                };
                if landed.record.facts.iter().any(|entry| moves(&entry.fact)) {
                    return Ok(());
                }
                return refuse(format!("{fact:?} moves without a report and without a receipt"));
            }
            _ => return Ok(()),
        };
        if self.became.insert(batch, became) != Some(Became::Open) {
            return refuse(format!("{fact:?} ends what was not open"));
        }
        let Some((key, node)) = self.known.get(&batch) else {
            return refuse(format!("{fact:?} is of a batch that nobody prepared"));
        };
        if by.is_some_and(|(run, attempt)| !attempts.is_running(run, node, attempt)) {
            return refuse(format!("{fact:?} is said by an attempt that is over"));
        }
        let has = self.sink.get(key).copied();
        match (became, has) {
            (Became::Committed, Some(true)) | (Became::Aborted, Some(false)) => Ok(()),
            _ => refuse(format!("{fact:?}, and the sink says {has:?}")),
        }
    }

    /// The sink is given a batch. Says whether it has it now; it takes a key once.
    pub(crate) fn take(&mut self, key: &str) -> bool {
        *self.sink.entry(key.to_owned()).or_insert(true)
    }

    /// The sink is asked whether it has a batch. If it has not, it never will.
    pub(crate) fn ask(&mut self, key: &str) -> bool {
        *self.sink.entry(key.to_owned()).or_insert(false)
    }

    /// The records after a version are lost, and with them what they said. What the sink has, it has.
    pub(crate) fn begin_anew(&mut self, kept: &BTreeMap<u64, Became>) {
        self.became.clone_from(kept);
    }
}
