//! What a run came to so far, counted up.

use highwater_format::fact::{Counts, ErrorRecord, RunWindow};
use serde::{Deserialize, Serialize};

use super::LateLine;
use crate::attempt::AttemptStatus;
use crate::node::NodeStatus;
use crate::run::RunStatus;

/// See [`Answer::Report`](super::Answer::Report).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Id of the run.
    pub run: String,
    /// Status.
    pub status: RunStatus,
    /// When it started, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// When it ended, milliseconds since the Unix epoch.
    pub finished_at_ms: Option<i64>,
    /// How long it took, or has lasted until now.
    pub duration_ms: u64,
    /// What it is asked to cover; absent if its nodes say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<RunWindow>,
    /// By when it has to be over; absent if it has no deadline, or is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
    /// How often it was resumed.
    pub restarts: u32,
    /// Its nodes: those of the graph, as long as it is not over, and all that were begun.
    pub nodes: u64,
    /// Those of them that are done: succeeded, cached or skipped.
    pub done: u64,
    /// `done` of `nodes`, in percent, rounded down.
    pub done_percent: u32,
    /// How many nodes have each status, those that none has left out.
    pub statuses: Vec<StatusCount>,
    /// Attempts ever made.
    pub attempts: u64,
    /// Sum over the last attempts of its nodes: what was repeated does not count twice.
    pub counts: Counts,
    /// Rows read a minute, over the whole duration.
    pub rows_read_per_minute: u64,
    /// Rows written a minute, over the whole duration.
    pub rows_written_per_minute: u64,
    /// How long nodes took that succeeded; absent if none did.
    pub durations: Option<Durations>,
    /// What is being worked on.
    pub running: Vec<WorkView>,
    /// Nodes whose last attempt failed or crashed, in the order of the graph.
    pub failures: Vec<FailureView>,
    /// Late data that was ever reported for its nodes.
    pub late: Vec<LateLine>,
    /// When it is done, if it goes on as runs before it did; absent if there is nothing to tell that from.
    pub estimate: Option<Estimate>,
    /// What wants attention, and what to do about it.
    pub recommendations: Vec<Recommendation>,
}

/// By when something has to be over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// How long that is from now on.
    pub left_ms: u64,
}

/// How many nodes have a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCount {
    /// The status.
    pub status: NodeStatus,
    /// How many have it.
    pub nodes: u64,
}

/// How long the nodes of a run took that succeeded: each by its last attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// On average.
    pub average_ms: u64,
    /// The fastest.
    pub fastest: NodeDuration,
    /// The slowest.
    pub slowest: NodeDuration,
}

/// How long a node took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDuration {
    /// Name.
    pub node: String,
    /// How long.
    pub duration_ms: u64,
}

/// An attempt that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkView {
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Its worker.
    pub worker: String,
    /// When it started, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// By when it has to be done; absent if it has no deadline of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
}

/// A node whose last attempt did not end well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureView {
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Status of the attempt: failed or crashed.
    pub status: AttemptStatus,
    /// When it ended, milliseconds since the Unix epoch.
    pub finished_at_ms: Option<i64>,
    /// What went wrong; absent of one that crashed.
    pub error: Option<ErrorRecord>,
    /// Earliest time of the next attempt, if it waits for one, milliseconds since the Unix epoch.
    pub retry_at_ms: Option<i64>,
}

/// When a run is done, if it goes on as runs before it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// When, milliseconds since the Unix epoch.
    pub finish_at_ms: i64,
    /// Runs before it that were looked at.
    pub runs: u32,
    /// Nodes that have succeeded in none of them: they are taken to need no time.
    pub unknown: Vec<String>,
    /// Nodes that have lasted longer by now than they mostly do.
    pub late: Vec<String>,
    /// By how much it will miss the deadline of the run; absent if it will keep it, or has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misses_deadline_by_ms: Option<u64>,
    /// What it rests on, in words.
    pub rests_on: String,
}

/// Something that wants attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// What kind of thing it is.
    pub code: RecommendationCode,
    /// What it is and what to do about it, in words.
    pub message: String,
    /// Nodes that it is about, in the order of the graph.
    pub nodes: Vec<String>,
}

/// The kinds of things that want attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecommendationCode {
    /// The run is paused.
    Paused,
    /// Nodes failed for good.
    FailedNodes,
    /// Nodes failed, and will be tried again.
    WaitingNodes,
    /// Nodes that nobody has begun, or that are to be begun again.
    PendingNodes,
    /// Nodes whose workers died twice or more.
    CrashingNodes,
    /// Rows failed.
    RowsFailed,
    /// Batches of which nobody knows whether the sink took them.
    BatchesInDoubt,
    /// The run ran into its deadline.
    DeadlinePassed,
    /// Nodes covered something else than the window of the run, or than each other.
    WindowDrift,
}
