//! Re-keying: keys change their names, or a dimension is added. How each partition stands goes with it, and so do its coverage and late
//! data, so that nothing that was done is done again. What would join two partitions, or leave something behind, is refused.

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{CoverageStatus, KeyRename, PartitionsRekeyed};

use super::declare::{add_keys, check_dimensions};
use super::name::{Divided, check_count, check_distinct, check_key, check_product, in_order, product};
use super::{Dimension, SEPARATOR, claim, forget_place, place_key};
use crate::answer::{Answer, PartitionMove, PartitionsMoved};
use crate::backfill::BackfillStatus;
use crate::bug;
use crate::command::RekeyPartitions;
use crate::coverage::Line;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::order::sorted;
use crate::row::{DimensionEntry, LateRow, PartitionKeyRow, PartitionRow, PieceRow};
use crate::state::{At, SpanKey, State};
use crate::{batch, coverage, limits, names};

/// How names of partitions become others.
struct Renaming<'a> {
    /// Place of the dimension whose keys are renamed.
    place: usize,
    /// Old and new names, sorted.
    keys: Vec<(&'a str, &'a str)>,
    /// What is put behind.
    added: Option<&'a str>,
}

impl<'a> Renaming<'a> {
    fn of(place: Option<usize>, fact: &'a PartitionsRekeyed) -> Renaming<'a> {
        let keys = fact.keys.iter().map(|it| (it.from.as_str(), it.to.as_str())).collect();
        let keys = sorted(keys, Ord::cmp);
        Renaming {
            place: place.unwrap_or_default(),
            keys,
            added: fact.added.as_ref().map(|it| it.key.as_str()),
        }
    }

    /// What a partition is called then; none if as before.
    fn rename(&self, partition: &str) -> Option<String> {
        let mut changed = self.added.is_some();
        let mut keys: Vec<&str> = partition.split(SEPARATOR).collect();
        if let Some(key) = keys.get_mut(self.place)
            && let Ok(at) = self.keys.binary_search_by(|(from, _)| (*from).cmp(key))
        {
            *key = self.keys[at].1;
            changed = true;
        }
        keys.extend(self.added);
        changed.then(|| keys.join("|"))
    }
}

pub(crate) fn rekey(context: &mut Context<'_>, command: &RekeyPartitions) -> Result<Decided, Stop> {
    if !command.dry_run {
        names::check_reason(&command.reason, command.actor.as_ref())?;
    }
    let state = context.state;
    let divided = Divided::find(state, &command.node)?;
    let place = command.dimension.as_ref().map(|name| divided.dimension(name)).transpose()?;
    let keys: Vec<KeyRename> = command.keys.iter().filter(|it| it.from != it.to).cloned().collect();
    check_renames(state, &divided, place, command)?;
    check_added(context, &divided, command)?;
    let fact = PartitionsRekeyed {
        node: command.node.clone(),
        dimension: command.dimension.clone().filter(|_| !keys.is_empty()),
        keys,
        added: command.add.clone(),
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    };
    let renaming = Renaming::of(place, &fact);
    let moves = moves(state, &divided, &renaming)?;
    check_nobody_works(state, &command.node)?;
    check_followers(state, &divided, &renaming, &moves)?;
    let is_new = !fact.keys.is_empty() || fact.added.is_some();
    let applied = is_new && !command.dry_run;
    let mut counts = divided.key_counts();
    counts.extend(fact.added.as_ref().map(|it| it.dimension.keys.len().max(1) as u64));
    let answer = Answer::PartitionsMoved(PartitionsMoved {
        moved: moves.len() as u64,
        moves: moves.into_iter().take(limits::CHANGES).collect(),
        total: product(&counts),
        applied,
        version: if applied { context.next_version } else { context.version() },
    });
    if applied { Decided::facts(vec![fact.into()], answer) } else { Decided::answer(answer) }
}

/// Refuses renames that would join two keys, or name what is not there.
fn check_renames(
    state: &State,
    divided: &Divided<'_>,
    place: Option<usize>,
    command: &RekeyPartitions,
) -> Result<(), Error> {
    let Some(place) = place else {
        return match command.keys.is_empty() {
            true => Ok(()),
            false => Err(Error::invalid("keys are renamed, but of no dimension; name the dimension")),
        };
    };
    check_count("keys", command.keys.len())?;
    check_distinct("key", command.keys.iter().map(|it| it.from.as_str()))?;
    let to = in_order(command.keys.iter().map(|it| it.to.as_str()));
    let joined = |key: &str| {
        Error::invalid(format!(
            "two keys of dimension `{}` of node `{}` would become `{key}`, and their partitions one; give them different names",
            divided.row.dimensions[place].name, command.node
        ))
    };
    if let Some(pair) = to.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(joined(pair[0]));
    }
    let from = in_order(command.keys.iter().map(|it| it.from.as_str()));
    let names = Dimension::of(&command.node, &divided.row.dimensions[place].name);
    let is_there = |key: &str| state.partition_key_numbers.get(&names.named(key)).is_some();
    for KeyRename { from: old, to: new } in &command.keys {
        check_key(new, divided.row.dimensions.len() + usize::from(command.add.is_some()))?;
        if !is_there(old) {
            return Err(Error::invalid(format!(
                "dimension `{}` of node `{}` has no key `{old}` that could change its name",
                divided.row.dimensions[place].name, command.node
            )));
        }
        if is_there(new) && from.binary_search(&new.as_str()).is_err() {
            return Err(joined(new));
        }
    }
    Ok(())
}

/// Refuses a dimension that cannot be added.
fn check_added(
    context: &mut Context<'_>,
    divided: &Divided<'_>,
    command: &RekeyPartitions,
) -> Result<(), Error> {
    let Some(added) = &command.add else { return Ok(()) };
    let state = context.state;
    let dimensions = divided.row.dimensions.len() + 1;
    let name = &added.dimension.name;
    if divided.dimension(name).is_ok() {
        return Err(Error::invalid(format!("node `{}` has a dimension `{name}` already", command.node)));
    }
    if dimensions > limits::PARTITION_DIMENSIONS {
        return Err(Error::invalid(format!(
            "node `{}` would have {dimensions} dimensions; at most {} are allowed",
            command.node,
            limits::PARTITION_DIMENSIONS
        )));
    }
    check_dimensions(std::slice::from_ref(&added.dimension))?;
    check_key(&added.key, dimensions)?;
    if !added.dimension.dynamic && !added.dimension.keys.contains(&added.key) {
        return Err(Error::invalid(format!(
            "dimension `{name}` is to have `{}` for the partitions that there are, which is none of its keys; name it among them",
            added.key
        )));
    }
    added.dimension.keys.iter().try_for_each(|key| check_key(key, dimensions))?;
    for place in 0..divided.row.dimensions.len() {
        divided.keys(place, 0).try_for_each(|row| check_key(&row.key, dimensions))?;
    }
    let mut keys = divided.key_counts();
    let new = added.dimension.keys.len().max(1);
    keys.push(new as u64);
    check_count("keys", new)?;
    check_product(&command.node, &keys)?;
    context.check_bound("keys of partitions", state.partition_keys.len(), new, limits::PARTITION_KEYS)
}

/// What is called something else then: whatever has a status, coverage or late data, in byte order of the old names.
fn moves(state: &State, divided: &Divided<'_>, renaming: &Renaming<'_>) -> Result<Vec<PartitionMove>, Error> {
    let node = &divided.row.node;
    let (first, last) = Line::names_of(node);
    let mut names: Vec<(&str, bool)> = state
        .partitions
        .range(first.clone()..last.clone())
        .map(|(_, row)| (&*row.partition, false))
        .collect();
    // A piece has a row of its own, and a partition many of them.
    let pieces = state.pieces.range(coverage::keys_of(node)).map(|(_, row)| &*row.partition);
    let late = state.late.range(first..last).map(|(_, row)| &*row.partition);
    let is_one = |name: &&str| divided.numbers(name).is_some();
    names.extend(pieces.chain(late).filter(is_one).map(|name| (name, true)));
    let names = sorted(names, Ord::cmp);
    let mut moves: Vec<PartitionMove> = Vec::new();
    for (from, coverage) in names {
        match moves.last_mut().filter(|last| last.from == from) {
            Some(last) => last.coverage |= coverage,
            None => {
                let Some(to) = renaming.rename(from) else { continue };
                let row = state.partitions.get(Line::new(node, Some(from)).name());
                let status = row.map_or(CoverageStatus::Missing, |row| row.status);
                moves.push(PartitionMove { from: from.to_owned(), to, status, coverage });
            }
        }
    }
    // What has the new name already and is no partition would be joined with it.
    for it in moves.iter().filter(|it| it.coverage && divided.numbers(&it.to).is_none()) {
        let line = Line::new(node, Some(&it.to));
        if coverage::first_piece(state, &line).is_some() || state.late.get(line.name()).is_some() {
            return Err(Error::invalid(format!(
                "{} has coverage or late data already, with which that of `{}` would be joined; give it another name, or mark that coverage as missing first",
                line.words(),
                it.from
            )));
        }
    }
    Ok(moves)
}

/// Refuses to rename what somebody works on: they would not know it any more.
fn check_nobody_works(state: &State, node: &str) -> Result<(), Error> {
    let words = |run: &str, partition: &str, token: u64| {
        Err(Error::conflict(format!(
            "an attempt in run `{run}` works on partition `{partition}` of node `{node}` (token {token}); wait for its end, or take its lease away"
        )))
    };
    if let Some(row) = claim::of_node(state, node).next() {
        return words(&row.run, &row.partition, row.token);
    }
    let intervals = state.claims.range(coverage::keys_of(node)).map(|(_, row)| row);
    if let Some(row) = intervals.into_iter().find(|row| !row.partition.is_empty()) {
        return words(&row.run, &row.partition, row.token);
    }
    if let Some((_, row)) =
        state.unseen.range(coverage::keys_of(node)).find(|(_, row)| !row.partition.is_empty())
    {
        return Err(Error::conflict(format!(
            "an attempt of node `{node}` runs that may not have seen late data of partition `{}`; wait for its end, or take its lease away",
            row.partition
        )));
    }
    if let Some(open) = batch::open_of(state, node).find(|row| !row.covered.is_empty()) {
        return Err(Error::conflict(format!(
            "batch {} of node `{node}` is {}, and says by their names what of partitions it covers; commit or abort it first",
            open.batch,
            open.status.name().replace('-', " ")
        )));
    }
    Ok(())
}

/// Refuses to rename what HWMs and backfills know by its old name, and to give something the name that an HWM knows nothing by yet.
fn check_followers(
    state: &State,
    divided: &Divided<'_>,
    renaming: &Renaming<'_>,
    moved: &[PartitionMove],
) -> Result<(), Error> {
    let node = divided.row.node.as_str();
    let moves = |partition: Option<&String>| {
        partition.filter(|it| divided.numbers(it).is_some()).and_then(|it| renaming.rename(it))
    };
    for (name, said) in state.hwm_specs.iter() {
        let Some(of) = said.fact.coverage.as_ref().filter(|of| of.node == node) else { continue };
        if let Some(to) = moves(of.partition.as_ref()) {
            return Err(Error::invalid(format!(
                "HWM `{name}` follows the coverage of partition `{}` of node `{node}`; declare it without, and on `{to}` again when it has its new name",
                of.partition.as_deref().unwrap_or_default()
            )));
        }
        if let Some(it) = moved.iter().find(|it| it.coverage && of.partition.as_ref() == Some(&it.to)) {
            return Err(Error::invalid(format!(
                "HWM `{name}` follows the coverage of partition `{}` of node `{node}`, which that of `{}` would become; declare it without, and again afterwards",
                it.to, it.from
            )));
        }
    }
    let open = |status| matches!(status, BackfillStatus::Running | BackfillStatus::Paused);
    let mut backfills = state.backfills.iter().map(|(_, row)| row).filter(|row| open(row.status));
    match backfills
        .find(|row| row.nodes.iter().any(|it| it == node) && moves(row.partition.as_ref()).is_some())
    {
        None => Ok(()),
        Some(row) => Err(Error::invalid(format!(
            "backfill `{}` is for partition `{}` of node `{node}`; cancel or delete it first, and make it again for the new name",
            row.backfill,
            row.partition.as_deref().unwrap_or_default()
        ))),
    }
}

pub(super) fn apply(state: &mut State, fact: &PartitionsRekeyed, extra: &Extra, at: At) {
    let Some(row) = state.partitionings.get(fact.node.as_str()) else { return };
    let place =
        fact.dimension.as_ref().and_then(|name| row.dimensions.iter().position(|it| it.name == *name));
    let renaming = Renaming::of(place, fact);
    move_partitions(state, &fact.node, &renaming);
    move_coverage(state, &fact.node, &renaming);
    rename_keys(state, fact);
    if let Some(added) = &fact.added {
        let one = std::slice::from_ref(&added.key);
        let keys = if added.dimension.dynamic { one } else { added.dimension.keys.as_slice() };
        add_keys(state, &fact.node, &added.dimension.name, 0, keys);
    }
    state.partitionings.modify(&fact.node.as_str().into(), |row| {
        row.dimensions.extend(fact.added.as_ref().map(|added| DimensionEntry {
            name: added.dimension.name.clone(),
            dynamic: added.dimension.dynamic,
            next: added.dimension.keys.len().max(1) as u64,
        }));
        (row.version, row.at_ms) = (at.version, at.at_ms);
        row.extra.absorb(extra);
    });
}

/// All at once, since one may take the name that another one had.
fn rename_keys(state: &mut State, fact: &PartitionsRekeyed) {
    let Some(dimension) = &fact.dimension else { return };
    let names = Dimension::of(&fact.node, dimension);
    let renamed = |it: &KeyRename| {
        let number = *state.partition_key_numbers.get(&names.named(&it.from))?;
        let row = state.partition_keys.get(&names.key(number))?;
        Some(PartitionKeyRow { key: it.to.clone(), ..row.clone() })
    };
    let rows: Vec<PartitionKeyRow> = fact.keys.iter().filter_map(renamed).collect();
    rows.iter().for_each(|row| forget_place(state, &row.node, &row.dimension, row.number));
    rows.into_iter().for_each(|row| place_key(state, row, true));
}

fn move_partitions(state: &mut State, node: &str, renaming: &Renaming<'_>) {
    let (first, last) = Line::names_of(node);
    let moved = |(name, row): (&Arc<str>, &PartitionRow)| {
        Some((Arc::clone(name), row.clone(), renaming.rename(&row.partition)?))
    };
    let rows: Vec<(Arc<str>, PartitionRow, String)> =
        state.partitions.range(first..last).filter_map(moved).collect();
    rows.iter().for_each(|(name, _, _)| state.partitions.remove(name));
    for (_, row, to) in rows.into_iter().filter(|_| !bug!(RekeyForgets)) {
        let name = Line::new(node, Some(&to)).shared_name();
        state.partitions.insert(name, PartitionRow { partition: to.into(), ..row });
    }
}

/// The coverage and the late data of partitions, and of nothing else that is kept under a name like theirs.
fn move_coverage(state: &mut State, node: &str, renaming: &Renaming<'_>) {
    let Some(divided) = Divided::of(state, node) else { return };
    let rename = |name: &str| divided.numbers(name).and_then(|_| renaming.rename(name));
    let (first, last) = Line::names_of(node);
    let piece = |(key, row): (&SpanKey, &PieceRow)| Some((key.clone(), row.clone(), rename(&row.partition)?));
    let pieces: Vec<(SpanKey, PieceRow, String)> =
        state.pieces.range(coverage::keys_of(node)).filter_map(piece).collect();
    let line =
        |(name, row): (&Arc<str>, &LateRow)| Some((Arc::clone(name), row.clone(), rename(&row.partition)?));
    let late: Vec<(Arc<str>, LateRow, String)> = state.late.range(first..last).filter_map(line).collect();
    pieces.iter().for_each(|(key, _, _)| state.pieces.remove(key));
    late.iter().for_each(|(name, _, _)| state.late.remove(name));
    for (_, row, to) in pieces {
        let key = Line::new(node, Some(&to)).key(row.start);
        state.pieces.insert(key, PieceRow { partition: to.into(), ..row });
    }
    for (_, row, to) in late {
        let name = Line::new(node, Some(&to)).shared_name();
        state.late.insert(name, LateRow { partition: to.into(), ..row });
    }
}
