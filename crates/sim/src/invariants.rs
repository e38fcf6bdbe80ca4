//! What must hold whatever happens, one file each.
//!
//! Some look at each record as it lands (`Audit`), some at each snapshot as it is put (`Snapshots`), some at each reply
//! as it is given and again at the end (`Replies`). All of them fold for themselves: nothing here asks the core.

mod acknowledged;
mod applied_plans;
mod backfill_hwms;
mod backfill_limit;
mod backfill_order;
mod backfill_over;
mod backfill_progress;
mod backfills;
mod cached;
mod chain;
mod checkpoints;
mod deadlines;
mod dedupe;
mod derived;
mod fencing;
mod fresh_reads;
mod held_up;
mod hwm_forward;
mod late_rows;
mod letters;
mod liveness;
mod newer;
mod no_false_damage;
mod one_claim;
mod one_holder;
mod one_reply;
mod one_winner;
mod partitions;
mod past;
mod receipts;
mod repaired;
mod replaced;
mod replay;
mod reports;
mod run_windows;
mod same_bytes;
mod snapshot_rows;
mod terminal;
mod tokens;
mod trim;
mod valid;
mod writers;

use std::collections::BTreeMap;
use std::fmt;

use highwater_format::Record;

pub(crate) use acknowledged::Replies;
pub(crate) use applied_plans::check as check_applied;
pub(crate) use backfill_progress::check as check_backfills;
pub(crate) use checkpoints::check_told;
pub(crate) use fencing::check_reports;
pub(crate) use fresh_reads::Asked as AskedAt;
pub(crate) use liveness::{CALM_MS, stuck};
pub(crate) use no_false_damage::check as check_error;
pub(crate) use one_reply::OneReply;
pub(crate) use one_winner::Winners;
pub(crate) use past::check as check_past;
pub(crate) use receipts::Batches;
pub(crate) use replaced::Kept;
pub(crate) use replay::{Snapshots, at_the_end, check_backup};
pub(crate) use reports::check as check_report;
pub use same_bytes::same_bytes;
pub(crate) use trim::check_trim;
pub(crate) use valid::check as check_upkeep;

use crate::store::BeatTruth;

/// Something that must hold and did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub invariant: &'static str,
    /// How it was broken.
    pub what: String,
}

impl Violation {
    pub(crate) fn new(invariant: &'static str, what: impl Into<String>) -> Violation {
        Violation { invariant, what: what.into() }
    }

    /// The same, with the pipeline's name.
    pub(crate) fn of(self, pipeline: &str) -> Violation {
        Violation { what: format!("{pipeline}: {}", self.what), ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// A record that is landing.
#[derive(Debug)]
pub(crate) struct Landed<'a> {
    pub(crate) version: u64,
    pub(crate) record: &'a Record,
    pub(crate) bytes: &'a [u8],
    pub(crate) at_us: u64,
    /// The beats of all workers.
    pub(crate) beats: &'a BTreeMap<String, BeatTruth>,
    /// When the clock of each host was last set.
    pub(crate) clocks_set_us: &'a BTreeMap<usize, u64>,
    /// What a fork starts from.
    pub(crate) origin: Option<&'a Kept>,
}

/// What the records of one journal say, each invariant in its own words.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    chain: chain::Chain,
    writers: writers::Writers,
    tokens: tokens::Tokens,
    pub(crate) holders: one_holder::Holders,
    pub(crate) fencing: fencing::Attempts,
    pub(crate) terminal: terminal::Runs,
    pub(crate) hwms: hwm_forward::Hwms,
    successes: cached::Successes,
    pub(crate) batches: receipts::Batches,
    pub(crate) covers: one_claim::Covers,
    pub(crate) backfills: backfills::Backfills,
    pub(crate) progress: backfill_progress::Progress,
    pub(crate) applied: applied_plans::Applied,
    pub(crate) late_rows: late_rows::LateRows,
    pub(crate) partitions: partitions::Partitions,
    pub(crate) held_up: held_up::HeldUp,
    pub(crate) letters: letters::Letters,
    deadlines: deadlines::Deadlines,
    run_windows: run_windows::RunWindows,
    pub(crate) dedupe: dedupe::Keys,
    pub(crate) checkpoints: checkpoints::Checkpoints,
    pub(crate) marks: acknowledged::Marks,
    kept: BTreeMap<u64, Kept>,
    pub(crate) repairs: repaired::Repairs,
}

impl Audit {
    /// Looks at the next record.
    pub(crate) fn observe(&mut self, landed: &Landed<'_>) -> Result<(), Violation> {
        self.chain.observe(landed)?;
        self.writers.observe(landed)?;
        self.marks.observe(landed);
        for entry in &landed.record.facts {
            self.replaced(landed, &entry.fact)?;
            self.tokens.observe(&entry.fact)?;
            self.terminal.observe(&entry.fact)?;
            self.batches.observe(landed, &self.fencing, &entry.fact)?;
            self.fencing.observe(landed.version, &entry.fact)?;
            self.holders.observe(landed, &entry.fact)?;
            self.hwms.observe(landed, &entry.fact)?;
            self.successes.observe(&entry.fact)?;
            self.applied.observe(landed.version, &self.covers, &entry.fact);
            self.backfills.observe(landed, &self.covers, &entry.fact)?;
            self.late_rows.observe(&self.covers, &entry.fact);
            self.covers.observe(landed.version, &entry.fact)?;
            self.partitions.observe(landed.version, &entry.fact)?;
            self.hwms.follow(landed.version, &entry.fact, &self.covers);
            self.progress.observe(landed.version, &self.backfills, &self.covers, &entry.fact);
            self.held_up.observe(landed.version, &entry.fact)?;
            self.letters.observe(landed.version, &entry.fact)?;
            self.deadlines.observe(landed, &entry.fact)?;
            self.run_windows.observe(landed.version, &entry.fact)?;
            self.dedupe.observe(&entry.fact)?;
            self.observe_checkpoint(&entry.fact)?;
        }
        self.covers.landed(landed.version)?;
        self.late_rows.landed(landed.version)?;
        self.checkpoints_stand(landed)?;
        self.deadlines_hold(landed)?;
        self.keep(landed.version);
        self.repairs.landed(landed);
        Ok(())
    }

    /// Last fencing token that was given out.
    pub(crate) fn last_token(&self) -> u64 {
        self.tokens.last
    }
}

/// The worker's host, which stands in its name: `w3-...` works on host 3.
pub(crate) fn host_of(worker: &str) -> Option<usize> {
    worker.strip_prefix('w')?.split('-').next()?.parse().ok()
}
