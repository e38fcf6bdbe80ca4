//! Keys that change their names, and dimensions that are added.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, PartitionMove, PartitionsMoved};
use highwater_core::command::RekeyPartitions;

use super::super::{Refused, Trial, effect, is_explained};
use super::{Divided, Keys, check_dimensions, invalid, is_key, twice};

impl Trial {
    pub(in crate::model) fn rekey_partitions(&mut self, command: &RekeyPartitions) -> Refused<Answer> {
        if !command.dry_run {
            is_explained(&command.reason)?;
        }
        let node = &command.node;
        let known = self.divided(node)?.clone();
        let mut after = known.clone();
        let renames: BTreeMap<&String, &String> = command.keys.iter().map(|it| (&it.from, &it.to)).collect();
        let place = match &command.dimension {
            None => invalid(!command.keys.is_empty(), usize::MAX)?,
            Some(name) => {
                known.dimensions.iter().position(|it| it.name == *name).ok_or(ErrorKind::Invalid)?
            }
        };
        let is_there = |key: &String| known.dimensions[place].keys.iter().any(|(_, known)| known == key);
        let is_wrong = twice(command.keys.iter().map(|it| &it.from))
            || command.keys.iter().any(|it| !is_key(&it.to) || !is_there(&it.from));
        invalid(is_wrong, ())?;
        if let Some(keys) = after.dimensions.get_mut(place) {
            for (_, key) in &mut keys.keys {
                if let Some(to) = renames.get(key) {
                    *key = (*to).clone();
                }
            }
            invalid(twice(keys.keys.iter().map(|(_, key)| key)), ())?;
        }
        if let Some(added) = &command.add {
            let dimension = &added.dimension;
            check_dimensions(std::slice::from_ref(dimension))?;
            let is_wrong = known.dimensions.iter().any(|it| it.name == dimension.name)
                || known.dimensions.len() == 4
                || !is_key(&added.key)
                || !dimension.dynamic && !dimension.keys.contains(&added.key);
            let keys = if dimension.dynamic { vec![added.key.clone()] } else { dimension.keys.clone() };
            let next = keys.len() as u64;
            after.dimensions.push(Keys {
                name: invalid(is_wrong, dimension.name.clone())?,
                dynamic: dimension.dynamic,
                keys: (0..).zip(keys).collect(),
                next,
            });
        }
        let rename = |name: &String| {
            let mut keys: Vec<String> = name.split('|').map(str::to_owned).collect();
            if let Some(key) = keys.get_mut(place) {
                *key = renames.get(key).map_or(key.clone(), |to| (*to).clone());
            }
            keys.extend(command.add.as_ref().map(|it| it.key.clone()));
            keys.join("|")
        };
        let moves = self.moves(&known, node, &rename)?;
        self.check_rekey(&known, node, &moves, &rename)?;
        let renamed = command.keys.iter().filter(|it| it.from != it.to).count();
        let applied = !command.dry_run && (renamed > 0 || command.add.is_some());
        if applied {
            after.cells = known.cells.iter().map(|(name, cell)| (rename(name), cell.clone())).collect();
            after.version = self.next;
            let names: BTreeMap<String, String> =
                known.all().into_iter().map(|(_, name)| (name.clone(), rename(&name))).collect();
            self.rename_lines(node, &names);
            self.leave(effect::partitions("re-keyed", node, renamed));
            self.pipeline.partitions.insert(node.clone(), after.clone());
        }
        let (moved, total) = (moves.len() as u64, after.all().len() as u64);
        let version = self.version();
        Ok(Answer::PartitionsMoved(PartitionsMoved { moves, moved, total, applied, version }))
    }

    /// What has a status, coverage or late data, and another name then.
    fn moves(
        &self,
        known: &Divided,
        node: &str,
        rename: &dyn Fn(&String) -> String,
    ) -> Refused<Vec<PartitionMove>> {
        let mut moves = Vec::new();
        let all: BTreeSet<String> = known.all().into_iter().map(|(_, name)| name).collect();
        for from in &all {
            let (to, coverage) = (rename(from), self.has_line(node, from));
            if to == *from || !coverage && !known.cells.contains_key(from) {
                continue;
            }
            invalid(coverage && !all.contains(&to) && self.has_line(node, &to), ())?;
            moves.push(PartitionMove { from: from.clone(), to, status: known.status(from), coverage });
        }
        Ok(moves)
    }

    fn check_rekey(
        &self,
        known: &Divided,
        node: &str,
        moves: &[PartitionMove],
        rename: &dyn Fn(&String) -> String,
    ) -> Refused<()> {
        if !known.claims.is_empty() || self.is_working_on_partitions(node) {
            return Err(ErrorKind::Conflict);
        }
        let is_renamed = |name: &String| known.has(name) && rename(name) != *name;
        let followed = self.pipeline.specs.values().filter_map(|spec| spec.coverage.as_ref());
        let is_wrong = followed
            .filter(|of| of.node == node)
            .filter_map(|of| of.partition.as_ref())
            .any(|it| is_renamed(it) || moves.iter().any(|moved| moved.coverage && moved.to == *it));
        invalid(is_wrong || self.has_open_backfill(node, &is_renamed), ())
    }
}
