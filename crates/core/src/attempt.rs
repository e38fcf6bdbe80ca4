//! Attempts of a node.

use serde::{Deserialize, Serialize};

/// Status of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptStatus {
    /// Its worker holds the lease.
    Running,
    /// Done.
    Succeeded,
    /// Its worker said that it failed.
    Failed,
    /// Its worker was found dead or was fenced.
    Crashed,
    /// Stopped with its run.
    Cancelled,
}
