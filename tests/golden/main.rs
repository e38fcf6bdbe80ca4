//! What a snapshot holds is for ever: its rows, their fields, the words of its statuses, and real ones that were written.
//!
//! `REWRITE=1` adds what is new, and changes nothing that is there. A failure here means that journals of users would not
//! be read any more, or would fold to something else.

use std::collections::BTreeSet;
use std::path::PathBuf;

use highwater_core::answer::{Decision, LateCount, Pause, Requeued};
use highwater_core::attempt::AttemptStatus;
use highwater_core::batch::BatchStatus;
use highwater_core::checkpoint::CheckpointStatus;
use highwater_core::input::Journal;
use highwater_core::node::NodeStatus;
use highwater_core::row::{DimensionEntry, Extent, HwmPoint, LateEntry, Row};
use highwater_core::run::RunStatus;
use highwater_core::snapshot_of;
use highwater_core::transaction::TransactionStatus;
use highwater_format::fact::{
    CheckpointPolicy, Counts, CoveredIntervals, ErrorRecord, Evidence, HwmMove, NodeSpec, OperatorSpec,
    Reason, RetryPolicy, RunWindow, SourcePosition, StatePart,
};
use highwater_format::fact_table::field_names;
use highwater_format::{FactTable, Snapshot, decode_entries};
use serde_json::{Value, json};

/// The scenarios whose journals are kept; together they fill every row.
const KEPT: [&str; 21] = [
    "batches-and-receipts",
    "cadences",
    "cached-nodes",
    "checkpoints",
    "coverage",
    "dead-letters",
    "deadlines",
    "dedupe-keys",
    "ends-of-runs",
    "fork",
    "graph",
    "hwm-positions",
    "hwms",
    "late-data",
    "leases",
    "partitions",
    "plans-and-backfills",
    "pause-and-stop",
    "revert",
    "run-windows",
    "windows-and-receipts",
];

fn folder() -> PathBuf {
    highwater_tests::folder().join("golden")
}

fn may_write() -> bool {
    std::env::var_os("REWRITE").is_some_and(|value| value == "1")
}

/// One line a row or a shape inside of rows: its name and its fields, in the order in which they are written.
fn shapes() -> Vec<String> {
    let row = |name: &str, fields: &[&str]| format!("{name}: {}", fields.join(" "));
    let mut shapes: Vec<String> = Row::layout().iter().map(|it| row(it.name, it.fields)).collect();
    shapes.push(row("(hwm point)", field_names::<HwmPoint>()));
    shapes.push(row("(decision)", field_names::<Decision>()));
    shapes.push(row("(hwm move)", field_names::<HwmMove>()));
    shapes.push(row("(counts)", field_names::<Counts>()));
    shapes.push(row("(error)", field_names::<ErrorRecord>()));
    shapes.push(row("(evidence)", field_names::<Evidence>()));
    shapes.push(row("(node)", field_names::<NodeSpec>()));
    shapes.push(row("(reason)", field_names::<Reason>()));
    shapes.push(row("(retry)", field_names::<RetryPolicy>()));
    let word = |status: Value| status.as_str().expect("a status is a word").to_owned();
    let words = |words: Vec<String>| words.join(" ");
    shapes.push(format!("(run status): {}", words(RunStatus::ALL.map(|it| word(json!(it))).to_vec())));
    shapes.push(format!("(node status): {}", words(NodeStatus::ALL.map(|it| word(json!(it))).to_vec())));
    shapes.push(format!("(batch status): {}", words(BatchStatus::ALL.map(|it| word(json!(it))).to_vec())));
    shapes.push(row("(operator)", field_names::<OperatorSpec>()));
    shapes.push(row("(checkpoint policy)", field_names::<CheckpointPolicy>()));
    shapes.push(row("(source position)", field_names::<SourcePosition>()));
    shapes.push(row("(pause)", field_names::<Pause>()));
    shapes.push(row("(requeued)", field_names::<Requeued>()));
    shapes.push(row("(late count)", field_names::<LateCount>()));
    shapes.push(row("(late report)", field_names::<LateEntry>()));
    shapes.push(row("(dimension)", field_names::<DimensionEntry>()));
    shapes.push(row("(state part)", field_names::<StatePart>()));
    shapes.push(row("(run window)", field_names::<RunWindow>()));
    shapes.push(row("(extent)", field_names::<Extent>()));
    shapes.push(row("(covered intervals)", field_names::<CoveredIntervals>()));
    let statuses = CheckpointStatus::ALL.map(|it| word(json!(it)));
    shapes.push(format!("(checkpoint status): {}", words(statuses.to_vec())));
    let statuses = TransactionStatus::ALL.map(|it| word(json!(it)));
    shapes.push(format!("(transaction status): {}", words(statuses.to_vec())));
    shapes
        .push(format!("(attempt status): {}", words(AttemptStatus::ALL.map(|it| word(json!(it))).to_vec())));
    shapes
}

#[test]
fn rows_only_grow_at_their_end() {
    let path = folder().join("rows.txt");
    let found = shapes();
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    for line in kept.lines() {
        let same = found.iter().any(|it| it == line || it.starts_with(&format!("{line} ")));
        assert!(same, "this was written to snapshots, and is gone or in another order: {line}");
    }
    let text: String = found.iter().map(|line| format!("{line}\n")).collect();
    if may_write() {
        std::fs::write(&path, &text).expect("the rows can be written");
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        text,
        "there is something new: run with REWRITE=1"
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().expect("bytes are hexadecimal text");
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("bytes are hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// Keeps the journal that a scenario writes today, and what it folds to.
fn write(name: &str) -> Value {
    let scenario = highwater_tests::scenarios()
        .into_iter()
        .find(|it| it.name == name)
        .expect("there is such a scenario");
    let (world, _) = scenario.run();
    let records = world.landed().values().next().expect("the scenario writes");
    let records: Vec<Vec<u8>> = records.iter().map(|it| it.encode().expect("it was read")).collect();
    let snapshot = snapshot_of(&Journal { tail: records.clone(), ..Journal::default() }).expect("it folds");
    json!({ "records": records.iter().map(|it| hex(it)).collect::<Vec<_>>(), "snapshot": hex(&snapshot) })
}

#[test]
fn what_was_written_folds_to_the_same() {
    let mut rows = BTreeSet::new();
    for name in KEPT {
        let path = folder().join(format!("{name}.json"));
        if may_write() && !path.exists() {
            let text = serde_json::to_string_pretty(&write(name)).expect("it is JSON");
            std::fs::write(&path, text + "\n").expect("the journal can be kept");
        }
        let text =
            std::fs::read_to_string(&path).expect("the journal was kept; REWRITE=1 adds what is missing");
        let kept: Value = serde_json::from_str(&text).expect("it is JSON");
        let snapshot = bytes(&kept["snapshot"]);
        let tail = kept["records"].as_array().expect("a list").iter().map(bytes).collect();
        let folded = snapshot_of(&Journal { tail, ..Journal::default() }).expect("it folds");
        assert!(folded == snapshot, "{name}: the journal folds to something else than when it was written");
        let alone = Journal { snapshot: Some(snapshot.clone()), ..Journal::default() };
        assert!(
            snapshot_of(&alone).expect("it is read") == snapshot,
            "{name}: the snapshot is written differently"
        );
        let body = Snapshot::decode(&snapshot).expect("it is a snapshot").body;
        rows.extend(
            decode_entries::<Row>(&body).expect("it has rows").entries.iter().map(|it| it.fact.name()),
        );
    }
    let all: BTreeSet<&str> = Row::layout().iter().map(|it| it.name).collect();
    assert_eq!(rows, all, "every row is among those that are kept");
}
