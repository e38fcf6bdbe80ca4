//! The loop, driven by a stepper that is small enough to break in every way that matters here. What the real engine does
//! over the driver is tested with the Rust API.

mod support;

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use highwater_core::command::Command;
use highwater_core::input::{Input, Outcome};
use highwater_core::output::{Notice, Operation, Output, Reply, Request};
use highwater_core::{Engine, Error, ErrorKind};
use highwater_driver::{Driver, ManualClock, Stepper};
use highwater_store::MemoryStore;
use support::{Recorder, SlowStore, head, start, start_slow, submit};

#[tokio::test(flavor = "multi_thread")]
async fn submissions_that_wait_share_one_commit() {
    for blocks in [true, false] {
        let store = MemoryStore::new();
        let handle = start_slow(&store, Duration::from_millis(20), blocks);
        let commits = (0..64).map(|_| submit(&handle, "x"));
        let versions = futures::future::try_join_all(commits).await.expect("all are carried out");
        assert_eq!(versions.len(), 64);
        assert!(head(&store).await <= 3, "64 submissions took {} commits", head(&store).await);
    }
}

/// With half of the submitters in every commit, a hundred rounds would take two hundred commits.
#[tokio::test(flavor = "multi_thread")]
async fn submitters_do_not_fall_into_two_halves() {
    let store = MemoryStore::new();
    let handle = start_slow(&store, Duration::from_millis(2), true);
    let rounds = (0..16).map(|_| {
        let handle = handle.clone();
        tokio::spawn(async move {
            for _ in 0..100 {
                submit(&handle, "x").await.expect("it is carried out");
            }
        })
    });
    futures::future::try_join_all(rounds).await.expect("no submitter panics");
    assert!(head(&store).await <= 140, "1600 submissions by 16 took {} commits", head(&store).await);
}

#[tokio::test]
async fn a_factory_that_fails_is_an_error_where_one_awaits() {
    let factory = || Err::<Engine, _>(Error::new(ErrorKind::Internal, "no engine"));
    let error = Driver::new(factory, Arc::new(MemoryStore::new())).spawn().expect_err("it cannot start");
    assert_eq!(error.message, "no engine");
}

#[tokio::test]
async fn dropping_the_future_does_not_undo_the_command() {
    let store = MemoryStore::new();
    let handle = start_slow(&store, Duration::from_millis(50), true);
    let impatient = tokio::time::timeout(Duration::from_millis(5), submit(&handle, "x")).await;
    assert!(impatient.is_err());
    assert_eq!(submit(&handle, "x").await, Ok(2));
}

#[tokio::test]
async fn closing_waits_for_what_was_submitted_and_refuses_the_rest() {
    let store = MemoryStore::new();
    let handle = start_slow(&store, Duration::from_millis(30), false);
    let other = handle.clone();
    let submitted = tokio::spawn(async move { submit(&other, "x").await });
    tokio::time::sleep(Duration::from_millis(10)).await;
    handle.close().await;
    assert_eq!(head(&store).await, 1);
    assert_eq!(submitted.await.expect("it does not panic"), Ok(1));
    let refused = submit(&handle, "x").await.expect_err("it is closed");
    assert_eq!(refused.kind, ErrorKind::Invalid);
    assert!(handle.is_closed());
    handle.close().await;
}

#[tokio::test]
async fn dropping_the_last_handle_carries_out_what_was_submitted() {
    let store = MemoryStore::new();
    let handle = start_slow(&store, Duration::from_millis(20), false);
    assert!(handle.submit_detached("p", vec![Command::DescribePipeline]));
    drop(handle);
    tokio::time::timeout(Duration::from_secs(10), async {
        while head(&store).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the record appears");
}

#[tokio::test]
async fn a_defect_fails_who_waits_and_a_new_engine_goes_on() {
    for cause in ["defect", "panic"] {
        let made = Arc::new(AtomicU64::new(0));
        let notices = Arc::new(Mutex::new(Vec::new()));
        let (counter, log) = (Arc::clone(&made), Arc::clone(&notices));
        let factory = move || {
            counter.fetch_add(1, SeqCst);
            Ok(Recorder::default())
        };
        let clock = Arc::new(ManualClock::new(0));
        let handle = Driver::new(factory, Arc::new(MemoryStore::new()))
            .clock(clock)
            .on_notice(move |notice: &Notice| log.lock().expect("no panic").push(notice.code.clone()))
            .spawn()
            .expect("it starts");
        let other = handle.clone();
        let sleeper = tokio::spawn(async move { submit(&other, "sleep").await });
        tokio::time::sleep(Duration::from_millis(20)).await;

        let broken = submit(&handle, cause).await.expect_err("it breaks");
        assert_eq!(broken.kind, ErrorKind::Internal);
        assert!(broken.message.contains("asked to"), "{broken}");
        assert_eq!(sleeper.await.expect("it does not panic"), Err(broken));
        assert_eq!(submit(&handle, "x").await, Ok(1));
        assert_eq!(made.load(SeqCst), 2);
        assert_eq!(*notices.lock().expect("no panic"), ["engine-broken"]);
    }
}

#[tokio::test]
async fn an_engine_that_cannot_be_made_anew_is_tried_again_at_each_submission() {
    let made = AtomicU64::new(0);
    let factory = move || match made.fetch_add(1, SeqCst) {
        1 => Err(Error::new(ErrorKind::Unavailable, "not now")),
        _ => Ok(Recorder::default()),
    };
    let handle = Driver::new(factory, Arc::new(MemoryStore::new())).spawn().expect("it starts");
    assert_eq!(submit(&handle, "defect").await.expect_err("it breaks").kind, ErrorKind::Internal);
    assert_eq!(submit(&handle, "x").await.expect_err("no engine").kind, ErrorKind::Unavailable);
    assert_eq!(submit(&handle, "x").await, Ok(1));
}

#[tokio::test]
async fn the_engine_is_woken_at_its_time_on_the_clock() {
    let clock = ManualClock::new(1_000);
    let handle = Driver::new(|| Ok(Recorder::default()), Arc::new(MemoryStore::new()))
        .clock(Arc::new(clock.clone()))
        .spawn()
        .expect("it starts");
    let other = handle.clone();
    let mut sleeper = tokio::spawn(async move { submit(&other, "sleep").await });
    // This passes the loop after the sleeper, so that the alarm stands when the clock moves.
    tokio::time::sleep(Duration::from_millis(20)).await;
    submit(&handle, "x").await.expect("it is carried out");
    clock.advance(9_999);
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut sleeper).await.is_err());
    clock.advance(1);
    let woken = tokio::time::timeout(Duration::from_secs(10), sleeper).await.expect("it is woken");
    assert_eq!(woken.expect("it does not panic"), Ok(1));
}

#[tokio::test]
async fn pipelines_are_listed_from_the_store() {
    let store = MemoryStore::new();
    let handle = start(&store);
    submit(&handle, "x").await.expect("it is carried out");
    let page = handle.list("", None, 10).await.expect("memory can be listed");
    assert_eq!((page.keys, page.next), (vec!["p".to_owned()], None));
}

#[tokio::test]
async fn a_panic_of_the_store_is_a_failure_of_the_request_and_no_more() {
    struct Asks(u64);
    impl Stepper for Asks {
        fn step(&mut self, _: i64, inputs: Vec<Input>) -> Result<Output, Error> {
            let mut output = Output::default();
            for input in inputs {
                match input {
                    Input::Submission(submission) => {
                        self.0 = submission.ticket;
                        let operation = Operation::Read;
                        output.requests.push(Request { id: 1, pipeline: submission.pipeline, operation });
                    }
                    Input::Completion(completion) => {
                        let Outcome::Failed(failure) = completion.outcome else { continue };
                        let error = Error::new(ErrorKind::Unavailable, failure.message);
                        output.replies.push(Reply { ticket: self.0, result: Err(error) });
                    }
                }
            }
            Ok(output)
        }
    }
    let store = SlowStore {
        store: MemoryStore::new(),
        pause: Duration::ZERO,
        blocks: true,
        committers: Arc::default(),
    };
    let handle = Driver::new(|| Ok(Asks(0)), Arc::new(store)).spawn().expect("it starts");
    for _ in 0..2 {
        let error = submit(&handle, "x").await.expect_err("the store panics");
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.message.contains("panicked"), "{error}");
    }
}

/// On the caller's executor nothing happens that is not polled, and dropping the driver is a crash: nobody waits for ever.
#[tokio::test]
async fn a_driver_runs_on_the_executor_of_its_caller() {
    let store = MemoryStore::new();
    let factory = || Ok(Recorder::default());
    let (handle, work) = Driver::new(factory, Arc::new(store.clone())).local().expect("a recorder is made");
    let mut work = Box::pin(work);
    let answered = tokio::select! {
        answered = submit(&handle, "x") => answered,
        () = &mut work => unreachable!("a handle is left"),
    };
    assert_eq!(answered.expect("it is carried out"), 1);
    assert_eq!(head(&store).await, 1);
    drop(work);
    let error = submit(&handle, "x").await.expect_err("nobody does it any more");
    assert_eq!(error.kind, ErrorKind::Invalid);
}
