//! Commands that hold work up without ending it.

use highwater_format::fact::Counts;
use serde::{Deserialize, Serialize};

use super::AttemptRef;

/// See [`Command::PauseRun`](super::Command::PauseRun).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PauseRun {
    /// Id of the run.
    pub run: String,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::HandBackAttempt`](super::Command::HandBackAttempt).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HandBackAttempt {
    /// The attempt.
    pub attempt: AttemptRef,
    /// Totals of the attempt; absent keeps those reported last.
    pub counts: Option<Counts>,
    /// State that the next attempt is handed; absent leaves the last one.
    pub state: Option<Vec<u8>>,
    /// Why; must not be empty.
    pub reason: String,
}

/// See [`Command::StopWorker`](super::Command::StopWorker).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StopWorker {
    /// The worker.
    pub worker: String,
    /// How long it may hold on to what it has, in milliseconds, from now on; absent only asks, and 0 takes it away at once.
    /// A worker that is asked already keeps the time that it was given, unless this one ends earlier.
    pub grace_ms: Option<u64>,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::AllowWorker`](super::Command::AllowWorker).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AllowWorker {
    /// The worker.
    pub worker: String,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}
