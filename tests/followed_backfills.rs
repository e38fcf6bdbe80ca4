//! Backfills followed fact by fact with the transition function alone.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::backfill::{BackfillStatus, transition};
use highwater_format::FactTable;
use highwater_format::fact::*;

pub(crate) type Taken = BTreeSet<(Option<BackfillStatus>, &'static str, Option<BackfillStatus>)>;

/// Every fact of backfills, with every content that the machine looks at.
pub(crate) fn facts() -> Vec<Fact> {
    use BackfillAction::{Cancel, Delete, Pause, Resume};
    let (backfill, reason) = ("b".to_owned(), "because".to_owned());
    let created = BackfillCreated {
        backfill: backfill.clone(),
        nodes: vec!["n".to_owned()],
        partition: None,
        axis: Axis::Time,
        interval: Interval { start: 0, end: 1 },
        order: BackfillOrder::OldestFirst,
        max_concurrent: 0,
        reason: reason.clone(),
        actor: None,
    };
    let changed = |action| {
        let (backfill, reason) = (backfill.clone(), reason.clone());
        Fact::from(BackfillChanged { backfill, action, reason, actor: None })
    };
    let changes = [Pause, Resume, Cancel, Delete].map(changed);
    changes.into_iter().chain([created.into()]).collect()
}

#[derive(Default)]
pub(crate) struct Backfills {
    statuses: BTreeMap<String, BackfillStatus>,
}

impl Backfills {
    pub(crate) fn fold(&mut self, fact: &Fact, taken: &mut Taken) {
        let backfill = match fact {
            Fact::BackfillCreated(fact) => &fact.backfill,
            Fact::BackfillChanged(fact) => &fact.backfill,
            _ => return,
        };
        let from = self.statuses.get(backfill).copied();
        let Some(to) = transition(from, fact) else { return };
        taken.insert((from, fact.name(), to));
        match to {
            Some(status) => drop(self.statuses.insert(backfill.clone(), status)),
            None => drop(self.statuses.remove(backfill)),
        }
    }
}
