//! Workers and locks: who works, whether they still do, and how they are stopped.

use std::time::{Duration, Instant};

use highwater::{ErrorKind, Ready};

use crate::support::{LEASE, begin, directory, in_memory, open_pipeline, start};

/// OX-18: a sign of life was given once for each step, so that a worker in a long step looked dead.
#[tokio::test]
async fn ox18_a_worker_beats_while_it_works() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let run = start(&pipeline, "r").await;
    let attempt = begin(&run, "a long step").await;
    let beat = async || {
        let workers = pipeline.list_workers().await.expect("the workers");
        workers.into_iter().find(|it| it.worker == "one").and_then(|it| it.beat)
    };
    let before = beat().await;
    let version = pipeline.describe().await.expect("the pipeline").version;
    tokio::time::sleep(LEASE * 3).await;
    assert!(beat().await > before, "{before:?}");
    assert_eq!(pipeline.describe().await.expect("the pipeline").version, version, "and not in the journal");
    attempt.succeed().await.expect("it is still its own");
}

/// OX-29: stopping a worker changed a word in the state; the worker went on, and nobody told it.
#[tokio::test]
async fn ox29_a_worker_that_is_stopped_hears_of_it() {
    let directory = directory();
    let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let run = start(&pipeline, "r").await;
    let attempt = begin(&run, "load").await;
    let (_two, other) = open_pipeline(directory.path(), "two").await;
    let stop = other.stop_worker("one", "a new release").by("ada").await.expect("asked");
    assert_eq!(stop.holds.len(), 1);
    let asked = tokio::time::timeout(Duration::from_secs(20), attempt.stopping()).await.expect("it hears");
    assert_eq!(asked.reason, "a new release");
    attempt.hand_back(asked.reason).state("page 3").await.expect("handed back");
    let refused = run.node("next").begin().await.expect_err("it begins nothing more");
    assert_eq!(refused.kind(), ErrorKind::Fenced);
    other.allow_worker("one", "it is released").await.expect("allowed");
    begin(&run, "next").await.succeed().await.expect("it works again");
    highwater.close().await;
}

/// OX-30: the command that shows a worker was in the documentation only.
#[tokio::test]
async fn ox30_a_worker_is_shown_with_what_it_holds() {
    let (_highwater, pipeline) = in_memory().await;
    let run = start(&pipeline, "r").await;
    let _attempt = begin(&run, "load").await;
    let _lock = pipeline.lease("compaction").acquire().await.expect("the lease");
    let workers = pipeline.list_workers().await.expect("the workers");
    let worker = workers.iter().find(|it| it.worker == "one").expect("it is there");
    assert_eq!(worker.leases.len(), 2, "{worker:?}");
}

/// OX-16, SK-13: the time to wait for a lock was not looked at, a lock had no end, and anybody could give it back.
#[tokio::test]
async fn ox16_sk13_a_lock_is_waited_for_and_given_back_by_its_holder() {
    let directory = directory();
    let (_one, first) = open_pipeline(directory.path(), "one").await;
    let (_two, second) = open_pipeline(directory.path(), "two").await;
    // Longer than the other one waits, so that a machine that stands still changes nothing.
    let held = first.lease("lock").length(LEASE * 4).acquire().await.expect("the lease");
    let asked = Instant::now();
    let wanted = second.lease("lock");
    let waited = tokio::time::timeout(LEASE * 3, wanted.acquire()).await;
    assert!(waited.is_err(), "it is held");
    assert!(asked.elapsed() >= LEASE * 3, "and one waits as long as one likes");
    let token = held.token();
    held.abandon(); // as if its process had died here
    let taken = second.lease("lock").acquire().await.expect("what the dead held lapses");
    assert!(taken.token() > token);
    assert_eq!(taken.taken_from(), Some("one"));
    let unlocked = second.force_unlock("lock", "a person says so").by("ada").await;
    unlocked.expect("by force, with a reason");
    let stale = second.hwm("n").set(1).under_lease(&taken).await.expect_err("it is not ours any more");
    assert_eq!(stale.kind(), ErrorKind::Fenced);
}

/// OX-28: a pipeline counted as stale only if it did not run, so that one that had crashed never did.
#[tokio::test]
async fn ox28_what_a_dead_worker_left_is_found_and_taken_up() {
    let directory = directory();
    let died = crate::support::run_child("die-running:", directory.path());
    assert!(!died.status.success(), "the child must die");
    let (_highwater, pipeline) = open_pipeline(directory.path(), "heir").await;
    let dead = pipeline.list_workers().await.expect("the workers");
    assert!(dead.iter().any(|it| it.worker == "mortal" && !it.leases.is_empty()), "{dead:?}");
    let run = start(&pipeline, "r").await;
    let Ready::Run(attempt) = run.node("table").begin_or_wait().await.expect("an answer") else {
        panic!("not done")
    };
    attempt.succeed().await.expect("it succeeds");
    run.finish().await.expect("the run is over");
}
