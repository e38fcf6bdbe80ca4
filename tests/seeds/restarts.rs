//! Crashes, restarts and repetitions: what was done stays done, what was running runs again.

use std::path::Path;

use highwater::{Acquire, Begin, Counts, ErrorKind, FinalStatus, NodeStatus, Ready, ReasonCode, RunStatus};

use crate::support::{begin, directory, file, open_pipeline, pipeline_at, run_child, sqlite, start};

/// X13: a process read the state of before from its cache.
#[tokio::test]
async fn x13_a_change_by_others_is_seen() {
    let directory = directory();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    first.hwm("position").set(2).await.expect("the set");
    second.hwm("position").rewind(1, "the state of yesterday").await.expect("the rewind");
    assert_eq!(first.hwm("position").get_as::<i64>().await.expect("a value"), Some(1));
}

/// X16: stopping the worker of a completed pipeline made it paused, and so resumable.
#[tokio::test]
async fn x16_a_finished_run_stays_finished() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let run = start(&pipeline, "r").await;
    begin(&run, "load").await.succeed().await.expect("the node");
    run.finish().await.expect("the end");
    for error in [
        run.cancel("stop the worker").await.expect_err("nothing to cancel"),
        run.finish().status(FinalStatus::Failed).await.expect_err("it ends once"),
        pipeline.resume_run("r").await.expect_err("nothing to resume"),
        run.pause("stop the worker").await.expect_err("nothing to pause"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    }
    let nobody = pipeline.stop_worker("worker-1", "stop the worker").await.expect_err("there is none");
    assert_eq!(nobody.kind(), ErrorKind::Invalid, "{nobody}");
    assert_eq!(run.describe().await.expect("the run").status, RunStatus::Succeeded);
}

/// Finishes 50 nodes, takes a lease, and dies as `kill -9` would have it.
pub(crate) async fn work_and_die(location: &str) {
    let (_highwater, pipeline) = pipeline_at(location, "mortal").await;
    let run = start(&pipeline, "r").await;
    for number in 0..50 {
        begin(&run, &format!("n{number}")).await.succeed().await.expect("the node");
    }
    let _guard = pipeline.lease("lock").acquire().await.expect("the lease");
    std::process::abort();
}

/// X17: 50 node states and a lock, then the process dies: nothing was there after the restart.
#[tokio::test]
async fn x17_what_was_answered_survives_the_process() {
    let directory = directory();
    assert!(!run_child("die:", directory.path()).status.success(), "the child must die");
    all_of_it_is_there(&file(directory.path())).await;
}

/// X17, where it happened: in an SQLite database.
#[tokio::test]
async fn x17_what_a_database_has_answered_survives_the_process() {
    let directory = directory();
    assert!(!run_child("die-sqlite:", directory.path()).status.success(), "the child must die");
    all_of_it_is_there(&sqlite(directory.path())).await;
}

/// What the dead had done, and the lease that nobody gave back.
async fn all_of_it_is_there(location: &str) {
    let (_highwater, pipeline) = pipeline_at(location, "heir").await;
    let run = pipeline.run("r").describe().await.expect("the run");
    let done = run.nodes.iter().filter(|node| node.status == NodeStatus::Succeeded).count();
    assert_eq!(done, 50);
    let leases = pipeline.list_leases().await.expect("the leases");
    assert!(leases.iter().any(|lease| lease.name == "lock" && lease.worker == "mortal"), "{leases:?}");
    let guard = pipeline.lease("lock").acquire().await.expect("the lease of the dead lapses");
    assert_eq!(guard.taken_from(), Some("mortal"));
}

/// X30: a table completed after the last checkpoint of 30 seconds, then a crash: the completion was lost.
#[tokio::test]
async fn x30_a_completion_is_not_lost_in_a_crash() {
    let directory = directory();
    assert!(!run_child("die:", directory.path()).status.success(), "the child must die");
    let (_highwater, pipeline) = open_pipeline(directory.path(), "heir").await;
    let run = start(&pipeline, "r").await;
    assert!(run.resumed());
    match run.node("n49").begin().await.expect("an answer") {
        Begin::Skip(reason) => assert_eq!(reason.code, ReasonCode::AlreadySucceeded),
        other => panic!("the last node was done: {other:?}"),
    }
}

/// Begins a node and dies in the middle of it.
pub(crate) async fn begin_and_die(directory: &Path) {
    let (_highwater, pipeline) = open_pipeline(directory, "mortal").await;
    let run = start(&pipeline, "r").await;
    let _attempt = begin(&run, "table").await;
    std::process::abort();
}

/// X29: a table that was running when the process crashed was never extracted again.
#[tokio::test]
async fn x29_what_was_running_in_a_crash_runs_again() {
    let directory = directory();
    assert!(!run_child("die-running:", directory.path()).status.success(), "the child must die");
    let (_highwater, pipeline) = open_pipeline(directory.path(), "heir").await;
    let run = start(&pipeline, "r").await;
    match run.node("table").begin_or_wait().await.expect("an answer") {
        Ready::Run(attempt) => {
            assert_eq!(attempt.number(), 2);
            assert_eq!(attempt.reason().code, ReasonCode::TookOver);
            attempt.succeed().await.expect("the second attempt succeeds");
        }
        Ready::Skip(reason) => panic!("it must run again: {reason:?}"),
    }
    assert_eq!(run.finish().await.expect("the end").status, RunStatus::Succeeded);
}

/// X26: an exception inside of a transaction did not take back what was written before it.
#[tokio::test]
async fn x26_a_failed_batch_leaves_nothing_behind() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let run = start(&pipeline, "r").await;
    let attempt = begin(&run, "load").await;
    pipeline.hwm("b").set(5).await.expect("the set");
    let batch = pipeline
        .batch()
        .with(pipeline.hwm("a").set(1))
        .with(attempt.succeed())
        .with(pipeline.hwm("b").set(4));
    batch.await.expect_err("the last command is refused");
    assert!(pipeline.hwm("a").get().await.expect("an answer").is_none());
    let node = &run.describe().await.expect("the run").nodes[0];
    assert_eq!(node.status, NodeStatus::Running, "the attempt did not end");
    attempt.succeed().await.expect("it still can");
}

/// X32: an extract that succeeded with no rows was repeated for ever.
#[tokio::test]
async fn x32_no_rows_is_a_success() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let run = start(&pipeline, "r").await;
    begin(&run, "extract").await.succeed().counts(Counts::default()).await.expect("nothing to extract");
    let again = start(&pipeline, "r").await;
    assert!(matches!(again.node("extract").begin().await, Ok(Begin::Skip(_))));
}

/// X33: a table that was processed again three times made 250 % of the work.
#[tokio::test]
async fn x33_repetitions_are_not_counted_as_more_work() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let run = start(&pipeline, "r").await;
    let counts = Counts { rows_read: 10, rows_written: 10, ..Counts::default() };
    begin(&run, "table").await.succeed().counts(counts).await.expect("the first time");
    for _ in 0..3 {
        match run.node("table").begin_forced().await.expect("an answer") {
            Begin::Run(attempt) => attempt.succeed().counts(counts).await.expect("once more"),
            other => panic!("forced work runs: {other:?}"),
        };
    }
    let view = run.describe().await.expect("the run");
    assert_eq!(view.counts, counts);
    assert_eq!((view.nodes.len(), view.nodes[0].attempts.len()), (1, 4));
    let report = run.report().await.expect("the report");
    assert_eq!((report.nodes, report.done, report.done_percent, report.attempts), (1, 1, 100, 4));
    assert_eq!(report.counts, counts);
    assert!(matches!(pipeline.lease("free").try_acquire().await, Ok(Acquire::Granted(_))));
}
