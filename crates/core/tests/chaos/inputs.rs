//! Inputs of any kind at any time, and what must hold of the answers all the same.

use std::collections::BTreeSet;

use highwater_core::input::*;
use highwater_core::output::{Output, Stored};
use highwater_core::row::{HeadRow, Row};
use highwater_core::{ConflictPolicy, Engine, Options};
use highwater_format::{Beat, Digest, EntriesWriter, Extra, Snapshot};
use proptest::prelude::*;

use super::facts::{chained, facts};
use crate::simulation::commands;

/// A step: its time and its inputs.
pub(crate) type Moment = (i64, Vec<Input>);

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0..1_000_000_i64, 1 => Just(i64::MIN), 1 => Just(i64::MAX), 1 => any::<i64>()]
}

fn garbage() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..100)
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..9_u64, 1 => Just(u64::MAX), 1 => Just(u64::MAX - 1)]
}

/// Bytes that are a snapshot, and say what cannot be.
fn forged_snapshot() -> impl Strategy<Value = Vec<u8>> {
    (number(), number(), number()).prop_map(|(version, token, runs)| {
        let mut head = HeadRow::default();
        (head.token, head.runs_started, head.runs_finished, head.remembered) = (token, runs, token, runs);
        let mut body = EntriesWriter::default();
        body.push(&Row::HeadRow(head), &Extra::default()).expect("a row can be written");
        let body = body.finish().expect("one row fits");
        Snapshot { version: version.max(1), chain: Digest::ZERO, body }.encode().expect("it can be written")
    })
}

fn tail() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let sound = facts().prop_map(|facts| chained(&facts));
    let cut =
        (facts(), 0..9_usize).prop_map(|(facts, from)| chained(&facts).split_off(from.min(facts.len())));
    prop_oneof![4 => sound, 2 => cut, 1 => prop::collection::vec(garbage(), 0..3), 1 => Just(Vec::new())]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let kinds = [
        FailureKind::Unavailable,
        FailureKind::Unknown,
        FailureKind::Denied,
        FailureKind::Corrupt,
        FailureKind::Unsupported,
    ];
    let snapshot = prop::option::weighted(0.3, prop_oneof![3 => forged_snapshot(), 1 => garbage()]);
    let beat = prop_oneof![
        number().prop_map(|sequence| Beat { worker: "worker0".to_owned(), sequence, ..Beat::default() }
            .encode()
            .expect("a beat")),
        garbage(),
    ];
    prop_oneof![
        6 => (snapshot, tail())
            .prop_map(|(snapshot, tail)| Outcome::Journal(Journal { snapshot, tail, damage: vec!["torn".to_owned()] })),
        3 => tail().prop_map(Outcome::Tail),
        1 => number().prop_map(Outcome::Trimmed),
        5 => Just(Outcome::Appended),
        2 => Just(Outcome::Taken),
        3 => Just(Outcome::Done),
        3 => beat.prop_map(|beat| Outcome::Beats(vec![("worker0".to_owned(), beat)])),
        1 => (tail(), number()).prop_map(|(tail, last_version)| {
            let records = (1..).zip(tail).map(|(version, bytes)| Stored { version, bytes }).collect();
            let damage = vec![Damage { what: "torn".to_owned(), place: "log".to_owned() }];
            Outcome::Retained(Retained { snapshots: Vec::new(), records, last_version, damage })
        }),
        1 => prop::option::of(Just("aside".to_owned())).prop_map(Outcome::Reset),
        1 => number().prop_map(|size_bytes| {
            Outcome::Backups(vec![BackupFile { name: "backup".to_owned(), size_bytes }])
        }),
        1 => prop::option::of(garbage()).prop_map(Outcome::Backup),
        1 => prop_oneof![
            Just(Inspected::Missing),
            number().prop_map(|size| Inspected::Found(Found { size_bytes: Some(size), digest: None })),
            Just(Inspected::Unknown(String::new())),
        ]
        .prop_map(Outcome::Artifact),
        2 => prop::sample::select(kinds.to_vec())
            .prop_map(|kind| Outcome::Failed(StoreFailure { kind, message: String::new() })),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let pipeline = prop_oneof![9 => Just("p"), 1 => Just("../p"), 1 => Just("q")];
    let key = prop::option::weighted(0.2, prop_oneof![Just("key"), Just("")]);
    let submission =
        (pipeline, commands(), key, any::<bool>()).prop_map(|(pipeline, commands, key, local)| {
            let freshness = if local { Freshness::Local } else { Freshness::Latest };
            let dedupe_key = key.map(str::to_owned);
            Input::Submission(Submission {
                ticket: 0,
                pipeline: pipeline.to_owned(),
                commands,
                dedupe_key,
                freshness,
                at: None,
            })
        });
    let completion =
        (1..25_u64, outcome()).prop_map(|(id, outcome)| Input::Completion(Completion { id, outcome }));
    prop_oneof![2 => submission, 5 => completion]
}

/// A step that no sound host takes.
pub(crate) fn moment() -> impl Strategy<Value = Moment> {
    (time(), prop::collection::vec(input(), 0..4))
}

/// Takes the steps. Every ticket is answered at most once, requests are numbered once, and time goes on.
pub(crate) fn check(steps: Vec<Moment>) {
    let mut options = Options::new((1, 2));
    options.conflict = ConflictPolicy { tries: 3, ..ConflictPolicy::LOCAL };
    options.snapshot_min_bytes = 500;
    let mut engine = Engine::new(options);
    let (mut tickets, mut waiting, mut last_request) = (0, BTreeSet::new(), 0);
    for (now_ms, mut inputs) in steps {
        for input in &mut inputs {
            if let Input::Submission(submission) = input {
                tickets += 1;
                submission.ticket = tickets;
                waiting.insert(tickets);
            }
        }
        let Output { requests, replies, wake_at_ms, .. } =
            engine.step(now_ms, inputs).expect("it never fails");
        for request in requests {
            assert!(request.id > last_request, "request {} follows {last_request}", request.id);
            last_request = request.id;
        }
        for reply in replies {
            assert!(waiting.remove(&reply.ticket), "nobody waits for ticket {}", reply.ticket);
        }
        assert!(wake_at_ms.is_none_or(|wake_at_ms| wake_at_ms >= now_ms), "it wants to be woken in the past");
    }
}
