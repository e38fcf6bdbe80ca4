//! The rows of the folded state, as a snapshot holds them.
//!
//! They are declared with the same table as facts, so a snapshot of a newer version keeps its unknown fields when an
//! older one folds on, and unknown rows are refused by name. What can be derived from other rows is not stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{
    Artifact, CadenceDeclared, Counts, CoveredIntervals, ErrorRecord, Evidence, Fingerprint, HwmDeclared,
    HwmMove, LateRuleDeclared, NodeSpec, Reason, RunWindow, SinkDeclared, SourceObserved, WorkerStopped,
};
use highwater_format::value::Value;
use serde::{Deserialize, Serialize};

use crate::answer::{Decision, Pause};
use crate::attempt::AttemptStatus;
use crate::batch::BatchStatus;
use crate::node::NodeStatus;
use crate::run::RunStatus;

mod backfill;
mod checkpoint;
mod coverage;
mod dead_letter;
mod late;
mod partition;

pub use backfill::BackfillRow;
pub use checkpoint::{AcknowledgementRow, CheckpointRow, StatePartRow, StreamRow, TransactionRow};
pub use coverage::{ClaimRow, Extent, PieceRow};
pub use dead_letter::DeadLetterRow;
pub use late::{LateEntry, LateRow, UnseenRow};
pub use partition::{DimensionEntry, PartitionClaimRow, PartitionKeyRow, PartitionRow, PartitioningRow};

highwater_format::facts! {
    /// A row of a snapshot.
    #[derive(Clone, Debug, PartialEq)]
    pub enum Row {
        HeadRow = "head",
        GraphRow = "graph",
        RunRow = "run",
        NodeRow = "node",
        AttemptRow = "attempt",
        HwmRow = "hwm",
        HwmPastRow = "hwm-past",
        HwmDeclared = "hwm-spec",
        SourceObserved = "hwm-source",
        BatchRow = "batch",
        SinkDeclared = "sink",
        LeaseRow = "lease",
        StreamRow = "stream",
        CheckpointRow = "checkpoint",
        AcknowledgementRow = "acknowledgement",
        TransactionRow = "transaction",
        StatePartRow = "state-part",
        PieceRow = "coverage",
        ClaimRow = "claim",
        CadenceDeclared = "cadence",
        LateRuleDeclared = "late-rule",
        LateRow = "late",
        UnseenRow = "unseen",
        PartitioningRow = "partitioning",
        PartitionKeyRow = "partition-key",
        PartitionRow = "partition",
        PartitionClaimRow = "partition-claim",
        BackfillRow = "backfill",
        RememberedRow = "remembered",
        SuccessRow = "success",
        WorkerStopped = "worker-stop",
        DeadLetterRow = "dead-letter",
    }
}

/// Counters of the pipeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeadRow {
    /// Last fencing token that was given out.
    pub token: u64,
    /// Runs ever started; the next one gets this number.
    pub runs_started: u64,
    /// Runs ever finished.
    pub runs_finished: u64,
    /// Commands ever remembered under a dedupe key.
    pub remembered: u64,
    /// Checkpoints ever triggered; the next one gets the number after it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub checkpoints: u64,
    /// Starts of the stream.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u64,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// The declared graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GraphRow {
    /// Nodes, upstream ones first.
    pub nodes: Vec<NodeSpec>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// Id.
    pub run: String,
    /// Order of its start among all runs of the pipeline.
    pub number: u64,
    /// Order of its end among all runs of the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_number: Option<u64>,
    /// Status.
    pub status: RunStatus,
    /// When it started.
    pub started_at_ms: i64,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at_ms: Option<i64>,
    /// How often it was resumed.
    #[serde(default)]
    pub restarts: u32,
    /// Parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Version of the pipeline's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_version: Option<String>,
    /// The time that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_time_ms: Option<i64>,
    /// Run that it retries or belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Worker that started or last resumed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
    /// Why it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    /// Who cancelled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_actor: Option<String>,
    /// Why it is paused, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// When it fails if it has not ended before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_at_ms: Option<i64>,
    /// What it is asked to cover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<RunWindow>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A node of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    /// Id of the run.
    pub run: String,
    /// Name.
    pub node: String,
    /// Status.
    pub status: NodeStatus,
    /// Attempts made in this run.
    pub attempts: u32,
    /// Failed attempts since the start of the run or the last reset: what the retry policy counts.
    #[serde(default)]
    pub failures: u32,
    /// Earliest time of the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at_ms: Option<i64>,
    /// When the failure was decided that it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at_ms: Option<i64>,
    /// Why it has its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Why the next attempt will run, if somebody or something has said so already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_reason: Option<Reason>,
    /// Last decisions, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// What its attempts have done in this run, by partition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extents: Vec<Extent>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// An attempt of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number, from 1.
    pub attempt: u32,
    /// Status.
    pub status: AttemptStatus,
    /// Worker.
    pub worker: String,
    /// Fencing token.
    pub token: u64,
    /// When it started.
    pub started_at_ms: i64,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at_ms: Option<i64>,
    /// Totals.
    #[serde(default)]
    pub counts: Counts,
    /// Resume state, its own or the one of the attempt before.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "highwater_format::body::optional_bytes"
    )]
    pub state: Option<Vec<u8>>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
    /// Why it was started.
    pub reason: Reason,
    /// Where HWMs of unordered sources shall stand if it succeeds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposed: Vec<HwmMove>,
    /// What it works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The backfill that its intervals are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<String>,
    /// When it has failed if it has not ended before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_at_ms: Option<i64>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// The last success of a node, over all runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuccessRow {
    /// Name of the node.
    pub node: String,
    /// Run that it was in.
    pub run: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Fencing token of the attempt.
    pub token: u64,
    /// Version that recorded it.
    pub version: u64,
    /// When.
    pub at_ms: i64,
    /// What it worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// Token of an attempt that started since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overtaken_by: Option<u64>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A fact that is its own row: what was said last, and is as it was said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said<F> {
    pub(crate) fact: F,
    pub(crate) extra: Extra,
}

/// An HWM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmRow {
    /// Name, shared with the keys of the tables.
    #[serde(with = "shared_name")]
    pub name: Arc<str>,
    /// Changes ever made to it.
    pub changes: u64,
    /// The last change: the present value.
    pub last: HwmPoint,
    /// Keys of rows that are equal to the present value and were loaded, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// An earlier value of an HWM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmPastRow {
    /// Name, shared with the keys of the tables.
    #[serde(with = "shared_name")]
    pub name: Arc<str>,
    /// Number of the change, from 1.
    pub number: u64,
    /// The change.
    pub point: HwmPoint,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// One change of an HWM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmPoint {
    /// Version of the pipeline that recorded it.
    pub version: u64,
    /// When.
    pub at_ms: i64,
    /// What happened.
    pub what: HwmEvent,
    /// Value after it; absent after a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Run that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Node that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// What can happen to an HWM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HwmEvent {
    /// It got its first value or moved forward.
    Set,
    /// Its type was changed on purpose.
    Cast,
    /// It was moved backwards on purpose.
    Rewind,
    /// It was deleted.
    Delete,
    /// It was put back with the whole state.
    Revert,
    /// It came with the state of another pipeline.
    Fork,
    /// The coverage that it follows changed, or it was declared to follow it.
    Derived,
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchRow {
    /// Number, and fencing token.
    pub batch: u64,
    /// Run of the attempt that prepared it.
    pub run: String,
    /// Its node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Status.
    pub status: BatchStatus,
    /// What the sink knows it by.
    pub key: String,
    /// HWMs that move with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hwms: Vec<HwmMove>,
    /// Resume state that comes with it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "highwater_format::body::optional_bytes"
    )]
    pub state: Option<Vec<u8>>,
    /// Totals with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// When it was prepared.
    pub prepared_at_ms: i64,
    /// When it was committed or aborted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
    /// What the sink gave as a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Why it was aborted, or committed by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who did that by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Intervals that are done with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<CoveredIntervals>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A lease that is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseRow {
    /// Name.
    pub name: String,
    /// Worker that holds it.
    pub worker: String,
    /// Fencing token.
    pub token: u64,
    /// Length.
    pub lease_ms: u64,
    /// When it was granted.
    pub acquired_at_ms: i64,
    /// What the holder saw of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Run and node whose attempt it protects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<(String, String)>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A command that was carried out under a dedupe key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RememberedRow {
    /// The dedupe key.
    pub key: String,
    /// Order among all commands ever remembered.
    pub number: u64,
    /// Digest of the commands.
    pub command: u64,
    /// The encoded answers.
    #[serde(with = "highwater_format::body::bytes")]
    pub answers: Vec<u8>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A shared text, written like any other.
mod shared_name {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(name: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Arc::from)
    }
}
