//! Answers: what a pipeline says to a command.
//!
//! Answers are kept under dedupe keys, so what can be asked under one has to be readable for ever. Maintenance, history,
//! streams and reports go without dedupe keys, and their answers are never kept.

use std::collections::BTreeMap;

use highwater_format::fact::{Counts, ErrorRecord, Interval, NodeSpec, Reason, RunWindow};
use highwater_format::value::Value;
use serde::{Deserialize, Serialize};

use crate::node::NodeStatus;
use crate::run::RunStatus;

mod batch;
mod cadence;
mod checkpoint;
mod control;
mod coverage;
mod dead_letter;
mod drift;
mod hwm;
mod late;
mod lease;
mod maintenance;
mod node;
mod partition;
mod plan;
mod report;

pub use batch::{BatchView, Guarantee, Prepared};
pub use cadence::{CadenceView, Cadences, WindowStatus, WindowView, Windows};
pub use checkpoint::{
    Acknowledged, AcknowledgementView, Assignment, CheckpointTrigger, CheckpointView, Checkpoints,
    Reclaimable, StreamRestored, StreamView, TransactionView, TriggerWait, Triggered,
};
pub use control::{Pause, StopAsked, StopCause, StopView, WorkerStop};
pub use coverage::{ClaimView, Coverage, CoverageChanged, CoverageLine, CoverageLines, Span};
pub use dead_letter::{DeadLetter, DeadLetters, Requeued};
pub use drift::{DriftKind, DriftReport, NodeDrift};
pub use hwm::{HwmChange, HwmView, Hwms, HwmsSet, Position, Rewound};
pub use late::{Arrivals, Arrived, LateCount, LateData, LateLine, LateReport, LateRuleView, LateRules};
pub use lease::{Beaten, Granted, Held, Holding, LeaseAnswer, LeaseView, WorkerView};
pub use maintenance::{
    BackedUp, BackupInfo, Change, Damaged, Diff, Forked, Integrity, LostRange, Problem, Repaired, Reverted,
    Validation,
};
pub use node::{NodeSummary, SuccessView};
pub use partition::{
    Dimension, PartitionClaim, PartitionCounts, PartitionKeyView, PartitionKeys, PartitionMove,
    PartitionView, Partitioning, Partitionings, Partitions, PartitionsChanged, PartitionsMoved,
};
pub use plan::{BackfillView, Backfills, Plan, PlanAction, PlanApplied, PlanStep};
pub use report::{
    Deadline, Durations, Estimate, FailureView, NodeDuration, Recommendation, RecommendationCode, RunReport,
    StatusCount, WorkView,
};

/// The answer to one command. Which variant belongs to which command stands at [`Command`](crate::command::Command).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// It is done and durable.
    Done(Done),
    /// Summary of a pipeline.
    Pipeline(PipelineView),
    /// Facts of the journal.
    Log(Log),
    /// A run was started or resumed.
    RunStarted(RunStarted),
    /// One run.
    Run(RunView),
    /// A page of runs, without their nodes.
    Runs(Runs),
    /// What a run came to so far.
    #[serde(skip)]
    Report(RunReport),
    /// What the nodes of a run covered, compared.
    #[serde(skip)]
    Drift(DriftReport),
    /// What to do with a node.
    Begun(Begun),
    /// What follows a failed attempt.
    Failed(Failed),
    /// A batch is durable, and its sink may take it.
    Prepared(Prepared),
    /// Batches.
    Batches(Vec<BatchView>),
    /// Nodes that were reset, or would be.
    Reset(Reset),
    /// A node over all runs.
    Node(NodeSummary),
    /// Explanations, one a node.
    Why(Vec<NodeWhy>),
    /// One HWM, or none of that name.
    Hwm(Option<HwmView>),
    /// Where the HWMs of a `SetHwms` stand now, in the order of the command.
    HwmsSet(HwmsSet),
    /// A rewind, done or only planned.
    Rewound(Rewound),
    /// A page of HWMs.
    Hwms(Hwms),
    /// Values of an HWM, newest first; the first one is the present one.
    HwmHistory(Vec<HwmChange>),
    /// From where to where readers read, in the order of the names asked for.
    Positions(Vec<Position>),
    /// The coverage of a node.
    Coverage(Coverage),
    /// A page of what has coverage.
    CoverageLines(CoverageLines),
    /// Coverage was marked by hand, or would be.
    CoverageChanged(CoverageChanged),
    /// A page of cadences.
    Cadences(Cadences),
    /// A page of windows.
    Windows(Windows),
    /// One window.
    Window(Interval),
    /// A page of rules of late data.
    LateRules(LateRules),
    /// What became of rows that arrived.
    Arrivals(Arrivals),
    /// A page of nodes that are divided.
    Partitionings(Partitionings),
    /// A page of partitions.
    Partitions(Partitions),
    /// A page of keys of a dimension.
    PartitionKeys(PartitionKeys),
    /// Partitions were marked, or would be.
    PartitionsChanged(PartitionsChanged),
    /// Partitions are called something else, or would be.
    PartitionsMoved(PartitionsMoved),
    /// A page of the steps of a plan.
    Plan(Plan),
    /// A plan was carried out.
    PlanApplied(PlanApplied),
    /// A page of backfills.
    Backfills(Backfills),
    /// What became of the wish for a lease.
    Lease(LeaseAnswer),
    /// All leases, by name.
    Leases(Vec<LeaseView>),
    /// A beat was written.
    Beaten(Beaten),
    /// Workers, by name.
    Workers(Vec<WorkerView>),
    /// A worker was asked to stop.
    WorkerStop(WorkerStop),
    /// A page of items that were put aside.
    DeadLetters(DeadLetters),
    /// The stream, if one is declared.
    #[serde(skip)]
    Stream(Option<StreamView>),
    /// A start of the stream, done or only planned.
    #[serde(skip)]
    StreamRestored(StreamRestored),
    /// What became of the wish for a checkpoint.
    #[serde(skip)]
    CheckpointTrigger(CheckpointTrigger),
    /// What was handed over is safe.
    #[serde(skip)]
    Acknowledged(Acknowledged),
    /// One checkpoint, or none if the latest was asked for and there is none.
    #[serde(skip)]
    Checkpoint(Option<CheckpointView>),
    /// A page of checkpoints.
    #[serde(skip)]
    Checkpoints(Checkpoints),
    /// Parts of states that may be deleted.
    #[serde(skip)]
    Reclaimable(Reclaimable),
    /// The state measured against its own rules.
    #[serde(skip)]
    Validation(Validation),
    /// What the store still holds, checked.
    #[serde(skip)]
    Integrity(Integrity),
    /// A repair, done or only planned.
    #[serde(skip)]
    Repaired(Repaired),
    /// A backup was made.
    #[serde(skip)]
    BackedUp(BackedUp),
    /// Backups, newest first.
    #[serde(skip)]
    Backups(Vec<BackupInfo>),
    /// What differs between two moments.
    #[serde(skip)]
    Diff(Diff),
    /// A revert, done or only planned.
    #[serde(skip)]
    Reverted(Reverted),
    /// The pipeline starts with the state of another one.
    #[serde(skip)]
    Forked(Forked),
}

/// See [`Answer::Done`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Version of the pipeline at which it holds.
    pub version: u64,
    /// False if nothing had to change.
    pub changed: bool,
}

/// See [`Answer::Pipeline`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PipelineView {
    /// Head version; 0 if nothing was ever written.
    pub version: u64,
    /// BLAKE3 digest of the head record, as hex; it covers the whole history through the chain.
    pub digest: String,
    /// Declared graph, upstream nodes first.
    pub graph: Vec<NodeSpec>,
    /// Runs kept, in all.
    pub runs: u64,
    /// Runs that are not finished, oldest first.
    pub open_runs: Vec<String>,
    /// HWMs.
    pub hwms: u64,
    /// Leases that are held.
    pub leases: u64,
    /// Version of the last snapshot; 0 if there is none.
    pub snapshot_version: u64,
    /// Batches that are in doubt.
    #[serde(default)]
    pub in_doubt: u64,
    /// What rows each declared node may write twice, in byte order of their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guarantees: Vec<Guarantee>,
}

/// See [`Answer::Log`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// Records in order.
    pub records: Vec<LogRecord>,
    /// `from_version` of the next page; absent at the end.
    pub next: Option<u64>,
    /// Oldest version that the store still holds, if older ones were asked for and are gone.
    pub floor: Option<u64>,
}

/// One record of the journal, made readable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogRecord {
    /// Its version.
    pub version: u64,
    /// When it was decided, milliseconds since the Unix epoch.
    pub decided_at_ms: i64,
    /// Id of the engine that wrote it, as hex.
    pub writer: String,
    /// Its facts, in order.
    pub facts: Vec<LogFact>,
}

/// One fact, made readable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogFact {
    /// Name of the fact, for example `hwm-set`.
    pub name: String,
    /// Its fields as JSON.
    pub json: String,
}

/// See [`Answer::RunStarted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// The run.
    pub run: RunView,
    /// True if it existed and was resumed.
    pub resumed: bool,
}

/// A run as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// Id.
    pub run: String,
    /// Status.
    pub status: RunStatus,
    /// When it started, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// When it ended, milliseconds since the Unix epoch.
    pub finished_at_ms: Option<i64>,
    /// How often it was resumed.
    pub restarts: u32,
    /// Parameters.
    pub params: BTreeMap<String, Value>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// What caused it.
    pub trigger: Option<String>,
    /// Version of the pipeline's code.
    pub code_version: Option<String>,
    /// The time that it is for, milliseconds since the Unix epoch.
    pub logical_time_ms: Option<i64>,
    /// Run that it retries or belongs to.
    pub parent: Option<String>,
    /// Worker that started or last resumed it.
    pub worker: Option<String>,
    /// Sum over the last attempts of its nodes.
    pub counts: Counts,
    /// What went wrong.
    pub error: Option<ErrorRecord>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// Who cancelled it.
    pub cancel_actor: Option<String>,
    /// Why it is paused, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// When it fails if it has not ended before, milliseconds since the Unix epoch; absent if it has no deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_at_ms: Option<i64>,
    /// What it is asked to cover; absent if its nodes say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<RunWindow>,
    /// Nodes in the order of the graph, then by name; empty in lists.
    pub nodes: Vec<NodeView>,
}

/// A node of a run as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeView {
    /// Name.
    pub node: String,
    /// Status.
    pub status: NodeStatus,
    /// Why it has that status.
    pub reason: Option<Reason>,
    /// Earliest time of the next attempt, if it waits for one, milliseconds since the Unix epoch.
    pub retry_at_ms: Option<i64>,
    /// All attempts, oldest first.
    pub attempts: Vec<AttemptView>,
}

/// An attempt as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptView {
    /// Number in the run, from 1.
    pub attempt: u32,
    /// Status.
    pub status: crate::attempt::AttemptStatus,
    /// Worker.
    pub worker: String,
    /// Fencing token.
    pub token: u64,
    /// When it started, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// When it ended, milliseconds since the Unix epoch.
    pub finished_at_ms: Option<i64>,
    /// Totals.
    pub counts: Counts,
    /// What went wrong.
    pub error: Option<ErrorRecord>,
    /// Why it was started.
    pub reason: Reason,
    /// When it has failed if it has not ended before, milliseconds since the Unix epoch; absent if it has no deadline of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_at_ms: Option<i64>,
}

/// See [`Answer::Runs`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Runs {
    /// Newest first.
    pub runs: Vec<RunView>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// See [`Answer::Begun`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Begun {
    /// Work on it.
    Run(Go),
    /// Leave it.
    Skip(Reason),
    /// Ask again later.
    Wait(Wait),
}

/// See [`Begun::Run`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Go {
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// Fencing token: pass it with every write, and store it in the sink if you can.
    pub token: u64,
    /// Name of the lease behind the attempt.
    pub lease: String,
    /// Why it runs.
    pub reason: Reason,
    /// Resume state that an earlier attempt of this run left.
    pub state: Option<Vec<u8>>,
    /// Totals that the attempt before reported last.
    pub previous: Option<Counts>,
    /// Batches of this node that are in doubt, oldest first: ask the sink for each by its key, and commit or abort it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_doubt: Vec<BatchView>,
    /// Intervals to work on, if it was asked for some: in order, and nobody else's while the attempt lives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<Interval>,
    /// Partitions to work on, if it was asked for some: in the order of their keys, and nobody else's while the attempt lives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<String>,
    /// When the attempt has failed if it has not ended before: by its own deadline or by that of its run, whichever is first.
    /// Milliseconds since the Unix epoch; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_at_ms: Option<i64>,
}

/// See [`Begun::Wait`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// When to ask again, milliseconds since the Unix epoch; never in the past.
    pub until_ms: i64,
    /// Why.
    pub reason: Reason,
}

/// See [`Answer::Failed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// Earliest time of the next attempt, milliseconds since the Unix epoch; absent if there will be none.
    pub retry_at_ms: Option<i64>,
    /// Attempts made so far.
    pub attempts: u32,
    /// Why there will be a next attempt, or none.
    pub reason: Reason,
}

/// See [`Answer::Reset`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reset {
    /// The nodes.
    pub nodes: Vec<String>,
    /// False if it was only asked what would happen.
    pub applied: bool,
}

/// Why a node has its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeWhy {
    /// Name.
    pub node: String,
    /// Status.
    pub status: NodeStatus,
    /// Decisions, oldest first.
    pub decisions: Vec<Decision>,
}

/// One decision about a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Version of the pipeline that recorded it.
    pub version: u64,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What: `run`, `skip`, `retry`, `give-up`, `crash`, `succeed`, `force`, `reset`, `cancel`,
    /// `hand-back`, `revert`, `restore` or `fork`.
    pub what: String,
    /// Why, in words.
    pub why: String,
}
