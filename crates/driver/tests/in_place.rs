//! A lone submitter works on its own thread, where that keeps nobody waiting, and nothing is lost on the way.

mod support;

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use highwater_core::ErrorKind;
use highwater_driver::{Driver, Handle, ManualClock};
use highwater_store::MemoryStore;
use support::{Recorder, SlowStore, head, submit};

/// A driver whose commits take so long, and the threads that make them. Its thread has begun to wait.
async fn start(store: &MemoryStore, pause: Duration, blocks: bool) -> (Handle, Arc<Mutex<Vec<ThreadId>>>) {
    let committers = Arc::default();
    let slow = SlowStore { store: store.clone(), pause, blocks, committers: Arc::clone(&committers) };
    let handle = Driver::new(|| Ok(Recorder::default()), Arc::new(slow)).spawn().expect("it starts");
    // Listed by the driver's thread, which therefore runs.
    handle.list("", None, 1).await.expect("it can be listed");
    tokio::time::sleep(Duration::from_millis(20)).await;
    (handle, committers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_submitter_commits_on_its_own_thread() {
    let (handle, committers) = start(&MemoryStore::new(), Duration::ZERO, true).await;
    for version in 1..=10 {
        assert_eq!(submit(&handle, "x").await, Ok(version));
    }
    assert_eq!(*committers.lock().expect("no panic"), [thread::current().id(); 10]);
}

#[tokio::test]
async fn the_only_thread_of_a_runtime_is_left_alone() {
    let (handle, committers) = start(&MemoryStore::new(), Duration::ZERO, true).await;
    submit(&handle, "x").await.expect("it is carried out");
    assert_ne!(*committers.lock().expect("no panic"), [thread::current().id()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_threads_of_tasks_are_left_alone() {
    let (handle, committers) = start(&MemoryStore::new(), Duration::ZERO, true).await;
    let task = tokio::spawn(async move {
        submit(&handle, "x").await.expect("it is carried out");
        thread::current().id()
    });
    let thread = task.await.expect("it does not panic");
    assert_ne!(*committers.lock().expect("no panic"), [thread]);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_commits_are_passed_on() {
    let (handle, committers) = start(&MemoryStore::new(), Duration::from_millis(5), true).await;
    for _ in 0..3 {
        submit(&handle, "x").await.expect("it is carried out");
    }
    let here = thread::current().id();
    let here: Vec<bool> = committers.lock().expect("no panic").iter().map(|thread| *thread == here).collect();
    assert_eq!(here, [true, false, false], "the first one shows how slow they are");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_are_polled_together_still_share_one_commit() {
    let store = MemoryStore::new();
    let (handle, _) = start(&store, Duration::from_micros(200), true).await;
    for round in 1..=10 {
        futures::future::try_join_all((0..32).map(|_| submit(&handle, "x")))
            .await
            .expect("all are carried out");
        assert!(head(&store).await <= 3 * round, "{} commits in {round} rounds", head(&store).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_to_be_waited_for_is_left_to_the_driver() {
    let (handle, committers) = start(&MemoryStore::new(), Duration::from_millis(20), false).await;
    assert_eq!(submit(&handle, "x").await, Ok(1));
    assert_eq!(committers.lock().expect("no panic").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_is_set_here_rings() {
    let clock = ManualClock::new(1_000);
    let handle = Driver::new(|| Ok(Recorder::default()), Arc::new(MemoryStore::new()))
        .clock(Arc::new(clock.clone()))
        .spawn()
        .expect("it starts");
    handle.list("", None, 1).await.expect("it can be listed");
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        clock.advance(10_000);
    });
    let woken = tokio::time::timeout(Duration::from_secs(10), submit(&handle, "sleep")).await;
    assert!(woken.expect("it is woken").is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_here_fails_only_here() {
    for cause in ["panic", "defect"] {
        let (handle, _) = start(&MemoryStore::new(), Duration::ZERO, true).await;
        assert_eq!(submit(&handle, cause).await.expect_err("it breaks").kind, ErrorKind::Internal);
        assert_eq!(submit(&handle, "x").await, Ok(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_let_go_although_handles_live() {
    let alive = Arc::new(SlowStore {
        store: MemoryStore::new(),
        pause: Duration::ZERO,
        blocks: true,
        committers: Arc::default(),
    });
    let gone = Arc::downgrade(&alive);
    let handle = Driver::new(|| Ok(Recorder::default()), alive).spawn().expect("it starts");
    submit(&handle, "x").await.expect("it is carried out");
    handle.close().await;
    assert_eq!(gone.strong_count(), 0);
    assert_eq!(submit(&handle, "x").await.expect_err("it is closed").kind, ErrorKind::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_panics_leaves_nobody_waiting() {
    let handle = Driver::new(|| Ok(Recorder::default()), Arc::new(MemoryStore::new()))
        .on_notice(|_| panic!("a defect of the hook"))
        .spawn()
        .expect("it starts");
    handle.list("", None, 1).await.expect("it can be listed");
    let task = handle.clone();
    let broken =
        tokio::spawn(async move { submit(&task, "defect").await }).await.expect("it does not panic here");
    assert_eq!(broken.expect_err("it breaks").kind, ErrorKind::Internal);
    let after = tokio::time::timeout(Duration::from_secs(10), async {
        while !handle.is_closed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        submit(&handle, "x").await
    });
    assert!(after.await.expect("nobody waits for ever").is_err());
}
