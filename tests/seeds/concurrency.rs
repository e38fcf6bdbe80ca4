//! Several workers at once: nothing is lost, nobody holds what another holds.

use std::path::Path;

use highwater::{Acquire, Begin, ErrorKind, Graph, Hwm, NodeStatus, RetryPolicy};

use crate::support::{begin, directory, file, open, open_pipeline, pipeline_at, spawn, sqlite, start};

pub(crate) async fn set_keys(directory: &Path, name: &str) {
    let (highwater, pipeline) = open_pipeline(directory, name).await;
    for number in 0..100_i64 {
        pipeline.hwm(format!("{name}.{number:03}")).set(number).await.expect("every set succeeds");
    }
    highwater.close().await;
}

/// X1: two processes set 100 keys each; of 200 keys, 115 were on disk, and 49 calls failed.
#[tokio::test]
async fn x1_two_processes_set_distinct_keys() {
    let directory = directory();
    let children = [spawn("keys:left", directory.path()), spawn("keys:right", directory.path())];
    for child in children {
        assert!(child.wait_with_output().expect("the child ends").status.success());
    }
    let (_highwater, pipeline) = open_pipeline(directory.path(), "reader").await;
    assert_eq!(pipeline.list_hwms("").all().await.expect("the list").len(), 200);
}

/// X7: one worker held a lock, and a second one got it too.
#[tokio::test]
async fn x7_a_held_lock_is_not_given_twice() {
    let directory = directory();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    let Acquire::Granted(guard) = first.lease("lock").try_acquire().await.expect("an answer") else {
        panic!("a free lease is granted")
    };
    match second.lease("lock").try_acquire().await.expect("an answer") {
        Acquire::Held(held) => assert_eq!((held.worker.as_str(), held.token), ("one", guard.token())),
        Acquire::Granted(_) => panic!("the lease was given twice"),
    }
}

/// Adds one under the lock, as both systems promised to do.
async fn add_one_locked(pipeline: &highwater::Pipeline) {
    let guard = pipeline.lease("counter").acquire().await.expect("the lease");
    let counter = pipeline.hwm("counter");
    let present = counter.get_as::<i64>().await.expect("a value").unwrap_or(0);
    counter.set(present + 1).under_lease(&guard).await.expect("the set");
    guard.release().await.expect("the release");
}

/// X8: two managers made 200 locked increments each; the counter said 370.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x8_locked_increments_of_two_managers_add_up() {
    let directory = directory();
    let mut tasks = Vec::new();
    for worker in ["one", "two"] {
        let (highwater, pipeline) = open_pipeline(directory.path(), worker).await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..200 {
                add_one_locked(&pipeline).await;
            }
            highwater.close().await;
        }));
    }
    for task in tasks {
        task.await.expect("the task");
    }
    let (_highwater, pipeline) = open_pipeline(directory.path(), "reader").await;
    assert_eq!(pipeline.hwm("counter").get_as::<i64>().await.expect("a value"), Some(400));
}

/// Adds one without a lock: an HWM that did not move, or would have moved backwards, was moved by somebody else.
async fn add_one_unlocked(counter: &Hwm) {
    loop {
        let present = counter.get_as::<i64>().await.expect("a value").unwrap_or(0);
        match counter.set(present + 1).await {
            Ok(set) if set.moved == 1 => return,
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid, "{error}"),
        }
    }
}

/// X9: four tasks of one manager made 100 updates each; the counter said 102.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x9_updates_of_four_tasks_add_up() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let counter = pipeline.hwm("counter");
            tokio::spawn(async move {
                for _ in 0..100 {
                    add_one_unlocked(&counter).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("the task");
    }
    assert_eq!(pipeline.hwm("counter").get_as::<i64>().await.expect("a value"), Some(400));
}

/// X10: a stale save put version 1 over version 99.
#[tokio::test]
async fn x10_a_stale_save_is_refused() {
    let directory = directory();
    let (_one, stale) = open_pipeline(directory.path(), "one").await;
    let (_two, fresh) = open_pipeline(directory.path(), "two").await;
    stale.hwm("position").set(1).await.expect("the first set");
    fresh.hwm("position").set(99).await.expect("the other set");
    let error = stale.hwm("position").set(2).await.expect_err("it is behind");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(stale.hwm("position").get_as::<i64>().await.expect("a value"), Some(99));
}

/// X18: a second connection could not write while the first was open: "database is locked" after five seconds.
#[tokio::test]
async fn x18_an_open_connection_locks_nobody_out() {
    let directory = directory();
    two_write_in_turns(&file(directory.path())).await;
}

/// X18, where it happened: in an SQLite database.
#[tokio::test]
async fn x18_an_open_connection_to_a_database_locks_nobody_out() {
    let directory = directory();
    two_write_in_turns(&sqlite(directory.path())).await;
}

async fn two_write_in_turns(location: &str) {
    let (_first, first) = pipeline_at(location, "first").await;
    first.hwm("a").set(1).await.expect("the first writes");
    let (_second, second) = pipeline_at(location, "second").await;
    let started = std::time::Instant::now();
    second.hwm("b").set(1).await.expect("the second writes");
    first.hwm("c").set(1).await.expect("the first writes again");
    assert!(started.elapsed().as_secs() < 3, "it took {:?}", started.elapsed());
}

/// X27: two instances acquired one lock, because it lived in the memory of each.
#[tokio::test]
async fn x27_a_lock_is_not_only_in_memory() {
    let directory = directory();
    let (one, first) = open_pipeline(directory.path(), "one").await;
    let Acquire::Granted(guard) = first.lease("lock").try_acquire().await.expect("an answer") else {
        panic!("a free lease is granted")
    };
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    assert!(matches!(second.lease("lock").try_acquire().await, Ok(Acquire::Held(_))));
    guard.release().await.expect("the release");
    one.close().await;
    assert!(matches!(second.lease("lock").try_acquire().await, Ok(Acquire::Granted(_))));
}

/// Finishes 50 nodes of one run.
pub(crate) async fn finish_nodes(directory: &Path, name: &str) {
    let (highwater, pipeline) = open_pipeline(directory, name).await;
    let run = start(&pipeline, "shared").await;
    for number in 0..50 {
        begin(&run, &format!("{name}.{number:02}")).await.succeed().await.expect("the node succeeds");
    }
    highwater.close().await;
}

/// X28: two processes saved 50 nodes each; 54 of 100 were there. X36: two processes with one run id completed 10
/// tables each; 10 of 20 were there.
async fn two_processes_finish_nodes_of_one_run() {
    let directory = directory();
    let children = [spawn("nodes:left", directory.path()), spawn("nodes:right", directory.path())];
    for child in children {
        assert!(child.wait_with_output().expect("the child ends").status.success());
    }
    let (_highwater, pipeline) = open_pipeline(directory.path(), "reader").await;
    let run = pipeline.run("shared").describe().await.expect("the run");
    let done = run.nodes.iter().filter(|node| node.status == NodeStatus::Succeeded).count();
    assert_eq!(done, 100);
}

#[tokio::test]
async fn x28_nodes_of_two_processes_are_all_there() {
    two_processes_finish_nodes_of_one_run().await;
}

#[tokio::test]
async fn x36_two_processes_share_a_run_id() {
    two_processes_finish_nodes_of_one_run().await;
}

/// X35: two workers both started a table that was to be retried.
#[tokio::test]
async fn x35_one_worker_retries() {
    let directory = directory();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    let at_once = RetryPolicy { backoff_ms: 0, jitter_percent: 0, ..RetryPolicy::default() };
    first.declare_graph(Graph::new().node("table").retry(at_once)).await.expect("the graph");
    let run = start(&first, "r").await;
    begin(&run, "table").await.fail("the source is busy").await.expect("the failure is kept");
    let other_run = second.run("r");
    let (node, other_node) = (run.node("table"), other_run.node("table"));
    let (ours, theirs) = tokio::join!(node.begin(), other_node.begin());
    let running = [ours.expect("an answer"), theirs.expect("an answer")]
        .into_iter()
        .filter(|begin| matches!(begin, Begin::Run(_)))
        .count();
    assert_eq!(running, 1);
}

/// X5: with the same key under one path, development read the HWM of production.
#[tokio::test]
async fn x5_environments_do_not_see_each_other() {
    let directory = directory();
    let highwater = open(directory.path(), "one").await;
    let production = highwater.pipeline("prod/orders").expect("an id");
    let development = highwater.pipeline("dev/orders").expect("an id");
    production.hwm("position").set(7).await.expect("the set");
    assert!(development.hwm("position").get().await.expect("an answer").is_none());
}
