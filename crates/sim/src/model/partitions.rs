//! Partitions, one by one: each is a list of keys.

mod rekey;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, PartitionClaim, PartitionCounts, PartitionView, PartitionsChanged};
use highwater_core::command::*;
use highwater_format::fact::{Axis, CoverageStatus, Interval, PartitionDimension};

use super::coverage::{Hand, Handed};
use super::{Refused, Trial, effect, is_explained, is_named};

use CoverageStatus::{Done, Failed, Missing, Stale};

/// The nodes that are divided, by their names.
pub(super) type Partitions = BTreeMap<String, Divided>;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Divided {
    dimensions: Vec<Keys>,
    version: u64,
    /// Those that are not missing, by their names.
    cells: BTreeMap<String, Cell>,
    claims: BTreeMap<String, Claim>,
}

/// A dimension, with its keys and their numbers in order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Keys {
    name: String,
    dynamic: bool,
    keys: Vec<(u64, String)>,
    next: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Cell {
    status: CoverageStatus,
    rows: Option<u64>,
    fingerprint: Option<String>,
    run: Option<String>,
    attempt: Option<u32>,
    version: u64,
    reason: Option<String>,
    actor: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Claim {
    run: String,
    attempt: u32,
    token: u64,
    fingerprint: Option<String>,
}

fn invalid<T>(is_wrong: bool, value: T) -> Refused<T> {
    if is_wrong { Err(ErrorKind::Invalid) } else { Ok(value) }
}

fn twice<T: Ord>(items: impl Iterator<Item = T> + Clone) -> bool {
    items.clone().collect::<BTreeSet<T>>().len() < items.count()
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && !key.contains('|')
}

impl Divided {
    /// All partitions in the order of their keys, with the numbers of these.
    fn all(&self) -> Vec<(Vec<u64>, String)> {
        let mut all: Vec<(Vec<u64>, String)> = vec![(Vec::new(), String::new())];
        for (place, dimension) in self.dimensions.iter().enumerate() {
            let with = |(numbers, name): &(Vec<u64>, String)| {
                let (numbers, name) = (numbers.clone(), name.clone());
                dimension.keys.iter().map(move |(number, key)| {
                    let joint = if place > 0 { "|" } else { "" };
                    ([numbers.as_slice(), &[*number]].concat(), format!("{name}{joint}{key}"))
                })
            };
            all = all.iter().flat_map(with).collect();
        }
        all
    }

    fn has(&self, partition: &str) -> bool {
        self.all().iter().any(|(_, name)| name == partition)
    }

    fn status(&self, partition: &str) -> CoverageStatus {
        self.cells.get(partition).map_or(Missing, |cell| cell.status)
    }

    fn is_used(&self) -> bool {
        !self.cells.is_empty() || !self.claims.is_empty()
    }

    fn counts(&self, wanted: impl Fn(&str) -> bool) -> PartitionCounts {
        let mut counts = PartitionCounts::default();
        for (_, name) in self.all().iter().filter(|(_, name)| wanted(name)) {
            counts.total += 1;
            counts.claimed += u64::from(self.claims.contains_key(name));
            counts.rows += self.cells.get(name).and_then(|cell| cell.rows).unwrap_or(0);
            match self.status(name) {
                Done => counts.done += 1,
                Failed => counts.failed += 1,
                Stale => counts.stale += 1,
                Missing => counts.missing += 1,
            }
        }
        counts
    }

    fn view(&self, name: &str) -> PartitionView {
        let claim = self.claims.get(name).map(|claim| PartitionClaim {
            run: claim.run.clone(),
            attempt: claim.attempt,
            token: claim.token,
            at_ms: 0,
        });
        let cell = self.cells.get(name).cloned();
        let known = cell.as_ref();
        PartitionView {
            partition: name.to_owned(),
            status: self.status(name),
            rows: known.and_then(|cell| cell.rows),
            version: known.map(|cell| cell.version),
            at_ms: known.map(|_| 0),
            attempt: known.and_then(|cell| cell.attempt),
            fingerprint: known.and_then(|cell| cell.fingerprint.clone()),
            run: known.and_then(|cell| cell.run.clone()),
            reason: known.and_then(|cell| cell.reason.clone()),
            actor: cell.and_then(|cell| cell.actor),
            claim,
        }
    }
}

fn check_dimensions(dimensions: &[PartitionDimension]) -> Refused<()> {
    invalid(dimensions.len() > 4 || twice(dimensions.iter().map(|it| &it.name)), ())?;
    for it in dimensions {
        let is_wrong = !is_key(&it.name)
            || it.dynamic != it.keys.is_empty()
            || it.keys.iter().any(|key| !is_key(key))
            || twice(it.keys.iter());
        invalid(is_wrong, ())?;
    }
    Ok(())
}

impl Trial {
    fn divided(&self, node: &str) -> Refused<&Divided> {
        is_named(node)?;
        self.pipeline.partitions.get(node).ok_or(ErrorKind::Invalid)
    }

    fn divided_mut(&mut self, node: &str) -> Refused<&mut Divided> {
        self.pipeline.partitions.get_mut(node).ok_or(ErrorKind::Invalid)
    }

    pub(super) fn declare_partitions(&mut self, command: &DeclarePartitions) -> Refused<Answer> {
        let DeclarePartitions { node, dimensions } = command;
        is_named(node)?;
        check_dimensions(dimensions)?;
        let known = self.pipeline.partitions.get(node).cloned();
        let new = |it: &PartitionDimension| {
            let before = known.iter().flat_map(|known| &known.dimensions).find(|old| old.name == it.name);
            match (it.dynamic, before) {
                (true, Some(before)) => Keys { dynamic: true, ..before.clone() },
                _ => Keys {
                    name: it.name.clone(),
                    dynamic: it.dynamic,
                    keys: (0..).zip(it.keys.iter().cloned()).collect(),
                    next: it.keys.len() as u64,
                },
            }
        };
        let new: Vec<Keys> = dimensions.iter().map(new).collect();
        let tells = |keys: &[Keys]| -> Vec<_> {
            let names = |it: &Keys| it.keys.iter().map(|(_, key)| key.clone()).collect::<Vec<_>>();
            keys.iter().map(|it| (it.name.clone(), it.dynamic, names(it))).collect()
        };
        let before = known.as_ref().map(|known| tells(&known.dimensions)).unwrap_or_default();
        if before == tells(&new) {
            return Ok(self.done(Vec::new()));
        }
        let mut after = known.clone().unwrap_or_default();
        after.dimensions = new;
        after.version = self.next;
        if let Some(known) = known.filter(Divided::is_used) {
            let names = |it: &Divided| it.dimensions.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
            let kept = known.cells.keys().chain(known.claims.keys()).all(|name| after.has(name));
            invalid(names(&known) != names(&after) || !kept, ())?;
        }
        match dimensions.is_empty() {
            true => drop(self.pipeline.partitions.remove(node)),
            false => drop(self.pipeline.partitions.insert(node.clone(), after)),
        }
        Ok(self.done(vec![effect::partitions("declared", node, dimensions.len())]))
    }

    pub(super) fn change_partition_keys(&mut self, command: &ChangePartitionKeys) -> Refused<Answer> {
        let ChangePartitionKeys { node, dimension, add, remove, forget, reason, .. } = command;
        let known = self.divided(node)?;
        let place = known.dimensions.iter().position(|it| it.name == *dimension).ok_or(ErrorKind::Invalid)?;
        let keys = &known.dimensions[place];
        invalid(!keys.dynamic || twice(add.iter().chain(remove)) || add.iter().any(|key| !is_key(key)), ())?;
        let has = |key: &&String| keys.keys.iter().any(|(_, known)| known == *key);
        let added: Vec<String> = add.iter().filter(|key| !has(key)).cloned().collect();
        let removed: Vec<String> = remove.iter().filter(has).cloned().collect();
        if added.is_empty() && removed.is_empty() {
            return Ok(self.done(Vec::new()));
        }
        if *forget || !reason.is_empty() {
            is_explained(reason)?;
        }
        let goes = |name: &String| {
            name.split('|').nth(place).is_some_and(|key| removed.iter().any(|gone| gone == key))
        };
        if known.claims.keys().any(goes) {
            return Err(ErrorKind::Conflict);
        }
        invalid(!forget && known.cells.keys().any(goes), ())?;
        let next = self.next;
        let divided = self.divided_mut(node)?;
        divided.cells.retain(|name, _| !goes(name));
        divided.version = next;
        let keys = &mut divided.dimensions[place];
        keys.keys.retain(|(_, key)| !removed.contains(key));
        for key in &added {
            keys.keys.push((keys.next, key.clone()));
            keys.next += 1;
        }
        Ok(self.done(vec![effect::partitions("with other keys", node, added.len() + removed.len())]))
    }

    /// What becomes of a partition when somebody says something of it, or an attempt that has it ends.
    fn touch(&mut self, node: &str, name: &str, cell: Cell) {
        let Some(divided) = self.pipeline.partitions.get_mut(node) else { return };
        match cell.status {
            Missing => drop(divided.cells.remove(name)),
            _ => drop(divided.cells.insert(name.to_owned(), cell)),
        }
    }

    pub(super) fn mark_partitions(&mut self, command: &MarkPartitions) -> Refused<Answer> {
        if !command.dry_run {
            is_explained(&command.reason)?;
        }
        let divided = self.divided(&command.node)?.clone();
        invalid(command.marks.is_empty() || twice(command.marks.iter().map(|it| &it.partition)), ())?;
        let mut changed = Vec::new();
        for mark in &command.marks {
            invalid(!divided.has(&mark.partition), ())?;
            mark.fingerprint.as_ref().map_or(Ok(()), |it| is_named(it))?;
            if divided.claims.contains_key(&mark.partition) {
                return Err(ErrorKind::Conflict);
            }
            let known = divided.cells.get(&mark.partition);
            let from = divided.status(&mark.partition);
            let says_more = known.is_some_and(|known| {
                mark.rows.is_some_and(|rows| known.rows != Some(rows))
                    || mark.fingerprint.is_some() && mark.fingerprint != known.fingerprint
            });
            if match (from, command.status) {
                (Missing, Missing | Stale) | (Failed | Stale, Stale) => false,
                (from, to) => from != to || says_more,
            } {
                changed.push((mark, known));
            }
        }
        let applied = !command.dry_run && !changed.is_empty();
        let partitions: Vec<String> = changed.iter().map(|(mark, _)| mark.partition.clone()).collect();
        if applied {
            self.leave(effect::partitions_marked(&command.node, command.status, &partitions));
            for (mark, known) in &changed {
                let cell = Cell {
                    status: command.status,
                    rows: mark.rows.or(known.and_then(|known| known.rows)),
                    fingerprint: mark.fingerprint.clone().or(known.and_then(|it| it.fingerprint.clone())),
                    run: known.and_then(|known| known.run.clone()),
                    attempt: known.and_then(|known| known.attempt),
                    version: self.next,
                    reason: Some(command.reason.clone()),
                    actor: command.actor.clone(),
                };
                self.touch(&command.node, &mark.partition, cell);
            }
        }
        let (changed, version) = (partitions.len() as u64, self.version());
        Ok(Answer::PartitionsChanged(PartitionsChanged { partitions, changed, applied, version }))
    }

    /// What an attempt says of partitions.
    pub(super) fn outcomes(
        &mut self,
        (run, node): (&str, &str),
        at: usize,
        outcomes: &[PartitionOutcome],
    ) -> Refused<()> {
        if outcomes.is_empty() {
            return Ok(());
        }
        if outcomes.iter().any(|it| !it.failed) && self.pipeline.has_prepared(run, node) {
            return Err(ErrorKind::Conflict);
        }
        invalid(twice(outcomes.iter().map(|it| &it.partition)), ())?;
        let divided = self.divided(node)?.clone();
        let attempt = u32::try_from(at + 1).ok();
        for status in [Done, Failed] {
            let its: Vec<&PartitionOutcome> =
                outcomes.iter().filter(|it| it.failed == (status == Failed)).collect();
            let names: Vec<String> = its.iter().map(|it| it.partition.clone()).collect();
            for PartitionOutcome { partition, rows, fingerprint, .. } in its {
                invalid(!divided.has(partition), ())?;
                fingerprint.as_ref().map_or(Ok(()), |it| is_named(it))?;
                let claim = divided.claims.get(partition);
                if claim.is_some_and(|claim| claim.run != run) {
                    return Err(ErrorKind::Conflict);
                }
                let of_claim = claim.filter(|_| status == Done).and_then(|claim| claim.fingerprint.clone());
                let cell = Cell {
                    status,
                    rows: *rows,
                    fingerprint: fingerprint.clone().or(of_claim),
                    run: Some(run.to_owned()),
                    attempt,
                    version: self.next,
                    reason: None,
                    actor: None,
                };
                self.touch(node, partition, cell);
                self.divided_mut(node)?.claims.remove(partition);
            }
            if !names.is_empty() {
                self.leave(effect::partitions_marked(node, status, &names));
            }
        }
        Ok(())
    }

    pub(super) fn hand_out_partitions(
        &mut self,
        command: &BeginNode,
        wanted: &PartitionsWanted,
    ) -> Refused<Handed> {
        invalid(command.cover.is_some(), ())?;
        wanted.fingerprint.as_ref().map_or(Ok(()), |it| is_named(it))?;
        let divided = self.divided(&command.node)?;
        invalid(wanted.partitions.iter().any(|name| !divided.has(name)), ())?;
        let is_wanted = |name: &String| {
            (wanted.partitions.is_empty() || wanted.partitions.contains(name))
                && name.starts_with(&wanted.prefix)
        };
        let is_done = |name: &String| {
            divided.cells.get(name).is_some_and(|cell| {
                let same = wanted.fingerprint.is_none() || wanted.fingerprint == cell.fingerprint;
                cell.status == Done && same
            })
        };
        let again = command.force || wanted.restate;
        let all = divided.all().into_iter().map(|(_, name)| name);
        let undone: Vec<String> = all.filter(|name| is_wanted(name) && (again || !is_done(name))).collect();
        let is_free = |name: &&String| divided.claims.get(*name).is_none_or(|it| it.run == command.run);
        let mut free: Vec<String> = undone.iter().filter(is_free).cloned().collect();
        if wanted.limit > 0 {
            free.truncate(wanted.limit as usize);
        }
        let hand = match (free.is_empty(), undone.is_empty()) {
            (false, _) => Hand::Partitions(free),
            (true, false) => Hand::Taken,
            (true, true) => Hand::Covered,
        };
        Ok(Some(((command.node.clone(), String::new()), Axis::Time, hand)))
    }

    /// What the attempt is handed is its own.
    pub(super) fn take_share(
        &mut self,
        command: &BeginNode,
        (attempt, token): (u32, u64),
        hand: Handed,
    ) -> (Vec<Interval>, Vec<String>) {
        match hand {
            Some((line, axis, Hand::Work(work))) => {
                self.claim(command, line, axis, token, &work);
                (work, Vec::new())
            }
            Some((_, _, Hand::Partitions(work))) => {
                self.claim_partitions(command, (attempt, token), &work);
                (Vec::new(), work)
            }
            _ => (Vec::new(), Vec::new()),
        }
    }

    fn claim_partitions(&mut self, command: &BeginNode, (attempt, token): (u32, u64), names: &[String]) {
        self.leave(effect::partitions_claimed(&command.run, &command.node, names));
        let fingerprint = command.partitions.as_ref().and_then(|wanted| wanted.fingerprint.clone());
        let claim = Claim { run: command.run.clone(), attempt, token, fingerprint };
        if let Ok(divided) = self.divided_mut(&command.node) {
            divided.claims.extend(names.iter().map(|name| (name.clone(), claim.clone())));
        }
    }

    /// The attempt of this node is over; what it still worked on becomes that, if anything.
    pub(super) fn end_partitions(&mut self, run: &str, node: &str, ended: Option<CoverageStatus>) {
        let version = self.next;
        let Some(divided) = self.pipeline.partitions.get_mut(node) else { return };
        let its: Vec<(String, Claim)> = divided
            .claims
            .iter()
            .filter(|(_, it)| it.run == run)
            .map(|(name, it)| (name.clone(), it.clone()))
            .collect();
        for (name, claim) in its {
            divided.claims.remove(&name);
            let Some(status) = ended else { continue };
            if status == Failed && divided.status(&name) == Done {
                continue;
            }
            let fingerprint = claim.fingerprint.filter(|_| status == Done);
            let (run, attempt) = (Some(claim.run), Some(claim.attempt));
            let (rows, reason, actor) = (None, None, None);
            let cell = Cell { status, rows, fingerprint, run, attempt, version, reason, actor };
            divided.cells.insert(name, cell);
        }
    }
}

/// Nobody works for this run any more.
pub(super) fn forget(partitions: &mut Partitions, run: &str) {
    partitions.values_mut().for_each(|divided| divided.claims.retain(|_, claim| claim.run != run));
}
