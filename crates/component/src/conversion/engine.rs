//! What goes into a step, what comes out, and the options.

use highwater_core as core;
use highwater_core::{input, output};

use super::super::wit::{engine, types};
use super::shape::{records, variants};

records! {
    core <=> engine;
    Options { seed, conflict, resident_pipelines, snapshot_min_bytes, encryption_keys }
    ConflictPolicy { tries, first_delay_ms, max_delay_ms, jitter_ms }
}

variants! {
    input <=> engine;
    Input { ; Submission(_), Completion(_) }
    Freshness { Latest, Local; }
}

records! {
    input <=> engine;
    Submission { ticket, pipeline, commands, dedupe_key, freshness, at }
}

records! {
    output <=> engine;
    Output { requests, replies, wake_at_ms, notices }
    Reply { ticket, result }
    Notice { level, pipeline, code, message }
}

variants! {
    output <=> engine;
    NoticeLevel { Info, Warn; }
}

records! {
    core <=> types;
    Error { kind, message }
}

variants! {
    core <=> types;
    ErrorKind { Invalid, Conflict, Fenced, Unavailable, Corrupt, Internal; }
}
