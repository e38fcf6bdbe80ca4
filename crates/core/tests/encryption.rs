//! A journal under a key: nothing of it can be read without, and everything works with it.

use std::collections::BTreeMap;

use highwater_core::answer::Answer;
use highwater_core::command::{Command, GetHwm, HwmUpdate, ReadLog, SetHwms};
use highwater_core::input::{Completion, Freshness, Input, Journal, Outcome, Submission};
use highwater_core::output::{Operation, Request};
use highwater_core::{Engine, Error, ErrorKind, Options};
use highwater_format::value::Value;
use highwater_format::{Key, Keyring};

const NAME: &str = "orders.updated_at";

#[derive(Default)]
struct Store {
    records: Vec<Vec<u8>>,
    snapshots: BTreeMap<u64, Vec<u8>>,
}

impl Store {
    fn perform(&mut self, request: &Request) -> Outcome {
        match &request.operation {
            Operation::Read => {
                let newest = self.snapshots.last_key_value();
                let from = newest.map_or(0, |(version, _)| *version as usize);
                let snapshot = newest.map(|(_, bytes)| bytes.clone());
                Outcome::Journal(Journal {
                    snapshot,
                    tail: self.records[from..].to_vec(),
                    damage: Vec::new(),
                })
            }
            Operation::ReadFrom(version) => Outcome::Tail(self.records[*version as usize - 1..].to_vec()),
            Operation::Append(stored) => {
                assert_eq!(stored.version as usize, self.records.len() + 1, "one engine writes at a time");
                self.records.push(stored.bytes.clone());
                Outcome::Appended
            }
            Operation::PutSnapshot(stored) => {
                self.snapshots.insert(stored.version, stored.bytes.clone());
                Outcome::Done
            }
            Operation::Trim(_) => Outcome::Done,
            operation => unreachable!("no command of these tests asks for {operation:?}"),
        }
    }

    fn ask(&mut self, engine: &mut Engine, command: Command) -> Result<Answer, Error> {
        let submission = Submission {
            ticket: 1,
            pipeline: "prod/orders".to_owned(),
            commands: vec![command],
            dedupe_key: None,
            freshness: Freshness::Latest,
            at: None,
        };
        let (mut inputs, mut reply) = (vec![Input::Submission(submission)], None);
        while !inputs.is_empty() {
            let output = engine.step(1_800_000_000_000, inputs).expect("the engine never fails");
            reply = output.replies.into_iter().next().or(reply);
            let complete = |request: &Request| {
                Input::Completion(Completion { id: request.id, outcome: self.perform(request) })
            };
            inputs = output.requests.iter().map(complete).collect();
        }
        reply.expect("it was answered").result.map(|mut answers| answers.remove(0))
    }

    fn holds(&self, needle: &[u8]) -> bool {
        let mut all = self.records.iter().chain(self.snapshots.values());
        all.any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    }
}

/// Writes a snapshot after each record.
fn engine(seed: u64, secrets: &[u8]) -> Engine {
    let mut options = Options::new((seed, 1));
    options.snapshot_min_bytes = 1;
    options.encryption_keys = Keyring::new(secrets.iter().map(|secret| Key::new([*secret; 32])).collect());
    Engine::new(options)
}

fn set(value: i64) -> Command {
    let hwms =
        vec![HwmUpdate { name: NAME.to_owned(), value: Value::Int(value), cast: false, keys: Vec::new() }];
    Command::SetHwms(SetHwms { hwms, holder: None })
}

fn value(answer: Answer) -> Option<Value> {
    match answer {
        Answer::Hwm(hwm) => hwm.map(|hwm| hwm.value),
        other => panic!("{other:?}"),
    }
}

fn get() -> Command {
    Command::GetHwm(GetHwm { name: NAME.to_owned() })
}

#[test]
fn without_the_key_nothing_is_read_and_the_key_is_named() {
    let mut store = Store::default();
    store.ask(&mut engine(1, &[7]), set(42)).unwrap();
    assert!(!store.snapshots.is_empty(), "a snapshot was written");
    assert!(!store.holds(NAME.as_bytes()), "the name of the HWM is stored in the clear");

    let id = Key::new([7; 32]).id().to_string();
    for secrets in [&[][..], &[8]] {
        let error = store.ask(&mut engine(2, secrets), get()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
        assert!(error.message.contains(&id), "{error}");
        let error = store.ask(&mut engine(3, secrets), set(43)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    }
    assert_eq!(store.records.len(), 1, "who cannot read does not write");
    assert_eq!(value(store.ask(&mut engine(4, &[7]), get()).unwrap()), Some(Value::Int(42)));
    let log = store.ask(&mut engine(5, &[7]), Command::ReadLog(ReadLog::default())).unwrap();
    assert!(matches!(log, Answer::Log(log) if log.records.len() == 1));
}

#[test]
fn a_key_may_come_later_and_be_replaced() {
    let mut store = Store::default();
    store.ask(&mut engine(1, &[]), set(1)).unwrap();
    assert!(store.holds(NAME.as_bytes()), "this would have been seen");
    store.ask(&mut engine(2, &[7]), set(2)).unwrap();
    store.ask(&mut engine(3, &[8, 7]), set(3)).unwrap();
    assert!(store.ask(&mut engine(4, &[7]), get()).is_err(), "the new key encrypts");
    store.snapshots.clear();
    assert_eq!(value(store.ask(&mut engine(5, &[7, 8]), get()).unwrap()), Some(Value::Int(3)));
}
