//! Facts about who may go on: runs that are paused, workers that shall stop, attempts that are handed back.

use serde::{Deserialize, Serialize};

use super::shared::{Counts, is_none};

/// Somebody held a run up: nothing begins in it until it is resumed. What runs in it may end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPaused {
    /// Id of the run.
    pub run: String,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// A worker ended an attempt at a safe place, neither done nor failed. The node is to be begun again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptHandedBack {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Totals of the attempt.
    #[serde(default)]
    pub counts: Counts,
    /// Resume state that the next attempt is handed; absent leaves the last one.
    #[serde(default, skip_serializing_if = "is_none", with = "crate::body::optional_bytes")]
    pub state: Option<Vec<u8>>,
    /// Why.
    pub reason: String,
}

/// Somebody asked a worker to stop: it begins nothing, and is told at its next beat. Said again, it replaces what was said before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkerStopped {
    /// The worker.
    pub worker: String,
    /// When what it still holds is taken away from it, milliseconds since the Unix epoch; absent if it is only asked.
    #[serde(default, skip_serializing_if = "is_none")]
    pub fence_at_ms: Option<i64>,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// Somebody let a worker that was asked to stop begin again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerAllowed {
    /// The worker.
    pub worker: String,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}
