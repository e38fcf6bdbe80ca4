//! Commands about runs.

use std::collections::BTreeMap;

use highwater_format::fact::{ErrorRecord, FinalStatus, RunWindow};
use highwater_format::value::Value;
use serde::{Deserialize, Serialize};

use crate::run::RunStatus;

/// See [`Command::StartRun`](super::Command::StartRun).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StartRun {
    /// Id; absent lets the engine make one that sorts by time.
    pub run: Option<String>,
    /// Parameters, by name.
    pub params: BTreeMap<String, Value>,
    /// Labels, by name.
    pub tags: BTreeMap<String, String>,
    /// What caused the run.
    pub trigger: Option<String>,
    /// Version of the pipeline's code.
    pub code_version: Option<String>,
    /// The time that the run is for, milliseconds since the Unix epoch.
    pub logical_time_ms: Option<i64>,
    /// Run that this one retries or belongs to.
    pub parent: Option<String>,
    /// Worker that starts it.
    pub worker: Option<String>,
    /// How long it may take, in milliseconds from its start; a run that is not over by then fails. Absent means no bound. That it is
    /// paused, or started again, does not change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// What it is asked to cover. Its nodes are handed nothing else of that axis, and a run that is started again keeps it. Absent means
    /// that each node says what it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<RunWindow>,
}

/// See [`Command::ResumeRun`](super::Command::ResumeRun).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResumeRun {
    /// Id of the run.
    pub run: String,
    /// Worker that resumes it.
    pub worker: Option<String>,
    /// Why, where somebody does it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// See [`Command::FinishRun`](super::Command::FinishRun).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FinishRun {
    /// Id of the run.
    pub run: String,
    /// How it ended; absent derives it from the nodes.
    pub status: Option<FinalStatus>,
    /// What went wrong, where something did.
    pub error: Option<ErrorRecord>,
}

/// See [`Command::CancelRun`](super::Command::CancelRun).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CancelRun {
    /// Id of the run.
    pub run: String,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::DescribeRun`](super::Command::DescribeRun).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DescribeRun {
    /// Id of the run.
    pub run: String,
}

/// See [`Command::ReportRun`](super::Command::ReportRun).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportRun {
    /// Id of the run.
    pub run: String,
}

/// See [`Command::ListRuns`](super::Command::ListRuns). All filters must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListRuns {
    /// Statuses wanted; empty means all.
    pub statuses: Vec<RunStatus>,
    /// Labels that the run must have, by name and value.
    pub tags: BTreeMap<String, String>,
    /// Started at this time or later, milliseconds since the Unix epoch.
    pub since_ms: Option<i64>,
    /// Started before this time, milliseconds since the Unix epoch.
    pub until_ms: Option<i64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most runs wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::ReportDrift`](super::Command::ReportDrift).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportDrift {
    /// Id of the run.
    pub run: String,
    /// Number of the line to begin with; `next` of the page before.
    pub from: u32,
    /// Most lines wanted; 0 means the default.
    pub limit: u32,
}
