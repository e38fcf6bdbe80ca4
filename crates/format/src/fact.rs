//! The facts of a pipeline's journal. Names and fields are for ever: see `FORMAT.md` on how they may grow.

mod artifact;
mod backfill;
mod batch;
mod cadence;
mod checkpoint;
mod control;
mod coverage;
mod dead_letter;
mod history;
mod hwm;
mod late;
mod lease;
mod node;
mod partition;
mod remembered;
mod run;
mod shared;

pub use artifact::{Artifact, Fingerprint};
pub use backfill::{BackfillAction, BackfillChanged, BackfillCreated, BackfillOrder};
pub use batch::{BatchAborted, BatchCommitted, BatchPrepared, CoveredIntervals, SinkDeclared, SinkKind};
pub use cadence::{Cadence, CadenceDeclared, CadenceUnit};
pub use checkpoint::{
    AbortCause, Acknowledgement, CheckpointAborted, CheckpointAcknowledged, CheckpointCompleted,
    CheckpointPolicy, CheckpointTriggered, CheckpointsDiscarded, DiscardCause, OperatorSpec, SourcePosition,
    StatePart, StatePartsDeleted, StreamDeclared, StreamRestored, TransactionRef, TransactionsSettled,
};
pub use control::{AttemptHandedBack, RunPaused, WorkerAllowed, WorkerStopped};
pub use coverage::{Axis, CoverageClaimed, CoverageMarked, CoverageStatus, Interval};
pub use dead_letter::{DeadItem, DeadLettersBuried, DeadLettersSettled};
pub use history::{JournalRepaired, ReplaceCause, RowKey, StateReplaced};
pub use hwm::{
    HwmBound, HwmCoverage, HwmDeclared, HwmDeleted, HwmFunction, HwmLag, HwmMove, HwmRewound, HwmSet,
    LagMode, NullPolicy, SourceObserved,
};
pub use late::{LateAction, LateArrival, LateDataReported, LateRule, LateRuleDeclared};
pub use lease::{LeaseAcquired, LeaseForced, LeaseReleased};
pub use node::{
    AttemptCrashed, AttemptFailed, AttemptProgressed, AttemptStarted, AttemptSucceeded, GraphDeclared,
    NodeForced, NodeReset, NodeSkipped, NodeSpec,
};
pub use partition::{
    AddedDimension, KeyRename, PartitionDimension, PartitionKeysChanged, PartitionMark, PartitionsClaimed,
    PartitionsDeclared, PartitionsMarked, PartitionsRekeyed,
};
pub use remembered::CommandRemembered;
pub use run::{RunCancelled, RunFinished, RunResumed, RunStarted, RunWindow};
pub use shared::{Counts, ErrorRecord, Evidence, FinalStatus, Reason, ReasonCode, RetryPolicy};

crate::facts! {
    /// Something that was decided about a pipeline and is durable.
    #[derive(Clone, Debug, PartialEq)]
    pub enum Fact {
        RunStarted = "run-started",
        RunResumed = "run-resumed",
        RunFinished = "run-finished",
        RunCancelled = "run-cancelled",
        GraphDeclared = "graph-declared",
        AttemptStarted = "attempt-started",
        AttemptProgressed = "attempt-progressed",
        AttemptSucceeded = "attempt-succeeded",
        AttemptFailed = "attempt-failed",
        AttemptCrashed = "attempt-crashed",
        NodeSkipped = "node-skipped",
        NodeForced = "node-forced",
        NodeReset = "node-reset",
        HwmSet = "hwm-set",
        HwmRewound = "hwm-rewound",
        HwmDeleted = "hwm-deleted",
        HwmDeclared = "hwm-declared",
        SourceObserved = "source-observed",
        BatchPrepared = "batch-prepared",
        BatchCommitted = "batch-committed",
        BatchAborted = "batch-aborted",
        SinkDeclared = "sink-declared",
        LeaseAcquired = "lease-acquired",
        LeaseReleased = "lease-released",
        LeaseForced = "lease-forced",
        CoverageClaimed = "coverage-claimed",
        CoverageMarked = "coverage-marked",
        CadenceDeclared = "cadence-declared",
        LateRuleDeclared = "late-rule-declared",
        LateDataReported = "late-data-reported",
        PartitionsDeclared = "partitions-declared",
        PartitionKeysChanged = "partition-keys-changed",
        PartitionsClaimed = "partitions-claimed",
        PartitionsMarked = "partitions-marked",
        PartitionsRekeyed = "partitions-rekeyed",
        BackfillCreated = "backfill-created",
        BackfillChanged = "backfill-changed",
        CommandRemembered = "command-remembered",
        StateReplaced = "state-replaced",
        StreamDeclared = "stream-declared",
        StreamRestored = "stream-restored",
        CheckpointTriggered = "checkpoint-triggered",
        CheckpointAcknowledged = "checkpoint-acknowledged",
        CheckpointCompleted = "checkpoint-completed",
        CheckpointAborted = "checkpoint-aborted",
        CheckpointsDiscarded = "checkpoints-discarded",
        TransactionsSettled = "transactions-settled",
        StatePartsDeleted = "state-parts-deleted",
        JournalRepaired = "journal-repaired" optional,
        RunPaused = "run-paused",
        AttemptHandedBack = "attempt-handed-back",
        WorkerStopped = "worker-stopped",
        WorkerAllowed = "worker-allowed",
        DeadLettersBuried = "dead-letters-buried",
        DeadLettersSettled = "dead-letters-settled",
    }
}
