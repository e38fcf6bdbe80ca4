//! Batches and sinks.

use std::collections::BTreeSet;

use highwater_core::ErrorKind;
use highwater_core::answer::{Answer, BatchView, Guarantee, Prepared};
use highwater_core::batch::BatchStatus;
use highwater_core::command::{
    AbortBatch, AttemptRef, CommitBatch, DeclareSink, HwmUpdate, ListBatches, PrepareBatch,
};
use highwater_format::fact::{HwmMove, SinkKind};

use super::coverage::Mark;
use super::{Pipeline, Refused, Trial, effect, is_explained, is_named};

impl Pipeline {
    /// Batches of a node of which nobody knows what became of them.
    fn open(&self, node: &str) -> Vec<BatchView> {
        let open = |batch: &&BatchView| {
            matches!(batch.status, BatchStatus::Prepared | BatchStatus::InDoubt) && batch.node == node
        };
        self.batches.values().filter(open).cloned().collect()
    }

    pub(super) fn in_doubt(&self, run: &str, node: &str) -> Vec<BatchView> {
        let mut open = self.open(node);
        open.retain(|batch| batch.status == BatchStatus::InDoubt || batch.run == run);
        open.iter_mut().for_each(|batch| batch.status = BatchStatus::InDoubt);
        open
    }

    /// An attempt is over, or all of a run are: nobody is at work on their batches.
    pub(super) fn doubt(&mut self, run: &str, node: Option<&str>) {
        let of_it = |batch: &&mut BatchView| batch.run == run && node.is_none_or(|node| batch.node == node);
        let prepared = self.batches.values_mut().filter(|batch| batch.status == BatchStatus::Prepared);
        prepared.filter(of_it).for_each(|batch| batch.status = BatchStatus::InDoubt);
    }

    pub(super) fn has_prepared(&self, run: &str, node: &str) -> bool {
        self.open(node).iter().any(|batch| batch.run == run && batch.status == BatchStatus::Prepared)
    }

    /// The token of the attempt that prepared it, if that is known.
    pub(super) fn token_behind(&self, batch: &BatchView) -> u64 {
        let attempt = self.run(&batch.run).ok().and_then(|run| run.nodes.get(&batch.node));
        let attempt = attempt.and_then(|node| node.attempts.get(batch.attempt as usize - 1));
        attempt.map(|attempt| attempt.token).filter(|token| *token < batch.batch).unwrap_or(0)
    }

    /// The tokens of the attempts that prepared batches with intervals of which nobody knows what became.
    pub(super) fn tokens_in_doubt(&self, node: &str) -> Vec<u64> {
        let open = self.open(node);
        open.iter().filter(|batch| !batch.covered.is_empty()).map(|batch| self.token_behind(batch)).collect()
    }

    pub(super) fn doubts(&self) -> u64 {
        self.batches.values().filter(|batch| batch.status == BatchStatus::InDoubt).count() as u64
    }

    pub(super) fn guarantees(&self) -> Vec<Guarantee> {
        let mut nodes: BTreeSet<&String> = self.graph.iter().map(|spec| &spec.name).collect();
        nodes.extend(self.sinks.keys());
        let guarantee = |node: &String| {
            let sink = self.sinks.get(node).copied();
            let exactly_once = !matches!(sink, None | Some(SinkKind::AtLeastOnce));
            Guarantee { node: node.clone(), sink, exactly_once, reason: String::new() }
        };
        nodes.into_iter().map(guarantee).collect()
    }
}

impl Trial {
    pub(super) fn declare_sink(&mut self, command: &DeclareSink) -> Refused<Answer> {
        is_named(&command.node)?;
        if self.pipeline.sinks.insert(command.node.clone(), command.kind) == Some(command.kind) {
            return Ok(self.done(Vec::new()));
        }
        Ok(self.done(vec![effect::sink_declared(&command.node)]))
    }

    pub(super) fn prepare(&mut self, command: &PrepareBatch) -> Refused<Answer> {
        let AttemptRef { run, node, .. } = &command.attempt;
        let at = self.held(&command.attempt)?;
        let open = self.pipeline.open(node);
        if self.pipeline.has_prepared(run, node) {
            return Err(ErrorKind::Conflict);
        }
        let in_doubt = open.iter().filter(|batch| batch.status == BatchStatus::InDoubt);
        let in_doubt: Vec<u64> = in_doubt.map(|batch| batch.batch).collect();
        if command.supersede.is_empty() && !in_doubt.is_empty() {
            return Err(ErrorKind::Conflict);
        }
        self.leaves_alone((run, node), at, &command.hwms)?;
        let covered = self.check_covered(run, node, &command.covered)?;
        let mut hwms: Vec<HwmMove> = Vec::new();
        for update in &command.hwms {
            is_named(&update.name)?;
            let is_twice = hwms.iter().any(|other| other.name == update.name);
            if is_twice || update.cast || self.pipeline.spec(&update.name).unordered {
                return Err(ErrorKind::Invalid);
            }
            self.next_of(update)?;
            let HwmUpdate { name, value, keys, .. } = update.clone();
            hwms.push(HwmMove { name, value, keys });
        }
        for batch in in_doubt {
            self.end(
                batch,
                BatchStatus::Aborted,
                None,
                Some(format!("superseded: {}", command.supersede)),
                None,
            );
        }
        self.pipeline.token += 1;
        let batch = self.pipeline.token;
        let view = BatchView {
            batch,
            key: String::new(),
            status: BatchStatus::Prepared,
            run: run.clone(),
            node: node.clone(),
            attempt: u32::try_from(at + 1).unwrap_or(u32::MAX),
            hwms,
            state: command.state.clone(),
            counts: command.counts,
            prepared_at_ms: 0,
            ended_at_ms: None,
            receipt: None,
            reason: None,
            actor: None,
            covered: covered.iter().map(Mark::told).collect(),
        };
        self.pipeline.batches.insert(batch, view);
        self.leave(effect::batch("prepared", batch));
        Ok(Answer::Prepared(Prepared { batch, key: String::new() }))
    }

    fn end(
        &mut self,
        batch: u64,
        status: BatchStatus,
        receipt: Option<String>,
        reason: Option<String>,
        actor: Option<String>,
    ) {
        if let Some(row) = self.pipeline.batches.get_mut(&batch) {
            row.status = status;
            row.ended_at_ms = Some(0);
            (row.receipt, row.reason, row.actor) = (receipt, reason, actor);
        }
        self.leave(effect::batch(status.name(), batch));
    }

    /// Whether this may be said, and by which attempt.
    fn said_by(&self, batch: &BatchView, attempt: Option<&AttemptRef>) -> Refused<Option<usize>> {
        let Some(attempt) = attempt else {
            let is_at_work = batch.status == BatchStatus::Prepared;
            return if is_at_work { Err(ErrorKind::Conflict) } else { Ok(None) };
        };
        let at = self.held(attempt)?;
        let is_its_own = attempt.run == batch.run && u32::try_from(at + 1) == Ok(batch.attempt);
        if attempt.node != batch.node || batch.status == BatchStatus::Prepared && !is_its_own {
            return Err(ErrorKind::Conflict);
        }
        Ok(Some(at))
    }

    pub(super) fn commit(&mut self, command: &CommitBatch) -> Refused<Answer> {
        let batch = self.pipeline.batches.get(&command.batch).cloned().ok_or(ErrorKind::Invalid)?;
        if command.attempt.is_none() {
            is_explained(&command.reason)?;
        }
        match batch.status {
            BatchStatus::Aborted => return Err(ErrorKind::Conflict),
            BatchStatus::Committed => return Ok(self.done(Vec::new())),
            _ => {}
        }
        let by = self.said_by(&batch, command.attempt.as_ref())?;
        let by_hand = by.is_none();
        let reason = by_hand.then(|| command.reason.clone());
        let actor = command.actor.clone().filter(|_| by_hand);
        self.end(batch.batch, BatchStatus::Committed, command.receipt.clone(), reason, actor);
        let run = command.attempt.as_ref().map_or(&batch.run, |attempt| &attempt.run);
        let at = by.unwrap_or(batch.attempt as usize - 1);
        // Another run goes on from where it stands itself.
        if *run == batch.run
            && let Ok(run) = self.pipeline.run(run)
            && run.nodes.get(&batch.node).is_some_and(|node| node.attempts.len() > at)
        {
            let run = run.name.clone();
            let attempt = self.attempt(&run, &batch.node, at)?;
            attempt.state = batch.state.clone().or(attempt.state.take());
            attempt.counts = batch.counts.unwrap_or(attempt.counts);
        }
        for HwmMove { name, value, keys } in batch.hwms.clone() {
            let update = HwmUpdate { name, value, cast: false, keys };
            if self.next_of(&update).is_ok() {
                self.move_hwms(&[update], Some((&batch.run, &batch.node)))?;
            }
        }
        self.cover_batch(&batch);
        Ok(self.changed())
    }

    pub(super) fn abort(&mut self, command: &AbortBatch) -> Refused<Answer> {
        let batch = self.pipeline.batches.get(&command.batch).cloned().ok_or(ErrorKind::Invalid)?;
        is_explained(&command.reason)?;
        match batch.status {
            BatchStatus::Committed => return Err(ErrorKind::Conflict),
            BatchStatus::Aborted => return Ok(self.done(Vec::new())),
            _ => {}
        }
        let by = self.said_by(&batch, command.attempt.as_ref())?;
        let actor = command.actor.clone().filter(|_| by.is_none());
        self.end(batch.batch, BatchStatus::Aborted, None, Some(command.reason.clone()), actor);
        Ok(self.changed())
    }

    pub(super) fn list_batches(&self, command: &ListBatches) -> Answer {
        let limit = if command.limit == 0 { 100 } else { command.limit.min(10_000) as usize };
        let is_wanted = |batch: &&BatchView| {
            (command.statuses.is_empty() || command.statuses.contains(&batch.status))
                && command.node.as_ref().is_none_or(|node| *node == batch.node)
        };
        let newest_first = self.pipeline.batches.values().rev();
        Answer::Batches(newest_first.filter(is_wanted).take(limit).cloned().collect())
    }
}
