//! Facts in one word each, so that what the reference expects can be compared with what stands in the journal.

use highwater_format::fact::{
    AbortCause, AttemptFailed, BackfillAction, CoverageStatus, Fact, FinalStatus, Interval, ReasonCode,
};
use highwater_format::value::Value;

use super::due::LATE;

pub(super) fn graph_declared(nodes: usize) -> String {
    format!("graph of {nodes}")
}

pub(super) fn run_started(run: &str, worker: Option<&String>) -> String {
    format!("run {run} started by {worker:?}")
}

pub(super) fn run_resumed(run: &str, worker: Option<&String>) -> String {
    format!("run {run} resumed by {worker:?}")
}

pub(super) fn run_finished(run: &str, status: FinalStatus) -> String {
    format!("run {run} finished as {status:?}")
}

/// Nobody said so.
pub(super) fn run_late(run: &str) -> String {
    format!("run {run} ran into its deadline")
}

pub(super) fn run_cancelled(run: &str) -> String {
    format!("run {run} cancelled")
}

pub(super) fn run_paused(run: &str) -> String {
    format!("run {run} paused")
}

pub(super) fn buried(node: &str, items: usize) -> String {
    format!("{items} items of {node} buried")
}

pub(super) fn letters_settled(node: &str, requeued: bool, keys: &[String]) -> String {
    format!("{keys:?} of {node} {}", if requeued { "requeued" } else { "dropped" })
}

pub(super) fn late_rule_declared(node: &str, is_there: bool) -> String {
    format!("rule of late data of {node:?} {}", if is_there { "declared" } else { "taken back" })
}

pub(super) fn late_data_reported(arrivals: usize) -> String {
    format!("late data of {arrivals} reported")
}

pub(super) fn partitions(what: &str, node: &str, count: usize) -> String {
    format!("partitions of {node} {what}: {count}")
}

pub(super) fn partitions_marked(node: &str, status: CoverageStatus, names: &[String]) -> String {
    format!("partitions {names:?} of {node} marked as {status:?}")
}

pub(super) fn partitions_claimed(run: &str, node: &str, names: &[String]) -> String {
    format!("run {run} claims partitions {names:?} of {node}")
}

pub(super) fn worker_stopped(worker: &str) -> String {
    format!("worker {worker} shall stop")
}

pub(super) fn worker_allowed(worker: &str) -> String {
    format!("worker {worker} may go on")
}

pub(super) fn attempt_started(
    (run, node, attempt): (&str, &str, u32),
    token: u64,
    worker: &str,
    backfill: Option<&String>,
) -> String {
    format!("attempt {attempt} of {run} {node} started by {worker} with {token} for {backfill:?}")
}

pub(super) fn attempt_ended(what: &str, run: &str, node: &str, attempt: usize) -> String {
    format!("attempt {attempt} of {run} {node}: {what}")
}

pub(super) fn node_skipped(run: &str, node: &str, code: ReasonCode) -> String {
    format!("node {run} {node} skipped: {code:?}")
}

pub(super) fn node_changed(what: &str, run: &str, node: &str) -> String {
    format!("node {run} {node} {what}")
}

pub(super) fn claimed(run: &str, node: &str, intervals: &[Interval]) -> String {
    format!("run {run} claims {intervals:?} of {node}")
}

pub(super) fn marked(node: &str, status: CoverageStatus, intervals: &[Interval]) -> String {
    format!("{intervals:?} of {node} marked as {status:?}")
}

pub(super) fn backfill_created(
    backfill: &str,
    nodes: &[String],
    interval: Interval,
    max_concurrent: u32,
) -> String {
    format!("backfill {backfill} of {nodes:?} in {interval:?} with {max_concurrent} created")
}

pub(super) fn backfill_changed(backfill: &str, action: BackfillAction) -> String {
    format!("backfill {backfill}: {action:?}")
}

pub(super) fn stream_declared(operators: usize) -> String {
    format!("stream of {operators} declared")
}

pub(super) fn checkpoint(what: &str, number: u64) -> String {
    format!("checkpoint {number} {what}")
}

pub(super) fn checkpoint_aborted(number: u64, cause: AbortCause) -> String {
    format!("checkpoint {number} aborted: {cause:?}")
}

pub(super) fn acknowledged(number: u64, acknowledgements: usize) -> String {
    format!("checkpoint {number} acknowledged by {acknowledgements}")
}

pub(super) fn discarded(checkpoints: &[u64]) -> String {
    format!("checkpoints {checkpoints:?} discarded")
}

pub(super) fn transactions_settled(transactions: usize) -> String {
    format!("{transactions} transactions settled")
}

pub(super) fn hwm(what: &str, name: &str, value: Option<&Value>) -> String {
    format!("hwm {name} {what} {value:?}")
}

pub(super) fn hwm_declared(name: &str) -> String {
    format!("hwm {name} declared")
}

pub(super) fn source_observed(name: &str) -> String {
    format!("source of {name} observed")
}

pub(super) fn batch(what: &str, batch: u64) -> String {
    format!("batch {batch} {what}")
}

pub(super) fn cadence_declared(node: &str, is_there: bool) -> String {
    format!("cadence of {node:?} declared: {is_there}")
}

pub(super) fn sink_declared(node: &str) -> String {
    format!("sink of {node} declared")
}

pub(super) fn lease_acquired(name: &str, token: u64, worker: &str) -> String {
    format!("lease {name} acquired by {worker} with {token}")
}

pub(super) fn lease_released(name: &str, token: u64) -> String {
    format!("lease {name} of {token} released")
}

pub(super) fn lease_forced(name: &str, token: u64) -> String {
    format!("lease {name} of {token} forced")
}

pub(super) fn remembered(key: &str) -> String {
    format!("key {key}")
}

/// The word for a fact; `None` for one that the reference does not know.
pub(super) fn of(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::GraphDeclared(fact) => graph_declared(fact.nodes.len()),
        Fact::RunStarted(fact) => run_started(&fact.run, fact.worker.as_ref()),
        Fact::RunResumed(fact) => run_resumed(&fact.run, fact.worker.as_ref()),
        Fact::RunFinished(fact) if fact.error.as_ref().is_some_and(|error| error.class == LATE) => {
            run_late(&fact.run)
        }
        Fact::RunFinished(fact) => run_finished(&fact.run, fact.status),
        Fact::RunCancelled(fact) => run_cancelled(&fact.run),
        Fact::RunPaused(fact) => run_paused(&fact.run),
        Fact::DeadLettersBuried(fact) => buried(&fact.node, fact.items.len()),
        Fact::DeadLettersSettled(fact) => letters_settled(&fact.node, fact.requeued, &fact.keys),
        Fact::WorkerStopped(fact) => worker_stopped(&fact.worker),
        Fact::WorkerAllowed(fact) => worker_allowed(&fact.worker),
        Fact::AttemptHandedBack(fact) => ended("handed back", &fact.run, &fact.node, fact.attempt),
        Fact::AttemptStarted(fact) => {
            let attempt = (fact.run.as_str(), fact.node.as_str(), fact.attempt);
            attempt_started(attempt, fact.token, &fact.worker, fact.backfill.as_ref())
        }
        Fact::AttemptProgressed(fact) => ended("progressed", &fact.run, &fact.node, fact.attempt),
        Fact::AttemptSucceeded(fact) => ended("succeeded", &fact.run, &fact.node, fact.attempt),
        Fact::AttemptFailed(fact) => attempt_failed(fact),
        Fact::AttemptCrashed(fact) => ended("crashed", &fact.run, &fact.node, fact.attempt),
        Fact::NodeSkipped(fact) => node_skipped(&fact.run, &fact.node, fact.reason.code),
        Fact::NodeForced(fact) => node_changed("forced", &fact.run, &fact.node),
        Fact::NodeReset(fact) => node_changed("reset", &fact.run, &fact.node),
        Fact::CoverageClaimed(fact) => claimed(&fact.run, &fact.node, &fact.intervals),
        Fact::CoverageMarked(fact) => marked(&fact.node, fact.status, &fact.intervals),
        Fact::BackfillCreated(fact) => {
            backfill_created(&fact.backfill, &fact.nodes, fact.interval, fact.max_concurrent)
        }
        Fact::BackfillChanged(fact) => backfill_changed(&fact.backfill, fact.action),
        Fact::StreamDeclared(fact) => stream_declared(fact.operators.len()),
        Fact::CheckpointTriggered(fact) => checkpoint("triggered", fact.checkpoint),
        Fact::CheckpointAcknowledged(fact) => acknowledged(fact.checkpoint, fact.acknowledgements.len()),
        Fact::CheckpointCompleted(fact) => checkpoint("completed", fact.checkpoint),
        Fact::CheckpointAborted(fact) => checkpoint_aborted(fact.checkpoint, fact.cause),
        Fact::CheckpointsDiscarded(fact) => discarded(&fact.checkpoints),
        Fact::TransactionsSettled(fact) => transactions_settled(fact.transactions.len()),
        Fact::HwmSet(fact) => hwm(if fact.cast { "cast" } else { "set" }, &fact.name, Some(&fact.value)),
        Fact::HwmRewound(fact) => hwm("rewind", &fact.name, Some(&fact.value)),
        Fact::HwmDeleted(fact) => hwm("delete", &fact.name, None),
        Fact::HwmDeclared(fact) => hwm_declared(&fact.name),
        Fact::SourceObserved(fact) => source_observed(&fact.name),
        Fact::BatchPrepared(fact) => batch("prepared", fact.batch),
        Fact::BatchCommitted(fact) => batch("committed", fact.batch),
        Fact::BatchAborted(fact) => batch("aborted", fact.batch),
        Fact::CadenceDeclared(fact) => cadence_declared(&fact.node, fact.cadence.is_some()),
        Fact::LateRuleDeclared(fact) => late_rule_declared(&fact.node, fact.rule.is_some()),
        Fact::LateDataReported(fact) => late_data_reported(fact.arrivals.len()),
        Fact::SinkDeclared(fact) => sink_declared(&fact.node),
        Fact::LeaseAcquired(fact) => lease_acquired(&fact.name, fact.token, &fact.worker),
        Fact::LeaseReleased(fact) => lease_released(&fact.name, fact.token),
        Fact::LeaseForced(fact) => lease_forced(&fact.name, fact.token),
        Fact::CommandRemembered(fact) => remembered(&fact.key),
        other => return of_partitions(other),
    })
}

/// The same for partitions.
fn of_partitions(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::PartitionsDeclared(fact) => partitions("declared", &fact.node, fact.dimensions.len()),
        Fact::PartitionKeysChanged(fact) => {
            partitions("with other keys", &fact.node, fact.added.len() + fact.removed.len())
        }
        Fact::PartitionsClaimed(fact) => partitions_claimed(&fact.run, &fact.node, &fact.partitions),
        Fact::PartitionsMarked(fact) => {
            let names: Vec<String> = fact.marks.iter().map(|mark| mark.partition.clone()).collect();
            partitions_marked(&fact.node, fact.status, &names)
        }
        Fact::PartitionsRekeyed(fact) => partitions("re-keyed", &fact.node, fact.keys.len()),
        // Facts that only maintenance makes are not the reference's business.
        _ => return None,
    })
}

fn attempt_failed(fact: &AttemptFailed) -> String {
    let what = match (fact.error.class == LATE, fact.retry_at_ms.is_some()) {
        (false, true) => "retry",
        (false, false) => "give-up",
        (true, true) => "late, retry",
        (true, false) => "late, give-up",
    };
    ended(what, &fact.run, &fact.node, fact.attempt)
}

fn ended(what: &str, run: &str, node: &str, attempt: u32) -> String {
    attempt_ended(what, run, node, attempt as usize)
}
