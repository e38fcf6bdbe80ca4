//! Into which partitions a node is divided: declared, and keys that come and go.

use highwater_format::Extra;
use highwater_format::fact::{PartitionDimension, PartitionKeysChanged, PartitionsDeclared};

use super::name::{Divided, check_count, check_distinct, check_key, check_product, in_order, key_at};
use super::{Dimension, SEPARATOR, claim, forget_place, is_used, place_key, rows};
use crate::command::{ChangePartitionKeys, DeclarePartitions};
use crate::coverage::Line;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::{DimensionEntry, PartitionKeyRow, PartitioningRow};
use crate::state::{At, State};
use crate::{limits, names};

pub(crate) fn declare(context: &mut Context<'_>, command: &DeclarePartitions) -> Result<Decided, Stop> {
    names::check_name("the name of the node", &command.node)?;
    let state = context.state;
    let known = Divided::of(state, &command.node);
    check_dimensions(&command.dimensions)?;
    let is_new = match &known {
        None => !command.dimensions.is_empty(),
        Some(known) => !is_same(known, &command.dimensions),
    };
    if !is_new {
        return context.done(Vec::new());
    }
    if let Some(known) = known.as_ref().filter(|_| is_used(state, &command.node)) {
        check_keeps(state, known, &command.dimensions)?;
    }
    let keys: usize = command.dimensions.iter().map(|it| it.keys.len()).sum();
    check_count("keys", keys)?;
    check_product(&command.node, &keys_after(known.as_ref(), &command.dimensions))?;
    let (nodes, added) = (state.partitionings.len(), usize::from(known.is_none()));
    context.check_bound("nodes that are divided into partitions", nodes, added, limits::NODES)?;
    context.check_bound("keys of partitions", state.partition_keys.len(), keys, limits::PARTITION_KEYS)?;
    let (node, dimensions) = (command.node.clone(), command.dimensions.clone());
    context.done(vec![PartitionsDeclared { node, dimensions }.into()])
}

/// Refuses what cannot be the dimensions of a node.
pub(super) fn check_dimensions(dimensions: &[PartitionDimension]) -> Result<(), Error> {
    if dimensions.len() > limits::PARTITION_DIMENSIONS {
        return Err(Error::invalid(format!(
            "{} dimensions; at most {} are allowed, put two into one key",
            dimensions.len(),
            limits::PARTITION_DIMENSIONS
        )));
    }
    check_distinct("dimension", dimensions.iter().map(|it| it.name.as_str()))?;
    for dimension in dimensions {
        let name = &dimension.name;
        names::check_name("the name of the dimension", name)?;
        if name.contains(SEPARATOR) {
            return Err(Error::invalid(format!("the dimension `{name}` has a `{SEPARATOR}`; leave it out")));
        }
        match (dimension.dynamic, dimension.keys.is_empty()) {
            (true, false) => {
                return Err(Error::invalid(format!(
                    "dimension `{name}` is dynamic and comes with keys; declare it without, and add its keys then"
                )));
            }
            (false, true) => {
                return Err(Error::invalid(format!(
                    "dimension `{name}` has no keys; name them, or declare it as dynamic"
                )));
            }
            _ => {}
        }
        dimension.keys.iter().try_for_each(|key| check_key(key, dimensions.len()))?;
        check_distinct("key", dimension.keys.iter().map(String::as_str))?;
    }
    Ok(())
}

fn is_same(known: &Divided<'_>, dimensions: &[PartitionDimension]) -> bool {
    let entries = &known.row.dimensions;
    let same = |(place, (entry, new)): (usize, (&DimensionEntry, &PartitionDimension))| {
        entry.name == new.name
            && entry.dynamic == new.dynamic
            && (new.dynamic || known.keys(place, 0).map(|row| &row.key).eq(&new.keys))
    };
    entries.len() == dimensions.len() && entries.iter().zip(dimensions).enumerate().all(same)
}

/// How many keys each dimension has then.
fn keys_after(known: Option<&Divided<'_>>, dimensions: &[PartitionDimension]) -> Vec<u64> {
    let kept = |new: &PartitionDimension| {
        let place = known.and_then(|known| known.dimension(&new.name).ok());
        place.zip(known).map_or(0, |(place, known)| known.keys(place, 0).count() as u64)
    };
    dimensions.iter().map(|new| if new.dynamic { kept(new) } else { new.keys.len() as u64 }).collect()
}

/// Refuses what would leave a partition that has a status, or is worked on, without a name.
fn check_keeps(state: &State, known: &Divided<'_>, dimensions: &[PartitionDimension]) -> Result<(), Error> {
    let node = &known.row.node;
    let names: Vec<&str> = known.row.dimensions.iter().map(|it| it.name.as_str()).collect();
    if !dimensions.iter().map(|it| it.name.as_str()).eq(names.iter().copied()) {
        return Err(Error::invalid(format!(
            "partitions of node `{node}` have a status, and its dimensions are {}; re-key it to add one, or mark its partitions as missing first",
            names.join(", ")
        )));
    }
    for (place, new) in dimensions.iter().enumerate().filter(|(_, new)| !new.dynamic) {
        let keys = KeySet::of(place, &new.keys);
        if let Some(partition) = used(state, node).find(|partition| !keys.has(partition)) {
            let key = key_at(partition, place);
            return Err(Error::invalid(format!(
                "partition `{partition}` of node `{node}` has a status, so dimension `{}` must keep its key `{key}`; re-key it to change its name, or mark its partitions as missing first",
                new.name
            )));
        }
    }
    Ok(())
}

/// Some keys of the dimension at a place.
struct KeySet<'a> {
    place: usize,
    keys: Vec<&'a str>,
}

impl<'a> KeySet<'a> {
    fn of(place: usize, keys: &'a [String]) -> KeySet<'a> {
        KeySet { place, keys: in_order(keys.iter().map(String::as_str)) }
    }

    /// Whether a partition has one of them.
    fn has(&self, partition: &str) -> bool {
        self.keys.binary_search(&key_at(partition, self.place)).is_ok()
    }
}

/// The partitions of a node that have a status, or that somebody works on.
fn used<'a>(state: &'a State, node: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let claims = claim::of_node(state, node).map(|row| &*row.partition);
    rows(state, node).map(|row| &*row.partition).chain(claims)
}

pub(crate) fn change_keys(context: &mut Context<'_>, command: &ChangePartitionKeys) -> Result<Decided, Stop> {
    let state = context.state;
    let divided = Divided::find(state, &command.node)?;
    let place = divided.dimension(&command.dimension)?;
    let entry = &divided.row.dimensions[place];
    if !entry.dynamic {
        return Err(Error::invalid(format!(
            "dimension `{}` of node `{}` is not dynamic; declare it again with other keys",
            entry.name, command.node
        ))
        .into());
    }
    check_count("keys", command.add.len() + command.remove.len())?;
    check_distinct("key", command.add.iter().chain(&command.remove).map(String::as_str))?;
    let names = Dimension::of(&command.node, &command.dimension);
    let is_there = |key: &&String| state.partition_key_numbers.get(&names.named(key)).is_some();
    command.add.iter().try_for_each(|key| check_key(key, divided.row.dimensions.len()))?;
    let added: Vec<String> = command.add.iter().filter(|key| !is_there(key)).cloned().collect();
    let removed: Vec<String> = command.remove.iter().filter(is_there).cloned().collect();
    if added.is_empty() && removed.is_empty() {
        return context.done(Vec::new());
    }
    let has_reason = !command.reason.is_empty() || command.forget;
    if has_reason {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    check_removed(state, command, place, &removed)?;
    let mut keys = divided.key_counts();
    keys[place] = (keys[place] + added.len() as u64).saturating_sub(removed.len() as u64);
    if !added.is_empty() {
        check_product(&command.node, &keys)?;
        let present = state.partition_keys.len();
        context.check_bound("keys of partitions", present, added.len(), limits::PARTITION_KEYS)?;
    }
    context.done(vec![
        PartitionKeysChanged {
            node: command.node.clone(),
            dimension: command.dimension.clone(),
            added,
            removed,
            reason: has_reason.then(|| command.reason.clone()),
            actor: command.actor.clone(),
        }
        .into(),
    ])
}

/// Refuses keys that cannot go.
fn check_removed(
    state: &State,
    command: &ChangePartitionKeys,
    place: usize,
    removed: &[String],
) -> Result<(), Error> {
    if removed.is_empty() {
        return Ok(());
    }
    let keys = KeySet::of(place, removed);
    let goes = |partition: &str| keys.has(partition);
    let node = &command.node;
    if let Some(row) = claim::of_node(state, node).find(|row| goes(&row.partition)) {
        claim::check_free(state, node, &row.partition, None)?;
    }
    match rows(state, node).find(|row| goes(&row.partition)).filter(|_| !command.forget) {
        None => Ok(()),
        Some(row) => Err(Error::invalid(format!(
            "partition `{}` of node `{node}` has a status, which would go with its key; keep the key, or say that it shall be forgotten, with a reason",
            row.partition
        ))),
    }
}

pub(super) fn apply(state: &mut State, fact: &PartitionsDeclared, extra: &Extra, at: At) {
    let before = state.partitionings.get(fact.node.as_str()).cloned();
    for entry in before.iter().flat_map(|row| &row.dimensions) {
        let new = fact.dimensions.iter().find(|new| new.name == entry.name);
        if new.is_none_or(|new| !new.dynamic) {
            remove_keys(state, &fact.node, &entry.name);
        }
    }
    let entry = |new: &PartitionDimension| {
        let before = before.iter().flat_map(|row| &row.dimensions).find(|entry| entry.name == new.name);
        let next = if new.dynamic { before.map_or(0, |entry| entry.next) } else { new.keys.len() as u64 };
        DimensionEntry { name: new.name.clone(), dynamic: new.dynamic, next }
    };
    let row = PartitioningRow {
        node: fact.node.clone(),
        dimensions: fact.dimensions.iter().map(entry).collect(),
        version: at.version,
        at_ms: at.at_ms,
        extra: extra.clone(),
    };
    for new in fact.dimensions.iter().filter(|new| !new.dynamic) {
        add_keys(state, &fact.node, &new.name, 0, &new.keys);
    }
    match fact.dimensions.is_empty() {
        true => state.partitionings.remove(&row.node.as_str().into()),
        false => state.partitionings.insert(row.node.as_str().into(), row),
    }
}

pub(super) fn add_keys(state: &mut State, node: &str, dimension: &str, next: u64, keys: &[String]) {
    for (number, key) in (next..).zip(keys) {
        let (node, dimension, key) = (node.to_owned(), dimension.to_owned(), key.clone());
        let row = PartitionKeyRow { node, dimension, key, number, extra: Extra::default() };
        place_key(state, row, true);
    }
}

fn remove_keys(state: &mut State, node: &str, dimension: &str) {
    let names = Dimension::of(node, dimension);
    let numbers: Vec<u64> = state.partition_keys.range(names.keys(0)).map(|(_, row)| row.number).collect();
    numbers.into_iter().for_each(|number| remove_key(state, node, dimension, number));
}

fn remove_key(state: &mut State, node: &str, dimension: &str, number: u64) {
    forget_place(state, node, dimension, number);
    state.partition_keys.remove(&Dimension::of(node, dimension).key(number));
}

pub(super) fn apply_keys(state: &mut State, fact: &PartitionKeysChanged, extra: &Extra, at: At) {
    let Some(row) = state.partitionings.get(fact.node.as_str()) else { return };
    let Some(place) = row.dimensions.iter().position(|entry| entry.name == fact.dimension) else { return };
    let next = row.dimensions[place].next;
    let names = Dimension::of(&fact.node, &fact.dimension);
    for key in &fact.removed {
        if let Some(number) = state.partition_key_numbers.get(&names.named(key)).copied() {
            remove_key(state, &fact.node, &fact.dimension, number);
        }
    }
    if !fact.removed.is_empty() {
        forget_partitions(state, fact, place);
    }
    add_keys(state, &fact.node, &fact.dimension, next, &fact.added);
    state.partitionings.modify(&fact.node.as_str().into(), |row| {
        if let Some(entry) = row.dimensions.get_mut(place) {
            entry.next = next.saturating_add(fact.added.len() as u64);
        }
        (row.version, row.at_ms) = (at.version, at.at_ms);
        row.extra.absorb(extra);
    });
}

/// How the partitions of keys that went stand goes with them.
fn forget_partitions(state: &mut State, fact: &PartitionKeysChanged, place: usize) {
    let keys = KeySet::of(place, &fact.removed);
    let (first, last) = Line::names_of(&fact.node);
    let gone = state.partitions.range(first..last).filter(|(_, row)| keys.has(&row.partition));
    let gone: Vec<_> = gone.map(|(name, _)| name.clone()).collect();
    gone.iter().for_each(|name| state.partitions.remove(name));
}
