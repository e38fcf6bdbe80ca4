//! What wants attention in a run, and what to do about it. It says nothing that depends on a clock.

use highwater_format::fact::Counts;

use super::{Part, crashes};
use crate::answer::{Recommendation, RecommendationCode};
use crate::batch::BatchStatus;
use crate::node::NodeStatus;
use crate::row::RunRow;
use crate::state::State;
use crate::{deadline, drift};

/// So many deaths of workers at one node are no accident.
const CRASHES: usize = 2;

pub(super) fn advice(
    state: &State,
    row: &RunRow,
    parts: &[Part<'_>],
    (counts, now_ms): (Counts, i64),
) -> Vec<Recommendation> {
    use RecommendationCode::{
        BatchesInDoubt, CrashingNodes, DeadlinePassed, FailedNodes, Paused, PendingNodes, RowsFailed,
        WaitingNodes,
    };
    let is_open = !row.status.is_final();
    let nodes = |is_it: &dyn Fn(&Part<'_>) -> bool| -> Vec<String> {
        parts.iter().filter(|part| is_it(part)).map(Part::name).collect()
    };
    let with = |status: NodeStatus| nodes(&|part| part.node.status() == status);
    let mut advice = Vec::new();
    let mut say = |code: RecommendationCode, nodes: Vec<String>, is_so: bool, message: String| {
        if is_so {
            advice.push(Recommendation { code, message, nodes });
        }
    };
    if let Some(pause) = &row.pause {
        let message = format!("the run is paused ({}); resume it to go on", pause.reason);
        say(Paused, Vec::new(), true, message);
    }
    if let Some(error) = row.error.as_ref().filter(|_| deadline::ended_run(row)) {
        let message = format!(
            "{}; start a new run with this one as its parent, and give it more time if it needs it",
            error.message
        );
        say(DeadlinePassed, Vec::new(), true, message);
    }
    let failed = with(NodeStatus::Failed);
    let next = if is_open { "reset" } else { "start a new run" };
    let message = format!("failed for good: {}; look at what went wrong, mend it, and {next}", some(&failed));
    say(FailedNodes, failed.clone(), !failed.is_empty(), message);
    let waiting = with(NodeStatus::Waiting);
    let message =
        format!("failed, and tried again by whoever begins it when its time has come: {}", some(&waiting));
    say(WaitingNodes, waiting.clone(), !waiting.is_empty(), message);
    let pending = if is_open { with(NodeStatus::Pending) } else { Vec::new() };
    let message = format!("left to begin: {}; go on with the run", some(&pending));
    say(PendingNodes, pending.clone(), !pending.is_empty(), message);
    let crashing = nodes(&|part| crashes(state, part) >= CRASHES);
    let message = format!(
        "workers died {CRASHES} times or more at {}; look for what kills them, for example want of memory",
        some(&crashing)
    );
    say(CrashingNodes, crashing.clone(), !crashing.is_empty(), message);
    let rows = counts.rows_failed;
    let with_failed_rows = nodes(&|part| part.last.is_some_and(|last| last.counts.rows_failed > 0));
    say(
        RowsFailed,
        with_failed_rows,
        rows > 0,
        format!("{rows} rows failed; look at what their nodes say of them"),
    );
    let of_run = |batch: &&u64| {
        let batch = state.batches.get(*batch);
        batch.is_some_and(|batch| batch.run == row.run && batch.status == BatchStatus::InDoubt)
    };
    let in_doubt = state.open_batches.iter().map(|(_, batch)| batch).filter(of_run).count();
    let message = format!(
        "of {in_doubt} batches nobody knows whether the sink took them; begin their nodes again, or ask the sink and settle them"
    );
    say(BatchesInDoubt, Vec::new(), in_doubt > 0, message);
    advice.extend(drift(state, row, now_ms));
    advice
}

fn drift(state: &State, row: &RunRow, now_ms: i64) -> Option<Recommendation> {
    let (_, lines) = drift::lines(state, row, now_ms);
    let mut nodes: Vec<String> =
        lines.into_iter().filter(|line| !line.drift.is_empty()).map(|line| line.node).collect();
    nodes.dedup();
    let message =
        format!("covered other intervals than the run: {}; look at its report of drift", some(&nodes));
    (!nodes.is_empty()).then_some(Recommendation { code: RecommendationCode::WindowDrift, message, nodes })
}

fn some(nodes: &[String]) -> String {
    match nodes {
        [node] => format!("node `{node}`"),
        nodes => format!("{} nodes", nodes.len()),
    }
}
