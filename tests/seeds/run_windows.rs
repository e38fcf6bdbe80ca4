//! The window of a run: as long as it was said, the same for all of its nodes and in every process, and drift that is found.

use std::time::Duration;

use highwater::answer::DriftKind;
use highwater::{Attempt, Begin, Cadence, Counts, Cover, Interval, Run, StartRun};

use crate::support::{directory, open_pipeline};

const HOUR_MS: i64 = 3_600_000;

async fn covering(run: &Run, node: &str) -> Attempt {
    match run.node(node).cover(Cover::window()).begin().await.expect("begin answers") {
        Begin::Run(attempt) => attempt,
        other => panic!("node {node} must run: {other:?}"),
    }
}

/// X34, DE-21: `set_extraction_window(window_hours=6)` was 24 hours all the same, and the next process knew nothing of it.
#[tokio::test]
async fn x34_a_run_of_six_hours_covers_them_in_the_next_process_too() {
    let directory = directory();
    let six_hours = {
        let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
        let length = Cadence::every(Duration::from_secs(6 * 3_600));
        let window = pipeline.find_window("2026-11-01", length).await.expect("the window");
        pipeline.start_run(StartRun::new().run_id("r").window(window)).await.expect("the run starts");
        highwater.close().await;
        window
    };
    assert_eq!(six_hours.end - six_hours.start, 6 * HOUR_MS);
    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    // DE-11: it is still the window of that run, although the extraction of another day is asked for.
    let other = Interval { start: six_hours.end, end: six_hours.end + 24 * HOUR_MS };
    let run = pipeline.start_run(StartRun::new().run_id("r").window(other)).await.expect("the run resumes");
    assert!(run.resumed());
    assert_eq!(covering(&run, "customers").await.intervals(), [six_hours]);
}

/// DE-20: 24 hours were 24 hours of no zone, also on the two days a year that have 23 and 25.
#[tokio::test]
async fn de20_the_window_of_a_date_is_the_day_of_its_zone() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    for (date, hours) in [("2026-03-29", 23), ("2026-05-01", 24), ("2026-10-25", 25)] {
        let day = Cadence::days(1).zone("Europe/Berlin").expect("the zone");
        let day = pipeline.find_window(date, day).await.expect("the window");
        let run = pipeline.start_run(StartRun::new().run_id(date).window(day)).await.expect("the run starts");
        let attempt = covering(&run, "customers").await;
        assert_eq!(attempt.intervals(), [Interval { start: day.start, end: day.start + hours * HOUR_MS }]);
        attempt.succeed().await.expect("the end");
    }
}

/// DE-19, DE-22: each table could bring its own date, and the check looked at the dates of times without a zone.
#[tokio::test]
async fn de19_de22_a_table_that_took_another_window_is_found() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let day = pipeline.find_window("2026-11-01", Cadence::days(1)).await.expect("the window");
    let run = pipeline.start_run(StartRun::new().run_id("r").window(day)).await.expect("the run starts");
    covering(&run, "customers").await.succeed().await.expect("the end");
    assert!(run.drift().await.expect("the report").consistent);

    // A worker that has a day of its own is not handed it, and what it does all the same is found.
    let next = Interval { start: day.end, end: day.end + 24 * HOUR_MS };
    let error = run.node("items").cover(Cover::times([next])).begin().await.expect_err("outside the window");
    assert!(error.to_string().contains("outside the window of run `r`"), "{error}");
    let attempt = covering(&run, "items").await;
    attempt.progress(Counts::default()).covered([next]).await.expect("the progress");
    attempt.fail("the source is down").await.expect("the end");
    run.cancel("no time").await.expect("the end of the run");
    let drift = run.drift().await.expect("the report");
    assert_eq!((drift.consistent, drift.drifted, drift.count), (false, 1, 2));
    let items = drift.nodes.iter().find(|line| line.node == "items").expect("its line");
    assert_eq!(items.drift, [DriftKind::StartsLate, DriftKind::Behind, DriftKind::Ahead]);
    assert_eq!((&items.missing[..], &items.outside[..]), (&[day][..], &[next][..]));
    let advice = run.report().await.expect("the report").recommendations;
    assert!(advice.iter().any(|it| it.nodes == ["items"] && it.message.contains("drift")), "{advice:?}");
}
