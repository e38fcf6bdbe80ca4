//! A pretend host around the engine: a store in a map, so that steps can be followed one by one.

use std::collections::BTreeMap;

use highwater_core::answer::{Answer, Begun};
use highwater_core::command::*;
use highwater_core::input::*;
use highwater_core::output::*;
use highwater_core::{Engine, Error, ErrorKind, Options};
use highwater_format::fact::{Axis, Interval};
use highwater_format::value::Value;

#[derive(Default)]
struct Host {
    records: BTreeMap<String, Vec<Vec<u8>>>,
    beats: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    now_ms: i64,
    ticket: u64,
    requests: usize,
    /// What becomes of beats: they are lost, and nobody knows.
    loses_beats: bool,
    /// The numbers of all beats that were to be written.
    beaten: Vec<u64>,
}

impl Host {
    fn perform(&mut self, request: &Request) -> Outcome {
        self.requests += 1;
        let records = self.records.entry(request.pipeline.clone()).or_default();
        match &request.operation {
            Operation::Read => Outcome::Journal(Journal { tail: records.clone(), ..Journal::default() }),
            Operation::ReadFrom(version) => {
                Outcome::Tail(records.iter().skip(*version as usize - 1).cloned().collect())
            }
            Operation::Append(stored) if stored.version as usize == records.len() + 1 => {
                records.push(stored.bytes.clone());
                Outcome::Appended
            }
            Operation::Append(_) => Outcome::Taken,
            Operation::PutSnapshot(_) | Operation::Trim(_) => Outcome::Done,
            Operation::Beat(beat) => {
                self.beaten.push(highwater_format::Beat::decode(&beat.bytes).expect("a beat").sequence);
                if self.loses_beats {
                    return Outcome::Failed(StoreFailure {
                        kind: FailureKind::Unknown,
                        message: "lost".into(),
                    });
                }
                let beats = self.beats.entry(request.pipeline.clone()).or_default();
                beats.insert(beat.worker.clone(), beat.bytes.clone());
                Outcome::Done
            }
            Operation::Beats => Outcome::Beats(
                self.beats.get(&request.pipeline).cloned().unwrap_or_default().into_iter().collect(),
            ),
            operation => unreachable!("no command of these tests asks for {operation:?}"),
        }
    }

    fn ask(&mut self, engine: &mut Engine, commands: Vec<Command>) -> Result<Vec<Answer>, Error> {
        self.ask_keyed(engine, commands, None)
    }

    fn ask_keyed(
        &mut self,
        engine: &mut Engine,
        commands: Vec<Command>,
        key: Option<&str>,
    ) -> Result<Vec<Answer>, Error> {
        self.ticket += 1;
        let submission = Submission {
            ticket: self.ticket,
            pipeline: "p".into(),
            commands,
            dedupe_key: key.map(str::to_owned),
            freshness: Freshness::Latest,
            at: None,
        };
        let mut inputs = vec![Input::Submission(submission)];
        for _ in 0..1_000 {
            let output = engine.step(self.now_ms, inputs).expect("the engine never fails");
            if let Some(reply) = output.replies.into_iter().find(|reply| reply.ticket == self.ticket) {
                return reply.result;
            }
            inputs = output
                .requests
                .iter()
                .map(|request| {
                    Input::Completion(Completion { id: request.id, outcome: self.perform(request) })
                })
                .collect();
            if inputs.is_empty() {
                self.now_ms = output.wake_at_ms.expect("something must happen next").max(self.now_ms);
            }
        }
        panic!("no reply after 1000 steps");
    }

    /// Starts the run, and begins the node in it.
    fn begun(&mut self, engine: &mut Engine) -> AttemptRef {
        self.ask(engine, vec![start()]).expect("start");
        match self.ask(engine, vec![begin("a")]).expect("begin").remove(0) {
            Answer::Begun(Begun::Run(go)) => {
                AttemptRef { run: "r".into(), node: "load".into(), token: go.token }
            }
            other => panic!("it must run: {other:?}"),
        }
    }
}

fn set(name: &str, value: i64) -> Command {
    let hwms = vec![HwmUpdate { name: name.into(), value: Value::Int(value), cast: false, keys: Vec::new() }];
    Command::SetHwms(SetHwms { hwms, holder: None })
}

fn get(name: &str) -> Command {
    Command::GetHwm(GetHwm { name: name.into() })
}

fn value(answers: &[Answer]) -> Option<Value> {
    match &answers[0] {
        Answer::Hwm(hwm) => hwm.as_ref().map(|hwm| hwm.value.clone()),
        other => panic!("{other:?}"),
    }
}

fn begin(worker: &str) -> Command {
    Command::BeginNode(BeginNode {
        run: "r".into(),
        node: "load".into(),
        worker: worker.into(),
        lease_ms: 1_000,
        ..BeginNode::default()
    })
}

fn start() -> Command {
    Command::StartRun(StartRun { run: Some("r".into()), ..StartRun::default() })
}

#[test]
fn an_hwm_survives_the_engine() {
    let mut host = Host::default();
    let mut engine = Engine::new(Options::new((1, 1)));
    host.ask(&mut engine, vec![set("orders", 5)]).expect("set");
    assert_eq!(host.requests, 2, "one read and one append");
    let mut other = Engine::new(Options::new((2, 2)));
    assert_eq!(value(&host.ask(&mut other, vec![get("orders")]).expect("get")), Some(Value::Int(5)));
    let error = host.ask(&mut engine, vec![set("orders", 4)]).expect_err("backwards");
    assert_eq!(error.kind, ErrorKind::Invalid);
}

#[test]
fn two_engines_on_one_journal_lose_nothing() {
    let mut host = Host::default();
    let mut engines = [Engine::new(Options::new((1, 1))), Engine::new(Options::new((2, 2)))];
    for turn in 0..100_i64 {
        host.ask(&mut engines[(turn % 2) as usize], vec![set(&format!("h{}", turn % 7), turn)]).expect("set");
    }
    assert_eq!(host.records["p"].len(), 100);
}

#[test]
fn a_batch_is_all_or_nothing() {
    let mut host = Host::default();
    let mut engine = Engine::new(Options::new((1, 1)));
    host.ask(&mut engine, vec![set("a", 5)]).expect("set");
    let error = host.ask(&mut engine, vec![set("b", 1), set("a", 4)]).expect_err("the second is refused");
    assert!(error.message.starts_with("command 2 of 2"), "{error}");
    assert_eq!(value(&host.ask(&mut engine, vec![get("b")]).expect("get")), None);
    assert_eq!(host.records["p"].len(), 1);
}

#[test]
fn the_same_key_gets_the_same_answer_once() {
    let mut host = Host::default();
    let mut engine = Engine::new(Options::new((1, 1)));
    let command = Command::StartRun(StartRun::default());
    let first = host.ask_keyed(&mut engine, vec![command.clone()], Some("k")).expect("start");
    let again =
        host.ask_keyed(&mut Engine::new(Options::new((9, 9))), vec![command], Some("k")).expect("start");
    assert_eq!(first, again);
    assert_eq!(host.records["p"].len(), 1);
    let error = host.ask_keyed(&mut engine, vec![set("a", 1)], Some("k")).expect_err("another command");
    assert_eq!(error.kind, ErrorKind::Conflict);
}

#[test]
fn a_dead_worker_is_taken_over_and_fenced() {
    let mut host = Host::default();
    let mut dead = Engine::new(Options::new((1, 1)));
    let mut heir = Engine::new(Options::new((2, 2)));
    let attempt = host.begun(&mut dead);
    let second = loop {
        match host.ask(&mut heir, vec![begin("b")]).expect("begin").remove(0) {
            Answer::Begun(Begun::Run(go)) => break go,
            Answer::Begun(Begun::Wait(wait)) => {
                assert!(wait.until_ms > host.now_ms);
                host.now_ms = wait.until_ms;
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(second.token > attempt.token);
    assert!(host.now_ms >= 1_000, "the whole lease was watched");
    let succeed = Command::SucceedAttempt(SucceedAttempt { attempt, ..SucceedAttempt::default() });
    let error = host.ask(&mut dead, vec![succeed]).expect_err("fenced");
    assert_eq!(error.kind, ErrorKind::Fenced, "{error}");
}

#[test]
fn no_beat_has_the_number_of_one_that_may_have_landed() {
    let (mut host, mut engine) =
        (Host { now_ms: 1_000, ..Host::default() }, Engine::new(Options::new((1, 1))));
    let beat =
        || vec![Command::Beat(highwater_core::command::Beat { worker: "w".into(), place: String::new() })];
    host.ask(&mut engine, beat()).expect("the first beat lands");
    // The clock is set back, so times are no help, and looking at the beats shows the first one only.
    (host.now_ms, host.loses_beats) = (0, true);
    host.ask(&mut engine, beat()).expect_err("nobody knows whether the second one landed");
    host.ask(&mut engine, vec![Command::ListWorkers]).expect("the beats are read");
    host.loses_beats = false;
    host.ask(&mut engine, beat()).expect("the third beat lands");
    assert_eq!(host.beaten, [1_000, 1_001, 1_002]);
}

/// Who waits for the host to look at an artifact goes on in front of those who came later, and not of the one whose request is
/// under way: that one would miss its answer, and ask the store again without what it wanted to be written.
#[test]
fn an_answer_goes_to_the_one_who_asked() {
    let (mut host, mut engine) = (Host::default(), Engine::new(Options::new((1, 1))));
    let attempt = host.begun(&mut engine);
    let artifacts = vec![ArtifactReport { uri: "out".into(), ..ArtifactReport::default() }];
    let succeed = Command::SucceedAttempt(SucceedAttempt { attempt, artifacts, ..SucceedAttempt::default() });
    let backup = Command::Backup(Backup { keep: Some(2), ..Backup::default() });
    let ask = |ticket, command| {
        Input::Submission(Submission {
            ticket,
            pipeline: "p".into(),
            commands: vec![command],
            dedupe_key: None,
            freshness: Freshness::Latest,
            at: None,
        })
    };
    let (mut inputs, mut looked_at, mut backups, mut replies) =
        (vec![ask(101, succeed), ask(102, backup)], None, Vec::new(), Vec::new());
    for _ in 0..20 {
        let output = engine.step(0, std::mem::take(&mut inputs)).expect("the engine never fails");
        replies.extend(output.replies);
        for request in &output.requests {
            let outcome = match &request.operation {
                // It takes until the backup is being written.
                Operation::InspectArtifact(_) => {
                    looked_at = Some(request.id);
                    continue;
                }
                Operation::PutBackup(backup) => {
                    backups.push(backup.bytes.len());
                    let outcome = Outcome::Artifact(Inspected::Found(Found::default()));
                    let looked_at = looked_at.take().expect("the attempt was first");
                    let looked = Input::Completion(Completion { id: looked_at, outcome });
                    replies.extend(engine.step(0, vec![looked]).expect("the engine never fails").replies);
                    Outcome::Done
                }
                Operation::Backups => Outcome::Backups(Vec::new()),
                _ => host.perform(request),
            };
            inputs.push(Input::Completion(Completion { id: request.id, outcome }));
        }
    }
    assert!(matches!(backups[..], [1..=usize::MAX]), "backups of so many bytes: {backups:?}");
    let answers: BTreeMap<u64, _> = replies.into_iter().map(|reply| (reply.ticket, reply.result)).collect();
    assert!(matches!(answers[&101].as_deref(), Ok([Answer::Done(_)])), "{answers:?}");
    assert!(matches!(answers[&102].as_deref(), Ok([Answer::BackedUp(_)])), "{answers:?}");
}

#[test]
fn a_node_has_one_axis_also_within_one_command() {
    let (mut host, mut engine) = (Host::default(), Engine::new(Options::new((1, 1))));
    let attempt = host.begun(&mut engine);
    let covered = |axis, start| Covered {
        axis: Some(axis),
        intervals: vec![Interval { start, end: start + 1 }],
        ..Covered::default()
    };
    let both = vec![covered(Axis::Integer, 0), covered(Axis::Time, 1)];
    let succeed = SucceedAttempt { attempt, covered: both, ..SucceedAttempt::default() };
    let error = host.ask(&mut engine, vec![Command::SucceedAttempt(succeed)]).expect_err("two axes");
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert!(error.message.contains("two axes"), "{error}");
}
