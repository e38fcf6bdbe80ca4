//! Many submitters, several openings of one directory, and closing.

mod support;

use std::time::Duration;

use highwater::{EngineKind, Error, ErrorKind, StartRun};
use highwater_store::MemoryStore;
use support::{for_each_engine, open_file, open_memory, soon};

for_each_engine!(
    sixty_four_submitters_lose_nothing_and_share_records,
    two_openings_of_one_directory_see_each_other,
    two_openings_race_for_every_version,
    closing_carries_out_what_is_in_flight,
    a_dropped_guard_is_carried_out_by_closing,
    what_was_acknowledged_is_there_after_opening_again,
    pages_cover_everything_once,
    a_batch_is_all_or_none,
    a_dedupe_key_has_one_effect,
);

async fn sixty_four_submitters_lose_nothing_and_share_records(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    let pipeline = hw.pipeline("test/many")?;
    let submitters = (0..64).map(|submitter| {
        let hwm = pipeline.hwm(format!("submitter.{submitter:02}"));
        tokio::spawn(async move {
            for position in 1..=20 {
                hwm.set(position).await?;
            }
            Ok::<_, Error>(())
        })
    });
    for submitter in futures::future::join_all(submitters).await {
        submitter.expect("no submitter panics")?;
    }
    let hwms = pipeline.list_hwms("submitter.").all().await?;
    assert_eq!(hwms.len(), 64);
    assert!(hwms.iter().all(|hwm| hwm.value == highwater::Value::Int(20)));
    let records = pipeline.describe().await?.version;
    assert!(records <= 64 * 20 / 4, "1280 moves became {records} records");
    Ok(())
}

async fn two_openings_of_one_directory_see_each_other(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (one, other) = (open_file(kind, folder.path()).await?, open_file(kind, folder.path()).await?);
    assert_ne!(one.worker(), other.worker());
    let (here, there) = (one.pipeline("test/two")?.hwm("at"), other.pipeline("test/two")?.hwm("at"));
    for position in 0..50 {
        let (writer, reader) = if position % 2 == 0 { (&here, &there) } else { (&there, &here) };
        writer.set(position).await?;
        assert_eq!(reader.get_as::<i64>().await?, Some(position.into()));
    }
    Ok(())
}

async fn two_openings_race_for_every_version(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let writers = [open_file(kind, folder.path()).await?, open_file(kind, folder.path()).await?];
    let races = writers.iter().enumerate().map(|(number, hw)| {
        let hwm = hw.pipeline("test/race").map(|pipeline| pipeline.hwm(format!("writer.{number}")));
        tokio::spawn(async move {
            let hwm = hwm?;
            for position in 1..=200 {
                hwm.set(position).await?;
            }
            Ok::<_, Error>(())
        })
    });
    for race in futures::future::join_all(races).await {
        race.expect("no writer panics")?;
    }
    let pipeline = writers[0].pipeline("test/race")?;
    let values: Vec<_> = pipeline.list_hwms("").all().await?.into_iter().map(|hwm| hwm.value).collect();
    assert_eq!(values, [highwater::Value::Int(200), highwater::Value::Int(200)]);
    // One submitter each: a record holds one move, and every reply stands for one version.
    let moves = pipeline.log(1).all().await?.iter().map(|record| record.facts.len()).sum::<usize>();
    assert_eq!(moves, 400);
    Ok(())
}

async fn closing_carries_out_what_is_in_flight(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    let pipeline = hw.pipeline("test/close")?;
    let submitters: Vec<_> = (0..100)
        .map(|number| {
            tokio::spawn({
                let call = pipeline.hwm(format!("h{number}")).set(1);
                async move { call.await }
            })
        })
        .collect();
    tokio::task::yield_now().await;
    soon(hw.close()).await;
    let mut done = 0;
    for submitter in submitters {
        match submitter.await.expect("no submitter panics") {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid, "{error}"),
        }
    }
    let refused = pipeline.hwm("late").set(1).await.expect_err("it is closed");
    assert_eq!(refused.kind(), ErrorKind::Invalid);

    let again = open_file(kind, folder.path()).await?;
    assert_eq!(again.pipeline("test/close")?.describe().await?.hwms, done);
    Ok(())
}

async fn a_dropped_guard_is_carried_out_by_closing(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    let lease = hw.pipeline("test/close")?.lease("l").acquire().await?;
    drop(lease);
    hw.close().await;
    let again = open_file(kind, folder.path()).await?;
    assert!(again.pipeline("test/close")?.list_leases().await?.is_empty());
    Ok(())
}

async fn what_was_acknowledged_is_there_after_opening_again(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for round in 0..5 {
        let hw = open_file(kind, folder.path()).await?;
        let pipeline = hw.pipeline("test/again")?;
        let expected = if round == 0 { None } else { Some(round * 10) };
        assert_eq!(pipeline.hwm("at").get_as::<i64>().await?, expected);
        pipeline.hwm("at").set((round + 1) * 10).await?;
        let run = pipeline.start_run(StartRun::new().run_id("the run")).await?;
        assert_eq!(run.resumed(), round > 0);
    }
    Ok(())
}

async fn pages_cover_everything_once(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    for number in 0..7 {
        let pipeline = hw.pipeline(format!("test/p{number}"))?;
        pipeline.set_hwms((0..25).map(|hwm| (format!("h{hwm:02}"), hwm))).await?;
    }
    let mut pages = hw.pipelines("test/").page_size(3);
    let mut sizes = Vec::new();
    while let Some(page) = pages.next_page().await? {
        sizes.push(page.len());
    }
    assert_eq!(sizes, [3, 3, 1]);

    let pipeline = hw.pipeline("test/p0")?;
    let mut names = Vec::new();
    let mut hwms = pipeline.list_hwms("h").page_size(10);
    while let Some(hwm) = hwms.next().await? {
        names.push(hwm.name);
    }
    assert_eq!(names, (0..25).map(|hwm| format!("h{hwm:02}")).collect::<Vec<_>>());

    for _ in 0..12 {
        pipeline.start_run(StartRun::new()).await?;
    }
    let runs = pipeline.list_runs(highwater::RunFilter::new()).page_size(5).all().await?;
    assert_eq!(runs.len(), 12);
    let log = pipeline.log(1).page_size(4).all().await?;
    assert_eq!(log.iter().map(|record| record.version).collect::<Vec<_>>(), (1..=13).collect::<Vec<_>>());
    Ok(())
}

async fn a_batch_is_all_or_none(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/batch")?;
    pipeline.hwm("b").set(5).await?;
    let run = pipeline.start_run(StartRun::new()).await?;
    let attempt = support::attempt_of(run.node("load").begin().await?);
    let refused = pipeline.batch().with(attempt.succeed().hwm("a", 1)).with(pipeline.hwm("b").set(4)).await;
    assert_eq!(refused.expect_err("b would move backwards").kind(), ErrorKind::Invalid);
    assert!(pipeline.hwm("a").get().await?.is_none());

    let version = pipeline.describe().await?.version;
    pipeline.batch().with(attempt.succeed().hwm("a", 1)).with(pipeline.hwm("b").set(6)).await?;
    assert_eq!(pipeline.describe().await?.version, version + 1);
    drop(attempt);
    assert_eq!(pipeline.describe().await?.version, version + 1, "the guard knows that its attempt ended");

    let elsewhere = hw.pipeline("test/elsewhere")?.hwm("c").set(1);
    assert_eq!(
        pipeline.batch().with(elsewhere).await.expect_err("another pipeline").kind(),
        ErrorKind::Invalid
    );
    Ok(())
}

async fn a_dedupe_key_has_one_effect(kind: EngineKind) -> Result<(), Error> {
    let hw = open_memory(kind, &MemoryStore::new())?;
    let pipeline = hw.pipeline("test/dedupe")?;
    let first = pipeline.start_run(StartRun::new()).dedupe_key("k").await?;
    let second =
        tokio::time::timeout(Duration::from_secs(10), pipeline.start_run(StartRun::new()).dedupe_key("k"));
    assert_eq!(second.await.expect("it is answered")?.id(), first.id());
    assert_eq!(pipeline.describe().await?.runs, 1);
    Ok(())
}
