//! Streams: the barrier goes to every sub-task, and what all of them have handed over is a checkpoint. Without parts of states.

use std::collections::BTreeMap;

use highwater_core::ErrorKind;
use highwater_core::answer::{
    Acknowledged, AcknowledgementView, Answer, CheckpointTrigger, CheckpointView, Checkpoints,
    TransactionView, TriggerWait, Triggered,
};
use highwater_core::checkpoint::CheckpointStatus;
use highwater_core::command::{
    AbortCheckpoint, AcknowledgeCheckpoint, CheckpointRef, DeclareStream, DeleteCheckpoint,
    DescribeCheckpoint, HwmUpdate, ListCheckpoints, SettleTransactions, TriggerCheckpoint,
};
use highwater_core::transaction::TransactionStatus;
use highwater_format::fact::{AbortCause, Acknowledgement, CheckpointPolicy, OperatorSpec, SourcePosition};

use super::{Refused, Trial, effect, is_explained, is_named};

/// Operator and sub-task.
type Subtask = (String, u32);

/// All that there is of streams.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stream {
    declared: Option<(Vec<OperatorSpec>, u32, CheckpointPolicy)>,
    last: u64,
    checkpoints: BTreeMap<u64, Checkpoint>,
    transactions: BTreeMap<(u64, Subtask), (TransactionStatus, Vec<u8>)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Checkpoint {
    status: CheckpointStatus,
    savepoint: Option<String>,
    operators: Vec<OperatorSpec>,
    key_groups: u32,
    lease: Option<String>,
    token: u64,
    handed_over: BTreeMap<Subtask, Acknowledgement>,
    abort_actor: Option<String>,
}

impl Checkpoint {
    fn missing(&self) -> u64 {
        let all: u64 = self.operators.iter().map(|operator| u64::from(operator.parallelism)).sum();
        all - self.handed_over.len() as u64
    }

    fn view(&self, number: u64, whole: bool) -> CheckpointView {
        let size = |it: &Acknowledgement| it.state.as_ref().map_or(0, Vec::len) as u64;
        let size_bytes = self.handed_over.values().map(size).sum();
        let view = |it: &Acknowledgement| AcknowledgementView {
            operator: it.operator.clone(),
            subtask: it.subtask,
            at_ms: 0,
            state: it.state.clone(),
            parts: Vec::new(),
            positions: it.positions.clone(),
        };
        let is_aborted = self.status == CheckpointStatus::Aborted;
        // What was handed over for one that was aborted is let go, and its size is remembered.
        let shown = self.handed_over.values().filter(|_| whole && !is_aborted);
        CheckpointView {
            checkpoint: number,
            status: self.status,
            savepoint: self.savepoint.clone(),
            operators: self.operators.clone(),
            key_groups: self.key_groups,
            generation: 0,
            token: self.token,
            triggered_at_ms: 0,
            ended_at_ms: (self.status != CheckpointStatus::InProgress).then_some(0),
            missing: self.missing(),
            size_bytes,
            added_bytes: size_bytes,
            abort_reason: is_aborted.then(String::new),
            abort_actor: self.abort_actor.clone(),
            acknowledgements: shown.map(view).collect(),
        }
    }
}

fn update(position: &SourcePosition) -> HwmUpdate {
    HwmUpdate { name: position.name.clone(), value: position.value.clone(), cast: false, keys: Vec::new() }
}

impl Trial {
    pub(super) fn declare_stream(&mut self, command: &DeclareStream) -> Refused<Answer> {
        let key_groups = if command.key_groups == 0 { 128 } else { command.key_groups };
        let mut operators = command.operators.clone();
        operators.sort_by(|one, other| one.name.cmp(&other.name));
        let is_twice = operators.windows(2).any(|pair| pair[0].name == pair[1].name);
        let fits = |it: &OperatorSpec| (1..=key_groups).contains(&it.parallelism);
        operators.iter().try_for_each(|operator| is_named(&operator.name))?;
        if operators.is_empty() || is_twice || !operators.iter().all(fits) {
            return Err(ErrorKind::Invalid);
        }
        let policy = command.policy.clone().unwrap_or_default();
        if policy.timeout_ms == 0 || policy.max_in_flight == 0 || policy.retain == 0 {
            return Err(ErrorKind::Invalid);
        }
        let stream = &mut self.pipeline.stream;
        let wanted = Some((operators, key_groups, policy));
        if stream.declared == wanted {
            return Ok(self.done(Vec::new()));
        }
        let rests = stream.checkpoints.values().any(|it| it.status != CheckpointStatus::Aborted);
        if rests && stream.declared.as_ref().is_some_and(|(_, present, _)| *present != key_groups) {
            return Err(ErrorKind::Invalid);
        }
        stream.declared = wanted;
        Ok(self.done(vec![effect::stream_declared(command.operators.len())]))
    }

    fn with_status(&self, status: CheckpointStatus) -> Vec<u64> {
        let all = self.pipeline.stream.checkpoints.iter();
        all.filter(|(_, it)| it.status == status).map(|(number, _)| *number).collect()
    }

    pub(super) fn trigger(&mut self, command: &TriggerCheckpoint) -> Refused<Answer> {
        let (operators, key_groups, policy) =
            self.pipeline.stream.declared.clone().ok_or(ErrorKind::Invalid)?;
        let holder = command.holder.as_ref();
        holder.map_or(Ok(()), |holder| self.holds(holder).map(drop))?;
        command.savepoint.as_ref().map_or(Ok(()), |name| is_named(name))?;
        let mut late = Vec::new();
        for number in self.with_status(CheckpointStatus::InProgress) {
            let token = self.pipeline.stream.checkpoints[&number].token;
            if holder.is_some_and(|holder| token < holder.token) {
                late.push((number, AbortCause::Restored));
            } else if self.is_over() {
                late.push((number, AbortCause::Timeout));
            }
        }
        let is_named_so = |it: &&Checkpoint| it.savepoint.is_some() && it.savepoint == command.savepoint;
        let mut kept =
            self.pipeline.stream.checkpoints.values().filter(|it| it.status != CheckpointStatus::Aborted);
        if kept.any(|it| is_named_so(&it)) {
            return Err(ErrorKind::Conflict);
        }
        late.into_iter().for_each(|(number, cause)| self.give_up(number, cause, None));
        let under_way = self.with_status(CheckpointStatus::InProgress).len();
        let is_full = under_way >= policy.max_in_flight as usize;
        if is_full || command.if_due && (policy.interval_ms == 0 || !self.is_over()) {
            let until_ms = (is_full || policy.interval_ms > 0).then_some(0);
            let wait = TriggerWait { until_ms, reason: String::new() };
            return Ok(Answer::CheckpointTrigger(CheckpointTrigger::Wait(wait)));
        }
        let stream = &mut self.pipeline.stream;
        stream.last += 1;
        let checkpoint = Checkpoint {
            status: CheckpointStatus::InProgress,
            savepoint: command.savepoint.clone(),
            operators,
            key_groups,
            lease: holder.map(|holder| holder.lease.clone()),
            token: holder.map_or(0, |holder| holder.token),
            handed_over: BTreeMap::new(),
            abort_actor: None,
        };
        let number = stream.last;
        stream.checkpoints.insert(number, checkpoint);
        self.leave(effect::checkpoint("triggered", number));
        let triggered = Triggered { checkpoint: number, deadline_at_ms: 0 };
        Ok(Answer::CheckpointTrigger(CheckpointTrigger::Triggered(triggered)))
    }

    /// It will never be completed, and what was prepared for it is to be aborted.
    fn give_up(&mut self, number: u64, cause: AbortCause, actor: Option<String>) {
        self.leave(effect::checkpoint_aborted(number, cause));
        if let Some(it) = self.pipeline.stream.checkpoints.get_mut(&number) {
            (it.status, it.abort_actor) = (CheckpointStatus::Aborted, actor);
        }
        self.decide(number, TransactionStatus::Aborting);
        let aborted = self.with_status(CheckpointStatus::Aborted);
        for number in aborted.iter().rev().skip(100) {
            self.pipeline.stream.checkpoints.remove(number);
        }
    }

    fn decide(&mut self, number: u64, becomes: TransactionStatus) {
        let its = self.pipeline.stream.transactions.iter_mut().filter(|((of, _), _)| *of == number);
        its.filter(|(_, it)| it.0 == TransactionStatus::Prepared).for_each(|(_, it)| it.0 = becomes);
    }

    pub(super) fn acknowledge(&mut self, command: &AcknowledgeCheckpoint) -> Refused<Answer> {
        let number = command.checkpoint;
        let known = self.pipeline.stream.checkpoints.get(&number).cloned().ok_or(ErrorKind::Invalid)?;
        let holder = command.holder.as_ref();
        holder.map_or(Ok(()), |holder| self.holds(holder).map(drop))?;
        let is_its = |it: &highwater_core::command::Holder| {
            known.lease.as_ref() == Some(&it.lease) && known.token == it.token
        };
        if known.lease.is_some() && !holder.is_some_and(is_its) {
            return Err(ErrorKind::Fenced);
        }
        if known.status == CheckpointStatus::Aborted {
            return Err(ErrorKind::Conflict);
        }
        let new = self.new_acknowledgements(number, &known, &command.acknowledgements)?;
        if new.is_empty() {
            let (status, missing, version) = (known.status, known.missing(), self.version());
            let commit = self.transactions_of(number);
            return Ok(Answer::Acknowledged(Acknowledged { status, missing, version, commit }));
        }
        self.leave(effect::acknowledged(number, new.len()));
        for it in new {
            let subtask = (it.operator.clone(), it.subtask);
            let stream = &mut self.pipeline.stream;
            if let Some(transaction) = &it.transaction {
                let prepared = (TransactionStatus::Prepared, transaction.clone());
                stream.transactions.insert((number, subtask.clone()), prepared);
            }
            stream.checkpoints.get_mut(&number).into_iter().for_each(|known| {
                known.handed_over.insert(subtask.clone(), it.clone());
            });
        }
        let missing = self.pipeline.stream.checkpoints[&number].missing();
        let status = if missing == 0 { self.complete(number) } else { CheckpointStatus::InProgress };
        let is_completed = status == CheckpointStatus::Completed;
        let commit = if is_completed { self.transactions_of(number) } else { Vec::new() };
        Ok(Answer::Acknowledged(Acknowledged { status, missing, version: self.next, commit }))
    }

    fn new_acknowledgements(
        &self,
        number: u64,
        known: &Checkpoint,
        given: &[Acknowledgement],
    ) -> Refused<Vec<Acknowledgement>> {
        let mut new: Vec<Acknowledgement> = Vec::new();
        for it in given {
            let subtask = (it.operator.clone(), it.subtask);
            let operator = known.operators.iter().find(|operator| operator.name == it.operator);
            if operator.is_none_or(|operator| it.subtask >= operator.parallelism) {
                return Err(ErrorKind::Invalid);
            }
            if let Some(before) = known.handed_over.get(&subtask) {
                // A transaction that is settled is not known any more.
                let transaction = self.pipeline.stream.transactions.get(&(number, subtask));
                let is_same = before.state == it.state
                    && before.positions == it.positions
                    && transaction.is_none_or(|(_, known)| Some(known) == it.transaction.as_ref());
                if is_same {
                    continue;
                }
                return Err(ErrorKind::Conflict);
            }
            if new.iter().any(|other| (&other.operator, other.subtask) == (&it.operator, it.subtask)) {
                return Err(ErrorKind::Invalid);
            }
            for position in &it.positions {
                is_named(&position.name)?;
                self.next_of(&update(position))?;
            }
            new.push(it.clone());
        }
        if !new.is_empty() && known.status != CheckpointStatus::InProgress {
            return Err(ErrorKind::Conflict);
        }
        Ok(new)
    }

    /// The last one has acknowledged it: HWMs go to its positions, or it is none.
    fn complete(&mut self, number: u64) -> CheckpointStatus {
        let all = self.pipeline.stream.checkpoints[&number].handed_over.values();
        let moves: Vec<HwmUpdate> = all.flat_map(|it| it.positions.iter().map(update)).collect();
        let (before, effects) = (self.pipeline.clone(), self.effects.len());
        self.leave(effect::checkpoint("completed", number));
        if self.move_hwms(&moves, None).is_err() {
            self.pipeline = before;
            self.effects.truncate(effects);
            self.give_up(number, AbortCause::Declined, None);
            return CheckpointStatus::Aborted;
        }
        let stream = &mut self.pipeline.stream;
        stream
            .checkpoints
            .get_mut(&number)
            .into_iter()
            .for_each(|it| it.status = CheckpointStatus::Completed);
        self.decide(number, TransactionStatus::Committing);
        for older in self.with_status(CheckpointStatus::InProgress) {
            if older < number {
                self.give_up(older, AbortCause::Subsumed, None);
            }
        }
        let stream = &mut self.pipeline.stream;
        let retain = stream.declared.as_ref().map_or(1, |(_, _, policy)| policy.retain as usize);
        let is_kept = |it: &Checkpoint| it.status == CheckpointStatus::Completed && it.savepoint.is_none();
        let mut kept: Vec<u64> =
            stream.checkpoints.iter().filter(|(_, it)| is_kept(it)).map(|(number, _)| *number).collect();
        kept.truncate(kept.len().saturating_sub(retain));
        if !kept.is_empty() {
            stream.checkpoints.retain(|number, _| !kept.contains(number));
            self.leave(effect::discarded(&kept));
        }
        CheckpointStatus::Completed
    }

    /// What a sink is told to commit.
    fn transactions_of(&self, checkpoint: u64) -> Vec<TransactionView> {
        let all = self.pipeline.stream.transactions.iter().filter(|((of, _), _)| *of == checkpoint);
        let view = |((_, (operator, subtask)), (_, transaction)): (&(u64, Subtask), &(_, Vec<u8>))| {
            let (operator, transaction) = (operator.clone(), transaction.clone());
            let status = TransactionStatus::Committing;
            TransactionView { checkpoint, operator, subtask: *subtask, status, transaction }
        };
        all.map(view).collect()
    }

    pub(super) fn abort_checkpoint(&mut self, command: &AbortCheckpoint) -> Refused<Answer> {
        is_explained(&command.reason)?;
        let known = self.pipeline.stream.checkpoints.get(&command.checkpoint).ok_or(ErrorKind::Invalid)?;
        match known.status {
            CheckpointStatus::Aborted => Ok(self.done(Vec::new())),
            CheckpointStatus::InProgress => {
                self.give_up(command.checkpoint, AbortCause::Declined, command.actor.clone());
                Ok(self.changed())
            }
            _ => Err(ErrorKind::Conflict),
        }
    }

    fn find(&self, reference: &CheckpointRef) -> Refused<Option<u64>> {
        let all = &self.pipeline.stream.checkpoints;
        let found = match reference {
            CheckpointRef::Latest => return Ok(self.with_status(CheckpointStatus::Completed).pop()),
            CheckpointRef::Number(number) => all.contains_key(number).then_some(*number),
            CheckpointRef::Savepoint(name) => {
                let is_it = |it: &Checkpoint| {
                    it.status != CheckpointStatus::Aborted && it.savepoint.as_ref() == Some(name)
                };
                all.iter().find(|(_, it)| is_it(it)).map(|(number, _)| *number)
            }
        };
        found.map(Some).ok_or(ErrorKind::Invalid)
    }

    pub(super) fn describe_checkpoint(&self, command: &DescribeCheckpoint) -> Refused<Answer> {
        let found = self.find(&command.checkpoint)?;
        let view = |number| self.pipeline.stream.checkpoints[&number].view(number, true);
        Ok(Answer::Checkpoint(found.map(view)))
    }

    pub(super) fn list_checkpoints(&self, command: &ListCheckpoints) -> Answer {
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let is_wanted =
            |it: &Checkpoint| command.statuses.is_empty() || command.statuses.contains(&it.status);
        let before = command.cursor.unwrap_or(u64::MAX);
        let all = self.pipeline.stream.checkpoints.iter().rev();
        let found: Vec<CheckpointView> = all
            .filter(|(number, it)| **number < before && is_wanted(it))
            .map(|(number, it)| it.view(*number, false))
            .collect();
        let next = (found.len() > limit).then(|| found[limit - 1].checkpoint);
        Answer::Checkpoints(Checkpoints { checkpoints: found.into_iter().take(limit).collect(), next })
    }

    pub(super) fn delete_checkpoint(&mut self, command: &DeleteCheckpoint) -> Refused<Answer> {
        is_explained(&command.reason)?;
        let number = self.find(&command.checkpoint)?.ok_or(ErrorKind::Invalid)?;
        if self.pipeline.stream.checkpoints[&number].status != CheckpointStatus::Completed {
            return Err(ErrorKind::Conflict);
        }
        self.pipeline.stream.checkpoints.remove(&number);
        Ok(self.done(vec![effect::discarded(&[number])]))
    }

    pub(super) fn settle_transactions(&mut self, command: &SettleTransactions) -> Refused<Answer> {
        let mut settled = 0;
        for it in &command.transactions {
            let key = (it.checkpoint, (it.operator.clone(), it.subtask));
            match self.pipeline.stream.transactions.get(&key) {
                Some((TransactionStatus::Prepared, _)) => return Err(ErrorKind::Conflict),
                Some(_) => settled += 1,
                None => {}
            }
        }
        for it in &command.transactions {
            self.pipeline.stream.transactions.remove(&(it.checkpoint, (it.operator.clone(), it.subtask)));
        }
        let effects = (settled > 0).then(|| effect::transactions_settled(settled));
        Ok(self.done(effects.into_iter().collect()))
    }
}
