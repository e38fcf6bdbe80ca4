//! HWMs: from nothing to the first value, forwards, and nowhere else by accident.

use std::time::Duration;

use highwater::value::{Timestamp, ValueType};
use highwater::{ErrorKind, Graph, Ready};

use crate::support::{attempts, begin, directory, in_memory, open_pipeline, start};

/// X4: the first HWM of a new store failed, because no environment was set, which was the default.
#[tokio::test]
async fn x4_the_first_hwm_needs_no_environment() {
    let directory = directory();
    let location = format!("file:{}", directory.path().join("new").display());
    let highwater = highwater::open(&location).await.expect("nothing has to be said");
    let pipeline = highwater.pipeline("orders").expect("an id without an environment");
    pipeline.hwm("orders.id").set(1).await.expect("the first set");
    assert_eq!(pipeline.hwm("orders.id").get_as::<i64>().await, Ok(Some(1)));
    highwater.close().await;
}

/// OD-11: what was never set is nothing, also where there is no table yet.
#[tokio::test]
async fn od11_what_was_never_set_is_nothing() {
    let directory = directory();
    let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    assert_eq!(pipeline.hwm("orders.id").get().await, Ok(None));
    assert!(pipeline.list_hwms("").all().await.expect("a list").is_empty());
    highwater.close().await;
}

/// OD-12: a timestamp was one text before the restart and another one after it, with a space for the `T`.
#[tokio::test]
async fn od12_a_timestamp_is_the_same_after_a_restart() {
    let directory = directory();
    let text = "2025-01-03T04:05:06.000789Z";
    let read = async |pipeline: &highwater::Pipeline| {
        pipeline.hwm("updated_at").get().await.expect("an answer").map(|hwm| hwm.value.to_text())
    };
    let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    pipeline.hwm("updated_at").set(Timestamp::parse(text).expect("a time")).await.expect("the set");
    let before = read(&pipeline).await;
    highwater.close().await;
    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    assert_eq!(read(&pipeline).await, before);
    assert_eq!(before.as_deref(), Some(text));
}

/// OD-13: a batch of HWMs was N files rewritten; the same key twice in it left two rows for ever.
#[tokio::test]
async fn od13_a_batch_is_one_record_and_names_each_once() {
    let (_highwater, pipeline) = in_memory().await;
    let set = pipeline.set_hwms([("orders.hwm", 100), ("customers.hwm", 200)]).await.expect("both");
    assert_eq!((set.moved, set.version), (2, 1));
    let twice = pipeline.set_hwms([("new.hwm", 1), ("new.hwm", 2)]).await.expect_err("which one?");
    assert_eq!(twice.kind(), ErrorKind::Invalid);
    let behind = pipeline.set_hwms([("new.hwm", 1), ("orders.hwm", 99)]).await.expect_err("backwards");
    assert_eq!(behind.kind(), ErrorKind::Invalid);
    assert_eq!(pipeline.hwm("new.hwm").get().await, Ok(None), "all or none");
    assert_eq!(pipeline.describe().await.expect("the pipeline").version, 1);
}

/// OD-21: the HWM was set after the data was written, in a write of its own; between the two a crash read the rows again.
#[tokio::test]
async fn od21_a_position_moves_with_the_success_or_not_at_all() {
    let (_highwater, pipeline) = in_memory().await;
    pipeline.declare_graph(Graph::new().node("load").retry(attempts(3))).await.expect("the graph");
    let source = [1_i64, 2, 3];
    let position = pipeline.hwm("orders.id");
    let run = start(&pipeline, "monday").await;
    begin(&run, "load").await.fail("after half of the rows").await.expect("it fails");
    assert_eq!(position.get().await, Ok(None), "a failure moves nothing");
    let attempt = begin(&run, "load").await;
    let success = attempt.succeed().hwm("orders.id", 3).await.expect("it succeeds");
    let moved = position.get().await.expect("an answer").expect("it is there");
    assert_eq!((moved.version, moved.node.as_deref()), (success.version, Some("load")), "the same record");
    run.finish().await.expect("the end");

    let run = start(&pipeline, "tuesday").await;
    let Ready::Run(attempt) = run.node("load").begin_or_wait().await.expect("an answer") else {
        panic!("new")
    };
    let mut reader = position.reader().await.expect("a reader");
    let new: Vec<i64> =
        source.into_iter().filter(|id| reader.admit(*id, id.to_string()).expect("a row")).collect();
    assert!(new.is_empty(), "the row of the position itself is not read again: {new:?}");
    run.cancel("the power goes").await.expect("it is cancelled");
    let late = attempt.succeed().hwm("orders.id", 9).await.expect_err("somebody decided otherwise");
    assert_eq!(late.kind(), ErrorKind::Fenced);
    assert_eq!(position.get_as::<i64>().await, Ok(Some(3)));
}

/// OD-23: the lag of a watermark cut microseconds off, so that rows were read again that had been loaded.
#[tokio::test]
async fn od23_a_lag_keeps_every_digit() {
    let (_highwater, pipeline) = in_memory().await;
    let hwm = pipeline.hwm("updated_at");
    let two_hours = Duration::from_secs(2 * 3_600);
    hwm.declare().value_type(ValueType::Timestamp).read_back(two_hours).await.expect("declared");
    hwm.set(Timestamp::parse("2025-01-03T04:05:06.000789Z").expect("a time")).await.expect("the set");
    let position = hwm.position().await.expect("the position");
    assert_eq!(position.from.expect("from somewhere").to_text(), "2025-01-03T02:05:06.000789Z");
    assert_eq!(
        position.value.expect("set").to_text(),
        "2025-01-03T04:05:06.000789Z",
        "it stands where it stood"
    );
}

/// OD-30: deleting a key read all rows and wrote them back, and with them what others had set in between was gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn od30_deleting_a_key_loses_nothing_of_others() {
    let directory = directory();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    first.set_hwms((0..20).map(|number| (format!("old.{number}"), number))).await.expect("the old ones");
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    let setting = tokio::spawn(async move {
        for number in 0..20 {
            second.hwm(format!("new.{number}")).set(number).await.expect("the set");
        }
    });
    for number in 0..20 {
        first.hwm(format!("old.{number}")).delete("no longer loaded").by("ada").await.expect("deleted");
    }
    setting.await.expect("the other one");
    assert!(first.list_hwms("old.").all().await.expect("a list").is_empty());
    assert_eq!(first.list_hwms("new.").all().await.expect("a list").len(), 20);
    let history = first.hwm("old.7").history().await.expect("its history");
    assert_eq!(history[0].reason.as_deref(), Some("no longer loaded"), "who and why is kept");
}

/// OD-25: what a node wanted to remember was JSON in a JSON string in a table of everybody.
#[tokio::test]
async fn od25_what_an_attempt_left_is_handed_to_the_next() {
    let directory = directory();
    let left: Vec<u8> = (0..=255).collect();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    let run = start(&first, "r").await;
    let attempt = begin(&run, "load").await;
    attempt.progress(crate::support::rows(3)).state(left.clone()).await.expect("reported");
    attempt.abandon();
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    let run = start(&second, "r").await;
    let Ready::Run(next) = run.node("load").begin_or_wait().await.expect("an answer") else {
        panic!("not done")
    };
    assert_eq!(next.state(), Some(&left[..]));
    assert_eq!(next.previous().map(|counts| counts.rows_read), Some(3));
    next.succeed().await.expect("it succeeds");
}

/// OX-17: the version stood at 1 for a whole run, and was never compared with anything.
#[tokio::test]
async fn ox17_each_change_has_the_next_version() {
    let (_highwater, pipeline) = in_memory().await;
    for version in 1..=5_u64 {
        let set = pipeline.hwm("n").set(version).await.expect("the set");
        assert_eq!(set.version, version);
    }
    let seen = pipeline.hwm("n").set(5_u64).await.expect("the same again");
    assert_eq!((seen.moved, pipeline.describe().await.expect("the pipeline").version), (0, 5));
}

/// SK-29: a watermark of the source that had gone back made everything be read again, without a word.
#[tokio::test]
async fn sk29_a_watermark_that_goes_back_is_named() {
    let (_highwater, pipeline) = in_memory().await;
    let hwm = pipeline.hwm("features.at");
    hwm.set(100).await.expect("the set");
    let refused = hwm.set(50).await.expect_err("it does not go back by itself");
    assert!(refused.message().contains("rewind"), "{refused}");
    hwm.rewind(50, "the source was restored").await.expect("somebody says so");
    hwm.observe_source().earliest(70).latest(120).await.expect("what the source has");
    let position = hwm.position().await.expect("the position");
    assert!(position.forgotten, "rows from 50 to 70 are gone, and it is said");
}
