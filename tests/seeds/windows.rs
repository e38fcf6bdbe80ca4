//! Windows and intervals: what is wanted, what is done, and what shall be done again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use highwater::{
    Attempt, Begin, Cadence, Cover, CoverageStatus, Interval, Pipeline, PlanAction, PlanFor, WindowStatus,
};

use crate::support::{in_memory, start};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The first day of 2025 in UTC.
const NEW_YEAR: i64 = 1_735_689_600_000;

/// The days from one number of the year up to but not including another, from 1.
fn days(from: i64, to: i64) -> Interval {
    Interval { start: NEW_YEAR + (from - 1) * DAY_MS, end: NEW_YEAR + (to - 1) * DAY_MS }
}

/// Begins a node that must be handed something.
async fn begin(pipeline: &Pipeline, run: &str, cover: Cover) -> Attempt {
    let node = start(pipeline, run).await.node("load").cover(cover);
    match node.begin().await.expect("an answer") {
        Begin::Run(attempt) => attempt,
        other => panic!("there is work: {other:?}"),
    }
}

/// SK-19, SK-20: what a node had done was kept in a list that nobody ever wrote, so that it was always empty.
#[tokio::test]
async fn sk19_sk20_what_was_done_is_listed() {
    let (_highwater, pipeline) = in_memory().await;
    let attempt = begin(&pipeline, "r", Cover::times([days(1, 6)])).await;
    attempt.progress(highwater::Counts::default()).covered([days(1, 3)]).await.expect("a part is done");
    let lines = pipeline.list_coverage().all().await.expect("a list");
    assert_eq!((lines.len(), lines[0].node.as_str(), lines[0].edge), (1, "load", Some(days(1, 3).end)));
    attempt.succeed().await.expect("it succeeds");
    let spans = pipeline.coverage("load").describe().await.expect("the coverage").spans;
    assert!(spans.iter().all(|span| span.status == CoverageStatus::Done && span.run.as_deref() == Some("r")));
    assert_eq!((spans[0].start, spans[spans.len() - 1].end), (days(1, 6).start, days(1, 6).end));
}

/// How many windows of a year a cadence makes.
async fn windows_of_the_year(cadence: Cadence) -> usize {
    let (_highwater, pipeline) = in_memory().await;
    let end = days(1, 366).end;
    pipeline.declare_cadence("load", cadence.ending_at(end)).await.expect("the cadence");
    let (mut found, mut from) = (0, NEW_YEAR);
    loop {
        let page = pipeline.coverage("load").windows().from(from).limit(1_000).await.expect("a page");
        found += page.windows.len();
        let Some(next) = page.next else { return found };
        from = next;
    }
}

/// SK-21: of hourly, daily, weekly, monthly, yearly and cron schedules the first window was missing; and with no end given there were none.
#[tokio::test]
async fn sk21_each_schedule_has_all_its_windows() {
    let from = "2025-01-01";
    assert_eq!(windows_of_the_year(Cadence::every(Duration::from_secs(3_600)).starting(from)).await, 8_760);
    assert_eq!(windows_of_the_year(Cadence::days(1).starting(from)).await, 365);
    assert_eq!(windows_of_the_year(Cadence::months(1).starting(from)).await, 12);
    assert_eq!(windows_of_the_year(Cadence::years(1).starting(from)).await, 1);
    assert_eq!(
        windows_of_the_year(Cadence::weeks(1).starting("2025-01-06")).await,
        51,
        "whole ones, from Monday"
    );
    assert_eq!(windows_of_the_year(Cadence::cron("0 0 * * *").starting(from)).await, 365);

    let (_highwater, pipeline) = in_memory().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let now = i64::try_from(now).expect("a time");
    let hourly = Cadence::every(Duration::from_secs(3_600)).starting_at((now / HOUR_MS - 3) * HOUR_MS);
    pipeline.declare_cadence("load", hourly).await.expect("the cadence");
    let windows =
        pipeline.coverage("load").windows().statuses([WindowStatus::Missing]).await.expect("a list");
    assert!((3..=4).contains(&windows.windows.len()), "up to now, without an end: {windows:?}");
}

/// OD-22: a month was 30 days and a year 365, counted back from now.
#[tokio::test]
async fn od22_a_month_is_as_long_as_it_is_and_the_last_ones_are_done_again() {
    let (_highwater, pipeline) = in_memory().await;
    let february = pipeline.find_window("2024-02-01", Cadence::months(1)).await.expect("a window");
    assert_eq!(february.end - february.start, 29 * DAY_MS);
    let daily = Cadence::days(1).starting("2025-01-01").lookback(2);
    pipeline.declare_cadence("load", daily.clone().ending_at(days(1, 5).end)).await.expect("the cadence");
    begin(&pipeline, "first", Cover::due()).await.succeed().await.expect("four days are done");
    pipeline.declare_cadence("load", daily.ending_at(days(1, 6).end)).await.expect("a day later");
    let attempt = begin(&pipeline, "second", Cover::due()).await;
    assert_eq!(attempt.intervals(), [days(3, 4), days(4, 5), days(5, 6)], "the newest, and two before it");
    attempt.succeed().await.expect("it succeeds");
}

/// SK-22: a restatement could be noted, listed and taken back, and was nothing but a note.
#[tokio::test]
async fn sk22_a_restatement_is_listed_and_taken_back() {
    let (_highwater, pipeline) = in_memory().await;
    let load = pipeline.coverage("load");
    load.mark(CoverageStatus::Done, [days(1, 10)], "adopted").await.expect("marked");
    load.mark(CoverageStatus::Stale, [days(4, 6)], "late rows").by("ada").await.expect("marked");
    let stale = load.describe().gaps().await.expect("what is to be done").spans;
    let [span] = &stale[..] else { panic!("one restatement: {stale:?}") };
    assert_eq!((span.start, span.end), (days(4, 6).start, days(4, 6).end));
    assert_eq!((span.reason.as_deref(), span.actor.as_deref()), (Some("late rows"), Some("ada")));
    load.mark(CoverageStatus::Done, [days(4, 6)], "they were not late").await.expect("marked");
    assert!(load.describe().gaps().await.expect("nothing").spans.is_empty());
}

/// SK-23: a backfill said that it was not yet implemented; its dry run too.
#[tokio::test]
async fn sk23_a_backfill_is_planned_and_then_worked_off() {
    let (_highwater, pipeline) = in_memory().await;
    pipeline.hwm("features.at").set(7).await.expect("the live position");
    let daily = Cadence::days(1).starting("2025-01-01").ending_at(days(1, 11).end);
    pipeline.declare_cadence("load", daily).await.expect("the cadence");
    pipeline.coverage("load").mark(CoverageStatus::Done, [days(3, 5)], "adopted").await.expect("marked");
    let of = || PlanFor::backfill(days(1, 8)).nodes(["load"]);
    let before = pipeline.describe().await.expect("the pipeline").version;
    let plan = pipeline.plan(of()).await.expect("the plan");
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.action, step.windows)).collect();
    assert_eq!(steps, [(PlanAction::Run, 2), (PlanAction::Skip, 2), (PlanAction::Run, 3)]);
    assert_eq!(pipeline.describe().await.expect("the pipeline").version, before, "a plan changes nothing");

    pipeline.apply_plan(of(), plan.basis).because("a new column").id("january").await.expect("applied");
    let attempt = begin(&pipeline, "r", Cover::backfill("january")).await;
    assert_eq!(attempt.intervals().len(), 5);
    attempt.succeed().await.expect("it succeeds");
    let backfill = pipeline.backfill("january").await.expect("the backfill");
    assert_eq!((backfill.windows, backfill.done), (7, 7));
    assert_eq!(pipeline.hwm("features.at").get_as::<i64>().await, Ok(Some(7)), "the live position stays");
}

/// SK-24: start, end, backfill and restate were taken, and looked at by nobody.
#[tokio::test]
async fn sk24_a_run_does_the_days_that_it_is_told_to() {
    let (_highwater, pipeline) = in_memory().await;
    let attempt = begin(&pipeline, "first", Cover::times([days(3, 6)])).await;
    assert_eq!(attempt.intervals(), [days(3, 6)]);
    attempt.succeed().await.expect("it succeeds");
    let attempt = begin(&pipeline, "second", Cover::times([days(1, 8)])).await;
    assert_eq!(attempt.intervals(), [days(1, 3), days(6, 8)], "what is done is not done twice");
    attempt.succeed().await.expect("it succeeds");
    let attempt = begin(&pipeline, "third", Cover::times([days(1, 8)]).restate()).await;
    assert_eq!(attempt.intervals(), [days(1, 8)], "unless somebody says so");
    attempt.succeed().await.expect("it succeeds");
}

/// DE-11, DE-20: the window of a date was 24 hours of the clock of the machine, whatever the clock did on that day.
#[tokio::test]
async fn de11_de20_a_day_is_as_long_as_it_is_in_its_zone() {
    let (_highwater, pipeline) = in_memory().await;
    let window = pipeline.find_window("2025-01-23", Cadence::days(1)).await.expect("a window");
    assert_eq!(window, days(23, 24));
    let berlin = || Cadence::days(1).zone("Europe/Berlin").expect("a zone");
    for (date, hours) in [("2025-03-29", 24), ("2025-03-30", 23), ("2025-10-26", 25)] {
        let window = pipeline.find_window(date, berlin()).await.expect("a window");
        assert_eq!(window.end - window.start, hours * HOUR_MS, "{date}");
    }
}
