//! **A checkpoint is a consistent cut, and everything rests on it.** It is completed when all sub-tasks have acknowledged it, under the
//! lease of whoever triggered it; with it the HWMs stand at the positions of its barrier; it is kept with all its parts until
//! something newer is; a transaction of a sink is decided by it, once; and whoever starts from it gets what was acknowledged.
//!
//! Why it matters: after a crash this is all that there is. A part that is missing, a position of another barrier, a transaction that
//! was committed without it are rows that are lost or there twice.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::answer::{Answer, StreamRestored, TransactionView};
use highwater_core::command::Command;
use highwater_core::transaction::TransactionStatus;
use highwater_format::Fact;
use highwater_format::fact::{Acknowledgement, CheckpointAcknowledged, OperatorSpec, TransactionRef};
use highwater_format::value::Value;

use super::{Audit, Landed, Violation};

/// A sub-task.
type Subtask = (String, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    InProgress,
    Completed,
    Aborted,
}

#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    pub(crate) status: Status,
    lease: Option<(String, u64)>,
    missing: BTreeSet<Subtask>,
    pub(super) acknowledged: BTreeMap<Subtask, Acknowledgement>,
}

/// The checkpoints of one pipeline.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checkpoints {
    operators: Vec<OperatorSpec>,
    last: u64,
    pub(super) generation: u64,
    /// Those that are under way or kept, and those that were aborted.
    pub(crate) known: BTreeMap<u64, Checkpoint>,
    /// All that were ever completed.
    archive: BTreeMap<u64, Checkpoint>,
    /// What became of each transaction that is not settled.
    pub(super) open: BTreeMap<(u64, Subtask), TransactionStatus>,
    /// Parts that were needed once and are not any more.
    given_up: BTreeSet<String>,
    /// Positions that must stand when the record is over.
    due: Vec<(u64, BTreeMap<String, Value>)>,
}

fn refuse(what: String) -> Result<(), Violation> {
    Err(Violation::new("a-checkpoint-is-a-cut", what))
}

impl Checkpoints {
    fn of(&self, checkpoint: u64) -> Option<Status> {
        self.known.get(&checkpoint).map(|known| known.status)
    }

    fn needed(&self) -> BTreeSet<&str> {
        let alive = self.known.values().filter(|known| known.status != Status::Aborted);
        let acknowledged = alive.flat_map(|known| known.acknowledged.values());
        acknowledged.flat_map(|it| it.parts.iter().map(|part| part.name.as_str())).collect()
    }

    /// Parts that nothing needs since the last time.
    fn give_up(&mut self, before: &BTreeSet<String>) {
        let needed: BTreeSet<String> = self.needed().into_iter().map(str::to_owned).collect();
        self.given_up.extend(before.difference(&needed).cloned());
    }

    fn trigger(&mut self, checkpoint: u64, lease: Option<(String, u64)>) -> Result<(), Violation> {
        if checkpoint <= self.last {
            return refuse(format!("checkpoint {checkpoint} is triggered after {}", self.last));
        }
        self.last = checkpoint;
        let subtasks =
            |it: &OperatorSpec| (0..it.parallelism).map(|subtask| (it.name.clone(), subtask)).collect();
        let missing = self.operators.iter().flat_map(|it| -> Vec<Subtask> { subtasks(it) }).collect();
        let known = Checkpoint { status: Status::InProgress, lease, missing, acknowledged: BTreeMap::new() };
        self.known.insert(checkpoint, known);
        Ok(())
    }

    fn acknowledge(
        &mut self,
        fact: &CheckpointAcknowledged,
        holders: &super::one_holder::Holders,
    ) -> Result<(), Violation> {
        let checkpoint = fact.checkpoint;
        let given_up: BTreeSet<String> = self.given_up.clone();
        let Some(known) = self.known.get_mut(&checkpoint).filter(|it| it.status == Status::InProgress) else {
            return refuse(format!("checkpoint {checkpoint} is acknowledged, and is not under way"));
        };
        if let Some((lease, token)) = &known.lease
            && holders.held.get(lease).is_none_or(|held| held.token != *token)
        {
            return refuse(format!(
                "checkpoint {checkpoint} is acknowledged, and token {token} was replaced"
            ));
        }
        for it in &fact.acknowledgements {
            let subtask = (it.operator.clone(), it.subtask);
            if !known.missing.remove(&subtask) {
                return refuse(format!("checkpoint {checkpoint} does not wait for {subtask:?}"));
            }
            if let Some(part) = it.parts.iter().find(|part| given_up.contains(&part.name)) {
                return refuse(format!(
                    "checkpoint {checkpoint} rests on {}, which may be deleted",
                    part.name
                ));
            }
            if it.transaction.is_some() {
                self.open.insert((checkpoint, subtask.clone()), TransactionStatus::Prepared);
            }
            known.acknowledged.insert(subtask, it.clone());
        }
        Ok(())
    }

    fn complete(&mut self, checkpoint: u64) -> Result<(), Violation> {
        let Some(known) = self.known.get_mut(&checkpoint).filter(|it| it.status == Status::InProgress) else {
            return refuse(format!("checkpoint {checkpoint} completes, and is not under way"));
        };
        if !known.missing.is_empty() {
            return refuse(format!("checkpoint {checkpoint} completes, and {:?} are missing", known.missing));
        }
        known.status = Status::Completed;
        let known = known.clone();
        self.due.push((checkpoint, positions(&known)));
        self.archive.insert(checkpoint, known);
        self.decide(checkpoint, TransactionStatus::Committing);
        Ok(())
    }

    fn abort(&mut self, checkpoint: u64) -> Result<(), Violation> {
        let before: BTreeSet<String> = self.needed().into_iter().map(str::to_owned).collect();
        match self.known.get_mut(&checkpoint) {
            Some(known) if known.status == Status::InProgress => known.status = Status::Aborted,
            known => return refuse(format!("checkpoint {checkpoint} is aborted, and is {known:?}")),
        }
        self.give_up(&before);
        self.decide(checkpoint, TransactionStatus::Aborting);
        Ok(())
    }

    fn decide(&mut self, checkpoint: u64, status: TransactionStatus) {
        let of = self.open.iter_mut().filter(|(key, _)| key.0 == checkpoint);
        of.for_each(|(_, open)| *open = status);
    }

    fn settle(&mut self, it: &TransactionRef) -> Result<(), Violation> {
        match self.open.remove(&(it.checkpoint, (it.operator.clone(), it.subtask))) {
            Some(TransactionStatus::Committing | TransactionStatus::Aborting) => Ok(()),
            open => refuse(format!("{it:?} is settled, and is {open:?}")),
        }
    }

    fn discard(&mut self, checkpoint: u64) -> Result<(), Violation> {
        if self.of(checkpoint) != Some(Status::Completed) {
            return refuse(format!("checkpoint {checkpoint} is discarded, and is {:?}", self.of(checkpoint)));
        }
        let before: BTreeSet<String> = self.needed().into_iter().map(str::to_owned).collect();
        self.known.remove(&checkpoint);
        self.give_up(&before);
        Ok(())
    }

    fn delete(&mut self, parts: &[String]) -> Result<(), Violation> {
        let needed: BTreeSet<String> = self.needed().into_iter().map(str::to_owned).collect();
        if let Some(part) = parts.iter().find(|part| needed.contains(*part)) {
            return refuse(format!("{part} is deleted, and a checkpoint that is kept needs it"));
        }
        self.given_up.retain(|part| !parts.contains(part));
        Ok(())
    }

    /// Another state takes the place of this one: what was under way is aborted, and everything else stays.
    pub(super) fn put_in_place(&mut self, kept: &Checkpoints) {
        self.operators.clone_from(&kept.operators);
        self.generation = self.generation.max(kept.generation);
        let in_progress = self.known.iter().filter(|(_, known)| known.status == Status::InProgress);
        let in_progress: Vec<u64> = in_progress.map(|(checkpoint, _)| *checkpoint).collect();
        for checkpoint in in_progress {
            // It was in progress a moment ago.
            let _ = self.abort(checkpoint);
        }
    }

    /// The journal begins anew with what was kept; numbers go on from what may have been given out.
    pub(super) fn begin_anew(&mut self, kept: &Checkpoints) {
        let (last, archive) = (self.last, std::mem::take(&mut self.archive));
        *self = kept.clone();
        self.last = last.max(kept.last);
        self.archive = archive;
        self.put_in_place(kept);
    }

    /// Whoever is told to commit or to abort is told what was decided.
    fn told(&self, told: &TransactionView) -> Result<(), Violation> {
        let is_right = match told.status {
            TransactionStatus::Committing => self.archive.contains_key(&told.checkpoint),
            _ => !self.archive.contains_key(&told.checkpoint),
        };
        if is_right { Ok(()) } else { refuse(format!("{told:?} is told, and was decided otherwise")) }
    }

    fn restored(&self, told: &StreamRestored) -> Result<(), Violation> {
        told.commit.iter().chain(&told.abort).try_for_each(|it| self.told(it))?;
        let Some(view) = &told.checkpoint else { return Ok(()) };
        let Some(known) = self.archive.get(&view.checkpoint) else {
            return refuse(format!("a start from checkpoint {}, which never completed", view.checkpoint));
        };
        let states: Vec<_> =
            view.acknowledgements.iter().map(|it| (&it.operator, it.subtask, &it.state)).collect();
        let audited: Vec<_> = known.acknowledged.iter().map(|(key, it)| (&key.0, key.1, &it.state)).collect();
        let told: BTreeMap<String, Value> =
            told.positions.iter().map(|it| (it.name.clone(), it.value.clone())).collect();
        if states != audited || told != positions(known) {
            return refuse(format!("a start from checkpoint {} has another state", view.checkpoint));
        }
        Ok(())
    }
}

fn positions(known: &Checkpoint) -> BTreeMap<String, Value> {
    let positions = known.acknowledged.values().flat_map(|it| &it.positions);
    positions.map(|position| (position.name.clone(), position.value.clone())).collect()
}

impl Audit {
    pub(super) fn observe_checkpoint(&mut self, fact: &Fact) -> Result<(), Violation> {
        let checkpoints = &mut self.checkpoints;
        match fact {
            Fact::StreamDeclared(fact) => checkpoints.operators.clone_from(&fact.operators),
            Fact::StreamRestored(fact) => {
                if fact.generation <= checkpoints.generation {
                    return refuse(format!("start {} follows {}", fact.generation, checkpoints.generation));
                }
                checkpoints.generation = fact.generation;
                if let Some(checkpoint) = fact.checkpoint {
                    if checkpoints.of(checkpoint) != Some(Status::Completed) {
                        return refuse(format!("a start from checkpoint {checkpoint}, which is not kept"));
                    }
                    let known = &checkpoints.known[&checkpoint];
                    checkpoints.due.push((checkpoint, positions(known)));
                }
            }
            Fact::CheckpointTriggered(fact) => {
                let lease = fact.lease.clone().map(|lease| (lease, fact.token));
                checkpoints.trigger(fact.checkpoint, lease)?;
            }
            Fact::CheckpointAcknowledged(fact) => checkpoints.acknowledge(fact, &self.holders)?,
            Fact::CheckpointCompleted(fact) => checkpoints.complete(fact.checkpoint)?,
            Fact::CheckpointAborted(fact) => checkpoints.abort(fact.checkpoint)?,
            Fact::CheckpointsDiscarded(fact) => {
                fact.checkpoints.iter().try_for_each(|it| checkpoints.discard(*it))?;
            }
            Fact::TransactionsSettled(fact) => {
                fact.transactions.iter().try_for_each(|it| checkpoints.settle(it))?;
            }
            Fact::StatePartsDeleted(fact) => checkpoints.delete(&fact.parts)?,
            _ => {}
        }
        Ok(())
    }

    /// The record is over: HWMs stand where its checkpoints have them. Several in one record overtake each other.
    pub(super) fn checkpoints_stand(&mut self, landed: &Landed<'_>) -> Result<(), Violation> {
        let due = std::mem::take(&mut self.checkpoints.due);
        let Some((checkpoint, positions)) = due.last() else { return Ok(()) };
        let moved = |name: &str| {
            let of = landed.record.facts.iter().filter(|entry| match &entry.fact {
                Fact::HwmSet(fact) => fact.name == name,
                Fact::HwmRewound(fact) => fact.name == name,
                Fact::HwmDeleted(fact) => fact.name == name,
                _ => false,
            });
            of.count()
        };
        for (name, value) in positions {
            // A position of a start is put back; one that was never an HWM, or was deleted, stays away until one completes.
            let stands = self.hwms.now.values.get(name);
            if moved(name) <= 1 && stands.is_some_and(|stands| stands != value) {
                let version = landed.version;
                return refuse(format!(
                    "version {version}: HWM {name} is at {stands:?}, checkpoint {checkpoint} at {value:?}"
                ));
            }
        }
        Ok(())
    }
}

/// Holds what applications are told about checkpoints against what the records say.
pub(crate) fn check_told(audit: &Audit, commands: &[Command], answers: &[Answer]) -> Result<(), Violation> {
    let checkpoints = &audit.checkpoints;
    for (command, answer) in commands.iter().zip(answers) {
        match (command, answer) {
            (_, Answer::StreamRestored(told)) => checkpoints.restored(told)?,
            (Command::AcknowledgeCheckpoint(command), Answer::Acknowledged(told)) => {
                told.commit.iter().try_for_each(|it| checkpoints.told(it))?;
                let number = command.checkpoint;
                let known = checkpoints.known.get(&number).or_else(|| checkpoints.archive.get(&number));
                let holder = command.holder.as_ref().map(|holder| (holder.lease.clone(), holder.token));
                if known.is_some_and(|known| known.lease.is_some() && known.lease != holder) {
                    return refuse(format!("checkpoint {number} was acknowledged by {holder:?}: {known:?}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
