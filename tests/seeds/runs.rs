//! Runs and their nodes: every status that somebody had a word for, and a history that is kept.

use std::time::{Duration, UNIX_EPOCH};

use highwater::{
    AttemptStatus, Begin, Counts, Graph, NodeStatus, Pipeline, Ready, ReasonCode, RetryPolicy, RunFilter,
    RunStatus, StartRun,
};
use highwater_core::limits::FINISHED_RUNS_KEPT;

use crate::support::{attempts, begin, directory, in_memory, open_pipeline, rows, start};

/// How a node went in the newest run; nothing where nobody has begun it.
async fn last_status(pipeline: &Pipeline, node: &str) -> Option<NodeStatus> {
    let runs = pipeline.list_runs(RunFilter::new()).all().await.expect("the runs");
    let newest = pipeline.run(&runs.first()?.run).describe().await.expect("the run");
    newest.nodes.into_iter().find(|it| it.node == node).map(|it| it.status)
}

/// OD-14: the last run said of each node whether it went well, or nothing where it never ran.
#[tokio::test]
async fn od14_the_last_run_says_how_each_node_went() {
    let directory = directory();
    {
        let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
        let graph = Graph::new().node("good").node("bad").retry(attempts(1));
        pipeline.declare_graph(graph).await.expect("the graph");
        let run = start(&pipeline, "r").await;
        begin(&run, "good").await.succeed().await.expect("it succeeds");
        begin(&run, "bad").await.fail("the source is down").await.expect("it fails");
        run.finish().await.expect("the end");
        highwater.close().await;
    }
    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    assert_eq!(last_status(&pipeline, "good").await, Some(NodeStatus::Succeeded));
    assert_eq!(last_status(&pipeline, "bad").await, Some(NodeStatus::Failed));
    assert_eq!(last_status(&pipeline, "never").await, None);
}

/// X3, OD-15, OD-17: the details of the last run came back empty, because they were read from a column that is not there; so nothing
/// was ever skipped when a run was resumed.
#[tokio::test]
async fn x3_od15_od17_a_resumed_run_knows_what_was_done_in_it() {
    let directory = directory();
    let noted = Counts { rows_read: 12, rows_written: 11, rows_failed: 1, bytes: 345 };
    {
        let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
        let graph = Graph::new().node("extract").node("load").after("extract").retry(attempts(3));
        pipeline.declare_graph(graph).await.expect("the graph");
        let run = start(&pipeline, "nightly").await;
        begin(&run, "extract").await.succeed().counts(noted).await.expect("it succeeds");
        begin(&run, "load").await.fail("the sink is down").await.expect("it fails");
        highwater.close().await;
    }
    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    let run = start(&pipeline, "nightly").await;
    assert!(run.resumed());
    match run.node("extract").begin().await.expect("an answer") {
        Begin::Skip(reason) => assert_eq!(reason.code, ReasonCode::AlreadySucceeded),
        other => panic!("it was done: {other:?}"),
    }
    begin(&run, "load").await.succeed().await.expect("the second attempt succeeds");
    let view = run.finish().await.expect("the end");
    assert_eq!((view.status, view.restarts), (RunStatus::Succeeded, 1));
    assert_eq!(view.nodes[0].attempts[0].counts, noted, "what was noted is there");
}

/// OD-20: in the list of runs the columns were shifted: the duration stood under rows, a time under the duration.
#[tokio::test]
async fn od20_each_number_stands_in_its_field() {
    let (_highwater, pipeline) = in_memory().await;
    let run = start(&pipeline, "r").await;
    begin(&run, "load").await.succeed().counts(rows(116)).await.expect("it succeeds");
    run.finish().await.expect("the end");
    let listed =
        pipeline.list_runs(RunFilter::new().status(RunStatus::Succeeded)).all().await.expect("a list");
    let [view] = &listed[..] else { panic!("one run: {listed:?}") };
    assert_eq!((view.counts.rows_read, view.counts.rows_written), (116, 116));
    let took = view.finished_at_ms.expect("it has ended") - view.started_at_ms;
    assert!((0..60_000).contains(&took), "{took} ms");
    assert!(run.report().await.expect("the report").duration_ms < 60_000);
    assert!(
        pipeline
            .list_runs(RunFilter::new().status(RunStatus::Failed))
            .all()
            .await
            .expect("a list")
            .is_empty()
    );
}

/// The status of a run after its only node has ended.
async fn ended(pipeline: &Pipeline, id: &str, good: bool) -> RunStatus {
    let run = start(pipeline, id).await;
    let attempt = begin(&run, "table").await;
    match good {
        true => drop(attempt.succeed().await.expect("it succeeds")),
        false => drop(attempt.fail("no").await.expect("it fails")),
    }
    run.finish().await.expect("the end").status
}

/// OX-02, DE-04: of the states of a pipeline, several could never be reached: paused, cancelled, idle.
#[tokio::test]
async fn ox02_de04_each_status_of_a_run_is_reached() {
    let (_highwater, pipeline) = in_memory().await;
    assert!(pipeline.list_runs(RunFilter::new()).all().await.expect("a list").is_empty(), "idle: no run");
    let graph = Graph::new().node("table").retry(attempts(1));
    pipeline.declare_graph(graph.clone()).await.expect("the graph");
    assert_eq!(ended(&pipeline, "good", true).await, RunStatus::Succeeded);
    assert_eq!(ended(&pipeline, "bad", false).await, RunStatus::Failed);
    pipeline.declare_graph(graph.node("other")).await.expect("the graph");
    let run = start(&pipeline, "half").await;
    begin(&run, "other").await.succeed().await.expect("it succeeds");
    begin(&run, "table").await.fail("no").await.expect("it fails");
    assert_eq!(run.finish().await.expect("the end").status, RunStatus::Partial);

    let run = start(&pipeline, "stopped").await;
    assert_eq!(run.describe().await.expect("the run").status, RunStatus::Running);
    assert_eq!(run.pause("the source is repaired").await.expect("it pauses").status, RunStatus::Paused);
    run.resume().await.expect("it goes on");
    assert_eq!(run.describe().await.expect("the run").status, RunStatus::Running);
    assert_eq!(run.cancel("not today").await.expect("it is cancelled").status, RunStatus::Cancelled);
}

/// OX-03, DE-05, SK-28: a step could be skipped, and never was; what was to be retried was missing in every summary.
#[tokio::test]
async fn ox03_de05_sk28_each_status_of_a_node_is_reached_and_counted() {
    let (_highwater, pipeline) = in_memory().await;
    let earlier = start(&pipeline, "monday").await;
    let unchanged = |run: &highwater::Run| run.node("cached").fingerprint("content", "abc");
    let Begin::Run(attempt) = unchanged(&earlier).begin().await.expect("an answer") else {
        panic!("it is new")
    };
    attempt.succeed().await.expect("it succeeds");
    earlier.finish().await.expect("the end");

    let graph = Graph::new().node("done").node("failed").retry(attempts(1)).node("after").after("failed");
    let graph = graph.node("retrying").retry(RetryPolicy::default()).node("cached").node("running");
    pipeline.declare_graph(graph.node("skipped").node("pending")).await.expect("the graph");
    let run = start(&pipeline, "tuesday").await;
    begin(&run, "done").await.succeed().await.expect("it succeeds");
    begin(&run, "failed").await.fail("no").await.expect("it fails");
    begin(&run, "retrying").await.fail("busy").await.expect("it fails");
    let _running = begin(&run, "running").await;
    run.node("skipped").skip("nothing to load today").await.expect("it is skipped");
    assert!(matches!(unchanged(&run).begin().await, Ok(Begin::Skip(_))));
    assert!(matches!(run.node("after").begin().await, Ok(Begin::Skip(_))));

    let view = run.describe().await.expect("the run");
    let status = |name: &str| view.nodes.iter().find(|it| it.node == name).map(|it| it.status);
    for (node, expected) in [
        ("done", NodeStatus::Succeeded),
        ("failed", NodeStatus::Failed),
        ("after", NodeStatus::UpstreamFailed),
        ("retrying", NodeStatus::Waiting),
        ("cached", NodeStatus::Cached),
        ("running", NodeStatus::Running),
        ("skipped", NodeStatus::Skipped),
        ("pending", NodeStatus::Pending),
    ] {
        assert_eq!(status(node), Some(expected), "{node}");
    }
    let report = run.report().await.expect("the report");
    assert_eq!((report.statuses.len(), report.statuses.iter().map(|it| it.nodes).sum::<u64>()), (8, 8));
    let skipped = view.nodes.iter().find(|it| it.node == "skipped").and_then(|it| it.reason.clone());
    assert!(
        skipped.is_some_and(|reason| reason.message.contains("nothing to load today")),
        "with its reason"
    );
}

/// OX-01: the state of a pipeline: what was read and failed, which step it is in, which errors there were, who works on it.
#[tokio::test]
async fn ox01_a_run_tells_all_that_its_state_did() {
    let (highwater, pipeline) = in_memory().await;
    let policy = attempts(3);
    pipeline.declare_graph(Graph::new().node("first").retry(policy).node("second")).await.expect("the graph");
    let run = start(&pipeline, "r").await;
    begin(&run, "first").await.fail("timed out").class("network").await.expect("it fails");
    let counts = Counts { rows_read: 9, rows_written: 7, rows_failed: 2, bytes: 1_024 };
    begin(&run, "first").await.succeed().counts(counts).hwm("orders.id", 9).await.expect("it succeeds");
    let _second = begin(&run, "second").await;

    let view = run.describe().await.expect("the run");
    assert_eq!((view.run.as_str(), view.status, view.counts), ("r", RunStatus::Running, counts));
    assert_eq!(view.worker.as_deref(), Some(highwater.worker()));
    let [first, second] = &view.nodes[..] else { panic!("two nodes: {view:?}") };
    assert_eq!(second.status, NodeStatus::Running, "the current step");
    let statuses: Vec<_> = first.attempts.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [AttemptStatus::Failed, AttemptStatus::Succeeded], "one retry");
    assert_eq!(first.attempts[0].error.as_ref().map(|it| it.class.as_str()), Some("network"));
    assert_eq!(
        pipeline.hwm("orders.id").get_as::<i64>().await,
        Ok(Some(9)),
        "the last id that was processed"
    );
    assert!(pipeline.describe().await.expect("the pipeline").version >= 6, "each change has its version");
}

/// OX-04: the kind of an error was always the same, and whether it may be tried again was said and never looked at.
#[tokio::test]
async fn ox04_the_class_of_an_error_decides_what_follows() {
    let (_highwater, pipeline) = in_memory().await;
    let policy = RetryPolicy { fatal: vec!["configuration".to_owned()], ..attempts(5) };
    pipeline.declare_graph(Graph::new().node("load").retry(policy)).await.expect("the graph");
    let run = start(&pipeline, "r").await;
    let again = begin(&run, "load").await.fail("timed out").class("network").detail("at read()").await;
    assert!(again.expect("it fails").retry_at_ms.is_some(), "the network may be back");
    let over = begin(&run, "load").await.fail("no such column").class("configuration").await;
    assert_eq!(over.expect("it fails").retry_at_ms, None, "a column does not come back by itself");
    let errors = run.describe().await.expect("the run").nodes.remove(0).attempts;
    let errors: Vec<_> = errors.into_iter().filter_map(|it| it.error).collect();
    assert_eq!(errors[0].detail.as_deref(), Some("at read()"));
    assert_eq!(errors[1].class, "configuration");
}

/// OD-31: retries with a pause that doubles, within one process; what became of the earlier ones was a note in the result.
#[tokio::test]
async fn od31_the_pause_before_a_retry_doubles_and_survives_a_restart() {
    let directory = directory();
    let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let policy = RetryPolicy { backoff_ms: 200, jitter_percent: 0, ..attempts(5) };
    pipeline.declare_graph(Graph::new().node("load").retry(policy)).await.expect("the graph");
    let run = start(&pipeline, "r").await;
    let first = begin(&run, "load").await.fail("busy").await.expect("it fails");
    highwater.close().await;

    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    let run = start(&pipeline, "r").await;
    let Ready::Run(second) = run.node("load").begin_or_wait().await.expect("an answer") else {
        panic!("not done")
    };
    assert_eq!(second.reason().code, ReasonCode::Retry);
    let again = second.fail("still busy").await.expect("it fails");
    let attempts = run.describe().await.expect("the run").nodes.remove(0).attempts;
    let [one, two] = &attempts[..] else { panic!("each try is kept: {attempts:?}") };
    let pause = |retry_at_ms: Option<i64>, ended_at_ms: Option<i64>| {
        retry_at_ms.zip(ended_at_ms).map(|(at, end)| at - end)
    };
    assert_eq!(pause(first.retry_at_ms, one.finished_at_ms), Some(200));
    assert!(two.started_at_ms >= first.retry_at_ms.expect("a time"), "nobody began before");
    assert_eq!(pause(again.retry_at_ms, two.finished_at_ms), Some(400));
}

/// OX-21: every run overwrote the state of the one before, and resuming was written and never called.
#[tokio::test]
async fn ox21_every_run_is_kept() {
    let (_highwater, pipeline) = in_memory().await;
    for id in ["monday", "tuesday", "wednesday"] {
        let run = start(&pipeline, id).await;
        begin(&run, "load").await.succeed().counts(rows(5)).await.expect("it succeeds");
        run.finish().await.expect("the end");
    }
    let runs = pipeline.list_runs(RunFilter::new()).all().await.expect("a list");
    let ids: Vec<_> = runs.iter().map(|it| (it.run.as_str(), it.counts.rows_read)).collect();
    assert_eq!(ids, [("wednesday", 5), ("tuesday", 5), ("monday", 5)]);
}

/// DE-06, DE-27: a pipeline was found again by its run id, by reading all files that there are; through the extractor it never was, for
/// it did not pass the id on.
#[tokio::test]
async fn de06_de27_the_same_run_id_goes_on() {
    let directory = directory();
    let date = UNIX_EPOCH + Duration::from_secs(1_737_590_400);
    let start = || StartRun::new().run_id("daily_extract_20250123").logical_time(date).param("workers", 4);
    {
        let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
        let run = pipeline.start_run(start()).await.expect("it starts");
        begin(&run, "sales.customers").await.succeed().await.expect("it succeeds");
        highwater.close().await;
    }
    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    let run = pipeline.start_run(start()).await.expect("it goes on");
    assert!(matches!(run.node("sales.customers").begin().await, Ok(Begin::Skip(_))), "done before");
    begin(&run, "sales.orders").await.succeed().await.expect("a table that was not there before");
    let view = run.finish().await.expect("the end");
    assert_eq!((view.status, view.restarts, view.nodes.len()), (RunStatus::Succeeded, 1, 2));
    assert_eq!(view.logical_time_ms, Some(1_737_590_400_000));
}

/// OX-20, SK-17, DE-24: cleaning up deleted by the age of files, also what was running; or nobody cleaned up at all.
#[tokio::test]
async fn ox20_sk17_de24_old_runs_go_and_nothing_else_does() {
    let (_highwater, pipeline) = in_memory().await;
    pipeline.hwm("orders.id").set(7).await.expect("the set");
    start(&pipeline, "running since long ago").await;
    let run = |number: usize| format!("r{number:05}");
    let all: Vec<usize> = (0..FINISHED_RUNS_KEPT + 5).collect();
    for some in all.chunks(100) {
        let mut batch = pipeline.batch();
        for number in some {
            batch = batch.with(pipeline.start_run(StartRun::new().run_id(run(*number))));
            batch = batch.with(pipeline.run(run(*number)).finish());
        }
        batch.await.expect("they start and end");
    }
    let kept = pipeline.list_runs(RunFilter::new()).all().await.expect("a list");
    assert_eq!(kept.len(), FINISHED_RUNS_KEPT + 1);
    assert!(kept.iter().any(|it| it.run == "running since long ago" && it.status == RunStatus::Running));
    assert!(
        kept.iter().all(|it| it.run != run(4)) && kept.iter().any(|it| it.run == run(5)),
        "the oldest went"
    );
    assert_eq!(pipeline.hwm("orders.id").get_as::<i64>().await, Ok(Some(7)));
}
