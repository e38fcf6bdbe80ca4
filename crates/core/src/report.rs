//! Reports: what a run came to so far, counted up from its rows. Nothing of it is kept: it follows from the state, and from the
//! time where something still lasts.

mod advice;
mod estimate;

use highwater_format::fact::Counts;

use crate::answer::{
    Answer, Deadline, Durations, FailureView, NodeDuration, RunReport, StatusCount, WorkView,
};
use crate::attempt::{self, AttemptStatus};
use crate::command::ReportRun;
use crate::decide::{Context, Decided, Stop};
use crate::node::NodeStatus;
use crate::row::{AttemptRow, RunRow};
use crate::state::State;
use crate::view::{self, NodeOf};
use crate::{bug, deadline, late, run};

/// A node with its last attempt.
struct Part<'a> {
    node: NodeOf<'a>,
    last: Option<&'a AttemptRow>,
}

pub(crate) fn report(context: &Context<'_>, command: &ReportRun) -> Result<Decided, Stop> {
    let row = run::find(context.state, &command.run)?;
    Decided::answer(Answer::Report(of(context.state, row, context.now_ms)))
}

fn of(state: &State, row: &RunRow, now_ms: i64) -> RunReport {
    let nodes = view::nodes_in_order(state, &row.run);
    let last = |node: &NodeOf<'_>| node.row().map(|row| (row.run.clone(), row.node.clone(), row.attempts));
    let parts: Vec<Part<'_>> = nodes
        .into_iter()
        .map(|node| Part { last: last(&node).and_then(|key| state.attempts.get(&key)), node })
        .collect();
    let lasts = || parts.iter().filter_map(|part| part.last);
    let counts = lasts().fold(Counts::default(), |sum, last| sum.plus(last.counts));
    let duration_ms = length_ms(row.started_at_ms, row.finished_at_ms.unwrap_or(now_ms));
    let per_minute = |rows: u64| rows.saturating_mul(60_000).checked_div(duration_ms).unwrap_or(0);
    let done = parts.iter().filter(|part| part.is_done()).count() as u64;
    let made = |part: &Part<'_>| part.node.row().map_or(0, |row| u64::from(row.attempts));
    let attempts = parts.iter().map(made).sum::<u64>();
    let (total, counted) = (parts.len() as u64, if bug!(CountRepeats) { attempts } else { done });
    RunReport {
        run: row.run.clone(),
        status: row.status,
        started_at_ms: row.started_at_ms,
        finished_at_ms: row.finished_at_ms,
        duration_ms,
        window: row.window,
        deadline: deadline::of_run(row).map(|at_ms| left(at_ms, now_ms)),
        restarts: row.restarts,
        nodes: total,
        done,
        done_percent: u32::try_from((counted * 100).checked_div(total).unwrap_or(0)).unwrap_or(u32::MAX),
        statuses: statuses(&parts),
        attempts,
        counts,
        rows_read_per_minute: per_minute(counts.rows_read),
        rows_written_per_minute: per_minute(counts.rows_written),
        durations: durations(&parts),
        running: lasts()
            .filter(|last| last.status == AttemptStatus::Running)
            .map(|last| work(last, now_ms))
            .collect(),
        failures: parts.iter().filter_map(failure).collect(),
        late: late::lines_of_run(state, parts.iter().map(|part| &part.node)),
        estimate: estimate::estimate(state, row, &parts, now_ms),
        recommendations: advice::advice(state, row, &parts, (counts, now_ms)),
    }
}

impl Part<'_> {
    fn name(&self) -> String {
        self.node.name().to_owned()
    }

    fn is_done(&self) -> bool {
        matches!(self.node.status(), NodeStatus::Succeeded | NodeStatus::Cached | NodeStatus::Skipped)
    }

    /// Whether something is to be done about it as long as its run is not over.
    fn is_open(&self) -> bool {
        matches!(self.node.status(), NodeStatus::Pending | NodeStatus::Running | NodeStatus::Waiting)
    }
}

/// How long something lasted, whatever the clocks of those who began and ended it showed.
fn length_ms(from_ms: i64, to_ms: i64) -> u64 {
    u64::try_from(to_ms.saturating_sub(from_ms)).unwrap_or(0)
}

/// How long an attempt took; nothing of one that did not succeed.
fn took_ms(row: &AttemptRow) -> Option<u64> {
    let finished_at_ms = row.finished_at_ms.filter(|_| row.status == AttemptStatus::Succeeded)?;
    Some(length_ms(row.started_at_ms, finished_at_ms))
}

fn statuses(parts: &[Part<'_>]) -> Vec<StatusCount> {
    let count = |status: NodeStatus| {
        let nodes = parts.iter().filter(|part| part.node.status() == status).count() as u64;
        (nodes > 0).then_some(StatusCount { status, nodes })
    };
    NodeStatus::ALL.into_iter().filter_map(count).collect()
}

fn durations(parts: &[Part<'_>]) -> Option<Durations> {
    let took = |part: &Part<'_>| Some(NodeDuration { node: part.name(), duration_ms: took_ms(part.last?)? });
    let took: Vec<NodeDuration> = parts.iter().filter_map(took).collect();
    let sum = took.iter().fold(0_u64, |sum, each| sum.saturating_add(each.duration_ms));
    Some(Durations {
        average_ms: sum.checked_div(took.len() as u64)?,
        fastest: took.iter().min_by_key(|each| each.duration_ms)?.clone(),
        // The first one where several took as long.
        slowest: took.iter().rev().max_by_key(|each| each.duration_ms)?.clone(),
    })
}

fn left(at_ms: i64, now_ms: i64) -> Deadline {
    Deadline { at_ms, left_ms: length_ms(now_ms, at_ms) }
}

fn work(last: &AttemptRow, now_ms: i64) -> WorkView {
    let (node, worker) = (last.node.clone(), last.worker.clone());
    let deadline = deadline::of_attempt(last).map(|at_ms| left(at_ms, now_ms));
    WorkView { node, attempt: last.attempt, worker, started_at_ms: last.started_at_ms, deadline }
}

fn failure(part: &Part<'_>) -> Option<FailureView> {
    let last = part.last?;
    matches!(last.status, AttemptStatus::Failed | AttemptStatus::Crashed).then(|| FailureView {
        node: part.name(),
        attempt: last.attempt,
        status: last.status,
        finished_at_ms: last.finished_at_ms,
        error: last.error.clone(),
        retry_at_ms: part.node.row().and_then(|row| row.retry_at_ms),
    })
}

/// How often the workers of a node died in this run, as far as its attempts are kept.
fn crashes(state: &State, part: &Part<'_>) -> usize {
    let Some(row) = part.node.row() else { return 0 };
    let all = attempt::of_node(state, &(row.run.clone(), row.node.clone()));
    all.filter(|row| row.status == AttemptStatus::Crashed).count()
}
