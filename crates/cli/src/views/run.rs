//! Runs.

use std::collections::BTreeMap;

use highwater::answer::{Pause, RunView};
use highwater::{Counts, ErrorRecord, RunStatus, Value};
use serde::Serialize;

use super::drift::RunWindowData;
use super::node::NodeData;
use crate::time::rfc3339;

/// A run.
#[derive(Debug, Serialize)]
pub(crate) struct RunData<'a> {
    pipeline: &'a str,
    run: &'a str,
    status: RunStatus,
    started_at_ms: i64,
    started_at: Option<String>,
    finished_at_ms: Option<i64>,
    finished_at: Option<String>,
    restarts: u32,
    trigger: Option<&'a String>,
    code_version: Option<&'a String>,
    logical_time_ms: Option<i64>,
    logical_time: Option<String>,
    parent: Option<&'a String>,
    worker: Option<&'a String>,
    params: &'a BTreeMap<String, Value>,
    tags: &'a BTreeMap<String, String>,
    counts: CountsData,
    error: Option<ErrorData<'a>>,
    cancel_reason: Option<&'a String>,
    cancel_actor: Option<&'a String>,
    pause: Option<PauseData<'a>>,
    deadline_at_ms: Option<i64>,
    deadline_at: Option<String>,
    window: Option<RunWindowData>,
    /// Absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<Vec<NodeData<'a>>>,
}

impl<'a> RunData<'a> {
    /// A run in a list.
    pub(crate) fn brief(pipeline: &'a str, run: &'a RunView) -> RunData<'a> {
        RunData {
            pipeline,
            run: &run.run,
            status: run.status,
            started_at_ms: run.started_at_ms,
            started_at: rfc3339(run.started_at_ms),
            finished_at_ms: run.finished_at_ms,
            finished_at: run.finished_at_ms.and_then(rfc3339),
            restarts: run.restarts,
            trigger: run.trigger.as_ref(),
            code_version: run.code_version.as_ref(),
            logical_time_ms: run.logical_time_ms,
            logical_time: run.logical_time_ms.and_then(rfc3339),
            parent: run.parent.as_ref(),
            worker: run.worker.as_ref(),
            params: &run.params,
            tags: &run.tags,
            counts: run.counts.into(),
            error: run.error.as_ref().map(ErrorData::from),
            cancel_reason: run.cancel_reason.as_ref(),
            cancel_actor: run.cancel_actor.as_ref(),
            pause: run.pause.as_ref().map(PauseData::from),
            deadline_at_ms: run.deadline_at_ms,
            deadline_at: run.deadline_at_ms.and_then(rfc3339),
            window: run.window.map(RunWindowData::from),
            nodes: None,
        }
    }

    /// A run with its nodes.
    pub(crate) fn full(pipeline: &'a str, run: &'a RunView) -> RunData<'a> {
        let nodes = run.nodes.iter().map(NodeData::from).collect();
        RunData { nodes: Some(nodes), ..RunData::brief(pipeline, run) }
    }
}

/// Why a run is paused.
#[derive(Debug, Serialize)]
struct PauseData<'a> {
    since_ms: i64,
    since: Option<String>,
    reason: &'a str,
    actor: Option<&'a String>,
}

impl<'a> From<&'a Pause> for PauseData<'a> {
    fn from(pause: &'a Pause) -> PauseData<'a> {
        let Pause { since_ms, reason, actor } = pause;
        PauseData { since_ms: *since_ms, since: rfc3339(*since_ms), reason, actor: actor.as_ref() }
    }
}

/// Totals.
#[derive(Debug, Serialize)]
pub(crate) struct CountsData {
    rows_read: u64,
    rows_written: u64,
    rows_failed: u64,
    bytes: u64,
}

impl From<Counts> for CountsData {
    fn from(counts: Counts) -> CountsData {
        let Counts { rows_read, rows_written, rows_failed, bytes } = counts;
        CountsData { rows_read, rows_written, rows_failed, bytes }
    }
}

/// What went wrong.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorData<'a> {
    class: &'a str,
    message: &'a str,
    detail: Option<&'a String>,
}

impl<'a> From<&'a ErrorRecord> for ErrorData<'a> {
    fn from(error: &'a ErrorRecord) -> ErrorData<'a> {
        ErrorData { class: &error.class, message: &error.message, detail: error.detail.as_ref() }
    }
}
