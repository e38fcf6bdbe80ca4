//! Nodes of a run.

use serde::{Deserialize, Serialize};

/// Status of a node in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeStatus {
    /// Not tried yet, or made ready to be tried again.
    Pending,
    /// A worker holds an attempt.
    Running,
    /// Failed, and will be tried again.
    Waiting,
    /// Done.
    Succeeded,
    /// Failed for good, until somebody resets or forces it.
    Failed,
    /// Not tried because a node before it failed.
    UpstreamFailed,
    /// Stopped with its run.
    Cancelled,
}
