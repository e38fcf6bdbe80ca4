//! Commands: what an application asks of a pipeline.

use std::collections::BTreeMap;

use highwater_format::fact::{Counts, ErrorRecord, NodeSpec};
use serde::{Deserialize, Serialize};

mod batch;
mod cadence;
mod checkpoint;
mod control;
mod coverage;
mod dead_letter;
mod hwm;
mod late;
mod lease;
mod maintenance;
mod node;
mod partition;
mod plan;
mod run;

pub use batch::{AbortBatch, CommitBatch, DeclareSink, ListBatches, PrepareBatch};
pub use cadence::{DeclareCadence, FindWindow, ListCadences, ListWindows};
pub use checkpoint::{
    AbortCheckpoint, AcknowledgeCheckpoint, CheckpointRef, DeclareStream, DeleteCheckpoint,
    DescribeCheckpoint, ListCheckpoints, ReclaimState, RestoreStream, SettleTransactions, TriggerCheckpoint,
};
pub use control::{AllowWorker, HandBackAttempt, PauseRun, StopWorker};
pub use coverage::{Cover, Covered, DescribeCoverage, ListCoverage, MarkCoverage};
pub use dead_letter::{BuryItems, ListDeadLetters, SettleDeadLetters};
pub use hwm::{
    DeleteHwm, GetHwm, GetPositions, HwmCoverage, HwmHistory, HwmSpec, HwmUpdate, ListHwms, ObserveSource,
    RewindHwm, SetHwms,
};
pub use late::{Arrival, DeclareLateRule, ListLateRules, ReportArrivals};
pub use lease::{AcquireLease, Beat, ForceUnlock, Holder, ReleaseLease};
pub use maintenance::{Backup, DeleteBackup, Diff, Fork, Repair, Revert};
pub use node::{ArtifactCheck, ArtifactReport, DescribeNode, SkipNode};
pub use partition::{
    ChangePartitionKeys, DeclarePartitions, DescribePartitions, ListPartitionKeys, ListPartitions,
    MarkPartitions, PartitionOutcome, PartitionsWanted, RekeyPartitions,
};
pub use plan::{ApplyPlan, ChangeBackfill, ListBackfills, Plan, PlanOf, PlanRange};
pub use run::{CancelRun, DescribeRun, FinishRun, ListRuns, ReportDrift, ReportRun, ResumeRun, StartRun};

/// One thing asked of a pipeline. Reads are commands too, so that their order against writes is defined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// A summary of the pipeline. Answer: [`Answer::Pipeline`](crate::answer::Answer::Pipeline).
    DescribePipeline,
    /// Declares the graph of the pipeline; the same graph again changes nothing. Answer: `Done`.
    DeclareGraph(DeclareGraph),
    /// Reads facts of the journal as they stand there. Answer: `Log`.
    ReadLog(ReadLog),
    /// Starts a run, or resumes the unfinished run with this id; one that is paused stays so. Answer: `RunStarted`.
    StartRun(StartRun),
    /// Resumes an unfinished run; one that is paused goes on. Answer: `RunStarted`.
    ResumeRun(ResumeRun),
    /// Ends a run. Answer: `Run`.
    FinishRun(FinishRun),
    /// Stops a run for good; its attempts are fenced. Answer: `Run`.
    CancelRun(CancelRun),
    /// One run with its nodes and all attempts. Answer: `Run`.
    DescribeRun(DescribeRun),
    /// What a run came to so far: counts, durations, failures, an estimate of its end, and what to do. Answer: `Report`.
    #[serde(skip)]
    ReportRun(ReportRun),
    /// What each node of a run covered, against the window of the run or against each other. Answer: `Drift`.
    #[serde(skip)]
    ReportDrift(ReportDrift),
    /// Runs, newest first. Answer: `Runs`.
    ListRuns(ListRuns),
    /// Asks to work on a node. Answer: `Begun`, which says run, skip or wait.
    BeginNode(BeginNode),
    /// Reports totals and resume state of a running attempt. Answer: `Done`.
    ReportProgress(ReportProgress),
    /// Ends an attempt well, and moves HWMs in the same record. Answer: `Done`.
    SucceedAttempt(SucceedAttempt),
    /// Ends an attempt badly; the retry policy decides what comes next. Answer: `Failed`.
    FailAttempt(FailAttempt),
    /// Writes down what a sink is to take at once, before it does. Answer: `Prepared`.
    PrepareBatch(PrepareBatch),
    /// Says that the sink took a batch, and moves its HWMs in the same record; again changes nothing. Answer: `Done`.
    CommitBatch(CommitBatch),
    /// Says that the sink did not take a batch and will not; again changes nothing. Answer: `Done`.
    AbortBatch(AbortBatch),
    /// Batches, newest first. Answer: `Batches`.
    ListBatches(ListBatches),
    /// Declares what the sink of a node does with rows that come twice. Answer: `Done`.
    DeclareSink(DeclareSink),
    /// Makes a node run again whatever its status is. Answer: `Done`.
    ForceNode(ForceNode),
    /// Makes all failed nodes of a run ready to be tried again. Answer: `Reset`.
    ResetFailed(ResetFailed),
    /// Says that a node need not run in a run. Answer: `Done`.
    SkipNode(SkipNode),
    /// The last success of a node, over all runs. Answer: `Node`.
    DescribeNode(DescribeNode),
    /// Explains the status of a run's nodes. Answer: `Why`.
    Why(Why),
    /// One HWM. Answer: `Hwm`.
    GetHwm(GetHwm),
    /// Moves one HWM or many, all or none. Answer: `HwmsSet`.
    SetHwms(SetHwms),
    /// Moves an HWM backwards on purpose. Answer: `Rewound`.
    RewindHwm(RewindHwm),
    /// Deletes an HWM. Answer: `Done`.
    DeleteHwm(DeleteHwm),
    /// HWMs by prefix, in byte order of their names. Answer: `Hwms`.
    ListHwms(ListHwms),
    /// Earlier values of an HWM, newest first. Answer: `HwmHistory`.
    HwmHistory(HwmHistory),
    /// Declares how an HWM is kept and read; the same declaration again changes nothing. Answer: `Done`.
    DeclareHwm(HwmSpec),
    /// Says what a source has, so that the answer of `GetPositions` tells when it has forgotten rows. Answer: `Done`.
    ObserveSource(ObserveSource),
    /// From where to where readers read. Answer: `Positions`.
    GetPositions(GetPositions),
    /// What of its axis a node has done, what not, and who works on what. Answer: `Coverage`.
    DescribeCoverage(DescribeCoverage),
    /// Nodes and partitions that have coverage. Answer: `CoverageLines`.
    ListCoverage(ListCoverage),
    /// Marks intervals of a node by hand. Answer: `CoverageChanged`.
    MarkCoverage(MarkCoverage),
    /// Declares into which windows the axis of a node is divided; the same again changes nothing. Answer: `Done`.
    DeclareCadence(DeclareCadence),
    /// Cadences by the names of their nodes. Answer: `Cadences`.
    ListCadences(ListCadences),
    /// The windows of a node, and how each stands. Answer: `Windows`.
    ListWindows(ListWindows),
    /// The window that begins on a date. Answer: `Window`.
    FindWindow(FindWindow),
    /// Declares what a node does about late data; the same again changes nothing. Answer: `Done`.
    DeclareLateRule(DeclareLateRule),
    /// Rules of late data by the names of their nodes. Answer: `LateRules`.
    ListLateRules(ListLateRules),
    /// Reports that rows arrived; what is late of it is dealt with as declared. Answer: `Arrivals`.
    ReportArrivals(ReportArrivals),
    /// Declares into which partitions a node is divided; the same again changes nothing. Answer: `Done`.
    DeclarePartitions(DeclarePartitions),
    /// Adds or removes keys of a dynamic dimension, all in one fact. Answer: `Done`.
    ChangePartitionKeys(ChangePartitionKeys),
    /// Marks partitions of a node by hand, all in one fact. Answer: `PartitionsChanged`.
    MarkPartitions(MarkPartitions),
    /// Renames keys or adds a dimension; how partitions stand goes with them. Answer: `PartitionsMoved`.
    RekeyPartitions(RekeyPartitions),
    /// How nodes are divided, and how many partitions stand how. Answer: `Partitionings`.
    DescribePartitions(DescribePartitions),
    /// The partitions of a node, and how each stands. Answer: `Partitions`.
    ListPartitions(ListPartitions),
    /// The keys of a dimension, and how many partitions of each stand how. Answer: `PartitionKeys`.
    ListPartitionKeys(ListPartitionKeys),
    /// What would run, be skipped or wait, and why. Answer: `Plan`.
    Plan(Plan),
    /// Carries out a plan, if one made now has the same steps. Answer: `PlanApplied`.
    ApplyPlan(ApplyPlan),
    /// Backfills by their ids, with their progress. Answer: `Backfills`.
    ListBackfills(ListBackfills),
    /// Pauses, resumes, cancels or deletes a backfill. Answer: `Done`.
    ChangeBackfill(ChangeBackfill),
    /// Asks for a lease by name. Answer: `Lease`.
    AcquireLease(AcquireLease),
    /// Gives a lease back. Answer: `Done`.
    ReleaseLease(ReleaseLease),
    /// Takes a lease, or the lease of a node, away from its holder. Answer: `Done`.
    ForceUnlock(ForceUnlock),
    /// All leases. Answer: `Leases`.
    ListLeases,
    /// A worker's sign of life; the answer says whether it still holds what it thinks it holds. Answer: `Beaten`.
    Beat(Beat),
    /// Workers that have beaten, and what they hold. Answer: `Workers`.
    ListWorkers,
    /// Holds up a run: nothing begins in it until it is resumed, and who works in it is told. Again changes nothing. Answer: `Run`.
    PauseRun(PauseRun),
    /// Ends an attempt at a safe place, neither done nor failed; its node is to be begun again. Answer: `Done`.
    HandBackAttempt(HandBackAttempt),
    /// Asks a worker to stop, and takes away what it holds when its time is up. Answer: `WorkerStop`.
    StopWorker(StopWorker),
    /// Lets a worker that was asked to stop begin again. Answer: `Done`.
    AllowWorker(AllowWorker),
    /// Puts items aside that an attempt cannot work on. Answer: `Done`.
    BuryItems(BuryItems),
    /// Items that were put aside, by node and key. Answer: `DeadLetters`.
    ListDeadLetters(ListDeadLetters),
    /// Has items worked on again, or drops them. Answer: `Done`.
    SettleDeadLetters(SettleDeadLetters),
    /// Declares the operators of a stream and its checkpoint policy; the same again changes nothing. Answer: `Done`.
    #[serde(skip)]
    DeclareStream(DeclareStream),
    /// The stream, what is under way, and what sinks have to settle. Answer: `Stream`.
    #[serde(skip)]
    DescribeStream,
    /// Starts the stream from a checkpoint, or says what that would mean. Answer: `StreamRestored`.
    #[serde(skip)]
    RestoreStream(RestoreStream),
    /// Begins a checkpoint, if it is time. Answer: `CheckpointTrigger`.
    #[serde(skip)]
    TriggerCheckpoint(TriggerCheckpoint),
    /// Hands over what sub-tasks have of a checkpoint; the last one completes it. Answer: `Acknowledged`.
    #[serde(skip)]
    AcknowledgeCheckpoint(AcknowledgeCheckpoint),
    /// Gives up a checkpoint that is under way. Answer: `Done`.
    #[serde(skip)]
    AbortCheckpoint(AbortCheckpoint),
    /// One checkpoint with all that was handed over. Answer: `Checkpoint`.
    #[serde(skip)]
    DescribeCheckpoint(DescribeCheckpoint),
    /// Checkpoints, newest first. Answer: `Checkpoints`.
    #[serde(skip)]
    ListCheckpoints(ListCheckpoints),
    /// Deletes a completed checkpoint, savepoints too. Answer: `Done`.
    #[serde(skip)]
    DeleteCheckpoint(DeleteCheckpoint),
    /// Sinks confirm that transactions are committed, or aborted, as their checkpoints were. Answer: `Done`.
    #[serde(skip)]
    SettleTransactions(SettleTransactions),
    /// Parts of states that may be deleted, after those that are. Answer: `Reclaimable`.
    #[serde(skip)]
    ReclaimState(ReclaimState),
    /// Checks the state against its own rules. Answer: `Validation`.
    #[serde(skip)]
    Validate,
    /// Reads everything that the store still holds and checks it: checksums, the chain of digests, gaps, snapshots. Works
    /// on a journal that cannot be opened. Answer: `Integrity`.
    #[serde(skip)]
    VerifyIntegrity,
    /// Makes a damaged journal open again, with what can still be read. Answer: `Repaired`.
    #[serde(skip)]
    Repair(Repair),
    /// Pins a snapshot of the head under an id. Answer: `BackedUp`.
    #[serde(skip)]
    Backup(Backup),
    /// The backups of the pipeline, newest first. Answer: `Backups`.
    #[serde(skip)]
    ListBackups,
    /// Deletes a backup; one that is not there is deleted already. Answer: `Done`.
    #[serde(skip)]
    DeleteBackup(DeleteBackup),
    /// What differs between two moments. Answer: `Diff`.
    #[serde(skip)]
    Diff(Diff),
    /// Puts the state back as it was at a moment, in one record; a backup is restored so. Answer: `Reverted`.
    #[serde(skip)]
    Revert(Revert),
    /// Starts this pipeline, which must be empty, with the state of another one. Answer: `Forked`.
    #[serde(skip)]
    Fork(Fork),
}

/// See [`Command::DeclareGraph`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeclareGraph {
    /// All nodes in any order; `after` may only name nodes of this list, and there must be no cycle.
    pub nodes: Vec<NodeSpec>,
}

/// See [`Command::ReadLog`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadLog {
    /// First version wanted, from 1.
    pub from_version: u64,
    /// Most records wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::BeginNode`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BeginNode {
    /// Id of the run.
    pub run: String,
    /// Name of the node; one that no graph names is made on first use.
    pub node: String,
    /// Worker that wants to work; must be unique to its process.
    pub worker: String,
    /// How long the worker's beat may stand still before another may take over, in milliseconds; 0 means the default.
    pub lease_ms: u64,
    /// Run it even if it succeeded or used up its attempts.
    pub force: bool,
    /// What it would work on, by name: `code`, `config`, `input`, each with a digest or a version of it. While that, the
    /// successes of the nodes before it and its artifacts are as at its last success, it is skipped as cached. Absent runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<BTreeMap<String, String>>,
    /// Take artifacts that nobody can look at for unchanged; otherwise they are a reason to run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trust_unknown: bool,
    /// What it shall cover; absent if the work has no intervals. Where all of it is done, the node is skipped, unless forced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// Which partitions it wants to be handed; absent if it works on none, and never beside `cover`. Where all of them are done, the
    /// node is skipped, unless forced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<PartitionsWanted>,
}

/// Names an attempt and proves that its holder speaks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AttemptRef {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Fencing token that `begin` answered.
    pub token: u64,
}

/// See [`Command::ReportProgress`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportProgress {
    /// The attempt.
    pub attempt: AttemptRef,
    /// Totals of the attempt so far, not increments.
    pub counts: Counts,
    /// State that the next attempt is handed if this one dies; absent leaves the last one.
    pub state: Option<Vec<u8>>,
    /// HWMs that move in the same record.
    pub hwms: Vec<HwmUpdate>,
    /// Intervals that are done in the same record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<Covered>,
    /// What became of partitions, in the same record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<PartitionOutcome>,
}

/// See [`Command::SucceedAttempt`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SucceedAttempt {
    /// The attempt.
    pub attempt: AttemptRef,
    /// Totals of the attempt; absent keeps those reported last.
    pub counts: Option<Counts>,
    /// HWMs that move in the same record.
    pub hwms: Vec<HwmUpdate>,
    /// What it made; no URI twice. One that is not there is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<ArtifactReport>,
    /// Intervals that are done in the same record. What else of its claims is left is done, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<Covered>,
    /// What became of partitions, in the same record. What else it was handed is done, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<PartitionOutcome>,
}

/// See [`Command::FailAttempt`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailAttempt {
    /// The attempt.
    pub attempt: AttemptRef,
    /// Totals of the attempt; absent keeps those reported last.
    pub counts: Option<Counts>,
    /// What went wrong.
    pub error: ErrorRecord,
    /// What became of partitions all the same, in the same record. What else it was handed has failed, unless it was done before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<PartitionOutcome>,
}

/// See [`Command::ForceNode`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForceNode {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
    /// The nodes after it run again too, each when those before it are done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub downstream: bool,
}

/// See [`Command::ResetFailed`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResetFailed {
    /// Id of the run.
    pub run: String,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
    /// Only say what would be reset.
    pub dry_run: bool,
}

/// See [`Command::Why`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// Id of the run.
    pub run: String,
    /// Name of the node; absent means all nodes.
    pub node: Option<String>,
}
