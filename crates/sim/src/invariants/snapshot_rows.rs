//! **A snapshot tells all.** Its rows say what the records said: every HWM with its declaration and the keys at its edge, every lease with its holder, the last token,
//! every key, every run and whether it has ended, everything that is done, and who works on what.
//!
//! Why it matters: folding a snapshot and folding records share code, so a row that both leave out would go unnoticed; here
//! the records were folded by other code.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::batch::BatchStatus;
use highwater_core::checkpoint::CheckpointStatus;
use highwater_core::row::Row;
use highwater_core::run::RunStatus;
use highwater_core::transaction::TransactionStatus;
use highwater_format::fact::CoverageStatus;
use highwater_format::{Snapshot, decode_entries};

use super::backfills::Made;
use super::checkpoints::Status;
use super::hwm_forward::Standing;
use super::late_rows::Reported;
use super::letters::Buried;
use super::one_claim::{Done, Line};
use super::partitions::{Name, Statuses};
use super::receipts::Became;
use super::replaced::Kept;
use super::{Audit, Violation, newer};

#[derive(Debug, Default, PartialEq)]
struct Told {
    token: u64,
    hwms: Standing,
    batches: BTreeMap<u64, Became>,
    /// Worker and token, by lease.
    leases: BTreeMap<String, (String, u64)>,
    keys: Vec<String>,
    /// Whether each run has ended.
    runs: BTreeMap<String, bool>,
    /// Completed checkpoints, and the transactions that are not settled.
    checkpoints: Vec<u64>,
    transactions: BTreeMap<(u64, (String, u32)), TransactionStatus>,
    done: Done,
    /// Workers that shall stop, and runs that are paused.
    stopped: BTreeSet<String>,
    paused: BTreeSet<String>,
    letters: Buried,
    backfills: BTreeMap<String, Made>,
    /// Whose run works on each number.
    claims: BTreeMap<Line, BTreeMap<i64, String>>,
    /// What attempts that run have not seen.
    unseen: Reported,
    /// Partitions that are not missing, and whose run works on them.
    partitions: Statuses,
    partition_claims: BTreeMap<Name, String>,
}

/// Holds the rows of a snapshot against the records up to it.
pub(crate) fn check(bytes: &[u8], audit: &Audit) -> Result<(), Violation> {
    let unreadable =
        |error: highwater_format::FormatError| Violation::new("snapshot-tells-all", error.to_string());
    let snapshot = Snapshot::decode(bytes).map_err(unreadable)?;
    let rows = decode_entries::<Row>(&snapshot.body).map_err(unreadable)?.entries;
    rows.iter().try_for_each(newer::check)?;
    let told = told(rows.into_iter().map(|entry| entry.fact));
    let audited = audited(audit);
    if told != audited {
        let what =
            format!("version {}: it says {told:?}\n  and the records say {audited:?}", snapshot.version);
        return Err(Violation::new("snapshot-tells-all", what));
    }
    Ok(())
}

/// What a snapshot says of tokens and leases, and whether the rest is this.
pub(super) fn token_if_only(
    body: &[u8],
    kept: &Kept,
    keys: impl Iterator<Item = String>,
    runs: impl Iterator<Item = (String, bool)>,
) -> Result<u64, String> {
    let rows = decode_entries::<Row>(body).map_err(|error| error.to_string())?.entries;
    let told = told(rows.into_iter().map(|entry| entry.fact));
    let (hwms, batches) = (kept.hwms.clone(), kept.batches.clone());
    let (keys, runs) = (keys.collect(), runs.collect());
    let (checkpoints, transactions) = (told.checkpoints.clone(), told.transactions.clone());
    let done = without_empty(&kept.done);
    let (paused, stopped) = (kept.paused.clone(), kept.stopped.clone());
    let (letters, backfills) = (kept.letters.clone(), kept.backfills.made.clone());
    let partitions = kept.partitions.clone();
    let token = told.token;
    let expected = Told {
        token,
        hwms,
        batches,
        keys,
        runs,
        checkpoints,
        transactions,
        done,
        paused,
        stopped,
        letters,
        backfills,
        partitions,
        ..Told::default()
    };
    if told == expected {
        return Ok(told.token);
    }
    Err(format!("it says {told:?}\n  and the records say {expected:?}"))
}

fn told(rows: impl Iterator<Item = Row>) -> Told {
    let mut told = Told::default();
    for row in rows {
        match row {
            Row::HeadRow(row) => told.token = row.token,
            Row::HwmRow(row) => {
                let name = row.name.to_string();
                if !row.keys.is_empty() {
                    told.hwms.edges.insert(name.clone(), row.keys.into_iter().collect());
                }
                if let Some(value) = row.last.value {
                    told.hwms.values.insert(name, value);
                }
            }
            Row::BatchRow(row) => {
                let became = match row.status {
                    BatchStatus::Prepared | BatchStatus::InDoubt => Became::Open,
                    BatchStatus::Committed => Became::Committed,
                    BatchStatus::Aborted => Became::Aborted,
                };
                told.batches.insert(row.batch, became);
            }
            Row::HwmDeclared(row) => {
                told.hwms.specs.insert(row.name.clone(), row);
            }
            Row::CadenceDeclared(row) => {
                if let Some(cadence) = row.cadence {
                    told.hwms.starts.insert(row.node, cadence.start);
                }
            }
            Row::LeaseRow(row) => {
                told.leases.insert(row.name, (row.worker, row.token));
            }
            Row::RememberedRow(row) => told.keys.push(row.key),
            Row::CheckpointRow(row) if row.status == CheckpointStatus::Completed => {
                told.checkpoints.push(row.checkpoint);
            }
            Row::TransactionRow(row) => {
                told.transactions.insert((row.checkpoint, (row.operator, row.subtask)), row.status);
            }
            Row::DeadLetterRow(row) => {
                let letter = (row.run, row.attempt, row.times, row.requeued.is_some());
                told.letters.insert((row.node, row.key), letter);
            }
            Row::BackfillRow(row) => drop(told.backfills.insert(row.backfill.clone(), Made::of(&row))),
            Row::WorkerStopped(row) => drop(told.stopped.insert(row.worker)),
            Row::RunRow(row) => {
                if row.status == RunStatus::Paused {
                    told.paused.insert(row.run.clone());
                }
                told.runs.insert(row.run, row.status.is_final());
            }
            other => told_of_coverage(&mut told, other),
        }
    }
    told.keys.sort();
    told
}

/// The same for intervals and partitions.
fn told_of_coverage(told: &mut Told, row: Row) {
    match row {
        Row::PieceRow(row) if row.status == CoverageStatus::Done => {
            told.done.entry(line(&row.node, &row.partition)).or_default().extend(row.start..row.end);
        }
        Row::UnseenRow(row) => {
            let numbers = (row.start..row.end).map(|number| (number, row.token));
            told.unseen.entry(line(&row.node, &row.partition)).or_default().extend(numbers);
        }
        Row::ClaimRow(row) => {
            let numbers = (row.start..row.end).map(|number| (number, row.run.clone()));
            told.claims.entry(line(&row.node, &row.partition)).or_default().extend(numbers);
        }
        Row::PartitionRow(row) => {
            told.partitions.insert(line(&row.node, &row.partition), row.status);
        }
        Row::PartitionClaimRow(row) => {
            told.partition_claims.insert(line(&row.node, &row.partition), row.run);
        }
        _ => {}
    }
}

fn line(node: &str, partition: &str) -> (String, String) {
    (node.to_owned(), partition.to_owned())
}

fn audited(audit: &Audit) -> Told {
    let held = audit.holders.held.iter();
    let completed = audit.checkpoints.known.iter().filter(|(_, known)| known.status == Status::Completed);
    Told {
        token: audit.last_token(),
        hwms: audit.hwms.now.clone(),
        batches: audit.batches.became.clone(),
        leases: held.map(|(name, held)| (name.clone(), (held.worker.clone(), held.token))).collect(),
        keys: audit.dedupe.remembered.keys().cloned().collect(),
        runs: audit.terminal.ended.iter().map(|(run, end)| (run.clone(), end.is_some())).collect(),
        checkpoints: completed.map(|(checkpoint, _)| *checkpoint).collect(),
        transactions: audit.checkpoints.open.clone(),
        done: without_empty(&audit.covers.done),
        stopped: audit.held_up.stopped.clone(),
        paused: audit.held_up.paused.clone(),
        letters: audit.letters.buried.clone(),
        backfills: audit.backfills.now.made.clone(),
        claims: without_empty(&audit.covers.claims),
        unseen: without_empty(&audit.late_rows.unseen),
        partitions: audit.partitions.statuses.clone(),
        partition_claims: audit.partitions.claims.clone(),
    }
}

fn without_empty<T: Clone + Default + PartialEq>(lines: &BTreeMap<Line, T>) -> BTreeMap<Line, T> {
    let some = lines.iter().filter(|(_, numbers)| **numbers != T::default());
    some.map(|(line, numbers)| (line.clone(), numbers.clone())).collect()
}
