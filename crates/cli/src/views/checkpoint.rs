//! Checkpoints.

use highwater::Value;
use highwater::answer::{AcknowledgementView, CheckpointView};
use serde::Serialize;

use crate::time::rfc3339;

/// A checkpoint.
#[derive(Debug, Serialize)]
pub(crate) struct CheckpointData<'a> {
    checkpoint: u64,
    status: &'static str,
    savepoint: Option<&'a str>,
    generation: u64,
    token: u64,
    triggered_at_ms: i64,
    triggered_at: Option<String>,
    ended_at_ms: Option<i64>,
    ended_at: Option<String>,
    missing: u64,
    size_bytes: u64,
    added_bytes: u64,
    abort_reason: Option<&'a str>,
    abort_actor: Option<&'a str>,
    operators: Vec<OperatorData<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acknowledgements: Vec<AcknowledgementData<'a>>,
}

/// An operator.
#[derive(Debug, Serialize)]
pub(crate) struct OperatorData<'a> {
    pub(crate) name: &'a str,
    pub(crate) parallelism: u32,
}

#[derive(Debug, Serialize)]
struct AcknowledgementData<'a> {
    operator: &'a str,
    subtask: u32,
    state_bytes: Option<usize>,
    parts: Vec<PartData<'a>>,
    positions: Vec<PositionData<'a>>,
}

#[derive(Debug, Serialize)]
struct PartData<'a> {
    name: &'a str,
    size_bytes: u64,
    digest: Option<&'a str>,
}

/// A position in a source.
#[derive(Debug, Serialize)]
pub(crate) struct PositionData<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
}

impl<'a> CheckpointData<'a> {
    pub(crate) fn new(view: &'a CheckpointView) -> CheckpointData<'a> {
        let operators = view.operators.iter();
        CheckpointData {
            checkpoint: view.checkpoint,
            status: view.status.name(),
            savepoint: view.savepoint.as_deref(),
            generation: view.generation,
            token: view.token,
            triggered_at_ms: view.triggered_at_ms,
            triggered_at: rfc3339(view.triggered_at_ms),
            ended_at_ms: view.ended_at_ms,
            ended_at: view.ended_at_ms.and_then(rfc3339),
            missing: view.missing,
            size_bytes: view.size_bytes,
            added_bytes: view.added_bytes,
            abort_reason: view.abort_reason.as_deref(),
            abort_actor: view.abort_actor.as_deref(),
            operators: operators
                .map(|it| OperatorData { name: &it.name, parallelism: it.parallelism })
                .collect(),
            acknowledgements: view.acknowledgements.iter().map(AcknowledgementData::new).collect(),
        }
    }
}

impl<'a> AcknowledgementData<'a> {
    fn new(view: &'a AcknowledgementView) -> AcknowledgementData<'a> {
        let part = |part: &'a highwater::StatePart| PartData {
            name: &part.name,
            size_bytes: part.size_bytes,
            digest: part.digest.as_deref(),
        };
        let position = |it: &'a highwater::SourcePosition| PositionData { name: &it.name, value: &it.value };
        AcknowledgementData {
            operator: &view.operator,
            subtask: view.subtask,
            state_bytes: view.state.as_ref().map(Vec::len),
            parts: view.parts.iter().map(part).collect(),
            positions: view.positions.iter().map(position).collect(),
        }
    }
}

/// A checkpoint that was begun.
#[derive(Debug, Serialize)]
pub(crate) struct TriggeredData<'a> {
    /// Its number.
    pub(crate) checkpoint: u64,
    /// Name under which it is kept.
    pub(crate) savepoint: Option<&'a str>,
}

/// A checkpoint that was given up or deleted, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct EndedData {
    /// Its number.
    pub(crate) checkpoint: u64,
    /// False if nothing was changed.
    pub(crate) applied: bool,
    /// Version of the pipeline; absent in a plan.
    pub(crate) version: Option<u64>,
}
