//! **A state of the past comes back as it was, and takes nothing with it.** After a revert, a restore or a fork, runs have ended
//! and HWMs stand as they did at that version; nobody holds a lease and no attempt runs; tokens go on from the last one, and what
//! was done under a key is not done again.
//!
//! Why it matters: whoever goes back to a good state is in trouble already. A worker of the state that was left must be fenced, and
//! a submission that is repeated must not act a second time.

use std::collections::{BTreeMap, BTreeSet};

use highwater_format::Fact;
use highwater_format::fact::ReplaceCause;

use super::backfills::Standing as Backfills;
use super::cached::Success;
use super::checkpoints::Checkpoints;
use super::hwm_forward::Standing;
use super::late_rows::{OpenBatches, Reported};
use super::letters::Buried;
use super::one_claim::Done;
use super::partitions::{Dimensions, Statuses};
use super::receipts::Became;
use super::{Audit, Landed, Violation};

/// What the records up to a version say, as far as it can come back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    token: u64,
    pub(super) ended: BTreeMap<String, Option<&'static str>>,
    pub(super) hwms: Standing,
    pub(super) batches: BTreeMap<u64, Became>,
    pub(super) keys: BTreeMap<String, u64>,
    pub(super) successes: BTreeMap<String, Success>,
    pub(super) checkpoints: Checkpoints,
    pub(super) done: Done,
    pub(super) undone: Done,
    pub(super) backfills: Backfills,
    pub(super) paused: BTreeSet<String>,
    pub(super) stopped: BTreeSet<String>,
    pub(super) letters: Buried,
    pub(super) deadlines: BTreeMap<String, i64>,
    /// When workers that shall stop lose what they hold.
    pub(super) stops: BTreeMap<String, i64>,
    pub(super) owed: Reported,
    pub(super) partitions: Statuses,
    pub(super) dimensions: Dimensions,
    pub(super) open: OpenBatches,
    pub(super) unseen: Reported,
}

impl Audit {
    /// What the records up to this version say.
    pub(crate) fn kept(&self, version: u64) -> Option<&Kept> {
        self.kept.get(&version)
    }

    pub(super) fn keep(&mut self, version: u64) {
        let (token, ended) = (self.tokens.last, self.terminal.ended.clone());
        let (hwms, keys) = (self.hwms.now.clone(), self.dedupe.remembered.clone());
        let successes = self.successes.last.clone();
        let (checkpoints, batches) = (self.checkpoints.clone(), self.batches.became.clone());
        let (done, undone) = (self.covers.done.clone(), self.covers.undone.clone());
        let paused = self.held_up.paused.clone();
        let (stopped, letters) = (self.held_up.stopped.clone(), self.letters.buried.clone());
        let backfills = self.backfills.now.clone();
        let (deadlines, stops) = (self.deadlines.runs.clone(), self.deadlines.stops.clone());
        let owed = self.late_rows.owed.clone();
        let (partitions, dimensions) = (self.partitions.statuses.clone(), self.partitions.dimensions.clone());
        let (open, unseen) = (self.late_rows.open.clone(), self.late_rows.unseen.clone());
        let kept = Kept {
            deadlines,
            stops,
            token,
            ended,
            hwms,
            batches,
            keys,
            successes,
            checkpoints,
            done,
            undone,
            backfills,
            paused,
            stopped,
            letters,
            owed,
            partitions,
            dimensions,
            open,
            unseen,
        };
        self.kept.insert(version, kept);
    }

    /// If this fact replaces the state, what is audited is replaced by the same rules.
    pub(super) fn replaced(&mut self, landed: &Landed<'_>, fact: &Fact) -> Result<(), Violation> {
        let Fact::StateReplaced(fact) = fact else { return Ok(()) };
        let empty = Kept::default();
        let kept = match &fact.source {
            Some(_) => landed.origin,
            None if fact.source_version == 0 => Some(&empty),
            None => self.kept.get(&fact.source_version),
        };
        let Some(kept) = kept.cloned() else {
            let (version, source) = (landed.version, fact.source_version);
            let what = format!("version {version} puts version {source} in place, which nobody wrote");
            return Err(Violation::new("comes-back-as-it-was", what));
        };
        self.put_in_place(landed.version, &kept);
        self.deadlines.put_back(&kept.deadlines, landed.record.decided_at_ms);
        self.successes.put_in_place(&kept.successes, fact.cause == ReplaceCause::Fork);
        self.checkpoints.put_in_place(&kept.checkpoints);
        self.tokens.last = self.tokens.last.max(kept.token);
        for (key, count) in kept.keys {
            self.dedupe.remembered.entry(key).or_insert(count);
        }
        Ok(())
    }

    /// Runs and HWMs are as they were, and nobody holds anything.
    pub(super) fn put_in_place(&mut self, version: u64, kept: &Kept) {
        self.holders.release_all(version);
        self.fencing.stop_all();
        self.terminal.ended.clone_from(&kept.ended);
        self.hwms.put_back(version, &kept.hwms);
        self.covers.put_back((&kept.done, &kept.undone));
        self.late_rows.put_back(&kept.owed);
        self.partitions.put_back((&kept.partitions, &kept.dimensions));
        self.held_up.put_back(&kept.paused);
        self.backfills.put_back(&kept.backfills);
        self.progress.look(version, &self.backfills, &self.covers);
    }
}
