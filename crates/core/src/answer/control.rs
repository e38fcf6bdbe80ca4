//! Answers about work that is held up.

use serde::{Deserialize, Serialize};

use super::Holding;

/// Why a run is paused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// That a worker shall stop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopView {
    /// When what it still holds is taken away, milliseconds since the Unix epoch; absent if it is only asked.
    pub fence_at_ms: Option<i64>,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// A lease whose holder is asked to let go of it at the next safe place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopAsked {
    /// The lease.
    pub holding: Holding,
    /// What is behind it.
    pub cause: StopCause,
    /// When it is taken away, milliseconds since the Unix epoch; absent if nobody will.
    pub fence_at_ms: Option<i64>,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// Why a worker is asked to let go of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopCause {
    /// The run of the attempt is paused: it may end, and what it does not end goes on when the run does.
    RunPaused,
    /// The worker shall stop.
    WorkerStopped,
}

/// See [`Answer::WorkerStop`](super::Answer::WorkerStop).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerStop {
    /// The worker.
    pub worker: String,
    /// What it still holds.
    pub holds: Vec<Holding>,
    /// What was taken away from it now.
    pub fenced: Vec<Holding>,
    /// When what it still holds is taken away, milliseconds since the Unix epoch; absent if it is only asked.
    pub fence_at_ms: Option<i64>,
}
