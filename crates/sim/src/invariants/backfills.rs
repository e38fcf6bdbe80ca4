//! What the records say of backfills, for the invariants about them: each is in a file of its own.

use std::collections::BTreeMap;

use highwater_core::backfill::BackfillStatus;
use highwater_core::row::BackfillRow;
use highwater_format::Fact;
use highwater_format::fact::{BackfillAction, BackfillOrder, Cadence, Interval};

use super::one_claim::{Covers, Line};
use super::{Landed, Violation, backfill_hwms, backfill_limit, backfill_order, backfill_over};

/// A backfill as people have made it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    pub(super) status: BackfillStatus,
    pub(super) nodes: Vec<String>,
    pub(super) partition: Option<String>,
    pub(super) interval: Interval,
    pub(super) order: BackfillOrder,
    pub(super) limit: u32,
}

impl Made {
    /// The same as a snapshot tells it.
    pub(super) fn of(row: &BackfillRow) -> Made {
        Made {
            status: row.status,
            nodes: row.nodes.clone(),
            partition: row.partition.clone(),
            interval: row.interval,
            order: row.order,
            limit: row.max_concurrent,
        }
    }

    /// What a node of it covers.
    pub(super) fn line(&self, node: &str) -> Line {
        (node.to_owned(), self.partition.clone().unwrap_or_default())
    }
}

/// What comes back when an old state does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    pub(super) made: BTreeMap<String, Made>,
    /// The nodes before each.
    pub(super) after: BTreeMap<String, Vec<String>>,
    pub(super) cadences: BTreeMap<String, Cadence>,
}

impl Standing {
    /// The windows of a node that lie in an interval. One without a cadence does it as a whole.
    pub(super) fn windows(&self, node: &str, within: Interval) -> Vec<Interval> {
        let Some(cadence) = self.cadences.get(node).or_else(|| self.cadences.get("")) else {
            return vec![within];
        };
        let every = usize::try_from(cadence.every).unwrap_or(usize::MAX);
        let end = cadence.end.map_or(within.end, |end| end.min(within.end));
        let starts = (cadence.start..end).step_by(every).filter(|start| *start >= within.start);
        let windows = starts.map(|start| Interval { start, end: start + cadence.every.cast_signed() });
        windows.filter(|window| window.end <= end).collect()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Backfills {
    pub(super) now: Standing,
    /// The attempts that run, by run and node, with the backfill that each works on.
    pub(super) working: BTreeMap<(String, String), Option<String>>,
}

impl Backfills {
    /// The backfill that the attempt of this node works on.
    pub(super) fn of(&self, run: &str, node: &str) -> Option<&String> {
        self.working.get(&(run.to_owned(), node.to_owned()))?.as_ref()
    }

    /// Looks at the next fact, with coverage as it is before.
    pub(super) fn observe(
        &mut self,
        landed: &Landed<'_>,
        covers: &Covers,
        fact: &Fact,
    ) -> Result<(), Violation> {
        backfill_over::check(self, landed.version, fact)?;
        backfill_limit::check(self, landed.version, fact)?;
        backfill_order::check(self, covers, landed.version, fact)?;
        backfill_hwms::check(self, landed, fact)?;
        self.fold(fact);
        Ok(())
    }

    fn fold(&mut self, fact: &Fact) {
        let ended = match fact {
            Fact::BackfillCreated(fact) => {
                let made = Made {
                    status: BackfillStatus::Running,
                    nodes: fact.nodes.clone(),
                    partition: fact.partition.clone(),
                    interval: fact.interval,
                    order: fact.order,
                    limit: fact.max_concurrent,
                };
                return drop(self.now.made.insert(fact.backfill.clone(), made));
            }
            Fact::BackfillChanged(fact) => {
                let status = match fact.action {
                    BackfillAction::Pause => BackfillStatus::Paused,
                    BackfillAction::Resume => BackfillStatus::Running,
                    BackfillAction::Cancel => BackfillStatus::Cancelled,
                    BackfillAction::Delete => return drop(self.now.made.remove(&fact.backfill)),
                };
                return self.now.made.get_mut(&fact.backfill).into_iter().for_each(|it| it.status = status);
            }
            Fact::GraphDeclared(fact) => {
                let nodes = fact.nodes.iter().map(|spec| (spec.name.clone(), spec.after.clone()));
                return self.now.after = nodes.collect();
            }
            Fact::CadenceDeclared(fact) => {
                self.now.cadences.remove(&fact.node);
                let cadence = fact.cadence.clone().map(|cadence| (fact.node.clone(), cadence));
                return self.now.cadences.extend(cadence);
            }
            Fact::AttemptStarted(fact) => {
                let key = (fact.run.clone(), fact.node.clone());
                return drop(self.working.insert(key, fact.backfill.clone()));
            }
            Fact::RunFinished(fact) => return self.working.retain(|(run, _), _| *run != fact.run),
            Fact::RunCancelled(fact) => return self.working.retain(|(run, _), _| *run != fact.run),
            Fact::AttemptSucceeded(fact) => (fact.run.clone(), fact.node.clone()),
            Fact::AttemptFailed(fact) => (fact.run.clone(), fact.node.clone()),
            Fact::AttemptHandedBack(fact) => (fact.run.clone(), fact.node.clone()),
            Fact::AttemptCrashed(fact) => (fact.run.clone(), fact.node.clone()),
            _ => return,
        };
        self.working.remove(&ended);
    }

    /// Another state takes the place of this one: no attempt runs in it.
    pub(super) fn put_back(&mut self, standing: &Standing) {
        self.working.clear();
        self.now.clone_from(standing);
    }
}
