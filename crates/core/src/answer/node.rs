//! Answers about nodes over all runs.

use highwater_format::fact::{Artifact, Fingerprint};
use serde::{Deserialize, Serialize};

/// See [`Answer::Node`](super::Answer::Node).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeSummary {
    /// Name.
    pub node: String,
    /// Its last success with a fingerprint or artifacts; absent if there is none, or if a later one came without.
    pub success: Option<SuccessView>,
}

/// The last success of a node, over all runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SuccessView {
    /// Run that it was in.
    pub run: String,
    /// Number of the attempt in that run.
    pub attempt: u32,
    /// Fencing token of the attempt.
    pub token: u64,
    /// Version of the pipeline that recorded it.
    pub version: u64,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What it worked on; absent if nobody said.
    pub fingerprint: Option<Fingerprint>,
    /// What it made.
    pub artifacts: Vec<Artifact>,
    /// Fencing token of an attempt that started since: what the success left may be overwritten, and it stands for nothing.
    pub overtaken_by: Option<u64>,
}
