//! Runs.

use serde::{Deserialize, Serialize};

/// Status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Started and not ended, whether or not somebody works on it right now.
    Running,
    /// All that had to be done was done.
    Succeeded,
    /// Some nodes succeeded and some did not.
    Partial,
    /// The work failed.
    Failed,
    /// The worker died and nobody took the run up again.
    Crashed,
    /// Somebody stopped it.
    Cancelled,
}
