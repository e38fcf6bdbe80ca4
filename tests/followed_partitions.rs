//! Partitions followed fact by fact with the transition function alone: name by name, as simply as it can be done.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::partition::{STATUSES, transition};
use highwater_core::row::Row;
use highwater_format::fact::*;
use highwater_format::{Fact, FactTable, decode_entries};

type Taken = BTreeSet<(CoverageStatus, &'static str, CoverageStatus)>;
/// Node and partition.
type Name = (String, String);

/// Every fact of partitions, with every content that the machine looks at.
pub(crate) fn facts() -> Vec<Fact> {
    let marked = |status| PartitionsMarked { status, ..PartitionsMarked::default() }.into();
    let mut facts: Vec<Fact> = STATUSES.map(marked).into();
    facts.push(PartitionsDeclared { node: String::new(), dimensions: Vec::new() }.into());
    facts.push(PartitionKeysChanged::default().into());
    facts.push(PartitionsClaimed::default().into());
    facts.push(PartitionsRekeyed::default().into());
    facts
}

/// How the partitions of all nodes stand.
#[derive(Default)]
pub(crate) struct Partitions {
    dimensions: BTreeMap<String, Vec<String>>,
    statuses: BTreeMap<Name, CoverageStatus>,
    /// The run that works on it.
    claims: BTreeMap<Name, String>,
}

impl Partitions {
    pub(crate) fn fold(&mut self, fact: &Fact, taken: &mut Taken) {
        match fact {
            Fact::PartitionsDeclared(fact) => {
                let names = fact.dimensions.iter().map(|it| it.name.clone()).collect();
                self.dimensions.insert(fact.node.clone(), names);
            }
            Fact::PartitionKeysChanged(fact) => {
                let place = self.place(&fact.node, Some(&fact.dimension));
                self.statuses.retain(|(node, name), _| {
                    *node != fact.node
                        || !fact.removed.iter().any(|key| Some(key.as_str()) == name.split('|').nth(place))
                });
            }
            Fact::PartitionsClaimed(fact) => {
                let name = |name: &String| ((fact.node.clone(), name.clone()), fact.run.clone());
                self.claims.extend(fact.partitions.iter().map(name));
            }
            Fact::PartitionsMarked(marked) => {
                for mark in &marked.marks {
                    let name = (marked.node.clone(), mark.partition.clone());
                    self.touch(&name, fact, taken);
                    if self.claims.get(&name) == marked.run.as_ref() {
                        self.claims.remove(&name);
                    }
                }
            }
            Fact::PartitionsRekeyed(fact) => self.rekey(fact),
            Fact::AttemptSucceeded(ended) => self.end(&ended.run, Some(&ended.node), Some(fact), taken),
            Fact::AttemptFailed(ended) => self.end(&ended.run, Some(&ended.node), Some(fact), taken),
            Fact::AttemptCrashed(ended) => self.end(&ended.run, Some(&ended.node), None, taken),
            Fact::AttemptHandedBack(ended) => self.end(&ended.run, Some(&ended.node), None, taken),
            Fact::RunFinished(ended) => self.end(&ended.run, None, None, taken),
            Fact::RunCancelled(ended) => self.end(&ended.run, None, None, taken),
            _ => {}
        }
    }

    /// Another state takes the place of this one. No transition is taken for that, and nobody works on anything.
    pub(crate) fn replace(&mut self, fact: &StateReplaced) {
        self.claims.clear();
        for key in fact.rows_removed.iter().filter(|key| key.table == "partition") {
            self.statuses.remove(&(key.names[0].clone(), key.names[1].clone()));
        }
        for entry in decode_entries::<Row>(&fact.rows_put).expect("rows").entries {
            match entry.fact {
                Row::PartitionRow(row) => {
                    self.statuses.insert((row.node.to_string(), row.partition.to_string()), row.status);
                }
                Row::PartitioningRow(row) => {
                    let names = row.dimensions.iter().map(|it| it.name.clone()).collect();
                    self.dimensions.insert(row.node, names);
                }
                _ => {}
            }
        }
    }

    fn place(&self, node: &str, dimension: Option<&String>) -> usize {
        let names = self.dimensions.get(node).into_iter().flatten();
        names.into_iter().position(|name| Some(name) == dimension).unwrap_or(usize::MAX)
    }

    fn rekey(&mut self, fact: &PartitionsRekeyed) {
        let place = self.place(&fact.node, fact.dimension.as_ref());
        let rename = |name: &String| {
            let keys = name.split('|').enumerate().map(|(at, key)| {
                let to = fact.keys.iter().find(|it| at == place && it.from == key);
                to.map_or(key, |it| it.to.as_str())
            });
            keys.chain(fact.added.as_ref().map(|it| it.key.as_str())).collect::<Vec<_>>().join("|")
        };
        let all = std::mem::take(&mut self.statuses).into_iter();
        let of_node = |(node, name): Name| match node == fact.node {
            true => (node, rename(&name)),
            false => (node, name),
        };
        self.statuses = all.map(|(name, status)| (of_node(name), status)).collect();
        if let Some(added) = &fact.added {
            self.dimensions.entry(fact.node.clone()).or_default().push(added.dimension.name.clone());
        }
    }

    fn end(&mut self, run: &str, node: Option<&String>, fact: Option<&Fact>, taken: &mut Taken) {
        let is_its = |(name, owner): &(Name, String)| owner == run && node.is_none_or(|node| name.0 == *node);
        let (its, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.claims).into_iter().partition(is_its);
        self.claims = others;
        for name in its.keys() {
            if let Some(fact) = fact {
                self.touch(name, fact, taken);
            }
        }
    }

    fn touch(&mut self, name: &Name, fact: &Fact, taken: &mut Taken) {
        let from = self.statuses.get(name).copied().unwrap_or_default();
        if let Some(to) = transition(from, fact) {
            taken.insert((from, fact.name(), to));
            self.statuses.insert(name.clone(), to);
        }
    }
}
