//! Commands.

use highwater_core::command;
use highwater_format::fact;

use super::super::wit::commands;
use super::shape::{records, variants};

variants! {
    command <=> commands;
    Command {
        DescribePipeline, ListLeases, ListWorkers, DescribeStream, Validate, VerifyIntegrity, ListBackups;
        DeclareGraph(_), ReadLog(_),
        StartRun(_), ResumeRun(_), FinishRun(_), CancelRun(_), DescribeRun(_), ListRuns(_),
        BeginNode(_), ReportProgress(_), SucceedAttempt(_), FailAttempt(_), ForceNode(_), SkipNode(_), DescribeNode(_),
        ResetFailed(_), Why(_),
        GetHwm(_), SetHwms(_), RewindHwm(_), DeleteHwm(_), ListHwms(_), HwmHistory(_),
        DeclareHwm(_), ObserveSource(_), GetPositions(_),
        PrepareBatch(_), CommitBatch(_), AbortBatch(_), ListBatches(_), DeclareSink(_),
        DescribeCoverage(_), ListCoverage(_), MarkCoverage(_),
        DeclareCadence(_), ListCadences(_), ListWindows(_), FindWindow(_),
        DeclareLateRule(_), ListLateRules(_), ReportArrivals(_),
        DeclarePartitions(_), ChangePartitionKeys(_), MarkPartitions(_), RekeyPartitions(_), DescribePartitions(_),
        ListPartitions(_), ListPartitionKeys(_),
        Plan(_), ApplyPlan(_), ListBackfills(_), ChangeBackfill(_),
        AcquireLease(_), ReleaseLease(_), ForceUnlock(_), Beat(_),
        BuryItems(_), ListDeadLetters(_), SettleDeadLetters(_),
        ReportRun(_), ReportDrift(_), PauseRun(_), HandBackAttempt(_), StopWorker(_), AllowWorker(_),
        DeclareStream(_), RestoreStream(_), TriggerCheckpoint(_), AcknowledgeCheckpoint(_), AbortCheckpoint(_),
        DescribeCheckpoint(_), ListCheckpoints(_), DeleteCheckpoint(_), SettleTransactions(_), ReclaimState(_),
        Repair(_), Backup(_), DeleteBackup(_), Diff(_), Revert(_), Fork(_),
    }
    PlanOf { Run; Resume(_), RetryFailed(_), Backfill(_), Restatement(_) }
    CheckpointRef { Latest; Number(_), Savepoint(_) }
}

variants! {
    command <=> commands;
    ArtifactCheck { Existence, Size, Digest; }
}

records! {
    command <=> commands;
    DeclareGraph { nodes }
    ReadLog { from_version, limit }
    StartRun { run, params, tags, trigger, code_version, logical_time_ms, parent, worker, deadline_ms, window }
    ResumeRun { run, worker, reason, actor }
    ReportRun { run }
    ReportDrift { run, from, limit }
    PauseRun { run, reason, actor }
    BuryItems { attempt, items }
    ListDeadLetters { node, requeued, cursor, limit }
    SettleDeadLetters { node, keys, requeue, reason, actor, attempt }
    HandBackAttempt { attempt, counts, state, reason }
    StopWorker { worker, grace_ms, reason, actor }
    AllowWorker { worker, reason, actor }
    FinishRun { run, status, error }
    CancelRun { run, reason, actor }
    DescribeRun { run }
    ListRuns { statuses, tags, since_ms, until_ms, cursor, limit }
    BeginNode { run, node, worker, lease_ms, force, fingerprint, trust_unknown, cover, partitions }
    Cover { partition, axis, intervals, due, backfill, limit, restate }
    Covered { partition, axis, intervals }
    AttemptRef { run, node, token }
    ReportProgress { attempt, counts, state, hwms, covered, partitions }
    SucceedAttempt { attempt, counts, hwms, artifacts, covered, partitions }
    ArtifactReport { uri, size_bytes, digest, check }
    FailAttempt { attempt, counts, error, partitions }
    ForceNode { run, node, reason, actor, downstream }
    SkipNode { run, node, reason, actor, downstream }
    DescribeNode { node }
    PrepareBatch { attempt, hwms, state, counts, supersede, covered }
    CommitBatch { batch, attempt, receipt, reason, actor }
    AbortBatch { batch, attempt, reason, actor }
    ListBatches { statuses, node, limit }
    DeclareSink { node, kind }
    ResetFailed { run, reason, actor, dry_run }
    Why { run, node }
    GetHwm { name }
    HwmUpdate { name, value, cast, keys }
    Holder { lease, token }
    SetHwms { hwms, holder }
    RewindHwm { name, value, reason, actor, dry_run }
    DeleteHwm { name, reason, actor }
    ListHwms { prefix, cursor, limit }
    HwmHistory { name }
    ObserveSource { name, earliest, latest }
    GetPositions { names }
    DescribeCoverage { node, partition, from, to, gaps, limit }
    ListCoverage { cursor, limit }
    MarkCoverage { node, partition, axis, intervals, status, reason, actor, dry_run }
    DeclareCadence { node, cadence, start_date }
    ListCadences { cursor, limit }
    DeclareLateRule { node, rule }
    ListLateRules { cursor, limit }
    ReportArrivals { arrivals, run, worker }
    Arrival { node, partition, axis, intervals, rows }
    DeclarePartitions { node, dimensions }
    ChangePartitionKeys { node, dimension, add, remove, forget, reason, actor }
    MarkPartitions { node, status, marks, reason, actor, dry_run }
    RekeyPartitions { node, dimension, keys, add, reason, actor, dry_run }
    DescribePartitions { node, cursor, limit }
    ListPartitions { node, partitions, statuses, prefix, cursor, limit }
    ListPartitionKeys { node, dimension, cursor, limit }
    PartitionsWanted { partitions, prefix, fingerprint, restate, limit }
    PartitionOutcome { partition, failed, rows, fingerprint }
    ListWindows { node, partition, from, to, statuses, limit }
    FindWindow { date, cadence }
    PlanRange { nodes, downstream, partition, interval }
    Plan { of, from, limit }
    ApplyPlan { of, basis, id, order, max_concurrent, reason, actor }
    ListBackfills { backfill, cursor, limit }
    ChangeBackfill { backfill, action, reason, actor }
    AcquireLease { name, worker, lease_ms }
    ReleaseLease { holder }
    ForceUnlock { lease, reason, actor }
    Beat { worker, place }
    Repair { dry_run, reason, actor }
    Backup { name, keep, keep_ms }
    DeleteBackup { id }
    Diff { from, to, limit }
    Revert { to, dry_run, reason, actor }
    Fork { source, at, reason, actor }
    DeclareStream { operators, key_groups, policy }
    TriggerCheckpoint { savepoint, if_due, holder }
    AcknowledgeCheckpoint { checkpoint, acknowledgements, holder }
    AbortCheckpoint { checkpoint, reason, actor }
    DescribeCheckpoint { checkpoint }
    ListCheckpoints { statuses, cursor, limit }
    DeleteCheckpoint { checkpoint, reason, actor }
    RestoreStream { from, drop_operators, dry_run, holder, reason, actor }
    SettleTransactions { transactions }
    ReclaimState { deleted, limit }
}

variants! {
    fact <=> commands;
    BackfillAction { Pause, Resume, Cancel, Delete; }
}

records! {
    fact <=> commands;
    Acknowledgement { operator, subtask, state, parts, positions, transaction }
    TransactionRef { checkpoint, operator, subtask }
    DeadItem { key, error, payload }
}
