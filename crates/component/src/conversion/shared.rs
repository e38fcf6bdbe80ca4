//! Words that commands and answers share.

use highwater_core::{answer, attempt, batch, checkpoint, command, moment, node, run, transaction};
use highwater_format::fact;

use super::super::wit::types;
use super::shape::{records, variants};

records! {
    fact <=> types;
    ErrorRecord { class, message, detail }
    Counts { rows_read, rows_written, rows_failed, bytes }
    Reason { code, message }
    Evidence { observer, beat, still_ms }
    RetryPolicy { max_attempts, backoff_ms, multiplier_percent, max_backoff_ms, jitter_percent, retryable, fatal }
    NodeSpec { name, after, retry, deadline_ms }
    HwmLag { mode, amount }
    HwmCoverage { node, partition }
    Fingerprint { parts, upstream }
    Artifact { uri, size_bytes, digest }
    OperatorSpec { name, parallelism }
    CheckpointPolicy { interval_ms, timeout_ms, min_pause_ms, max_in_flight, retain, expire_ms }
    StatePart { name, size_bytes, digest }
    SourcePosition { name, value }
    Interval { start, end }
    RunWindow { axis, start, end }
    LateRule { action, allowed, beyond, downstream }
    PartitionDimension { name, dynamic, keys }
    PartitionMark { partition, rows, fingerprint }
    KeyRename { from, to }
    AddedDimension { dimension, key }
    Cadence { axis, unit, every, cron, zone, zone_rules, start, end, lag_ms, lookback }
}

variants! {
    fact <=> types;
    ReasonCode {
        FirstAttempt, Retry, TookOver, Forced, Reset, AlreadySucceeded, UpstreamFailed, AttemptsExhausted,
        UpstreamPending, RetryBackoff, Held, Changed, Cached, Skipped, SkippedWithDownstream, AlreadyCovered,
        NotDue,
        Paused, HandedBack;
    }
    Axis { Time, Integer; }
    LateAction { Record, Reopen, Refuse; }
    CadenceUnit { Fixed, Day, Week, Month, Quarter, Year, Cron; }
    BackfillOrder { OldestFirst, NewestFirst; }
    CoverageStatus { Missing, Done, Failed, Stale; }
    FinalStatus { Succeeded, Partial, Failed, Crashed; }
    HwmFunction { Max, Min, Last; }
    LagMode { ReadBack, HoldBack; }
    HwmBound { Open, Closed; }
    NullPolicy { Raise, Include, Exclude; }
    SinkKind { Transactional, Idempotent, Token, AtLeastOnce; }
}

records! {
    command <=> types;
    HwmSpec {
        name, function, value_type, lag, lower, upper, boundary_keys, nulls, initial, end, unordered, partitioned,
        coverage,
    }
}

variants! {
    answer <=> types;
    WindowStatus { Open, Missing, Partial, Running, Failed, Stale, Done; }
}

variants! {
    batch <=> types;
    BatchStatus { Prepared, InDoubt, Committed, Aborted; }
}

variants! {
    run <=> types;
    RunStatus { Running, Succeeded, Partial, Failed, Crashed, Cancelled, Paused; }
}

variants! {
    node <=> types;
    NodeStatus { Pending, Running, Waiting, Succeeded, Failed, UpstreamFailed, Cancelled, Cached, Skipped; }
}

variants! {
    attempt <=> types;
    AttemptStatus { Running, Succeeded, Failed, Crashed, Cancelled, HandedBack; }
}

variants! {
    moment <=> types;
    Moment { Head; Version(_), Time(_), Backup(_) }
}

variants! {
    checkpoint <=> types;
    CheckpointStatus { InProgress, Completed, Aborted, Discarded; }
}

variants! {
    transaction <=> types;
    TransactionStatus { Prepared, Committing, Aborting, Committed, Aborted; }
}
