//! Keyed state and checkpoints: what was promised of them, one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use highwater::answer::CheckpointTrigger;
use highwater::streaming::{KeyedState, MemoryParts, ValueState, reclaim};
use highwater::{
    Acknowledgement, CheckpointRef, CheckpointStatus, SourcePosition, Stream, StreamSpec, TransactionRef,
    Value, key_group,
};

use crate::support::{directory, in_memory, open_pipeline};

const COUNTS: ValueState<String, u64> = ValueState::new("user_count");
const SESSIONS: ValueState<String, (String, bool)> = ValueState::new("session_data");

fn state() -> KeyedState {
    KeyedState::new("word_count", 0, 1, 128).expect("a state")
}

/// AF-02, AF-03, AF-04: typed values by key; `remove` and `clear` were in the documentation and not in the trait.
#[test]
fn af02_af03_af04_typed_values_are_put_got_removed_and_cleared() {
    let mut state = state();
    COUNTS.put(&mut state, "ada", &42).expect("put");
    SESSIONS.put(&mut state, "ada", &("123".to_owned(), true)).expect("put");
    assert_eq!(COUNTS.get(&mut state, "ada"), Ok(Some(42)));
    assert_eq!(SESSIONS.get(&mut state, "ada"), Ok(Some(("123".to_owned(), true))));
    assert_eq!(COUNTS.get(&mut state, "bob"), Ok(None));
    assert_eq!(COUNTS.remove(&mut state, "ada"), Ok(true));
    assert_eq!(COUNTS.get(&mut state, "ada"), Ok(None));
    COUNTS.put(&mut state, "eve", &1).expect("put");
    COUNTS.clear(&mut state);
    assert_eq!(COUNTS.entries(&state), Ok(Vec::new()));
    assert_eq!(SESSIONS.get(&mut state, "ada"), Ok(Some(("123".to_owned(), true))), "another name");
}

/// AF-22: a time to live, batches, and parts by key: all three were in the documentation only.
#[test]
fn af22_values_expire_batches_hold_together_and_keys_are_shared_out() {
    let now = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&now);
    let mut state = state().with_clock(move || clock.load(Ordering::Relaxed));
    COUNTS.put_with_ttl(&mut state, "temp", &1, Duration::from_secs(3_600)).expect("put");
    now.store(3_599_999, Ordering::Relaxed);
    assert_eq!(COUNTS.get(&mut state, "temp"), Ok(Some(1)));
    now.store(3_600_000, Ordering::Relaxed);
    assert_eq!(COUNTS.get(&mut state, "temp"), Ok(None), "an hour is over");

    let failed = state.batch(|state| {
        COUNTS.put(state, "bob", &1)?;
        Err::<(), highwater::Error>(COUNTS.put(state, "bob", &2).err().unwrap_or_else(nothing))
    });
    assert!(failed.is_err());
    assert_eq!(COUNTS.get(&mut state, "bob"), Ok(None), "all or nothing");

    let mut halves: Vec<KeyedState> =
        (0..2).map(|subtask| KeyedState::new("word_count", subtask, 2, 128).expect("a half")).collect();
    for number in 0..50 {
        let key = format!("key {number}");
        let group = key_group::of(&COUNTS.key_bytes(&key).expect("bytes"), 128);
        let taken: Vec<bool> = halves.iter_mut().map(|it| COUNTS.put(it, &key, &1).is_ok()).collect();
        assert_eq!(taken, [group < 64, group >= 64], "{key} has one place");
    }
}

fn nothing() -> highwater::Error {
    KeyedState::new("none", 1, 1, 1).expect_err("there is no such sub-task")
}

/// A stream of one operator that is declared and started.
async fn started(pipeline: &highwater::Pipeline, spec: impl FnOnce(StreamSpec) -> StreamSpec) -> Stream {
    let stream = pipeline.stream();
    stream.declare(spec(StreamSpec::new().operator("sink", 1))).await.expect("declared");
    stream.restore(CheckpointRef::Latest).await.expect("started");
    stream
}

/// Triggers a checkpoint by hand.
async fn trigger(stream: &Stream) -> u64 {
    match stream.trigger().await.expect("an answer") {
        CheckpointTrigger::Triggered(barrier) => barrier.checkpoint,
        CheckpointTrigger::Wait(wait) => panic!("nothing is under way: {wait:?}"),
    }
}

/// What the sink says at a barrier: how far it is, and what it has prepared.
fn done(position: i64, transaction: Option<&str>) -> Acknowledgement {
    Acknowledgement {
        operator: "sink".to_owned(),
        positions: vec![SourcePosition { name: "lines".to_owned(), value: Value::Int(position) }],
        transaction: transaction.map(|it| it.as_bytes().to_vec()),
        ..Acknowledgement::default()
    }
}

/// AF-05: an interval, how many checkpoints are kept, exactly once: half of the configuration was never read.
#[tokio::test]
async fn af05_what_is_declared_holds() {
    let (_highwater, pipeline) = in_memory().await;
    let stream = started(&pipeline, |spec| spec.interval(Duration::from_secs(60)).retain(5)).await;
    let policy = stream.describe().await.expect("an answer").expect("it is declared").policy;
    assert_eq!((policy.interval_ms, policy.retain), (60_000, 5));
    for position in 1..=7 {
        let checkpoint = trigger(&stream).await;
        stream.acknowledge(checkpoint, [done(position, None)]).await.expect("acknowledged");
    }
    let kept = stream.describe().await.expect("an answer").expect("it is declared").retained;
    assert_eq!(kept, [3, 4, 5, 6, 7]);
}

/// AF-27: checkpoints were dropped by number and by age, the newest too if its file was old.
#[tokio::test]
async fn af27_old_checkpoints_go_and_the_newest_never() {
    let (_highwater, pipeline) = in_memory().await;
    let age = Duration::from_millis(50);
    let stream = started(&pipeline, |spec| spec.retain(100).expire(age)).await;
    for position in 1..=3 {
        tokio::time::sleep(age * 2).await;
        let checkpoint = trigger(&stream).await;
        stream.acknowledge(checkpoint, [done(position, None)]).await.expect("acknowledged");
    }
    tokio::time::sleep(age * 2).await;
    let kept = stream.describe().await.expect("an answer").expect("it is declared").retained;
    assert_eq!(kept, [3]);
    let start = stream.restore(CheckpointRef::Latest).await.expect("started");
    assert_eq!(start.positions[0].value, Value::Int(3));
}

/// AF-08: a checkpoint by the clock came only when a batch happened to come after it.
#[tokio::test]
async fn af08_a_checkpoint_is_due_by_the_clock() {
    let (_highwater, pipeline) = in_memory().await;
    let stream = started(&pipeline, |spec| spec.interval(Duration::from_secs(3_600))).await;
    let first = stream.trigger_if_due().await.expect("an answer");
    let checkpoint = match first {
        CheckpointTrigger::Triggered(barrier) => barrier.checkpoint,
        CheckpointTrigger::Wait(_) => trigger(&stream).await,
    };
    stream.acknowledge(checkpoint, [done(1, None)]).await.expect("acknowledged");
    match stream.trigger_if_due().await.expect("an answer") {
        CheckpointTrigger::Wait(wait) => assert!(wait.until_ms.is_some(), "it says when: {wait:?}"),
        CheckpointTrigger::Triggered(_) => panic!("an hour is not over"),
    }
}

/// AF-09: savepoints were a kind of barrier, and kept like any other.
#[tokio::test]
async fn af09_a_savepoint_is_kept_by_its_name() {
    let (_highwater, pipeline) = in_memory().await;
    let stream = started(&pipeline, |spec| spec.retain(1)).await;
    let CheckpointTrigger::Triggered(barrier) = stream.savepoint("before-v2").await.expect("an answer")
    else {
        panic!("nothing is under way")
    };
    stream.acknowledge(barrier.checkpoint, [done(10, None)]).await.expect("acknowledged");
    for position in [20, 30] {
        let checkpoint = trigger(&stream).await;
        stream.acknowledge(checkpoint, [done(position, None)]).await.expect("acknowledged");
    }
    let back = stream.restore(CheckpointRef::Savepoint("before-v2".to_owned())).because("v2 is wrong");
    let restored = back.await.expect("restored");
    assert_eq!(restored.positions[0].value, Value::Int(10));
}

/// AF-13: old checkpoints were looked for under a name that none had, so that none was ever deleted.
#[tokio::test]
async fn af13_what_no_checkpoint_needs_is_deleted() {
    let (_highwater, pipeline) = in_memory().await;
    let stream = pipeline.stream();
    stream.declare(StreamSpec::new().operator("word_count", 1).retain(2)).await.expect("declared");
    let start = stream.restore(CheckpointRef::Latest).await.expect("started");
    let parts = MemoryParts::default();
    let mut state = KeyedState::restore(&start, "word_count", 0, &parts).await.expect("empty");
    for value in 0..10 {
        COUNTS.put(&mut state, "ada", &value).expect("put");
        state.rebase();
        let checkpoint = trigger(&stream).await;
        let part = state.snapshot(checkpoint).expect("a snapshot").write(&parts).await.expect("written");
        stream.acknowledge(checkpoint, [part]).await.expect("acknowledged");
        state.complete(checkpoint);
        reclaim(&stream, &parts).await.expect("reclaimed");
    }
    let kept = stream.describe().await.expect("an answer").expect("it is declared").retained;
    assert_eq!((kept, parts.names().len()), (vec![9, 10], 2));
}

/// AF-16: from the second one on, a checkpoint had two numbers.
#[tokio::test]
async fn af16_a_checkpoint_has_one_number() {
    let (_highwater, pipeline) = in_memory().await;
    let stream = started(&pipeline, |spec| spec).await;
    for expected in 1..=3 {
        let checkpoint = trigger(&stream).await;
        assert_eq!(checkpoint, expected);
        stream.acknowledge(checkpoint, [done(1, None)]).await.expect("acknowledged");
        let view = stream.checkpoint(CheckpointRef::Latest).await.expect("an answer").expect("it is there");
        assert_eq!((view.checkpoint, view.status), (expected, CheckpointStatus::Completed));
    }
}

/// AF-19, AF-28: the log of transactions was in memory, so that a crash between the decision and the sink lost the rows.
#[tokio::test]
async fn af19_af28_a_sink_is_told_to_commit_until_it_has() {
    let directory = directory();
    let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let stream = started(&pipeline, |spec| spec).await;
    let checkpoint = trigger(&stream).await;
    let acknowledged =
        stream.acknowledge(checkpoint, [done(10, Some("batch-7"))]).await.expect("the last one");
    assert_eq!((acknowledged.status, acknowledged.commit.len()), (CheckpointStatus::Completed, 1));
    highwater.close().await; // the sink was told, and nobody knows whether it heard

    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    let stream = pipeline.stream();
    let start = stream.restore(CheckpointRef::Latest).await.expect("started");
    let [told] = &start.commit[..] else { panic!("it is told again: {start:?}") };
    assert_eq!(told.transaction, b"batch-7");
    let settled = TransactionRef { checkpoint, operator: told.operator.clone(), subtask: told.subtask };
    stream.settle([settled]).await.expect("settled");
    assert!(
        stream.restore(CheckpointRef::Latest).await.expect("started").commit.is_empty(),
        "once is enough"
    );
}

/// AF-20: a participant that had failed was counted as one that was done.
#[tokio::test]
async fn af20_who_fails_takes_the_checkpoint_with_it() {
    let (_highwater, pipeline) = in_memory().await;
    let stream = pipeline.stream();
    let spec = StreamSpec::new().operator("count", 1).operator("sink", 1);
    stream.declare(spec).await.expect("declared");
    stream.restore(CheckpointRef::Latest).await.expect("started");
    let checkpoint = trigger(&stream).await;
    let acknowledged = stream.acknowledge(checkpoint, [done(10, Some("batch-1"))]).await.expect("one of two");
    assert_eq!((acknowledged.status, acknowledged.missing), (CheckpointStatus::InProgress, 1));
    stream.abort(checkpoint, "count has failed").await.expect("aborted");
    let view =
        stream.checkpoint(CheckpointRef::Number(checkpoint)).await.expect("an answer").expect("it is known");
    assert_eq!(
        (view.status, view.abort_reason.as_deref()),
        (CheckpointStatus::Aborted, Some("count has failed"))
    );
    let start = stream.restore(CheckpointRef::Latest).await.expect("started");
    assert_eq!((start.abort.len(), start.commit.len()), (1, 0), "what the sink prepared is taken back");
    assert_eq!(pipeline.hwm("lines").get().await, Ok(None), "and no position has moved");
}

/// AF-32: a checkpoint that is not complete is none, and nothing is restored from it.
#[tokio::test]
async fn af32_only_what_is_complete_is_restored() {
    let (_highwater, pipeline) = in_memory().await;
    let stream = started(&pipeline, |spec| spec).await;
    let complete = trigger(&stream).await;
    stream.acknowledge(complete, [done(10, None)]).await.expect("acknowledged");
    let incomplete = trigger(&stream).await;
    let start = stream.restore(CheckpointRef::Latest).await.expect("started");
    assert_eq!(start.checkpoint.map(|it| it.checkpoint), Some(complete));
    assert_eq!((start.positions[0].value.clone(), start.aborted), (Value::Int(10), vec![incomplete]));
    let late = stream.acknowledge(incomplete, [done(20, None)]).await;
    assert!(late.is_err(), "whoever was there before has nothing to say: {late:?}");
}
