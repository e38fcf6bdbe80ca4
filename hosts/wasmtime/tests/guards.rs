//! Guards: what they keep alive, what they give back, and how they learn that they lost.

mod support;

use std::time::{Duration, Instant};

use highwater::{
    Acquire, AttemptStatus, Begin, EngineKind, Error, ErrorKind, Graph, NodeStatus, Ready, ReasonCode,
    RetryPolicy, StartRun,
};
use highwater_store::MemoryStore;
use support::{attempt_of, for_each_engine, open_memory, soon};

const SHORT: Duration = Duration::from_millis(600);

for_each_engine!(
    a_dropped_attempt_is_reported_as_failed,
    an_attempt_dropped_by_a_panic_says_so,
    an_attempt_that_ended_is_left_alone_when_dropped,
    an_attempt_outlives_its_lease_time_by_beats,
    a_busy_runtime_does_not_lose_its_leases,
    who_is_dead_is_taken_over_and_fenced,
    a_force_unlock_fences_the_holder,
    a_cancelled_run_fences_its_attempts,
    a_run_past_its_deadline_fences_its_attempts,
    an_attempt_past_its_deadline_is_tried_again,
    waiting_for_a_node_ends_when_its_upstream_is_done,
    a_dropped_lease_is_free_at_once,
    a_lease_is_waited_for,
    a_lost_lease_moves_no_position,
    beats_end_with_the_guard,
);

async fn a_run_past_its_deadline_fences_its_attempts(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/deadline")?;
    let start = StartRun::new().run_id("r1").deadline(Duration::from_millis(100));
    let run = pipeline.start_run(start).await?;
    let attempt = attempt_of(run.node("load").begin().await?);
    assert!(attempt.deadline().is_some());

    tokio::time::sleep(Duration::from_millis(300)).await;
    let error = attempt.succeed().await.expect_err("too late");
    assert_eq!(error.kind(), ErrorKind::Fenced);
    assert!(error.message().contains("was not over by its deadline"), "{}", error.message());
    let view = run.describe().await?;
    assert_eq!(view.error.map(|error| error.class).as_deref(), Some("deadline"));
    let ended_ms = view.finished_at_ms.expect("it is over") - view.started_at_ms;
    assert!((100..300).contains(&ended_ms), "nobody asked, and it was written after {ended_ms} ms");
    Ok(())
}

async fn an_attempt_past_its_deadline_is_tried_again(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/deadline")?;
    let retry = RetryPolicy { backoff_ms: 1, ..RetryPolicy::default() };
    let graph = Graph::new().node("load").retry(retry).deadline(Duration::from_millis(100));
    pipeline.declare_graph(graph).await?;
    let run = pipeline.start_run(StartRun::new()).await?;
    let attempt = attempt_of(run.node("load").begin().await?);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(attempt.succeed().await.expect_err("too late").kind(), ErrorKind::Fenced);
    match run.node("load").begin_or_wait().await? {
        Ready::Run(attempt) => {
            assert_eq!((attempt.number(), attempt.reason().code), (2, ReasonCode::Retry));
            attempt.succeed().await?;
        }
        Ready::Skip(reason) => panic!("{}", reason.message),
    }
    Ok(())
}

async fn a_dropped_attempt_is_reported_as_failed(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/drop")?;
    let retry = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    pipeline.declare_graph(Graph::new().node("load").retry(retry)).await?;
    let run = pipeline.start_run(StartRun::new()).await?;

    drop(attempt_of(run.node("load").begin().await?));
    let node = run.describe().await?.nodes.remove(0);
    assert_eq!(node.status, NodeStatus::Failed);
    let error = node.attempts[0].error.as_ref().expect("it says why");
    assert_eq!(error.class, "dropped");
    Ok(())
}

async fn an_attempt_dropped_by_a_panic_says_so(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let run = hw.pipeline("test/panic")?.start_run(StartRun::new()).await?;
    let attempt = attempt_of(run.node("load").begin().await?);
    let panicked = tokio::spawn(async move {
        let _attempt = attempt;
        panic!("the work went wrong");
    });
    assert!(panicked.await.is_err());
    let error = run.describe().await?.nodes[0].attempts[0].error.clone().expect("it says why");
    assert!(error.message.contains("panic"), "{}", error.message);
    Ok(())
}

async fn an_attempt_that_ended_is_left_alone_when_dropped(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/ended")?;
    let run = pipeline.start_run(StartRun::new()).await?;
    let attempt = attempt_of(run.node("load").begin().await?);
    attempt.succeed().await?;
    let version = pipeline.describe().await?.version;
    drop(attempt);
    assert_eq!(pipeline.describe().await?.version, version);
    assert_eq!(run.describe().await?.nodes[0].status, NodeStatus::Succeeded);
    Ok(())
}

async fn an_attempt_outlives_its_lease_time_by_beats(kind: EngineKind) -> Result<(), Error> {
    let store = MemoryStore::new();
    let (hw, other) = (open_memory(kind, &store)?, open_memory(kind, &store)?);
    let run = hw.pipeline("test/beats")?.start_run(StartRun::new().run_id("r")).await?;
    let attempt = attempt_of(run.node("load").lease(SHORT).begin().await?);

    let contender = other.pipeline("test/beats")?.run("r").node("load");
    let began = Instant::now();
    while began.elapsed() < SHORT * 5 {
        let Begin::Wait(wait) = contender.begin().await? else { panic!("its holder is alive") };
        assert_eq!(wait.reason.code, ReasonCode::Held);
        tokio::time::sleep(SHORT / 6).await;
    }
    assert!(!attempt.is_fenced());
    attempt.succeed().await?;
    Ok(())
}

async fn a_busy_runtime_does_not_lose_its_leases(kind: EngineKind) -> Result<(), Error> {
    let store = MemoryStore::new();
    let (hw, other) = (open_memory(kind, &store)?, open_memory(kind, &store)?);
    let run = hw.pipeline("test/busy")?.start_run(StartRun::new().run_id("r")).await?;
    let contender = other.pipeline("test/busy")?.run("r").node("load");
    let work = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let attempt = attempt_of(run.node("load").lease(SHORT).begin().await?);
            // Blocks the only thread of this runtime, as real work does.
            std::thread::sleep(SHORT * 4);
            attempt.succeed().await.map(|_| ())
        })
    });
    tokio::time::sleep(SHORT / 2).await;
    while !work.is_finished() {
        assert!(!matches!(contender.begin().await?, Begin::Run(_)), "the holder is alive");
        tokio::time::sleep(SHORT / 6).await;
    }
    work.join().expect("the work does not panic")
}

async fn who_is_dead_is_taken_over_and_fenced(kind: EngineKind) -> Result<(), Error> {
    let store = MemoryStore::new();
    let (hw, other) = (open_memory(kind, &store)?, open_memory(kind, &store)?);
    let run = hw.pipeline("test/dead")?.start_run(StartRun::new().run_id("r")).await?;
    let dead = attempt_of(run.node("load").lease(SHORT).begin().await?);
    let late = dead.succeed().hwm("orders.id", 10);
    let token = dead.token();
    dead.abandon();

    let node = other.pipeline("test/dead")?.run("r").node("load").lease(SHORT);
    let Ready::Run(attempt) = soon(node.begin_or_wait()).await? else { panic!("it is taken over") };
    assert_eq!(attempt.reason().code, ReasonCode::TookOver);
    assert!(attempt.token() > token);
    assert_eq!(late.await.expect_err("it is too late").kind(), ErrorKind::Fenced);
    attempt.succeed().hwm("orders.id", 20).await?;

    let node = run.describe().await?.nodes.remove(0);
    let statuses: Vec<_> = node.attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [AttemptStatus::Crashed, AttemptStatus::Succeeded]);
    assert_eq!(hw.pipeline("test/dead")?.hwm("orders.id").get_as::<i64>().await?, Some(20));
    Ok(())
}

async fn a_force_unlock_fences_the_holder(kind: EngineKind) -> Result<(), Error> {
    let store = MemoryStore::new();
    let (hw, other) = (open_memory(kind, &store)?, open_memory(kind, &store)?);
    let run = hw.pipeline("test/unlock")?.start_run(StartRun::new()).await?;
    let attempt = attempt_of(run.node("load").lease(SHORT).begin().await?);
    assert!(!attempt.is_fenced());

    other.pipeline("test/unlock")?.force_unlock(attempt.lease(), "it hangs").by("ada").await?;
    // Nobody asks anything under the attempt: it is the beat that learns it.
    soon(attempt.fenced()).await;
    assert!(attempt.is_fenced());
    assert_eq!(attempt.succeed().await.expect_err("it is fenced").kind(), ErrorKind::Fenced);
    Ok(())
}

async fn a_cancelled_run_fences_its_attempts(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let run = hw.pipeline("test/cancel")?.start_run(StartRun::new()).await?;
    let attempt = attempt_of(run.node("load").begin().await?);
    run.cancel("not needed").by("ada").await?;
    // Its beat is ten seconds away: here it is the command that learns it.
    let refused = attempt.progress(highwater::Counts::default()).await.expect_err("it is fenced");
    assert_eq!(refused.kind(), ErrorKind::Fenced);
    assert!(attempt.is_fenced());
    soon(attempt.fenced()).await;
    Ok(())
}

async fn waiting_for_a_node_ends_when_its_upstream_is_done(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/wait")?;
    pipeline.declare_graph(Graph::new().node("extract").node("load").after("extract")).await?;
    let run = pipeline.start_run(StartRun::new()).await?;
    let extract = attempt_of(run.node("extract").begin().await?);
    let Begin::Wait(wait) = run.node("load").begin().await? else { panic!("its upstream is not done") };
    assert_eq!(wait.reason.code, ReasonCode::UpstreamPending);

    let load = tokio::spawn(async move { run.node("load").begin_or_wait().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!load.is_finished());
    extract.succeed().await?;
    let Ready::Run(attempt) = soon(load).await.expect("it does not panic")? else { panic!("it may run") };
    attempt.succeed().await?;
    Ok(())
}

async fn a_dropped_lease_is_free_at_once(kind: EngineKind) -> Result<(), Error> {
    let store = MemoryStore::new();
    let (hw, other) = (open_memory(kind, &store)?, open_memory(kind, &store)?);
    let lease = hw.pipeline("test/lease")?.lease("compaction").acquire().await?;
    let contender = other.pipeline("test/lease")?.lease("compaction");
    let Acquire::Held(held) = contender.try_acquire().await? else { panic!("it is held") };
    assert_eq!(held.worker, hw.worker());
    let token = lease.token();
    drop(lease);
    // The release is in the background, and before whatever its worker asks from here on.
    hw.pipeline("test/lease")?.list_leases().await?;
    let Acquire::Granted(next) = contender.try_acquire().await? else { panic!("it was given back") };
    assert!(next.token() > token);
    assert_eq!(next.taken_from(), None);
    Ok(())
}

async fn a_lease_is_waited_for(kind: EngineKind) -> Result<(), Error> {
    let store = MemoryStore::new();
    let (hw, other) = (open_memory(kind, &store)?, open_memory(kind, &store)?);
    let lease = hw.pipeline("test/lease")?.lease("compaction").length(SHORT).acquire().await?;
    let waiting =
        tokio::spawn(async move { other.pipeline("test/lease")?.lease("compaction").acquire().await });
    tokio::time::sleep(SHORT * 2).await;
    assert!(!waiting.is_finished(), "its holder is alive");
    lease.abandon();
    let next = soon(waiting).await.expect("it does not panic")?;
    assert_eq!(next.taken_from(), Some(hw.worker()));
    next.release().await?;
    Ok(())
}

async fn a_lost_lease_moves_no_position(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/lease")?;
    let lease = pipeline.lease("compaction").acquire().await?;
    pipeline.hwm("compacted").set(1).under_lease(&lease).await?;
    pipeline.force_unlock("compaction", "it hangs").await?;
    let refused = pipeline.hwm("compacted").set(2).under_lease(&lease).await.expect_err("it is fenced");
    assert_eq!(refused.kind(), ErrorKind::Fenced);
    assert!(lease.is_fenced());
    assert_eq!(pipeline.hwm("compacted").get_as::<i64>().await?, Some(1));
    Ok(())
}

async fn beats_end_with_the_guard(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/heart")?;
    let lease = pipeline.lease("a").length(SHORT).acquire().await?;
    let beat = async || {
        let workers = pipeline.list_workers().await?;
        Ok::<_, Error>(
            workers.iter().find(|worker| worker.worker == hw.worker()).and_then(|worker| worker.beat),
        )
    };
    tokio::time::sleep(SHORT * 2).await;
    let first = beat().await?.expect("it has beaten");
    tokio::time::sleep(SHORT).await;
    assert!(beat().await?.expect("it has beaten") > first);

    lease.release().await?;
    // A beat that was under way may still arrive.
    tokio::time::sleep(SHORT / 2).await;
    let last = beat().await?;
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(beat().await?, last);
    Ok(())
}
