//! Whether a node is needed: by what it works on, what it made, what came before it, and who works on it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use highwater::{Attempt, Begin, Graph, Node, Pipeline, ReasonCode, Run};

use crate::support::{attempts, begin, directory, in_memory, open_pipeline, start};

/// An attempt, or why there is none.
async fn ask(node: Node) -> Result<Attempt, ReasonCode> {
    match node.begin().await.expect("an answer") {
        Begin::Run(attempt) => Ok(attempt),
        Begin::Skip(reason) => Err(reason.code),
        Begin::Wait(wait) => Err(wait.reason.code),
    }
}

/// DE-09: a table was needed if nobody knew it, if it was incomplete, or if it had failed less often than allowed.
#[tokio::test]
async fn de09_whether_a_table_is_needed_has_one_answer() {
    let directory = directory();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    first.declare_graph(Graph::new().node("table").retry(attempts(2))).await.expect("the graph");
    let run = start(&first, "r").await;
    let attempt = ask(run.node("table")).await.expect("unknown: it is needed");
    assert_eq!(ask(second.run("r").node("table")).await.expect_err("it runs"), ReasonCode::Held);
    attempt.fail("once").await.expect("it fails");
    let attempt = ask(run.node("table")).await.expect("it failed once of two times: it is needed");
    assert_eq!(attempt.reason().code, ReasonCode::Retry);
    attempt.fail("twice").await.expect("it fails");
    assert_eq!(ask(run.node("table")).await.expect_err("that is enough"), ReasonCode::AttemptsExhausted);
    let Begin::Run(attempt) = run.node("table").begin_forced().await.expect("an answer") else {
        panic!("forced")
    };
    attempt.succeed().await.expect("it succeeds");
    assert_eq!(ask(run.node("table")).await.expect_err("it is complete"), ReasonCode::AlreadySucceeded);
}

/// Begins a node that makes this file out of version 7 of its table.
async fn extract(pipeline: &Pipeline, run: &str) -> Result<Attempt, ReasonCode> {
    ask(start(pipeline, run).await.node("extract").fingerprint("table", "orders@7")).await
}

/// DE-10: a file that had lost a twentieth of its bytes passed for whole.
#[tokio::test]
async fn de10_a_file_that_lost_its_last_byte_is_not_whole() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(&directory.path().join("state"), "one").await;
    let out = directory.path().join("orders.parquet");
    let bytes = vec![b'x'; 50_000];
    std::fs::write(&out, &bytes).expect("written");
    let attempt = extract(&pipeline, "monday").await.expect("the first time");
    attempt.succeed().artifact(out.display().to_string()).await.expect("it is there");
    assert_eq!(extract(&pipeline, "tuesday").await.expect_err("it is whole"), ReasonCode::Cached);
    std::fs::write(&out, &bytes[..bytes.len() - 1]).expect("cut off");
    let attempt = extract(&pipeline, "wednesday").await.expect("it is not whole");
    assert_eq!(attempt.reason().code, ReasonCode::Changed);
    attempt.fail("only a look").await.expect("it fails");
}

/// Makes a file look new, and leaves what is in it.
fn touch(path: &Path) {
    let file = std::fs::File::options().append(true).open(path).expect("it opens");
    file.set_modified(SystemTime::now() + Duration::from_secs(3_600)).expect("touched");
}

/// OD-24, SK-25: writing was skipped if the content had not changed; a source counted as changed when somebody had touched its file.
#[tokio::test]
async fn od24_sk25_only_what_is_in_it_counts() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(&directory.path().join("state"), "one").await;
    let out = directory.path().join("orders.csv");
    std::fs::write(&out, "1,2,3").expect("written");
    let attempt = extract(&pipeline, "monday").await.expect("the first time");
    attempt.succeed().artifact(out.display().to_string()).await.expect("it is there");
    touch(&out);
    assert_eq!(extract(&pipeline, "tuesday").await.expect_err("only touched"), ReasonCode::Cached);
    std::fs::write(&out, "1,2,4").expect("written");
    extract(&pipeline, "wednesday")
        .await
        .expect("of the same size, and other rows")
        .fail("a look")
        .await
        .expect("over");
}

/// A node with four parts to its fingerprint, of which this is the schema.
fn with_schema(run: &Run, schema: &str) -> Node {
    let node = run.node("clean").fingerprint("content", "c1").fingerprint("schema", schema);
    node.fingerprint("upstream", "u1").fingerprint("config", "k1")
}

/// SK-26: a fingerprint of four parts was put together into one number, which could only say that something had changed.
#[tokio::test]
async fn sk26_the_part_that_has_changed_is_named() {
    let (_highwater, pipeline) = in_memory().await;
    let run = start(&pipeline, "monday").await;
    ask(with_schema(&run, "s1")).await.expect("new").succeed().await.expect("it succeeds");
    run.finish().await.expect("the end");
    let run = start(&pipeline, "tuesday").await;
    let attempt = ask(with_schema(&run, "s2")).await.expect("the schema is another one");
    assert_eq!(attempt.reason().code, ReasonCode::Changed);
    let why = &attempt.reason().message;
    assert!(why.contains("schema") && !why.contains("config"), "{why}");
    attempt.succeed().await.expect("it succeeds");
}

/// SK-27: what comes after a node that has changed was found by walking the graph, in one of two runners.
#[tokio::test]
async fn sk27_what_comes_after_runs_again() {
    let (_highwater, pipeline) = in_memory().await;
    let graph = Graph::new().node("source").node("clean").after("source").node("other");
    pipeline.declare_graph(graph).await.expect("the graph");
    let mut ran = Vec::new();
    for (day, version) in [("monday", "v1"), ("tuesday", "v1"), ("wednesday", "v2")] {
        let run = start(&pipeline, day).await;
        for (node, content) in [("source", version), ("clean", "same"), ("other", "same")] {
            if let Ok(attempt) = ask(run.node(node).fingerprint("content", content)).await {
                ran.push(format!("{day} {node}"));
                attempt.succeed().await.expect("it succeeds");
            }
        }
        run.finish().await.expect("the end");
    }
    let expected = ["monday source", "monday clean", "monday other", "wednesday source", "wednesday clean"];
    assert_eq!(ran, expected);
}

/// SK-11: whether a state was there was looked up first and written then, so that two writers both found nothing.
#[tokio::test]
async fn sk11_one_of_two_gets_the_node() {
    let directory = directory();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    start(&first, "r").await;
    for number in 0..20 {
        let (ours, theirs) =
            (first.run("r").node(format!("n{number}")), second.run("r").node(format!("n{number}")));
        let (ours, theirs) = tokio::join!(ask(ours), ask(theirs));
        assert_eq!([ours.is_ok(), theirs.is_ok()].into_iter().filter(|it| *it).count(), 1, "node {number}");
        for attempt in [ours, theirs].into_iter().flatten() {
            attempt.succeed().await.expect("it succeeds");
        }
    }
}

/// DE-12: that a table was to be processed again was in memory, until the next checkpoint of 30 seconds.
#[tokio::test]
async fn de12_what_is_forced_is_forced_for_everybody_at_once() {
    let directory = directory();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    let run = start(&first, "r").await;
    begin(&run, "sales.customers").await.succeed().await.expect("it succeeds");
    run.node("sales.customers").force("corrected at the source").by("ada").await.expect("forced");
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    let run = start(&second, "r").await;
    let attempt = begin(&run, "sales.customers").await;
    assert_eq!(attempt.reason().code, ReasonCode::Forced);
    assert_eq!(attempt.number(), 2, "the first one is not forgotten");
    attempt.succeed().await.expect("it succeeds");
}
