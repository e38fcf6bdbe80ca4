//! **One partition, one worker, and what was done stays so whatever it is called.** No two attempts work on one partition, what an attempt
//! works on is nobody's once it has ended, no key goes under somebody who works on it, and re-keying loses and joins nothing.
//!
//! Why it matters: a partition that two workers load is loaded twice, one that a dead worker keeps is never loaded, and one whose
//! name changed and that is forgotten by that is loaded again: all of them, on the day on which somebody renames a region.

use std::collections::BTreeMap;

use highwater_format::Fact;
use highwater_format::fact::{CoverageStatus, PartitionsRekeyed};

use super::Violation;

/// Node and partition.
pub(crate) type Name = (String, String);
/// How each stands that is not missing.
pub(crate) type Statuses = BTreeMap<Name, CoverageStatus>;
/// The names of the dimensions of each node.
pub(crate) type Dimensions = BTreeMap<String, Vec<String>>;

#[derive(Debug, Default)]
pub(crate) struct Partitions {
    pub(super) dimensions: Dimensions,
    pub(super) statuses: Statuses,
    /// Whose run works on it.
    pub(super) claims: BTreeMap<Name, String>,
}

impl Partitions {
    pub(super) fn observe(&mut self, version: u64, fact: &Fact) -> Result<(), Violation> {
        let wrong = |what: String| {
            Err(Violation::new("one-partition-one-worker", format!("version {version}: {what}")))
        };
        match fact {
            Fact::PartitionsDeclared(fact) => {
                let names = fact.dimensions.iter().map(|it| it.name.clone()).collect();
                self.dimensions.insert(fact.node.clone(), names);
            }
            Fact::PartitionKeysChanged(fact) => {
                let place = self.place(&fact.node, &fact.dimension);
                let goes = |(node, name): &Name| {
                    let key = name.split('|').nth(place).unwrap_or_default();
                    *node == fact.node && fact.removed.iter().any(|gone| gone == key)
                };
                if let Some((name, run)) = self.claims.iter().find(|(name, _)| goes(name)) {
                    return wrong(format!("a key of {name:?} goes, and run {run} works on it"));
                }
                self.statuses.retain(|name, _| !goes(name));
            }
            Fact::PartitionsClaimed(fact) => {
                for partition in &fact.partitions {
                    let name = (fact.node.clone(), partition.clone());
                    if let Some(other) = self.claims.insert(name, fact.run.clone()) {
                        let run = &fact.run;
                        return wrong(format!(
                            "{partition} is handed to run {run}, and run {other} works on it"
                        ));
                    }
                }
            }
            Fact::PartitionsMarked(fact) => {
                for mark in &fact.marks {
                    let name = (fact.node.clone(), mark.partition.clone());
                    let owner = self.claims.remove(&name);
                    if owner.is_some() && owner != fact.run {
                        return wrong(format!("{name:?} is marked under {owner:?}"));
                    }
                    self.set(name, fact.status);
                }
            }
            Fact::PartitionsRekeyed(fact) => return self.rekeyed(version, fact),
            Fact::AttemptSucceeded(fact) => {
                for name in self.release(&fact.run, Some(&fact.node)) {
                    self.set(name, CoverageStatus::Done);
                }
            }
            Fact::AttemptFailed(fact) => {
                for name in self.release(&fact.run, Some(&fact.node)) {
                    if self.statuses.get(&name) != Some(&CoverageStatus::Done) {
                        self.set(name, CoverageStatus::Failed);
                    }
                }
            }
            Fact::AttemptHandedBack(fact) => drop(self.release(&fact.run, Some(&fact.node))),
            Fact::AttemptCrashed(fact) => drop(self.release(&fact.run, Some(&fact.node))),
            Fact::RunFinished(fact) => drop(self.release(&fact.run, None)),
            Fact::RunCancelled(fact) => drop(self.release(&fact.run, None)),
            _ => {}
        }
        Ok(())
    }

    fn set(&mut self, name: Name, status: CoverageStatus) {
        match status {
            CoverageStatus::Missing => drop(self.statuses.remove(&name)),
            status => drop(self.statuses.insert(name, status)),
        }
    }

    fn place(&self, node: &str, dimension: &str) -> usize {
        let names = self.dimensions.get(node).into_iter().flatten();
        names.into_iter().position(|name| name == dimension).unwrap_or(usize::MAX)
    }

    fn rekeyed(&mut self, version: u64, fact: &PartitionsRekeyed) -> Result<(), Violation> {
        let place = fact.dimension.as_ref().map_or(usize::MAX, |name| self.place(&fact.node, name));
        let rename = |name: &str| {
            let keys = name.split('|').enumerate().map(|(at, key)| {
                let to = fact.keys.iter().find(|it| at == place && it.from == key);
                to.map_or(key, |it| it.to.as_str())
            });
            keys.chain(fact.added.as_ref().map(|it| it.key.as_str())).collect::<Vec<_>>().join("|")
        };
        let before = std::mem::take(&mut self.statuses);
        let known = before.len();
        for ((node, name), status) in before {
            let name = if node == fact.node { rename(&name) } else { name };
            self.statuses.insert((node, name), status);
        }
        if let Some(added) = &fact.added {
            self.dimensions.entry(fact.node.clone()).or_default().push(added.dimension.name.clone());
        }
        let is_worked_on = self.claims.keys().any(|(node, _)| *node == fact.node);
        match known == self.statuses.len() && !is_worked_on {
            true => Ok(()),
            false => {
                let what =
                    format!("version {version}: {fact:?} joins partitions, or renames what is worked on");
                Err(Violation::new("re-keying-loses-nothing", what))
            }
        }
    }

    /// What the attempts of a run, or one of its nodes, worked on is nobody's from now on.
    fn release(&mut self, run: &str, node: Option<&String>) -> Vec<Name> {
        let is_its =
            |(name, owner): &(&Name, &String)| *owner == run && node.is_none_or(|node| name.0 == *node);
        let its: Vec<Name> = self.claims.iter().filter(is_its).map(|(name, _)| name.clone()).collect();
        its.iter().for_each(|name| drop(self.claims.remove(name)));
        its
    }

    /// Another state takes the place of this one: nobody works in it.
    pub(super) fn put_back(&mut self, (statuses, dimensions): (&Statuses, &Dimensions)) {
        self.claims.clear();
        self.statuses.clone_from(statuses);
        self.dimensions.clone_from(dimensions);
    }
}
