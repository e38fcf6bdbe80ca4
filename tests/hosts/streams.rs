//! Keyed state that one language has written goes on in the other one, with another parallelism.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use highwater::answer::CheckpointTrigger;
use highwater::streaming::{FileParts, KeyedState, ListState, MapState, ValueState, reclaim};
use highwater::{CheckpointRef, ErrorKind, Stream, StreamSpec};
use highwater_tests::directory::open_orders;
use serde::{Deserialize, Serialize};

use crate::package;

const COUNTS: ValueState<String, i64> = ValueState::new("counts");
const SEEN: ListState<String, String> = ListState::new("seen");
const CARTS: MapState<String, i64, f64> = MapState::new("carts");

/// What a word has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Word {
    count: Option<i64>,
    seen: Vec<String>,
    cart: Vec<(i64, f64)>,
}

type Words = BTreeMap<String, Word>;

/// Keys that JSON escapes, and that UTF-8 makes longer.
fn keys() -> impl Iterator<Item = String> {
    let odd = ["", "\"", "\\", "\n", "zoë", "ключ", "𝄞", "\u{7f}", "\u{2028}"];
    odd.into_iter().map(str::to_owned).chain((0..100).map(|number| format!("word-{number}")))
}

/// The sub-tasks of a start with this parallelism.
async fn start(stream: &Stream, parts: &FileParts, parallelism: u32) -> Vec<KeyedState> {
    let spec = StreamSpec::new().operator("count", parallelism).interval(Duration::ZERO).retain(1);
    stream.declare(spec).await.expect("it is declared");
    let start = stream.restore(CheckpointRef::Latest).await.expect("it starts");
    let mut subtasks = Vec::new();
    for subtask in 0..parallelism {
        subtasks.push(KeyedState::restore(&start, "count", subtask, parts).await.expect("it is restored"));
    }
    subtasks
}

/// The sub-task that a key belongs to.
fn of<'a>(subtasks: &'a mut [KeyedState], key: &str) -> &'a mut KeyedState {
    let found = subtasks.iter_mut().find_map(|state| match COUNTS.get(state, key) {
        Ok(_) => Some(state),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
            None
        }
    });
    found.expect("somebody has it")
}

fn words(subtasks: &mut [KeyedState]) -> Words {
    let mut word = |key: &str| {
        let state = of(subtasks, key);
        let count = COUNTS.get(state, key).expect("a count");
        let (seen, cart) = (SEEN.get(state, key).expect("a list"), CARTS.entries(state, key).expect("a map"));
        Word { count, seen, cart }
    };
    keys().map(|key| (key.clone(), word(&key))).collect()
}

async fn checkpoint(stream: &Stream, parts: &FileParts, subtasks: &mut [KeyedState]) {
    let CheckpointTrigger::Triggered(barrier) = stream.trigger().await.expect("it is triggered") else {
        panic!("there is one under way");
    };
    for state in subtasks.iter_mut() {
        let snapshot = state.snapshot(barrier.checkpoint).expect("a snapshot");
        let done = snapshot.write(parts).await.expect("it is written");
        stream.acknowledge(barrier.checkpoint, [done]).await.expect("it is acknowledged");
    }
    subtasks.iter_mut().for_each(|state| state.complete(barrier.checkpoint));
    reclaim(stream, parts).await.expect("parts are deleted");
}

/// What Node sees there, after which it changes every word: one more, one more, and one less.
fn node(folder: &Path) -> Words {
    let output = Command::new("node").arg(package().join("test/keyed-worker.mjs")).arg(folder).output();
    let output = output.expect("node starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn keyed_state_goes_from_rust_to_node_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = FileParts::new(folder.path().join("parts"));
    let stream = open_orders(&folder.path().join("state")).await.stream();
    let mut subtasks = start(&stream, &parts, 2).await;
    for (number, key) in (0_i64..).zip(keys()) {
        let state = of(&mut subtasks, &key);
        COUNTS.put(state, &key, &number).expect("put");
        for item in 0..number % 3 {
            SEEN.append(state, &key, &format!("item {item} of {key}")).expect("appended");
            CARTS.put(state, &key, &item, &0.5).expect("put");
        }
    }
    checkpoint(&stream, &parts, &mut subtasks).await;
    // A delta too: some change, some go.
    for key in keys().step_by(7) {
        let state = of(&mut subtasks, &key);
        COUNTS.remove(state, &key).expect("removed");
        SEEN.append(state, &key, &"late".to_owned()).expect("appended");
    }
    checkpoint(&stream, &parts, &mut subtasks).await;
    let mut expected = words(&mut subtasks);

    assert_eq!(node(folder.path()), expected, "what Node sees");
    for word in expected.values_mut() {
        word.count = Some(word.count.unwrap_or(0) + 1);
        word.seen.push("node".to_owned());
        word.cart.retain(|(item, _)| *item != 0);
        word.cart.push((-1, 1.5));
        word.cart.sort_by_key(|(item, _)| item.to_string());
    }
    // What expires there expires here.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let fresh = open_orders(&folder.path().join("state")).await.stream();
    let mut subtasks = start(&fresh, &parts, 5).await;
    assert_eq!(words(&mut subtasks), expected, "what Rust sees");
}
