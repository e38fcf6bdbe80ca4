//! Two of each fact: one with only what it must have, one with everything.
#![allow(dead_code, unreachable_pub)]

mod backfill;
mod batches;
mod cadence;
mod checkpoints;
mod control;
mod coverage;
mod deadlines;
mod late;
mod partitions;
mod windows;

use std::collections::BTreeMap;

use highwater_format::Fact;
use highwater_format::fact::*;
use highwater_format::value::{Value, ValueType};

/// Every fact with only its required fields, then every fact with all fields.
pub fn samples() -> Vec<Fact> {
    let first =
        [least(), most(), idempotent(), history(), hwm_depth(), checkpoints::samples(), batches::samples()];
    let second = [coverage::samples(), cadence::samples(), backfill::samples(), control::samples()];
    let third = [late::samples(), windows::samples(), partitions::samples()];
    [first.concat(), second.concat(), deadlines::samples(), third.concat()].concat()
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn some(word: &str) -> Option<String> {
    Some(text(word))
}

fn value(value_type: ValueType, text: &str) -> Value {
    Value::parse(value_type, text).unwrap()
}

/// One value of each type.
fn params() -> BTreeMap<String, Value> {
    let values = [
        (ValueType::Int, "-9223372036854775808"),
        (ValueType::Uint, "18446744073709551615"),
        (ValueType::Decimal, "1234567890123456789012345678901234567890.10"),
        (ValueType::Timestamp, "2024-02-29T12:30:00.123456789+05:30"),
        (ValueType::LocalTimestamp, "2024-02-29T12:30:00.120"),
        (ValueType::Date, "2024-02-29"),
        (ValueType::Text, "Zürich 🌊"),
        (ValueType::Bytes, "00ff"),
        (ValueType::Uuid, "123e4567-e89b-12d3-a456-426614174000"),
        (ValueType::Bool, "true"),
        (ValueType::Json, "{\"a\":[1.50,null]}"),
    ];
    values.map(|(value_type, sample)| (value_type.to_string(), value(value_type, sample))).into()
}

fn reason(code: ReasonCode) -> Reason {
    Reason { code, message: text("why") }
}

fn counts() -> Counts {
    Counts { rows_read: 1, rows_written: 200, rows_failed: 70_000, bytes: 5_000_000_000 }
}

fn error() -> ErrorRecord {
    ErrorRecord { class: text("TimeoutError"), message: text("too slow"), detail: some("at line 7") }
}

fn evidence() -> Evidence {
    Evidence { observer: text("worker-2"), beat: Some(41), still_ms: 30_000 }
}

fn retry() -> RetryPolicy {
    RetryPolicy {
        retryable: vec![text("TimeoutError")],
        fatal: vec![text("SchemaError")],
        ..RetryPolicy::default()
    }
}

fn fingerprint() -> Fingerprint {
    Fingerprint {
        parts: BTreeMap::from([(text("code"), text("9f2c1e")), (text("config"), text(""))]),
        upstream: BTreeMap::from([(text("extract"), u64::MAX)]),
    }
}

fn artifacts() -> Vec<Artifact> {
    vec![
        Artifact { uri: text("file:out/orders.parquet"), size_bytes: Some(0), digest: some("af13") },
        Artifact { uri: text("s3://lake/orders"), size_bytes: None, digest: None },
    ]
}

fn least() -> Vec<Fact> {
    let (run, node) = (|| text("r1"), || text("load"));
    let (reason_text, attempt) = (|| text("because"), 1);
    let least_evidence = Evidence { beat: None, ..evidence() };
    let least_error = ErrorRecord { detail: None, ..error() };
    vec![
        RunStarted { run: run(), ..RunStarted::default() }.into(),
        RunResumed { run: run(), ..RunResumed::default() }.into(),
        RunFinished { run: run(), status: FinalStatus::Succeeded, error: None }.into(),
        RunFinished { run: run(), status: FinalStatus::Partial, error: None }.into(),
        RunFinished { run: run(), status: FinalStatus::Crashed, error: Some(least_error.clone()) }.into(),
        RunCancelled { run: run(), reason: reason_text(), actor: None }.into(),
        GraphDeclared { nodes: vec![NodeSpec { name: node(), ..NodeSpec::default() }] }.into(),
        AttemptStarted {
            run: run(),
            node: node(),
            attempt,
            token: 1,
            worker: text("worker-1"),
            lease_ms: 0,
            reason: reason(ReasonCode::FirstAttempt),
            fingerprint: None,
            backfill: None,
            deadline_at_ms: None,
        }
        .into(),
        AttemptProgressed {
            run: run(),
            node: node(),
            attempt,
            counts: Counts::default(),
            state: None,
            proposed: vec![],
        }
        .into(),
        AttemptSucceeded { run: run(), node: node(), attempt, counts: Counts::default(), artifacts: vec![] }
            .into(),
        AttemptFailed {
            run: run(),
            node: node(),
            attempt,
            counts: Counts::default(),
            error: least_error,
            retry_at_ms: None,
            reason: reason(ReasonCode::AttemptsExhausted),
        }
        .into(),
        AttemptCrashed { run: run(), node: node(), attempt, evidence: None, reason: None, actor: None }
            .into(),
        AttemptCrashed {
            run: run(),
            node: node(),
            attempt,
            evidence: Some(least_evidence),
            reason: None,
            actor: None,
        }
        .into(),
        NodeSkipped {
            run: run(),
            node: node(),
            reason: reason(ReasonCode::UpstreamFailed),
            fingerprint: None,
            success: None,
            actor: None,
        }
        .into(),
        NodeForced { run: run(), node: node(), reason: reason_text(), actor: None }.into(),
        NodeReset { run: run(), node: node(), reason: reason_text(), actor: None }.into(),
        HwmSet { name: text("h"), value: Value::Int(0), cast: false, run: None, node: None, keys: vec![] }
            .into(),
        HwmRewound { name: text("h"), value: Value::Int(-1), reason: reason_text(), actor: None }.into(),
        HwmDeleted { name: text("h"), reason: reason_text(), actor: None }.into(),
        LeaseAcquired { name: text("l"), token: 1, worker: text("w"), lease_ms: 1, evidence: None }.into(),
        LeaseReleased { name: text("l"), token: 1 }.into(),
        LeaseForced { name: text("l"), token: 1, reason: reason_text(), actor: None }.into(),
        CommandRemembered { key: text("k"), command: 0, answers: vec![] }.into(),
    ]
}

/// Nodes that say what they work on, and what they have made.
fn idempotent() -> Vec<Fact> {
    let (run, node) = (|| text("2024-02-29/nightly"), || text("load orders"));
    let (attempt, actor) = (u32::MAX, || some("ada@example.org"));
    vec![
        AttemptStarted {
            run: run(),
            node: node(),
            attempt,
            token: u64::MAX,
            worker: text("worker-1"),
            lease_ms: 30_000,
            reason: reason(ReasonCode::TookOver),
            fingerprint: None,
            backfill: None,
            deadline_at_ms: None,
        }
        .into(),
        AttemptStarted {
            run: run(),
            node: node(),
            attempt,
            token: 7,
            worker: text("worker-1"),
            lease_ms: 30_000,
            reason: reason(ReasonCode::Changed),
            fingerprint: Some(fingerprint()),
            backfill: some("january"),
            deadline_at_ms: None,
        }
        .into(),
        AttemptSucceeded { run: run(), node: node(), attempt, counts: counts(), artifacts: artifacts() }
            .into(),
        NodeSkipped {
            run: run(),
            node: node(),
            reason: reason(ReasonCode::Cached),
            fingerprint: Some(fingerprint()),
            success: Some(7),
            actor: None,
        }
        .into(),
        NodeSkipped {
            run: run(),
            node: node(),
            reason: reason(ReasonCode::SkippedWithDownstream),
            fingerprint: None,
            success: None,
            actor: actor(),
        }
        .into(),
    ]
}

fn most() -> Vec<Fact> {
    let (run, node) = (|| text("2024-02-29/nightly"), || text("load orders"));
    let (reason_text, actor) = (|| text("the source was wrong"), || some("ada@example.org"));
    let attempt = u32::MAX;
    let extract = NodeSpec { name: text("extract"), ..NodeSpec::default() };
    let load =
        NodeSpec { name: node(), after: vec![text("extract")], retry: Some(retry()), deadline_ms: None };
    vec![
        RunStarted {
            run: run(),
            params: params(),
            tags: BTreeMap::from([(text("team"), text("sales"))]),
            trigger: some("cron"),
            code_version: some("9f2c1e"),
            logical_time_ms: Some(-1),
            parent: some("2024-02-28/nightly"),
            worker: some("worker-1"),
            ..RunStarted::default()
        }
        .into(),
        RunResumed { run: run(), worker: some("worker-2"), ..RunResumed::default() }.into(),
        RunFinished { run: run(), status: FinalStatus::Failed, error: Some(error()) }.into(),
        RunCancelled { run: run(), reason: reason_text(), actor: actor() }.into(),
        GraphDeclared { nodes: vec![extract, load] }.into(),
        AttemptProgressed {
            run: run(),
            node: node(),
            attempt,
            counts: counts(),
            state: Some(vec![0, 255]),
            proposed: vec![],
        }
        .into(),
        AttemptSucceeded { run: run(), node: node(), attempt, counts: counts(), artifacts: vec![] }.into(),
        AttemptFailed {
            run: run(),
            node: node(),
            attempt,
            counts: counts(),
            error: error(),
            retry_at_ms: Some(1_709_209_800_000),
            reason: reason(ReasonCode::RetryBackoff),
        }
        .into(),
        AttemptCrashed {
            run: run(),
            node: node(),
            attempt,
            evidence: Some(evidence()),
            reason: None,
            actor: None,
        }
        .into(),
        NodeSkipped {
            run: run(),
            node: node(),
            reason: reason(ReasonCode::AlreadySucceeded),
            fingerprint: None,
            success: None,
            actor: None,
        }
        .into(),
        NodeForced { run: run(), node: node(), reason: reason_text(), actor: actor() }.into(),
        NodeReset { run: run(), node: node(), reason: reason_text(), actor: actor() }.into(),
        HwmSet {
            name: text("orders/updated_at"),
            value: value(ValueType::Timestamp, "2024-02-29T12:30:00.5Z"),
            cast: true,
            run: Some(run()),
            node: Some(node()),
            keys: vec![],
        }
        .into(),
        HwmRewound {
            name: text("orders/id"),
            value: value(ValueType::Uint, "9007199254740993"),
            reason: reason_text(),
            actor: actor(),
        }
        .into(),
        HwmDeleted { name: text("orders/id"), reason: reason_text(), actor: actor() }.into(),
        LeaseAcquired {
            name: text("orders"),
            token: 1 << 40,
            worker: text("worker-2"),
            lease_ms: 30_000,
            evidence: Some(evidence()),
        }
        .into(),
        LeaseReleased { name: text("orders"), token: 1 << 40 }.into(),
        LeaseForced { name: text("orders"), token: 1 << 40, reason: reason_text(), actor: actor() }.into(),
        CommandRemembered { key: text("request-77"), command: u64::MAX, answers: vec![0x90, 0xc0] }.into(),
    ]
}

/// What came with maintenance and history.
fn history() -> Vec<Fact> {
    let (run, node) = (|| text("r1"), || text("load"));
    let (reason_text, actor) = (|| text("the deploy was bad"), || some("ada@example.org"));
    let replaced = |cause| StateReplaced {
        cause,
        source: None,
        source_version: 0,
        backup: None,
        reason: reason_text(),
        actor: None,
        rows_put: vec![0x90],
        rows_removed: vec![],
    };
    let attempt = RowKey { table: text("attempt"), names: vec![run(), node()], number: 2 };
    let graph = RowKey { table: text("graph"), ..RowKey::default() };
    let repaired = JournalRepaired {
        from_version: 0,
        kept_up_to: 3,
        lost_up_to: 3,
        set_aside: None,
        reason: reason_text(),
        actor: None,
    };
    vec![
        AttemptCrashed {
            run: run(),
            node: node(),
            attempt: 1,
            evidence: None,
            reason: some("w1 hangs"),
            actor: actor(),
        }
        .into(),
        replaced(ReplaceCause::Revert).into(),
        StateReplaced {
            backup: some("20261120T222304Z-v000000000012"),
            actor: actor(),
            rows_removed: vec![attempt, graph],
            ..replaced(ReplaceCause::Restore)
        }
        .into(),
        StateReplaced { source: some("prod/orders"), source_version: 7, ..replaced(ReplaceCause::Fork) }
            .into(),
        repaired.clone().into(),
        JournalRepaired {
            from_version: 2,
            lost_up_to: 9,
            set_aside: some("journal/aside-1"),
            actor: actor(),
            ..repaired
        }
        .into(),
    ]
}

/// What came with declared HWMs.
fn hwm_depth() -> Vec<Fact> {
    let name = || text("orders/updated_at");
    let at = |text: &str| value(ValueType::Timestamp, text);
    let declared = HwmDeclared { name: name(), ..HwmDeclared::default() };
    let lag = |mode| Some(HwmLag { mode, amount: 86_400_000 });
    let proposed = HwmMove { name: name(), value: at("2024-02-29T12:30:00Z"), keys: vec![text("7")] };
    vec![
        HwmSet {
            name: name(),
            value: at("2024-02-29T12:30:00Z"),
            cast: false,
            run: None,
            node: None,
            keys: vec![text("7"), text("Z\u{fc}rich")],
        }
        .into(),
        AttemptProgressed {
            run: text("r1"),
            node: text("load"),
            attempt: 1,
            counts: Counts::default(),
            state: None,
            proposed: vec![proposed.clone(), HwmMove { keys: vec![], ..proposed }],
        }
        .into(),
        declared.clone().into(),
        HwmDeclared {
            function: HwmFunction::Min,
            value_type: Some(ValueType::LocalTimestamp),
            lag: lag(LagMode::ReadBack),
            lower: HwmBound::Closed,
            upper: HwmBound::Closed,
            boundary_keys: 1_000,
            nulls: NullPolicy::Include,
            initial: Some(at("2024-01-01T00:00:00Z")),
            end: Some(at("2025-01-01T00:00:00Z")),
            unordered: true,
            partitioned: true,
            ..declared.clone()
        }
        .into(),
        HwmDeclared {
            function: HwmFunction::Last,
            lag: lag(LagMode::HoldBack),
            nulls: NullPolicy::Exclude,
            ..declared.clone()
        }
        .into(),
        HwmDeclared {
            coverage: Some(HwmCoverage { node: text("load"), partition: Some(text("eu")) }),
            ..declared
        }
        .into(),
        SourceObserved { name: name(), ..SourceObserved::default() }.into(),
        SourceObserved {
            name: name(),
            earliest: Some(at("2023-01-01T00:00:00Z")),
            latest: Some(at("2024-02-29T13:00:00Z")),
        }
        .into(),
    ]
}

fn counts_of_batch() -> Counts {
    Counts { rows_written: 200, ..Counts::default() }
}
