//! Names of partitions: the keys of each dimension, joined, and all of them in order.

use super::{Dimension, SEPARATOR};
use crate::error::Error;
use crate::order::sorted;
use crate::row::{PartitionKeyRow, PartitioningRow};
use crate::state::State;
use crate::{limits, names};

/// A node that is divided.
pub(super) struct Divided<'a> {
    state: &'a State,
    pub(super) row: &'a PartitioningRow,
    dimensions: Vec<Dimension>,
}

/// A partition on the way through all of them.
pub(super) struct Place<'a> {
    /// Node and name in one, as the tables have them.
    pub(super) key: &'a str,
    pub(super) name: &'a str,
    /// The numbers of its keys.
    pub(super) numbers: &'a [u64],
}

/// Where a walk stands.
struct Walk<'a> {
    key: String,
    numbers: Vec<u64>,
    /// Length of the node in the key, with what stands behind it.
    head: usize,
    prefix: &'a str,
    visit: &'a mut dyn FnMut(&Place<'_>) -> bool,
}

impl<'a> Divided<'a> {
    pub(super) fn of(state: &'a State, node: &str) -> Option<Divided<'a>> {
        let row = state.partitionings.get(node)?;
        let dimensions = row.dimensions.iter().map(|it| Dimension::of(node, &it.name)).collect();
        Some(Divided { state, row, dimensions })
    }

    /// The same, or that nobody has said how the node is divided.
    pub(super) fn find(state: &'a State, node: &str) -> Result<Divided<'a>, Error> {
        names::check_name("the name of the node", node)?;
        Divided::of(state, node).ok_or_else(|| {
            Error::invalid(format!(
                "node `{node}` is not divided into partitions; declare its dimensions first"
            ))
        })
    }

    /// The place of a dimension among the others.
    pub(super) fn dimension(&self, name: &str) -> Result<usize, Error> {
        self.row.dimensions.iter().position(|it| it.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.row.dimensions.iter().map(|it| it.name.as_str()).collect();
            Error::invalid(format!(
                "node `{}` has no dimension `{name}`; it has {}",
                self.row.node,
                known.join(", ")
            ))
        })
    }

    /// The keys of a dimension from a number on, in their order.
    pub(super) fn keys(
        &self,
        place: usize,
        from: u64,
    ) -> impl Iterator<Item = &'a PartitionKeyRow> + use<'a> {
        let state = self.state;
        let keys = self.dimensions.get(place).map(|it| it.keys(from));
        keys.into_iter().flat_map(|keys| state.partition_keys.range(keys).map(|(_, row)| row))
    }

    /// How many keys each dimension has.
    pub(super) fn key_counts(&self) -> Vec<u64> {
        (0..self.dimensions.len()).map(|place| self.keys(place, 0).count() as u64).collect()
    }

    /// The number of a key.
    fn number(&self, place: usize, key: &str) -> Option<u64> {
        self.state.partition_key_numbers.get(&self.dimensions.get(place)?.named(key)).copied()
    }

    /// The numbers of the keys of a partition; none if there is no such partition.
    pub(super) fn numbers(&self, partition: &str) -> Option<Vec<u64>> {
        let numbers: Option<Vec<u64>> =
            partition.split(SEPARATOR).enumerate().map(|(place, key)| self.number(place, key)).collect();
        numbers.filter(|numbers| numbers.len() == self.dimensions.len())
    }

    /// The same, or why there is none.
    pub(super) fn check(&self, partition: &str) -> Result<Vec<u64>, Error> {
        if let Some(numbers) = self.numbers(partition) {
            return Ok(numbers);
        }
        names::check_name("the partition", partition)?;
        let node = &self.row.node;
        let keys: Vec<&str> = partition.split(SEPARATOR).collect();
        if keys.len() != self.dimensions.len() {
            let wanted: Vec<&str> = self.row.dimensions.iter().map(|it| it.name.as_str()).collect();
            return Err(Error::invalid(format!(
                "`{partition}` is no partition of node `{node}`; write one key of each dimension: `{}`",
                wanted.join("|")
            )));
        }
        let unknown = keys.iter().enumerate().find(|(place, key)| self.number(*place, key).is_none());
        let (place, key) = unknown.map_or((0, ""), |(place, key)| (place, *key));
        let dimension = &self.row.dimensions[place];
        let how = if dimension.dynamic { "add it first" } else { "declare the dimension with it first" };
        Err(Error::invalid(format!(
            "dimension `{}` of node `{node}` has no key `{key}`; {how}",
            dimension.name
        )))
    }

    /// Goes through all partitions in the order of their keys, from these numbers on, while `visit` says so.
    pub(super) fn walk(&self, from: &[u64], prefix: &str, visit: &mut dyn FnMut(&Place<'_>) -> bool) {
        let key = format!("{}\0", self.row.node);
        let head = key.len();
        self.walk_on(0, from, &mut Walk { key, numbers: Vec::new(), head, prefix, visit });
    }

    fn walk_on(&self, depth: usize, from: &[u64], walk: &mut Walk<'_>) -> bool {
        if depth == self.dimensions.len() {
            let Walk { key, numbers, head, prefix, visit } = walk;
            let name = &key[*head..];
            return !name.starts_with(*prefix) || visit(&Place { key, name, numbers });
        }
        let least = from.first().copied();
        for row in self.keys(depth, least.unwrap_or(0)) {
            let length = walk.key.len();
            if depth > 0 {
                walk.key.push(SEPARATOR);
            }
            walk.key.push_str(&row.key);
            let begun = &walk.key[walk.head..];
            let fits = begun.starts_with(walk.prefix) || walk.prefix.starts_with(begun);
            let rest = if least == Some(row.number) { &from[1..] } else { &[] };
            walk.numbers.push(row.number);
            let goes_on = !fits || self.walk_on(depth + 1, rest, walk);
            walk.numbers.pop();
            walk.key.truncate(length);
            if !goes_on {
                return false;
            }
        }
        true
    }
}

/// The key of the dimension at this place in the name of a partition.
pub(super) fn key_at(partition: &str, place: usize) -> &str {
    partition.split(SEPARATOR).nth(place).unwrap_or_default()
}

/// How many partitions so many keys make.
pub(super) fn product(keys: &[u64]) -> u64 {
    keys.iter().fold(1, |all, keys| all.saturating_mul(*keys))
}

/// Longest key, in bytes, of so many dimensions: the name of a partition is as long as any.
fn key_bytes(dimensions: usize) -> usize {
    let dimensions = dimensions.max(1);
    (limits::NAME_BYTES - (dimensions - 1)) / dimensions
}

/// Refuses what cannot be a key of a node with so many dimensions.
pub(super) fn check_key(key: &str, dimensions: usize) -> Result<(), Error> {
    names::check_name("the key", key)?;
    if key.contains(SEPARATOR) {
        return Err(Error::invalid(format!(
            "the key `{key}` has a `{SEPARATOR}`, which stands between keys; leave it out"
        )));
    }
    let most = key_bytes(dimensions);
    if key.len() > most {
        return Err(Error::invalid(format!(
            "the key `{key}` has {} bytes; with {dimensions} dimensions at most {most} are allowed, shorten it",
            key.len()
        )));
    }
    Ok(())
}

/// Names in byte order.
pub(super) fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    sorted(names.collect(), Ord::cmp)
}

/// Refuses names of which one comes twice.
pub(super) fn check_distinct<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let names = in_order(names);
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(Error::invalid(format!("{what} `{}` is named twice; name it once", pair[0]))),
    }
}

/// Refuses more than one command may name.
pub(super) fn check_count(what: &str, count: usize) -> Result<(), Error> {
    if count <= limits::PARTITIONS_PER_COMMAND {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{count} {what} in one command; at most {} are allowed, send several commands",
        limits::PARTITIONS_PER_COMMAND
    )))
}

/// Refuses keys that make more partitions than a node may have.
pub(super) fn check_product(node: &str, keys: &[u64]) -> Result<(), Error> {
    let partitions = product(keys);
    if partitions <= limits::PARTITIONS_OF_NODE as u64 {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "node `{node}` would have {partitions} partitions; at most {} are allowed, divide it less finely",
        limits::PARTITIONS_OF_NODE
    )))
}
