//! Answers.

use highwater_core::{answer, backfill};
use highwater_format::fact;

use super::super::wit::answers;
use super::shape::{records, variants};

variants! {
    answer <=> answers;
    Answer {
        ;
        Done(_), Pipeline(_), Log(_), RunStarted(_), Run(_), Runs(_), Report(_), Begun(_), Failed(_), Prepared(_),
        Batches(_), Reset(_), Node(_), Why(_),
        Hwm(_), HwmsSet(_), Rewound(_), Hwms(_), HwmHistory(_), Positions(_), Lease(_),
        Coverage(_), CoverageLines(_), CoverageChanged(_), Cadences(_), Windows(_), Window(_),
        LateRules(_), Arrivals(_), Drift(_),
        Partitionings(_), Partitions(_), PartitionKeys(_), PartitionsChanged(_), PartitionsMoved(_),
        Plan(_), PlanApplied(_), Backfills(_),
        Leases(_), Beaten(_), Workers(_), WorkerStop(_), DeadLetters(_),
        Stream(_), StreamRestored(_), CheckpointTrigger(_), Acknowledged(_), Checkpoint(_), Checkpoints(_),
        Reclaimable(_), Validation(_), Integrity(_), Repaired(_), BackedUp(_), Backups(_), Diff(_), Reverted(_),
        Forked(_),
    }
    Begun { ; Run(_), Skip(_), Wait(_) }
    CheckpointTrigger { ; Triggered(_), Wait(_) }
    PlanAction { Run, Skip, Wait; }
    LeaseAnswer { ; Granted(_), Held(_) }
    StopCause { RunPaused, WorkerStopped; }
    RecommendationCode {
        Paused, FailedNodes, WaitingNodes, PendingNodes, CrashingNodes, RowsFailed, BatchesInDoubt, DeadlinePassed,
        WindowDrift;
    }
    DriftKind { Nothing, StartsLate, Behind, Gap, StartsEarly, Ahead, OtherAxis; }
}

variants! {
    backfill <=> answers;
    BackfillStatus { Running, Paused, Cancelled, Done; }
}

records! {
    answer <=> answers;
    Done { version, changed }
    PipelineView { version, digest, graph, runs, open_runs, hwms, leases, snapshot_version, in_doubt, guarantees }
    Log { records, next, floor }
    LogRecord { version, decided_at_ms, writer, facts }
    LogFact { name, json }
    RunStarted { run, resumed }
    RunView {
        run, status, started_at_ms, finished_at_ms, restarts, params, tags, trigger, code_version, logical_time_ms,
        parent, worker, counts, error, cancel_reason, cancel_actor, pause, deadline_at_ms, window, nodes,
    }
    NodeView { node, status, reason, retry_at_ms, attempts }
    AttemptView { attempt, status, worker, token, started_at_ms, finished_at_ms, counts, error, reason, deadline_at_ms }
    Runs { runs, next }
    RunReport {
        run, status, started_at_ms, finished_at_ms, duration_ms, window, deadline, restarts, nodes, done, done_percent,
        statuses, attempts, counts, rows_read_per_minute, rows_written_per_minute, durations, running, failures,
        late, estimate, recommendations,
    }
    DriftReport { run, window, compared_with, consistent, drifted, nodes, count, next }
    NodeDrift { node, partition, status, axis, expected, covered, missing, outside, drift }
    StatusCount { status, nodes }
    Durations { average_ms, fastest, slowest }
    NodeDuration { node, duration_ms }
    WorkView { node, attempt, worker, started_at_ms, deadline }
    Deadline { at_ms, left_ms }
    FailureView { node, attempt, status, finished_at_ms, error, retry_at_ms }
    Estimate { finish_at_ms, runs, unknown, late, misses_deadline_by_ms, rests_on }
    Recommendation { code, message, nodes }
    Go { attempt, token, lease, reason, state, previous, in_doubt, intervals, partitions, deadline_at_ms }
    Prepared { batch, key }
    BatchView {
        batch, key, status, run, node, attempt, hwms, state, counts, prepared_at_ms, ended_at_ms, receipt, reason,
        actor, covered,
    }
    Guarantee { node, sink, exactly_once, reason }
    Wait { until_ms, reason }
    Failed { retry_at_ms, attempts, reason }
    Reset { nodes, applied }
    NodeSummary { node, success }
    SuccessView { run, attempt, token, version, at_ms, fingerprint, artifacts, overtaken_by }
    NodeWhy { node, status, decisions }
    Decision { version, at_ms, what, why }
    HwmView { name, value, version, updated_at_ms, run, node }
    HwmsSet { version, moved }
    Rewound { name, from, to, applied, version }
    Hwms { hwms, next }
    HwmChange { version, at_ms, what, value, run, node, reason, actor }
    Position { name, spec, value, from, lower, keys, earliest, latest, forgotten, reason }
    Coverage { axis, spans, claims, edge, next, late_rule, late }
    Span { start, end, status, version, at_ms, run, reason, actor }
    ClaimView { start, end, run, token, since_ms }
    CoverageLines { lines, next }
    CoverageLine { node, partition, axis, start, end, edge, late_reports }
    CoverageChanged { axis, changed, applied, version }
    Cadences { cadences, next }
    CadenceView { node, cadence }
    LateRules { rules, next }
    LateRuleView { node, rule }
    Arrivals { arrivals, version }
    Arrived { node, partition, axis, reopened, recorded, refused, pending, upstream }
    LateCount { reports, rows }
    LateData { reopened, recorded, refused, last }
    LateReport { version, at_ms, action, start, end, rows, run, worker, upstream }
    LateLine { node, partition, reopened, recorded, refused }
    Partitionings { nodes, next }
    Partitioning { node, dimensions, counts, version, at_ms }
    Dimension { name, dynamic, keys }
    PartitionCounts { total, done, failed, stale, missing, claimed, rows }
    Partitions { partitions, next }
    PartitionView { partition, status, rows, fingerprint, run, attempt, version, at_ms, reason, actor, claim }
    PartitionClaim { run, attempt, token, at_ms }
    PartitionKeys { keys, next }
    PartitionKeyView { key, counts }
    PartitionsChanged { partitions, changed, applied, version }
    PartitionsMoved { moves, moved, total, applied, version }
    PartitionMove { from, to, status, coverage }
    Windows { axis, windows, next }
    WindowView { start, end, status, due_at_ms, run }
    Plan { version, basis, steps, count, next }
    PlanStep { node, axis, interval, windows, action, reason }
    PlanApplied { run, backfill, version }
    Backfills { backfills, next }
    BackfillView {
        backfill, status, nodes, partition, axis, interval, order, max_concurrent, windows, done, running, failed,
        created_at_ms, reason, actor,
    }
    Granted { token, lease_ms, taken_from }
    Held { worker, token, until_ms }
    LeaseView { name, worker, token, lease_ms, acquired_at_ms, evidence }
    Beaten { leases, stop }
    Pause { since_ms, reason, actor }
    DeadLetters { letters, next }
    DeadLetter { node, key, error, payload, run, attempt, at_ms, times, requeued }
    Requeued { at_ms, reason, actor }
    StopView { fence_at_ms, reason, actor }
    StopAsked { holding, cause, fence_at_ms, reason, actor }
    WorkerStop { worker, holds, fenced, fence_at_ms }
    Holding { lease, token }
    WorkerView { worker, beat, beat_at_ms, place, leases, stop }
    Validation { version, problems, runs, nodes, attempts, hwms, leases }
    Problem { what, place }
    Integrity { first_version, last_version, records, bytes, snapshots, first_bad, damage }
    Damaged { version, what, place }
    Repaired {
        needed, applied, from, kept_up_to, lost, lost_records, truncated, new_version, set_aside,
    }
    LostRange { from, to }
    BackedUp { backup, deleted }
    BackupInfo { id, version, taken_at_ms, name, size_bytes }
    Diff { from_version, to_version, changes, truncated }
    Change { kind, key, before, after }
    Reverted { from_version, to_version, version, applied, changes, truncated, interrupted }
    Forked { source, source_version, version }
    StreamView {
        operators, key_groups, policy, generation, restored_from, latest, in_flight, retained, due_at_ms,
        transactions, parts, reclaimable,
    }
    TransactionView { checkpoint, operator, subtask, status, transaction }
    Triggered { checkpoint, deadline_at_ms }
    TriggerWait { until_ms, reason }
    Acknowledged { status, missing, version, commit }
    CheckpointView {
        checkpoint, status, savepoint, operators, key_groups, generation, token, triggered_at_ms, ended_at_ms,
        missing, size_bytes, added_bytes, abort_reason, abort_actor, acknowledgements,
    }
    AcknowledgementView { operator, subtask, at_ms, state, parts, positions }
    Checkpoints { checkpoints, next }
    StreamRestored {
        checkpoint, generation, applied, positions, assignments, aborted, commit, abort, repeated,
        dropped_operators,
    }
    Assignment { operator, subtask, first_group, last_group, from }
    Reclaimable { parts, more }
}

records! {
    fact <=> answers;
    HwmMove { name, value, keys }
    CoveredIntervals { partition, axis, intervals }
}
