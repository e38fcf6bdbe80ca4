//! Intervals: sets that are exact, as long as they get, and a restatement that is carried out.

use std::time::Duration;

use highwater::{Begin, Cadence, Cover, CoverageStatus, Interval, Pipeline};

use crate::support::{directory, open_pipeline, start};

const DAY_MS: i64 = 86_400_000;

/// The days of a January, from the first up to but not including the second.
fn days(from: i64, to: i64) -> Interval {
    Interval { start: (from - 1) * DAY_MS, end: (to - 1) * DAY_MS }
}

async fn gaps(pipeline: &Pipeline, within: Interval) -> Vec<Interval> {
    let gaps = pipeline.coverage("load").describe().within(within).gaps().await.expect("the gaps");
    gaps.spans.iter().map(|gap| Interval { start: gap.start, end: gap.end }).collect()
}

/// X22: with 03 and 06 done of 01 to 10, the days to do left out 01 and had 06 once more.
#[tokio::test]
async fn x22_what_is_to_be_done_is_what_is_not_done() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let load = pipeline.coverage("load");
    load.mark(CoverageStatus::Done, [days(3, 4), days(6, 7)], "adopted").await.expect("the mark");
    let expected = [days(1, 3), days(4, 6), days(7, 11)];
    assert_eq!(gaps(&pipeline, days(1, 11)).await, expected);
    let run = start(&pipeline, "r").await;
    let node = run.node("load").cover(Cover::times([days(1, 11)]));
    let Begin::Run(attempt) = node.begin().await.expect("begin answers") else { panic!("there is work") };
    assert_eq!(attempt.intervals(), expected);
    attempt.succeed().await.expect("the end");
    assert_eq!(gaps(&pipeline, days(1, 11)).await, []);
}

/// X23: [01, 10) without [05, 06) was nothing at all.
#[tokio::test]
async fn x23_a_hole_leaves_two_pieces() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let load = pipeline.coverage("load");
    load.mark(CoverageStatus::Done, [days(1, 10)], "adopted").await.expect("the mark");
    load.mark(CoverageStatus::Missing, [days(5, 6)], "a wrong day").await.expect("the mark");
    let coverage = load.describe().await.expect("the coverage");
    let done = coverage.spans.iter().filter(|span| span.status == CoverageStatus::Done);
    let done: Vec<Interval> = done.map(|span| Interval { start: span.start, end: span.end }).collect();
    assert_eq!(done, [days(1, 5), days(6, 10)]);
    assert_eq!(coverage.edge, Some(days(1, 5).end));
}

/// X24: two years of hours ended after 10,001 of them, without a word.
#[tokio::test]
async fn x24_a_long_list_is_as_long_as_it_is() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let load = pipeline.coverage("load");
    let hours = 2 * 365 * 24;
    // Every other hour, so that no two are one.
    let hour = |hour: i64| Interval { start: hour * DAY_MS / 24, end: (hour + 1) * DAY_MS / 24 };
    for part in (0..hours).step_by(2).collect::<Vec<_>>().chunks(5_000) {
        load.mark(CoverageStatus::Done, part.iter().map(|at| hour(*at)), "adopted").await.expect("the mark");
    }
    let (mut found, mut from) = (0, 0);
    let end = hour(hours - 1).end;
    loop {
        let page = load.describe().within(from..end).gaps().limit(1_000).await.expect("a page");
        found += page.spans.len();
        let Some(next) = page.next else { break };
        from = next;
    }
    assert_eq!(found, hours as usize / 2);
    // What is too much for one command is refused, and nothing is left out silently.
    let all = (0..hours).map(|at| hour(2 * at));
    let error = load.mark(CoverageStatus::Done, all, "adopted").await.expect_err("too many at once");
    assert!(error.to_string().contains("at most 10000"), "{error}");
}

/// X25: a restatement was kept and never carried out, and what was done was dropped with it.
#[tokio::test]
async fn x25_a_restatement_is_carried_out() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let load = pipeline.coverage("load");
    load.mark(CoverageStatus::Done, [days(1, 10)], "adopted").await.expect("the mark");
    load.mark(CoverageStatus::Stale, [days(2, 4)], "late rows").await.expect("the mark");
    let run = start(&pipeline, "r").await;
    let node = run.node("load").cover(Cover::times([days(1, 10)]));
    let Begin::Run(attempt) = node.begin().await.expect("begin answers") else { panic!("there is work") };
    assert_eq!(attempt.intervals(), [days(2, 4)]);
    attempt.succeed().await.expect("the end");
    assert_eq!(load.describe().await.expect("the coverage").edge, Some(days(1, 10).end));
}

/// X34: a window of 6 hours was a window of 24 hours, and forgotten by the next process.
#[tokio::test]
async fn x34_a_window_is_as_long_as_it_was_declared() {
    let directory = directory();
    let six_hours = || Cadence::every(Duration::from_secs(6 * 3_600)).starting("2026-11-01");
    {
        let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
        let window = pipeline.find_window("2026-11-01", six_hours()).await.expect("the window");
        assert_eq!(window.end - window.start, DAY_MS / 4);
        pipeline
            .declare_cadence("load", six_hours().ending_at(window.start + DAY_MS))
            .await
            .expect("the cadence");
        highwater.close().await;
    }
    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    let run = start(&pipeline, "r").await;
    let node = run.node("load").cover(Cover::due());
    let Begin::Run(attempt) = node.begin().await.expect("begin answers") else { panic!("there is work") };
    let lengths: Vec<i64> = attempt.intervals().iter().map(|window| window.end - window.start).collect();
    assert_eq!(lengths, [DAY_MS / 4; 4]);
}
