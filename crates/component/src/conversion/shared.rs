//! Words that commands and answers share.

use highwater_core::{attempt, moment, node, run};
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
    NodeSpec { name, after, retry }
}

variants! {
    fact <=> types;
    ReasonCode {
        FirstAttempt, Retry, TookOver, Forced, Reset, AlreadySucceeded, UpstreamFailed, AttemptsExhausted,
        UpstreamPending, RetryBackoff, Held;
    }
    FinalStatus { Succeeded, Partial, Failed, Crashed; }
}

variants! {
    run <=> types;
    RunStatus { Running, Succeeded, Partial, Failed, Crashed, Cancelled; }
}

variants! {
    node <=> types;
    NodeStatus { Pending, Running, Waiting, Succeeded, Failed, UpstreamFailed, Cancelled; }
}

variants! {
    attempt <=> types;
    AttemptStatus { Running, Succeeded, Failed, Crashed, Cancelled; }
}

variants! {
    moment <=> types;
    Moment { Head; Version(_), Time(_), Backup(_) }
}
