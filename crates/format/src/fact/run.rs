//! Facts about runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::coverage::{Axis, is_time};
use super::shared::{ErrorRecord, FinalStatus, is_empty, is_none};
use crate::value::Value;

/// A run of the pipeline began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// Id of the run, unique in its pipeline.
    pub run: String,
    /// Parameters that the caller passed, by name.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub params: BTreeMap<String, Value>,
    /// Free labels, by name, that `list` filters on.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What caused the run: `manual`, `cron`, `retry-of`, or any word of the scheduler.
    #[serde(default, skip_serializing_if = "is_none")]
    pub trigger: Option<String>,
    /// Version of the pipeline's code, for example a git commit.
    #[serde(default, skip_serializing_if = "is_none")]
    pub code_version: Option<String>,
    /// The time that the run is *for*, milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "is_none")]
    pub logical_time_ms: Option<i64>,
    /// Run that this one retries or belongs to.
    #[serde(default, skip_serializing_if = "is_none")]
    pub parent: Option<String>,
    /// Worker that started it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub worker: Option<String>,
    /// When it fails if it has not ended before, milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "is_none")]
    pub deadline_at_ms: Option<i64>,
    /// What it is asked to cover.
    #[serde(default, skip_serializing_if = "is_none")]
    pub window: Option<RunWindow>,
}

/// What a run is asked to cover: its nodes are handed nothing else of that axis, however late it is resumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunWindow {
    /// What the numbers are.
    #[serde(default, skip_serializing_if = "is_time")]
    pub axis: Axis,
    /// Where it begins.
    pub start: i64,
    /// Where it ends; the end itself is not part of it.
    pub end: i64,
}

/// An unfinished run was taken up again; if it was paused, it goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunResumed {
    /// Id of the run.
    pub run: String,
    /// Worker that resumed it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub worker: Option<String>,
    /// Why, where somebody did it by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// A run reached its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFinished {
    /// Id of the run.
    pub run: String,
    /// How it ended.
    pub status: FinalStatus,
    /// What went wrong, where something did.
    #[serde(default, skip_serializing_if = "is_none")]
    pub error: Option<ErrorRecord>,
}

/// Somebody stopped a run for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunCancelled {
    /// Id of the run.
    pub run: String,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}
