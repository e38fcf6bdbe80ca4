//! Validate: the state measured against its own rules. What it finds is a defect, or a journal that somebody has edited.

use std::collections::BTreeMap;

use crate::answer::{Answer, Problem, Validation};
use crate::attempt::AttemptStatus;
use crate::batch::BatchStatus;
use crate::checkpoint::{self, CheckpointStatus};
use crate::decide::{Context, Decided, Stop};
use crate::node::NodeStatus;
use crate::order::sorted;
use crate::row::{
    AttemptRow, BatchRow, CheckpointRow, HwmRow, LeaseRow, NodeRow, RunRow, SuccessRow, TransactionRow,
};
use crate::run::RunStatus;
use crate::state::State;
use crate::table::ONLY;
use crate::transaction::TransactionStatus;
use crate::{attempt, coverage, graph, hwm_derived, late, limits, partition};

pub(crate) fn validate(context: &Context<'_>) -> Result<Decided, Stop> {
    let state = context.state;
    Decided::answer(Answer::Validation(Validation {
        version: context.version(),
        problems: problems(state),
        runs: state.runs.len() as u64,
        nodes: state.nodes.len() as u64,
        attempts: state.attempts.len() as u64,
        hwms: state.hwms.iter().filter(|(_, row)| row.last.value.is_some()).count() as u64,
        leases: state.leases.len() as u64,
    }))
}

/// Every rule that does not hold, as far as they are listed.
pub(crate) fn problems(state: &State) -> Vec<Problem> {
    let mut found = Found::default();
    state.leases.iter().for_each(|(_, row)| lease(&mut found, state, row));
    state.runs.iter().for_each(|(_, row)| run(&mut found, state, row));
    state.nodes.iter().for_each(|(_, row)| node(&mut found, state, row));
    state.attempts.iter().for_each(|(_, row)| one_attempt(&mut found, state, row));
    state.hwms.iter().for_each(|(_, row)| hwm(&mut found, state, row));
    state.successes.iter().for_each(|(_, row)| success(&mut found, state, row));
    state.batches.iter().for_each(|(_, row)| batch(&mut found, state, row));
    state.checkpoints.iter().for_each(|(_, row)| one_checkpoint(&mut found, state, row));
    state.transactions.iter().for_each(|(_, row)| one_transaction(&mut found, state, row));
    parts(&mut found, state);
    coverage::check::pieces(&mut found, state);
    coverage::check::claims(&mut found, state);
    hwm_derived::check(&mut found, state);
    late::check::check(&mut found, state);
    partition::check::check(&mut found, state);
    strays(&mut found, state);
    indexes(&mut found, state);
    if let Some(row) = state.graph.get(&ONLY)
        && let Err(error) = graph::ordered(&row.nodes)
    {
        found.add("the graph", error.message);
    }
    bounds(&mut found, state);
    found.0
}

/// Problems, up to a bound.
#[derive(Default)]
pub(crate) struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, place: impl Into<String>, what: impl Into<String>) {
        if self.0.len() < limits::PROBLEMS {
            self.0.push(Problem { place: place.into(), what: what.into() });
        }
    }

    /// Notes a rule that does not hold.
    pub(crate) fn rule(&mut self, holds: bool, place: impl Fn() -> String, what: &str) {
        if !holds {
            self.add(place(), what);
        }
    }
}

fn lease(found: &mut Found, state: &State, row: &LeaseRow) {
    let place = || format!("lease `{}`", row.name);
    found.rule(row.token <= state.head().token, place, "its token is larger than the last one given out");
    let Some((run, node)) = &row.attempt else { return };
    let last = state.nodes.get(&(run.clone(), node.clone())).and_then(|node| attempt::last(state, node));
    let runs = last.is_some_and(|last| {
        last.status == AttemptStatus::Running && last.token == row.token && last.worker == row.worker
    });
    found.rule(runs, place, "it is held for an attempt that is not running under its token");
}

fn run(found: &mut Found, state: &State, row: &RunRow) {
    let place = || format!("run `{}`", row.run);
    let head = state.head();
    found.rule(row.number < head.runs_started, place, "its number is not below the count of started runs");
    found.rule(
        state.runs_by_number.get(&row.number) == Some(&row.run),
        place,
        "it is not found by its number",
    );
    found.rule(
        row.status.is_final() == row.finish_number.is_some(),
        place,
        "it is final, or numbered, alone",
    );
    found.rule(
        (row.status == RunStatus::Paused) == row.pause.is_some(),
        place,
        "it is paused without a reason, or has one and is not",
    );
    let Some(number) = row.finish_number else { return };
    found.rule(number < head.runs_finished, place, "its end is not below the count of finished runs");
    found.rule(
        state.runs_by_finish.get(&number) == Some(&row.run),
        place,
        "it is not found by the number of its end",
    );
}

fn node(found: &mut Found, state: &State, row: &NodeRow) {
    let place = || format!("node `{}` of run `{}`", row.node, row.run);
    let Some(run) = state.runs.get(&row.run) else {
        return found.add(place(), "its run does not exist");
    };
    let open = matches!(row.status, NodeStatus::Pending | NodeStatus::Running | NodeStatus::Waiting);
    found.rule(!(run.status.is_final() && open), place, "it is unfinished in a run that is finished");
    let last_runs = attempt::last(state, row).is_some_and(|last| last.status == AttemptStatus::Running);
    found.rule(
        (row.status == NodeStatus::Running) == last_runs,
        place,
        "it and its last attempt do not agree on whether they are running",
    );
    found.rule(row.decisions.len() <= limits::DECISIONS_KEPT, place, "it keeps too many decisions");
}

fn one_attempt(found: &mut Found, state: &State, row: &AttemptRow) {
    let place = || format!("attempt {} of node `{}` in run `{}`", row.attempt, row.node, row.run);
    found.rule(row.token <= state.head().token, place, "its token is larger than the last one given out");
    let Some(node) = state.nodes.get(&(row.run.clone(), row.node.clone())) else {
        return found.add(place(), "its node does not exist");
    };
    found.rule(row.attempt <= node.attempts, place, "its number is above the count of its node's attempts");
    if row.status != AttemptStatus::Running {
        return;
    }
    found.rule(row.attempt == node.attempts, place, "it is running, and a later one was started");
    let lease = state.leases.get(&attempt::lease_name(&row.run, &row.node));
    found.rule(lease.is_some_and(|lease| lease.token == row.token), place, "it is running without its lease");
}

fn success(found: &mut Found, state: &State, row: &SuccessRow) {
    let place = || format!("the last success of node `{}`", row.node);
    found.rule(row.token <= state.head().token, place, "its token is larger than the last one given out");
    let listed = state.successes_by_token.get(&row.token) == Some(&row.node);
    found.rule(listed, place, "it is not found by its token");
    found.rule(
        row.overtaken_by.is_none_or(|later| later > row.token),
        place,
        "it is overtaken by an attempt that was before it",
    );
}

fn hwm(found: &mut Found, state: &State, row: &HwmRow) {
    let place = || format!("HWM `{}`", row.name);
    let (from, to) = ((row.name.clone(), 0), (row.name.clone(), u64::MAX));
    let mut past: Vec<(u64, u64)> =
        state.hwm_past.range(from..=to).map(|(_, past)| (past.number, past.point.version)).collect();
    past.push((row.changes, row.last.version));
    let past = sorted(past, Ord::cmp);
    let ordered = past.is_sorted_by(|before, after| before.0 < after.0 && before.1 <= after.1);
    found.rule(ordered, place, "its history is not in the order of the journal");
    let newest = past.last().is_some_and(|newest| *newest == (row.changes, row.last.version));
    found.rule(newest, place, "its history has a change after its present value");
    // A fact that stands in the state before its record is durable has the version after it.
    let latest = state.version.saturating_add(1);
    found.rule(row.last.version <= latest, place, "it was set by a version that is not written");
}

fn batch(found: &mut Found, state: &State, row: &BatchRow) {
    let place = || format!("batch {}", row.batch);
    found.rule(row.batch <= state.head().token, place, "its number is larger than the last token given out");
    let attempt = state.attempts.get(&(row.run.clone(), row.node.clone(), row.attempt));
    let is_held = attempt.is_some_and(|attempt| attempt.status == AttemptStatus::Running);
    found.rule(
        row.status != BatchStatus::Prepared || is_held,
        place,
        "its attempt is over, and it is not in doubt",
    );
}

fn one_checkpoint(found: &mut Found, state: &State, row: &CheckpointRow) {
    let place = || format!("checkpoint {}", row.checkpoint);
    let subtasks = row.operators.iter().map(|operator| u64::from(operator.parallelism)).sum::<u64>();
    let acknowledged = checkpoint::acknowledgements(state, row.checkpoint).count() as u64;
    let head = state.head();
    found.rule(row.checkpoint <= head.checkpoints, place, "its number is above the count of all checkpoints");
    found.rule(row.generation <= head.generation, place, "it belongs to a start that never was");
    match row.status {
        CheckpointStatus::Aborted => {
            found.rule(acknowledged == 0, place, "it is aborted and keeps acknowledgements");
        }
        status => {
            found.rule(
                acknowledged.saturating_add(row.missing) == subtasks,
                place,
                "its acknowledgements and those that are missing are not all",
            );
            found.rule(
                (row.missing == 0) == (status == CheckpointStatus::Completed),
                place,
                "it is completed, or has all acknowledgements, alone",
            );
        }
    }
}

fn one_transaction(found: &mut Found, state: &State, row: &TransactionRow) {
    let place =
        || format!("the transaction of {}/{} in checkpoint {}", row.operator, row.subtask, row.checkpoint);
    let status = state.checkpoints.get(&row.checkpoint).map(|row| row.status);
    let is_right = match row.status {
        TransactionStatus::Prepared => status == Some(CheckpointStatus::InProgress),
        TransactionStatus::Committing => matches!(status, None | Some(CheckpointStatus::Completed)),
        TransactionStatus::Aborting => matches!(status, None | Some(CheckpointStatus::Aborted)),
        TransactionStatus::Committed | TransactionStatus::Aborted => false,
    };
    found.rule(is_right, place, "it and its checkpoint do not agree on what becomes of it");
}

/// Every part is needed by as many acknowledgements as are counted.
fn parts(found: &mut Found, state: &State) {
    let mut needed: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, row) in state.acknowledgements.iter() {
        row.parts.iter().for_each(|name| *needed.entry(name).or_default() += 1);
        let known = state.checkpoints.get(&row.checkpoint).is_some();
        let place = || format!("the acknowledgement of {}/{}", row.operator, row.subtask);
        found.rule(known, place, "its checkpoint does not exist");
    }
    for (name, row) in state.parts.iter() {
        let place = || format!("the part `{name}`");
        let count = needed.remove(name.as_str()).unwrap_or(0);
        found.rule(
            count > 0 && count == row.references,
            place,
            "it is needed more or less often than counted",
        );
        found.rule(state.reclaimable.get(name).is_none(), place, "it is needed and listed for deletion");
    }
    for name in needed.keys() {
        found.add(format!("the part `{name}`"), "it is needed, and nothing is known of it");
    }
}

/// Rows that belong to no other.
fn strays(found: &mut Found, state: &State) {
    // The names are in order.
    let mut names: Vec<&str> = state.hwm_past.iter().map(|((name, _), _)| &**name).collect();
    names.dedup();
    for name in names {
        found.rule(
            state.hwms.get(name).is_some(),
            || format!("HWM `{name}`"),
            "it has a past but no present",
        );
    }
}

/// What is derived from other rows names rows that exist.
fn indexes(found: &mut Found, state: &State) {
    let counts = [
        ("runs by start", state.runs_by_number.len(), state.runs.len()),
        (
            "runs by end",
            state.runs_by_finish.len(),
            state.runs.iter().filter(|(_, row)| row.finish_number.is_some()).count(),
        ),
        ("last successes by token", state.successes_by_token.len(), state.successes.len()),
        (
            "open batches by node",
            state.open_batches.len(),
            state.batches.iter().filter(|(_, row)| row.status.is_open()).count(),
        ),
        ("dedupe keys by age", state.remembered_by_number.len(), state.remembered.len()),
    ];
    for (index, entries, rows) in counts {
        found.rule(
            entries == rows,
            || format!("the index of {index}"),
            "it has more or fewer entries than rows",
        );
    }
    for (key, row) in state.remembered.iter() {
        let listed = state.remembered_by_number.get(&row.number) == Some(key);
        found.rule(listed, || format!("dedupe key `{key}`"), "it is not found by its number");
        let counted = row.number < state.head().remembered;
        found.rule(
            counted,
            || format!("dedupe key `{key}`"),
            "its number is not below the count of all keys",
        );
    }
}

fn bounds(found: &mut Found, state: &State) {
    let bounds = [
        ("HWMs", state.hwms.len(), limits::HWMS),
        ("finished runs", state.runs_by_finish.len(), limits::FINISHED_RUNS_KEPT),
        ("unfinished runs", state.open_runs(), limits::OPEN_RUNS),
        ("claims of intervals", state.claims.len(), limits::CLAIMS),
        ("dedupe keys", state.remembered.len(), limits::DEDUPE_KEYS),
        ("last successes", state.successes.len(), limits::SUCCESSES_KEPT),
        ("open batches", state.open_batches.len(), limits::OPEN_BATCHES),
        ("stopped workers", state.stops.len(), limits::STOPPED_WORKERS),
        ("dead letters", state.dead_letters.len(), limits::DEAD_LETTERS),
        ("nodes and partitions with late data", state.late.len(), limits::LATE_LINES),
        ("intervals that attempts have not seen", state.unseen.len(), limits::UNSEEN),
        ("keys of partitions", state.partition_keys.len(), limits::PARTITION_KEYS),
        ("partitions", state.partitions.len(), limits::PARTITIONS),
        ("partitions that are worked on", state.partition_claims.len(), limits::PARTITION_CLAIMS),
    ];
    for (what, count, most) in bounds {
        if count > most {
            found.add("the pipeline", format!("it has {count} {what}; at most {most} are allowed"));
        }
    }
}
