//! Facts in any order, with numbers at their edges, and journals of them.

use std::collections::BTreeMap;

use highwater_format::fact::*;
use highwater_format::value::Value;
use highwater_format::{Digest, Entry, Fact, RecordHeader, WriterId, encode_record, frame_digest};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec!["run0", "run1", "node0", "node1", "node:run0/node0", "lease0"]),
        1 => Just(""),
        1 => Just("a/%\u{1f980}"),
    ]
    .prop_map(str::to_owned)
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

fn wide() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..5_u64, 1 => Just(u64::MAX - 1), 1 => Just(u64::MAX)]
}

fn narrow() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0..5_u32, 1 => Just(u32::MAX)]
}

fn moment() -> impl Strategy<Value = Option<i64>> {
    prop::option::of(prop_oneof![4 => 0..100_i64, 1 => Just(i64::MIN), 1 => Just(i64::MAX)])
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::Uint),
        text().prop_map(Value::Text)
    ]
}

fn counts() -> impl Strategy<Value = Counts> {
    wide().prop_map(|bytes| Counts { rows_read: bytes, rows_written: 1, rows_failed: 0, bytes })
}

fn reason() -> impl Strategy<Value = Reason> {
    let codes = [
        ReasonCode::FirstAttempt,
        ReasonCode::TookOver,
        ReasonCode::AlreadySucceeded,
        ReasonCode::UpstreamFailed,
        ReasonCode::AttemptsExhausted,
        ReasonCode::RetryBackoff,
        ReasonCode::Cached,
        ReasonCode::Skipped,
    ];
    (prop::sample::select(codes.to_vec()), text()).prop_map(|(code, message)| Reason { code, message })
}

fn error() -> impl Strategy<Value = ErrorRecord> {
    (text(), text(), some_text()).prop_map(|(class, message, detail)| ErrorRecord { class, message, detail })
}

fn evidence() -> impl Strategy<Value = Option<Evidence>> {
    let evidence = (text(), prop::option::of(wide()), wide());
    prop::option::of(evidence.prop_map(|(observer, beat, still_ms)| Evidence { observer, beat, still_ms }))
}

fn fingerprint() -> impl Strategy<Value = Option<Fingerprint>> {
    let fingerprint = (text(), wide()).prop_map(|(name, token)| Fingerprint {
        parts: BTreeMap::from([("code".to_owned(), name.clone())]),
        upstream: BTreeMap::from([(name, token)]),
    });
    prop::option::of(fingerprint)
}

fn of_runs() -> impl Strategy<Value = Fact> {
    let status =
        prop::sample::select(vec![FinalStatus::Succeeded, FinalStatus::Failed, FinalStatus::Crashed]);
    prop_oneof![
        4 => (text(), some_text(), moment(), value()).prop_map(|(run, worker, logical_time_ms, value)| {
            let params = BTreeMap::from([("p".to_owned(), value)]);
            let (trigger, code_version, parent) = (None, None, worker.clone());
            let (tags, deadline_at_ms) = (BTreeMap::new(), logical_time_ms);
            RunStarted { run, params, tags, trigger, code_version, logical_time_ms, parent, worker, deadline_at_ms, window: None }.into()
        }),
        1 => (text(), some_text()).prop_map(|(run, worker)| RunResumed { run, worker, ..RunResumed::default() }.into()),
        1 => (text(), status, prop::option::of(error()))
            .prop_map(|(run, status, error)| RunFinished { run, status, error }.into()),
        1 => (text(), text(), some_text()).prop_map(|(run, reason, actor)| RunCancelled { run, reason, actor }.into()),
        1 => (text(), text(), some_text()).prop_map(|(run, reason, actor)| RunPaused { run, reason, actor }.into()),
        1 => (text(), text()).prop_map(|(name, after)| {
            GraphDeclared { nodes: vec![NodeSpec { name, after: vec![after], retry: None, deadline_ms: None }] }.into()
        }),
    ]
}

fn of_work() -> impl Strategy<Value = Fact> {
    let place = || (text(), text(), narrow());
    prop_oneof![
        6 => (place(), wide(), text(), wide(), reason(), fingerprint()).prop_map(
            |((run, node, attempt), token, worker, lease_ms, reason, fingerprint)| {
                let (backfill, deadline_at_ms) = (None, (lease_ms % 2 == 0).then_some(5));
                AttemptStarted { run, node, attempt, token, worker, lease_ms, reason, fingerprint, backfill, deadline_at_ms }.into()
            }
        ),
        1 => (place(), counts(), prop::option::of(prop::collection::vec(any::<u8>(), 0..4))).prop_map(
            |((run, node, attempt), counts, state)| AttemptProgressed { run, node, attempt, counts, state, proposed: vec![] }.into()
        ),
        1 => (place(), counts())
            .prop_map(|((run, node, attempt), counts)| {
                let artifact = Artifact { uri: node.clone(), size_bytes: Some(counts.bytes), digest: None };
                AttemptSucceeded { run, node, attempt, counts, artifacts: vec![artifact] }.into()
            }),
        2 => (place(), counts(), error(), moment(), reason()).prop_map(
            |((run, node, attempt), counts, error, retry_at_ms, reason)| {
                AttemptFailed { run, node, attempt, counts, error, retry_at_ms, reason }.into()
            }
        ),
        1 => (place(), counts(), text()).prop_map(|((run, node, attempt), counts, reason)| {
            AttemptHandedBack { run, node, attempt, counts, state: None, reason }.into()
        }),
        2 => (place(), evidence())
            .prop_map(|((run, node, attempt), evidence)| {
                let (reason, actor) = (evidence.is_none().then(|| run.clone()), None);
                AttemptCrashed { run, node, attempt, evidence, reason, actor }.into()
            }),
        2 => (text(), text(), reason(), fingerprint(), some_text()).prop_map(|(run, node, reason, fingerprint, actor)| {
            NodeSkipped { run, node, reason, fingerprint, success: None, actor }.into()
        }),
        1 => (text(), text(), text(), some_text())
            .prop_map(|(run, node, reason, actor)| NodeForced { run, node, reason, actor }.into()),
        1 => (text(), text(), text(), some_text())
            .prop_map(|(run, node, reason, actor)| NodeReset { run, node, reason, actor }.into()),
    ]
}

fn of_the_rest() -> impl Strategy<Value = Fact> {
    prop_oneof![
        3 => (text(), value(), any::<bool>(), some_text()).prop_map(|(name, value, cast, run)| {
            let keys = run.iter().cloned().collect();
            HwmSet { name, value, cast, node: run.clone(), run, keys }.into()
        }),
        1 => (text(), prop::option::of(value()), any::<bool>()).prop_map(|(name, initial, partitioned)| {
            HwmDeclared { name, initial, partitioned, boundary_keys: 2, ..HwmDeclared::default() }.into()
        }),
        1 => (text(), prop::option::of(value()), prop::option::of(value()))
            .prop_map(|(name, earliest, latest)| SourceObserved { name, earliest, latest }.into()),
        1 => (text(), value(), text(), some_text())
            .prop_map(|(name, value, reason, actor)| HwmRewound { name, value, reason, actor }.into()),
        1 => (text(), text(), some_text()).prop_map(|(name, reason, actor)| HwmDeleted { name, reason, actor }.into()),
        1 => (text(), moment(), text()).prop_map(|(worker, fence_at_ms, reason)| {
            WorkerStopped { worker, fence_at_ms, reason, actor: None }.into()
        }),
        2 => (text(), text(), narrow(), error()).prop_map(|(run, node, attempt, error)| {
            let items = vec![DeadItem { key: run.clone(), error, payload: None }];
            DeadLettersBuried { run, node, attempt, items }.into()
        }),
        1 => (text(), text(), any::<bool>()).prop_map(|(node, key, requeued)| {
            let (keys, reason) = (vec![key], String::new());
            DeadLettersSettled { node, keys, requeued, reason, actor: None, token: None }.into()
        }),
        1 => (text(), text()).prop_map(|(worker, reason)| WorkerAllowed { worker, reason, actor: None }.into()),
        2 => (text(), wide(), text(), wide(), evidence()).prop_map(|(name, token, worker, lease_ms, evidence)| {
            LeaseAcquired { name, token, worker, lease_ms, evidence }.into()
        }),
        1 => (text(), wide()).prop_map(|(name, token)| LeaseReleased { name, token }.into()),
        1 => (text(), wide(), text(), some_text())
            .prop_map(|(name, token, reason, actor)| LeaseForced { name, token, reason, actor }.into()),
        1 => (text(), wide(), prop::collection::vec(any::<u8>(), 0..9))
            .prop_map(|(key, command, answers)| CommandRemembered { key, command, answers }.into()),
    ]
}

/// Records of facts that nobody would decide.
pub(crate) fn facts() -> impl Strategy<Value = Vec<Vec<Fact>>> {
    let fact = prop_oneof![2 => of_runs().boxed(), 4 => of_work().boxed(), 2 => of_the_rest().boxed()];
    prop::collection::vec(prop::collection::vec(fact, 1..6), 1..30)
}

/// A journal of these records, sound in all but its meaning.
pub(crate) fn chained(records: &[Vec<Fact>]) -> Vec<Vec<u8>> {
    let mut chain = Digest::ZERO;
    let mut journal = Vec::new();
    for (facts, version) in records.iter().zip(1..) {
        let entries: Vec<Entry> = facts.iter().cloned().map(Entry::from).collect();
        let header =
            RecordHeader { version, writer: WriterId([7; 16]), sequence: version, decided_at_ms: 0, chain };
        let bytes = encode_record(&header, &entries).expect("small records can be written");
        chain = frame_digest(&bytes);
        journal.push(bytes);
    }
    journal
}
