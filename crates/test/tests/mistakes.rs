//! Pipelines that are right, and pipelines with a mistake.

use highwater::{Attempt, Counts, Ready, StartRun};
use highwater_test::{Kind, Life, Report, Rows, crash_test};

type Failed = Box<dyn std::error::Error>;

const LAST: u64 = 9;
const BATCH: u64 = 3;

/// How a batch comes into the sink.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Position and token from the sink, the mark behind the rows.
    Right,
    /// The mark, then the rows.
    MarkFirst,
    /// The mark behind the rows, and where to go on is what the mark says.
    ByTheMark,
    /// Position from the sink, and no token.
    WithoutToken,
}

async fn load(way: Way, life: Life, sink: Rows<u64>) -> Result<(), Failed> {
    let pipeline = life.highwater().pipeline("dev/orders")?;
    let run = pipeline.start_run(StartRun::new().run_id("night-1")).await?;
    if let Ready::Run(attempt) = run.node("load").begin_or_wait().await? {
        if way == Way::Right {
            sink.write_as(attempt.token(), [])?;
        }
        let mut done = match way {
            Way::Right | Way::WithoutToken => sink.all().last().copied().unwrap_or(0),
            Way::MarkFirst | Way::ByTheMark => pipeline.hwm("orders.id").get_as().await?.unwrap_or(0),
        };
        while done < LAST {
            write_batch(way, &life, &sink, &attempt, done).await?;
            done += BATCH;
        }
        attempt.succeed().await?;
    }
    run.finish().await?;
    Ok(())
}

async fn write_batch(
    way: Way,
    life: &Life,
    sink: &Rows<u64>,
    attempt: &Attempt,
    done: u64,
) -> Result<(), Failed> {
    let (rows, last) = (done + 1..=done + BATCH, done + BATCH);
    if way == Way::MarkFirst {
        attempt.progress(Counts::default()).hwm("orders.id", last).await?;
    }
    if way == Way::Right {
        sink.write_as(attempt.token(), rows)?;
    } else {
        sink.write(rows);
    }
    life.point("after the write").await;
    if way != Way::MarkFirst {
        attempt.progress(Counts::default()).hwm("orders.id", last).await?;
    }
    Ok(())
}

async fn report(way: Way) -> Report {
    crash_test(Rows::new, Rows::all, move |life, sink| load(way, life, sink))
        .expect_rows(1..=LAST)
        .run()
        .await
}

fn failed_as(report: &Report, kind: Kind) -> usize {
    report.failures().iter().filter(|failure| failure.kind() == kind).count()
}

#[tokio::test]
async fn a_right_pipeline_passes() {
    let report = report(Way::Right).await;
    report.assert();
    // Begin, three batches, success, start and finish: each is an append at least, and each append is two points.
    assert!(report.tried(Kind::Crash) > 2 * 7, "{report}");
    assert_eq!(report.tried(Kind::Pause), report.tried(Kind::Crash), "{report}");
    assert!(report.tried(Kind::Doubt) >= 2 * 7, "{report}");
    assert_eq!(report.tried(Kind::DoubleCrash), highwater_test::limits::DOUBLE_CRASHES);
    assert_eq!((report.lost(), report.doubled()), (0, 0));
}

#[tokio::test]
async fn a_mark_that_moves_before_the_rows_loses_them() {
    let report = report(Way::MarkFirst).await;
    assert!(failed_as(&report, Kind::Crash) > 0, "{report}");
    let killed = report.failures().iter().find(|failure| failure.kind() == Kind::Crash).expect("one was");
    assert_eq!(killed.lost(), ["1", "2", "3"], "{killed}");
    let story = killed.to_string();
    assert!(story.contains("in life 1, after the append of version"), "{story}");
    assert!(story.contains("hwm-set `orders.id`"), "{story}");
    assert!(story.contains("lost: 3 rows: 1, 2, 3"), "{story}");
}

#[tokio::test]
async fn a_write_without_a_token_doubles_rows_when_a_worker_wakes_up() {
    let report = report(Way::WithoutToken).await;
    assert!(failed_as(&report, Kind::Pause) > 0, "{report}");
    // A dead process writes nothing, and the sink says where to go on.
    assert_eq!(report.failures().len(), failed_as(&report, Kind::Pause), "{report}");
    assert_eq!(report.lost(), 0, "{report}");
}

#[tokio::test]
async fn going_on_by_the_mark_is_at_least_once() {
    let strict = report(Way::ByTheMark).await;
    let killed = strict.failures().iter().find(|failure| failure.kind() == Kind::Crash).expect("one was");
    assert!(killed.to_string().contains("at the point `after the write`"), "{killed}");
    assert_eq!((killed.lost().len(), killed.doubled().len()), (0, 3), "{killed}");

    let tolerant = crash_test(Rows::new, Rows::all, |life, sink| load(Way::ByTheMark, life, sink))
        .expect_rows(1..=LAST)
        .allow_duplicates()
        .run()
        .await;
    tolerant.assert();
    assert!(tolerant.doubled() > 0, "{tolerant}");
}

#[tokio::test]
async fn a_pipeline_that_is_wrong_undisturbed_is_not_tried_further() {
    let nothing = |_, _| async { Ok::<(), String>(()) };
    let report = crash_test(Rows::new, Rows::all, nothing).expect_rows(1..=2).run().await;
    assert_eq!((report.failures().len(), report.tried(Kind::Crash)), (1, 0), "{report}");
    assert_eq!(report.failures()[0].lost(), ["1", "2"]);
}

#[tokio::test]
async fn who_does_not_resume_never_recovers() {
    // Another process would be told to wait; this one gives up, and so does the next one.
    let impatient = |life: Life, sink: Rows<u64>| async move {
        if life.number() > 1 {
            return Err("an earlier process has died".into());
        }
        load(Way::Right, life, sink).await
    };
    let report = crash_test(Rows::new, Rows::all, impatient).expect_rows(1..=LAST).run().await;
    assert!(failed_as(&report, Kind::Crash) > 0, "{report}");
    assert!(report.to_string().contains("never ended well"), "{report}");
}

#[tokio::test]
async fn a_panic_is_a_death_with_a_message() {
    let panics = |_, _: Rows<u64>| async { if true { panic!("out of luck") } else { Ok::<(), String>(()) } };
    let report = crash_test(Rows::new, Rows::all, panics).run().await;
    assert!(report.to_string().contains("it panicked: out of luck"), "{report}");
}

#[tokio::test]
async fn the_same_seed_tries_the_same() {
    let first = report(Way::ByTheMark).await.to_string();
    assert_eq!(first, report(Way::ByTheMark).await.to_string());
}
