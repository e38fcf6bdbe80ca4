//! Progress, failures and what to do about them, counted from what is.

use std::time::Duration;

use highwater::answer::RecommendationCode;
use highwater::{Begin, Graph, NodeStatus, ReasonCode, RunFilter};

use crate::support::{attempts, begin, in_memory, rows, start};

/// DE-13: failures were reset only if they had tries left, their errors were erased, and the count of failures stayed.
#[tokio::test]
async fn de13_failures_are_reset_and_not_forgotten() {
    let (_highwater, pipeline) = in_memory().await;
    let graph = Graph::new().node("a").retry(attempts(1)).node("b").retry(attempts(1)).node("good");
    pipeline.declare_graph(graph).await.expect("the graph");
    let run = start(&pipeline, "r").await;
    for node in ["a", "b"] {
        begin(&run, node).await.fail("ORA-00942").await.expect("it fails");
    }
    begin(&run, "good").await.succeed().await.expect("it succeeds");
    let reset = run.reset_failed("the grants are back").by("ada").await.expect("reset");
    assert_eq!(reset.nodes, ["a", "b"]);
    let view = run.describe().await.expect("the run");
    let statuses: Vec<_> = view.nodes.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [NodeStatus::Pending, NodeStatus::Pending, NodeStatus::Succeeded]);
    let error = view.nodes[0].attempts[0].error.as_ref().map(|it| it.message.as_str());
    assert_eq!(error, Some("ORA-00942"), "its history is kept");
    assert!(
        run.report().await.expect("the report").statuses.iter().all(|it| it.status != NodeStatus::Failed)
    );
    let attempt = begin(&run, "a").await;
    assert_eq!(attempt.reason().code, ReasonCode::Reset);
    attempt.succeed().await.expect("it succeeds");
}

/// DE-16, DE-17, DE-28: progress was completed and skipped of all, which came to more than a hundred; a table that was to be retried was in
/// no list.
#[tokio::test]
async fn de16_de17_de28_progress_and_summary_add_up() {
    let (_highwater, pipeline) = in_memory().await;
    let graph = Graph::new().node("fast").node("slow").node("bad").retry(attempts(1)).node("open");
    pipeline.declare_graph(graph).await.expect("the graph");
    let run = start(&pipeline, "r").await;
    begin(&run, "fast").await.succeed().counts(rows(10)).await.expect("it succeeds");
    let slow = begin(&run, "slow").await;
    tokio::time::sleep(Duration::from_millis(250)).await;
    slow.succeed().counts(rows(1_000)).await.expect("it succeeds");
    begin(&run, "bad").await.fail("no").await.expect("it fails");

    let report = run.report().await.expect("the report");
    assert_eq!((report.nodes, report.done, report.done_percent), (4, 2, 50));
    assert_eq!((report.attempts, report.restarts, report.counts), (3, 0, rows(1_010)));
    let count =
        |status| report.statuses.iter().filter(|it| it.status == status).map(|it| it.nodes).sum::<u64>();
    assert_eq!(
        (count(NodeStatus::Succeeded), count(NodeStatus::Failed), count(NodeStatus::Pending)),
        (2, 1, 1)
    );
    let durations = report.durations.expect("two have succeeded");
    assert_eq!((durations.slowest.node.as_str(), durations.fastest.node.as_str()), ("slow", "fast"));
    assert!(durations.slowest.duration_ms >= 250 && durations.average_ms < durations.slowest.duration_ms);
    let [failure] = &report.failures[..] else { panic!("one failure: {:?}", report.failures) };
    assert_eq!((failure.node.as_str(), failure.attempt), ("bad", 1));
}

/// DE-18: the report recommended what to do about failures and about what was open.
#[tokio::test]
async fn de18_a_report_says_what_to_do() {
    let (_highwater, pipeline) = in_memory().await;
    let graph = Graph::new().node("bad").retry(attempts(1)).node("open");
    pipeline.declare_graph(graph).await.expect("the graph");
    let run = start(&pipeline, "r").await;
    begin(&run, "bad").await.fail("no").await.expect("it fails");
    let recommended = run.report().await.expect("the report").recommendations;
    let of = |code| recommended.iter().find(|it| it.code == code).map(|it| it.nodes.clone());
    assert_eq!(of(RecommendationCode::FailedNodes), Some(vec!["bad".to_owned()]));
    assert_eq!(of(RecommendationCode::PendingNodes), Some(vec!["open".to_owned()]));
}

/// DE-36: when its tries were used up, a table became skipped, and was counted neither here nor there.
#[tokio::test]
async fn de36_what_has_used_up_its_tries_has_failed() {
    let (_highwater, pipeline) = in_memory().await;
    pipeline.declare_graph(Graph::new().node("table").retry(attempts(3))).await.expect("the graph");
    let run = start(&pipeline, "r").await;
    for _ in 0..3 {
        begin(&run, "table").await.fail("no").await.expect("it fails");
    }
    match run.node("table").begin().await.expect("an answer") {
        Begin::Skip(reason) => assert_eq!(reason.code, ReasonCode::AttemptsExhausted),
        other => panic!("three is all: {other:?}"),
    }
    let report = run.report().await.expect("the report");
    assert_eq!((report.nodes, report.done, report.attempts), (1, 0, 3));
    assert_eq!(report.statuses[0].status, NodeStatus::Failed);
}

/// OX-19: when a run would be done was now and ten times the average, in steps.
#[tokio::test]
async fn ox19_the_expected_end_rests_on_earlier_runs() {
    let (_highwater, pipeline) = in_memory().await;
    pipeline.declare_graph(Graph::new().node("load").node("publish")).await.expect("the graph");
    let run = start(&pipeline, "monday").await;
    for node in ["load", "publish"] {
        let attempt = begin(&run, node).await;
        tokio::time::sleep(Duration::from_millis(80)).await;
        attempt.succeed().await.expect("it succeeds");
    }
    let monday = run.finish().await.expect("the end");
    assert!(run.report().await.expect("the report").estimate.is_none(), "it is over");

    let run = start(&pipeline, "tuesday").await;
    begin(&run, "load").await.succeed().await.expect("it succeeds");
    let report = run.report().await.expect("the report");
    let estimate = report.estimate.expect("there was a run before");
    assert_eq!((estimate.runs, estimate.unknown.len()), (1, 0));
    let took = monday.finished_at_ms.expect("it has ended") - monday.started_at_ms;
    let left =
        estimate.finish_at_ms - (report.started_at_ms + i64::try_from(report.duration_ms).expect("short"));
    assert!((80..=took + 1).contains(&left), "{left} ms are left of {took}: {}", estimate.rests_on);
}

/// DE-24: the last ten pipelines, by reading every file that there is.
#[tokio::test]
async fn de24_recent_runs_and_what_is_open_in_them() {
    let (_highwater, pipeline) = in_memory().await;
    pipeline.declare_graph(Graph::new().node("a").node("b")).await.expect("the graph");
    for number in 0..12 {
        start(&pipeline, &format!("r{number:02}")).await;
    }
    let run = pipeline.run("r11");
    begin(&run, "a").await.succeed().await.expect("it succeeds");
    let recent = pipeline.list_runs(RunFilter::new()).all().await.expect("a list");
    assert_eq!((recent.len(), recent[0].run.as_str()), (12, "r11"), "newest first");
    let open = run.describe().await.expect("the run").nodes;
    let open: Vec<_> =
        open.iter().filter(|it| it.status == NodeStatus::Pending).map(|it| it.node.as_str()).collect();
    assert_eq!(open, ["b"]);
}
