//! Streams.

use highwater::answer::{Assignment, StreamRestored, StreamView, TransactionView};
use serde::Serialize;

use super::checkpoint::{OperatorData, PositionData};

/// A stream.
#[derive(Debug, Serialize)]
pub(crate) struct StreamData<'a> {
    operators: Vec<OperatorData<'a>>,
    key_groups: u32,
    interval_ms: u64,
    timeout_ms: u64,
    min_pause_ms: u64,
    max_in_flight: u32,
    retain: u32,
    expire_ms: u64,
    generation: u64,
    restored_from: Option<u64>,
    latest: Option<u64>,
    in_flight: &'a [u64],
    retained: &'a [u64],
    due_at_ms: Option<i64>,
    transactions: Vec<TransactionData<'a>>,
    parts: u64,
    reclaimable: u64,
}

#[derive(Debug, Serialize)]
struct TransactionData<'a> {
    checkpoint: u64,
    operator: &'a str,
    subtask: u32,
    status: &'static str,
}

impl<'a> From<&'a TransactionView> for TransactionData<'a> {
    fn from(view: &'a TransactionView) -> Self {
        TransactionData {
            checkpoint: view.checkpoint,
            operator: &view.operator,
            subtask: view.subtask,
            status: view.status.name(),
        }
    }
}

impl<'a> StreamData<'a> {
    pub(crate) fn new(view: &'a StreamView) -> StreamData<'a> {
        let operators = view.operators.iter();
        StreamData {
            operators: operators
                .map(|it| OperatorData { name: &it.name, parallelism: it.parallelism })
                .collect(),
            key_groups: view.key_groups,
            interval_ms: view.policy.interval_ms,
            timeout_ms: view.policy.timeout_ms,
            min_pause_ms: view.policy.min_pause_ms,
            max_in_flight: view.policy.max_in_flight,
            retain: view.policy.retain,
            expire_ms: view.policy.expire_ms,
            generation: view.generation,
            restored_from: view.restored_from,
            latest: view.latest,
            in_flight: &view.in_flight,
            retained: &view.retained,
            due_at_ms: view.due_at_ms,
            transactions: view.transactions.iter().map(TransactionData::from).collect(),
            parts: view.parts,
            reclaimable: view.reclaimable,
        }
    }
}

/// A start of a stream, done or only planned.
#[derive(Debug, Serialize)]
pub(crate) struct RestoredData<'a> {
    checkpoint: Option<u64>,
    generation: u64,
    applied: bool,
    positions: Vec<PositionData<'a>>,
    assignments: Vec<AssignmentData<'a>>,
    aborted: &'a [u64],
    commit: Vec<TransactionData<'a>>,
    abort: Vec<TransactionData<'a>>,
    repeated: &'a [u64],
    dropped_operators: &'a [String],
}

#[derive(Debug, Serialize)]
struct AssignmentData<'a> {
    operator: &'a str,
    subtask: u32,
    first_group: u32,
    last_group: u32,
    from: &'a [u32],
}

impl<'a> RestoredData<'a> {
    pub(crate) fn new(restored: &'a StreamRestored) -> RestoredData<'a> {
        let assignment = |it: &'a Assignment| AssignmentData {
            operator: &it.operator,
            subtask: it.subtask,
            first_group: it.first_group,
            last_group: it.last_group,
            from: &it.from,
        };
        let positions = restored.positions.iter();
        RestoredData {
            checkpoint: restored.checkpoint.as_ref().map(|view| view.checkpoint),
            generation: restored.generation,
            applied: restored.applied,
            positions: positions.map(|it| PositionData { name: &it.name, value: &it.value }).collect(),
            assignments: restored.assignments.iter().map(assignment).collect(),
            aborted: &restored.aborted,
            commit: restored.commit.iter().map(TransactionData::from).collect(),
            abort: restored.abort.iter().map(TransactionData::from).collect(),
            repeated: &restored.repeated,
            dropped_operators: &restored.dropped_operators,
        }
    }
}
