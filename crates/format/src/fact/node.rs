//! Facts about nodes and their attempts.

use serde::{Deserialize, Serialize};

use super::artifact::{Artifact, Fingerprint};
use super::hwm::HwmMove;
use super::shared::{Counts, ErrorRecord, Evidence, Reason, RetryPolicy, is_none};

/// A node of a pipeline's graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSpec {
    /// Name, unique in the pipeline.
    pub name: String,
    /// Nodes that must have succeeded in the same run before this one may begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Retry policy; absent means the default one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub retry: Option<RetryPolicy>,
    /// Longest time that one attempt may take, in milliseconds from its start; then it has failed. Absent means no bound.
    #[serde(default, skip_serializing_if = "is_none")]
    pub deadline_ms: Option<u64>,
}

/// The graph of a pipeline was declared or changed. It replaces the graph before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphDeclared {
    /// All nodes, upstream ones first.
    pub nodes: Vec<NodeSpec>,
}

/// A worker began an attempt of a node, and holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt in this run, from 1.
    pub attempt: u32,
    /// Fencing token of the attempt.
    pub token: u64,
    /// Worker that holds it.
    pub worker: String,
    /// How long its beat may stand still before another worker may take over, in milliseconds.
    pub lease_ms: u64,
    /// Why it was started.
    pub reason: Reason,
    /// What it works on; absent if nobody said.
    #[serde(default, skip_serializing_if = "is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The backfill that its intervals are from. Such an attempt moves no HWM.
    #[serde(default, skip_serializing_if = "is_none")]
    pub backfill: Option<String>,
    /// When it has failed if it has not ended before, milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "is_none")]
    pub deadline_at_ms: Option<i64>,
}

/// An attempt reported how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptProgressed {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Totals of the attempt so far.
    pub counts: Counts,
    /// Resume state that the next attempt is handed; absent leaves the last one.
    #[serde(default, skip_serializing_if = "is_none", with = "crate::body::optional_bytes")]
    pub state: Option<Vec<u8>>,
    /// Where HWMs of unordered sources shall stand if it succeeds; each replaces what was said of it before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposed: Vec<HwmMove>,
}

/// An attempt, and with it the node, succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptSucceeded {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Totals of the attempt.
    #[serde(default)]
    pub counts: Counts,
    /// What it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
}

/// An attempt failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptFailed {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Totals of the attempt.
    #[serde(default)]
    pub counts: Counts,
    /// What went wrong.
    pub error: ErrorRecord,
    /// Earliest time of the next attempt, milliseconds since the Unix epoch; absent if there will be none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub retry_at_ms: Option<i64>,
    /// Why there will be a next attempt, or none.
    pub reason: Reason,
}

/// The worker of an attempt was found dead, or was fenced by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptCrashed {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// What the observer saw; absent if the lease was taken away by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub evidence: Option<Evidence>,
    /// Why it was taken away by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: Option<String>,
    /// Who took it away.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// It was decided that a node does not run. Recorded when the decision is new, not at each question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeSkipped {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Why.
    pub reason: Reason,
    /// What it would have worked on, when that is the reason: an earlier success stands for this one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Fencing token of that success.
    #[serde(default, skip_serializing_if = "is_none")]
    pub success: Option<u64>,
    /// Who said so, when somebody did.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// Somebody asked that a node runs again whatever its status says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeForced {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// A node was reset: it may be tried again, with all its attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeReset {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}
