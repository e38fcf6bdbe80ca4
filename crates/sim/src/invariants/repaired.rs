//! **A repair loses only what its answer lists.** The journal begins anew with the state at the version that was kept, in which
//! nobody holds anything, and with a token that is not below any that was ever given out.
//!
//! Why it matters: whoever repairs a journal does by hand again what the answer says is lost, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use highwater_core::answer::Repaired;
use highwater_format::{Digest, Snapshot, frame_digest};

use super::{Audit, Landed, Violation, snapshot_rows};

#[derive(Debug, Default)]
pub(crate) struct Repairs {
    /// The version of each record, by its digest, and the last version at which the journal began anew with nothing after
    /// that record. Two repairs at once both begin with it, and the later one need not have seen the other.
    versions: BTreeMap<Digest, RangeInclusive<u64>>,
    /// For each version at which the journal began anew, the last one that was kept, by any of its numbers.
    kept_up_to: BTreeMap<u64, RangeInclusive<u64>>,
    /// Marks and keys of which a record was lost.
    pub(super) lost: BTreeSet<String>,
}

impl Repairs {
    pub(super) fn landed(&mut self, landed: &Landed<'_>) {
        self.versions.insert(frame_digest(landed.bytes), landed.version..=landed.version);
    }

    /// Somebody was told of a repair.
    pub(super) fn told(&self, told: &Repaired) -> Result<(), Violation> {
        if !told.applied {
            return Ok(());
        }
        let kept_up_to = self.kept_up_to.get(&told.new_version);
        let lost: Vec<(u64, u64)> = told.lost.iter().map(|range| (range.from, range.to)).collect();
        let gone = (told.kept_up_to + 1, told.new_version - 1);
        let expected = if gone.0 <= gone.1 { vec![gone] } else { Vec::new() };
        if kept_up_to.is_some_and(|kept| kept.contains(&told.kept_up_to)) && lost == expected {
            return Ok(());
        }
        let what = format!("{told:?} is told, and everything up to {kept_up_to:?} was kept");
        Err(Violation::new("repair-loses-what-it-lists", what))
    }
}

impl Audit {
    /// The journal begins anew with this snapshot.
    pub(crate) fn repaired(&mut self, version: u64, bytes: &[u8]) -> Result<(), Violation> {
        let refuse = |what: String| {
            Err(Violation::new("repair-loses-what-it-lists", format!("version {version}: {what}")))
        };
        let snapshot = match Snapshot::decode(bytes) {
            Ok(snapshot) => snapshot,
            Err(error) => return refuse(error.to_string()),
        };
        let kept = match self.repairs.versions.get(&snapshot.chain) {
            Some(versions) => versions.clone(),
            None if snapshot.chain == Digest::ZERO => 0..=0,
            None => return refuse("it continues no record of this journal".to_owned()),
        };
        let (first, kept_up_to) = kept.clone().into_inner();
        self.repairs.kept_up_to.insert(version, kept);
        let kept = self.kept(kept_up_to).cloned().unwrap_or_default();
        let keys = kept.keys.keys().cloned();
        let runs = kept.ended.iter().map(|(run, end)| (run.clone(), end.is_some()));
        let token = match snapshot_rows::token_if_only(&snapshot.body, &kept, keys, runs) {
            Ok(token) if token >= self.tokens.last => token,
            Ok(token) => return refuse(format!("token {token} follows {}", self.tokens.last)),
            Err(what) => return refuse(format!("it kept everything up to {kept_up_to}, and {what}")),
        };
        self.repairs.versions.insert(snapshot.chain, first..=version);
        self.repairs.lost.extend(self.marks.lose_after(kept_up_to));
        let forgotten = self.dedupe.remembered.keys().filter(|key| !kept.keys.contains_key(*key));
        self.repairs.lost.extend(forgotten.cloned());
        self.chain.begin_anew(version, snapshot.chain);
        self.tokens.last = token;
        self.successes.forget();
        self.put_in_place(version, &kept);
        self.late_rows.begin_anew((&kept.open, &kept.unseen), &kept.owed);
        self.held_up.stopped.clone_from(&kept.stopped);
        self.deadlines.begin_anew(&kept.deadlines, &kept.stops);
        self.letters.buried.clone_from(&kept.letters);
        self.batches.begin_anew(&kept.batches);
        self.checkpoints.begin_anew(&kept.checkpoints);
        self.dedupe.begin_anew(kept.keys);
        self.keep(version);
        Ok(())
    }
}
