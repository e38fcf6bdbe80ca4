//! Shapes that several facts share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Final status of a run, as `run-finished` records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinalStatus {
    /// Everything that had to be done was done.
    Succeeded,
    /// Some nodes succeeded and some did not.
    Partial,
    /// The work failed.
    Failed,
    /// The worker died and nobody will take the run up again.
    Crashed,
}

/// What went wrong in a run or an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// Class of the error, for example `TimeoutError`: retry policies match on it.
    pub class: String,
    /// One line for a person.
    pub message: String,
    /// More, for example a stack trace.
    #[serde(default, skip_serializing_if = "is_none")]
    pub detail: Option<String>,
}

/// Totals of an attempt or a run. They only ever describe work, no decision rests on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows read from the source.
    pub rows_read: u64,
    /// Rows written to the sink.
    pub rows_written: u64,
    /// Rows that could not be processed.
    pub rows_failed: u64,
    /// Bytes moved.
    pub bytes: u64,
}

impl Counts {
    /// The sum of both, saturating.
    #[must_use]
    pub fn plus(self, other: Counts) -> Counts {
        Counts {
            rows_read: self.rows_read.saturating_add(other.rows_read),
            rows_written: self.rows_written.saturating_add(other.rows_written),
            rows_failed: self.rows_failed.saturating_add(other.rows_failed),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}

/// Why something was decided. The code is for programs, the message for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What kind of reason it is.
    pub code: ReasonCode,
    /// The reason in words.
    pub message: String,
}

/// The kinds of reasons that a decision about a node can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCode {
    /// Run: the node has not been tried in this run.
    FirstAttempt,
    /// Run: the last attempt failed and its back-off is over.
    Retry,
    /// Run: the last attempt's worker is gone, and its lease with it.
    TookOver,
    /// Run: somebody forced the node.
    Forced,
    /// Run: somebody reset the node.
    Reset,
    /// Skip: the node succeeded in this run.
    AlreadySucceeded,
    /// Skip: a node that this one comes after failed.
    UpstreamFailed,
    /// Skip: all attempts are used up, or the error was fatal.
    AttemptsExhausted,
    /// Wait: a node that this one comes after is not done.
    UpstreamPending,
    /// Wait: the back-off after a failure is not over.
    RetryBackoff,
    /// Wait: another worker holds the node, or what is left of the intervals.
    Held,
    /// Run: what the node works on or what it made is not as at its last success.
    Changed,
    /// Skip: the last success of the node stands for this one: the fingerprint is the same and the artifacts are there.
    Cached,
    /// Skip: somebody said that it need not run; for the nodes after it, it is done.
    Skipped,
    /// Skip: somebody said that neither it nor the nodes after it need to run.
    SkippedWithDownstream,
    /// Skip: all intervals that were asked for are done.
    AlreadyCovered,
    /// The window has not ended, or its rows may still come.
    NotDue,
    /// Wait: the run is paused.
    Paused,
    /// Run: the attempt before it was handed back, neither done nor failed.
    HandedBack,
}

/// What an observer saw before it took over a lease: the holder's beat stood still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Worker that watched.
    pub observer: String,
    /// Beat of the holder that it saw all the time; absent if there never was one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub beat: Option<u64>,
    /// For how long it watched, on its own clock, in milliseconds.
    pub still_ms: u64,
}

/// How often and when a node is tried again. Integers only, so that every host computes the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included; at least 1.
    pub max_attempts: u32,
    /// Pause after the first failure, in milliseconds.
    pub backoff_ms: u64,
    /// Growth of the pause at each failure, in percent: 200 doubles it.
    pub multiplier_percent: u32,
    /// Longest pause, in milliseconds.
    pub max_backoff_ms: u64,
    /// Largest random addition to a pause, in percent of it, 0 to 100.
    pub jitter_percent: u32,
    /// Error classes that are tried again; empty means all that are not fatal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retryable: Vec<String>,
    /// Error classes that are never tried again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fatal: Vec<String>,
}

impl Default for RetryPolicy {
    /// Three attempts, one second doubling to one minute, with up to a quarter of jitter.
    fn default() -> Self {
        RetryPolicy {
            max_attempts: 3,
            backoff_ms: 1_000,
            multiplier_percent: 200,
            max_backoff_ms: 60_000,
            jitter_percent: 25,
            retryable: Vec::new(),
            fatal: Vec::new(),
        }
    }
}

pub(super) fn is_none<T>(value: &Option<T>) -> bool {
    value.is_none()
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(super) fn is_empty<K, V>(map: &BTreeMap<K, V>) -> bool {
    map.is_empty()
}

pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}
