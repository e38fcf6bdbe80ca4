use std::time::Instant;

use highwater_core::Engine;
use highwater_core::command::{Command, GetHwm, HwmUpdate, SetHwms};
use highwater_core::input::{Completion, Freshness, Journal, Outcome, Retained, Submission};
use highwater_core::output::{Operation, Request};
use highwater_format::value::Value;
use wasmtime::ResourceLimiter;

use super::*;

fn submission(ticket: u64, command: Command) -> Input {
    Input::Submission(Submission {
        ticket,
        pipeline: "dev/orders".into(),
        commands: vec![command],
        dedupe_key: Some(format!("key {ticket}")),
        freshness: Freshness::Latest,
        at: None,
    })
}

fn set(name: &str, value: Value) -> Command {
    let hwms = vec![HwmUpdate { name: name.into(), value, cast: false, keys: Vec::new() }];
    Command::SetHwms(SetHwms { hwms, holder: None })
}

fn get(name: &str) -> Command {
    Command::GetHwm(GetHwm { name: name.into() })
}

/// What a store says that holds nothing and takes everything.
fn perform(request: &Request) -> Input {
    let outcome = match request.operation {
        Operation::Read => Outcome::Journal(Journal::default()),
        Operation::ReadFrom(_) => Outcome::Tail(Vec::new()),
        Operation::Append(_) => Outcome::Appended,
        Operation::Beats => Outcome::Beats(Vec::new()),
        Operation::PutSnapshot(_)
        | Operation::Trim(_)
        | Operation::Beat(_)
        | Operation::PutBackup(_)
        | Operation::DeleteBackup(_) => Outcome::Done,
        Operation::InspectArtifact(_) => Outcome::Artifact(highwater_core::input::Inspected::Missing),
        Operation::ReadAll => Outcome::Retained(Retained::default()),
        Operation::Reset(_) => Outcome::Reset(None),
        Operation::Backups => Outcome::Backups(Vec::new()),
        Operation::ReadBackup(_) => Outcome::Backup(None),
    };
    Input::Completion(Completion { id: request.id, outcome })
}

#[test]
fn it_answers_what_the_native_engine_answers() {
    let options = Options::new((1, 2));
    let mut native = Engine::new(options.clone());
    let mut component = ComponentEngine::new(options).expect("the component of this build");
    let mut inputs = vec![
        submission(1, set("updated_at", Value::Text("2024".into()))),
        submission(2, set("", Value::Int(1))),
        submission(3, get("updated_at")),
    ];
    let mut replies = 0;
    for now_ms in 1_700_000_000_000.. {
        let expected = native.step(now_ms, inputs.clone()).expect("the native engine steps");
        assert_eq!(component.step(now_ms, inputs).expect("the component steps"), expected);
        replies += expected.replies.len();
        inputs = expected.requests.iter().map(perform).collect();
        if inputs.is_empty() {
            break;
        }
    }
    assert_eq!(replies, 3);
}

#[test]
fn an_engine_is_made_in_less_than_five_milliseconds() {
    ComponentEngine::new(Options::new((1, 2))).expect("the component of this build");
    let best = (0..20).map(|seed| {
        let start = Instant::now();
        ComponentEngine::new(Options::new((seed, 2))).expect("another one");
        start.elapsed()
    });
    assert!(best.min().is_some_and(|best| best.as_millis() < 5));
}

/// Refuses memory.
struct Full;

impl ResourceLimiter for Full {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(false)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(false)
    }
}

#[test]
fn after_a_trap_the_engine_says_internal_and_does_nothing_more() {
    let mut engine = ComponentEngine::new(Options::new((1, 2))).expect("the component of this build");
    engine.step(1, vec![submission(1, get("a"))]).expect("a step");
    // A `Full` has no size, so nothing leaks.
    engine.store.limiter(|()| Box::leak(Box::new(Full)));
    let large = submission(2, set("a", Value::Bytes(vec![7; 64 << 20])));
    let error = engine.step(2, vec![large]).expect_err("no memory");
    assert_eq!(error.kind, ErrorKind::Internal);
    assert!(error.message.contains("drop this engine"), "{error}");
    assert_eq!(engine.step(3, vec![submission(3, get("a"))]), Err(error));
    assert!(ComponentEngine::new(Options::new((1, 2))).is_ok(), "another instance is not touched");
}
