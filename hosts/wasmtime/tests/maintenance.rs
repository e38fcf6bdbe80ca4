//! Checks, repair, backups, moments of the past, and the check-up of a store, each on a real directory.

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use highwater::{
    EngineKind, Error, ErrorKind, FindingKind, Highwater, Moment, Pipeline, RunFilter, StartRun, Value,
};
use support::{attempt_of, for_each_engine, open_file};

for_each_engine!(
    damage_is_found_repaired_and_what_is_lost_is_listed,
    a_backup_makes_up_for_a_damaged_beginning,
    backups_are_kept_by_number_and_age_and_restored,
    the_past_is_read_and_never_written,
    a_revert_puts_back_what_was_and_fences_who_works,
    a_fork_goes_on_from_a_moment_of_another_pipeline,
    a_check_up_says_the_worst_first,
);

/// Versions 1 to 20 set an HWM to 1 to 20.
async fn twenty(hw: &Highwater) -> Result<Pipeline, Error> {
    let pipeline = hw.pipeline("test/p")?;
    for position in 1..=20 {
        pipeline.hwm("n").set(position).await?;
    }
    Ok(pipeline)
}

fn log_file(folder: &Path) -> PathBuf {
    let journal = folder.join("journals-1").join("p_test%2Fp");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(journal).expect("a journal").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "hwl"));
    files.sort();
    files.pop().expect("a log")
}

/// Flips a byte, so far into the log in percent.
fn flip(folder: &Path, percent: usize) {
    let file = log_file(folder);
    let mut bytes = std::fs::read(&file).expect("the log");
    let at = bytes.len() * percent / 100;
    bytes[at] ^= 0xff;
    std::fs::write(file, bytes).expect("written");
}

async fn damage_is_found_repaired_and_what_is_lost_is_listed(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    assert_eq!(twenty(&hw).await?.verify_integrity().await?.records, 20);
    hw.close().await;
    flip(folder.path(), 75);

    let hw = open_file(kind, folder.path()).await?;
    let pipeline = hw.pipeline("test/p")?;
    assert_eq!(pipeline.hwm("n").get().await.map_err(|error| error.kind()), Err(ErrorKind::Corrupt));
    let integrity = pipeline.verify_integrity().await?;
    let bad = integrity.first_bad.and_then(|bad| bad.version).expect("a version");
    assert!(integrity.damage.iter().any(|damaged| damaged.place.contains("log-0")), "{:?}", integrity.damage);

    let plan = pipeline.repair("").dry_run().await?;
    assert!(plan.needed && !plan.applied && plan.set_aside.is_none());
    let lost: Vec<_> = plan.lost.iter().map(|lost| (lost.from, lost.to)).collect();
    assert_eq!((plan.kept_up_to, lost), (bad - 1, vec![(bad, 20)]));
    let refused = pipeline.repair("").await.map_err(|error| error.kind());
    assert_eq!(refused.err(), Some(ErrorKind::Invalid), "a reason is needed");

    let done = pipeline.repair("a bad sector").by("ada").await?;
    assert!(done.applied && done.lost == plan.lost && done.lost_records == plan.lost_records);
    let aside = done.set_aside.expect("a place");
    assert!(Path::new(&aside).is_dir(), "the damaged journal is kept in {aside}");
    let kept = i64::try_from(bad - 1).expect("small");
    assert_eq!(pipeline.hwm("n").get_as::<i64>().await?, Some(kept));
    assert!(pipeline.verify_integrity().await?.damage.is_empty());
    assert!(!pipeline.repair("again").await?.needed);
    let log = pipeline.log(1).all().await?;
    assert!(
        log.iter().flat_map(|record| &record.facts).any(|fact| fact.name == "journal-repaired"),
        "{log:?}"
    );
    Ok(())
}

async fn a_backup_makes_up_for_a_damaged_beginning(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    let pipeline = twenty(&hw).await?;
    pipeline.backup().await?;
    pipeline.hwm("n").set(21).await?;
    hw.close().await;
    flip(folder.path(), 10);

    let hw = open_file(kind, folder.path()).await?;
    let pipeline = hw.pipeline("test/p")?;
    let done = pipeline.repair("a bad sector").await?;
    assert_eq!((done.needed, done.from, done.kept_up_to, done.lost), (true, 20, 21, vec![]));
    assert_eq!(pipeline.hwm("n").get_as::<i64>().await?, Some(21), "nothing is lost");
    Ok(())
}

async fn backups_are_kept_by_number_and_age_and_restored(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    let pipeline = hw.pipeline("test/p")?;
    assert_eq!(pipeline.backup().await.map_err(|error| error.kind()).err(), Some(ErrorKind::Invalid));
    for position in 1..=4 {
        pipeline.hwm("n").set(position).await?;
        let made = pipeline.backup().name(format!("b{position}")).keep(2).await?;
        assert_eq!(made.deleted.len(), usize::from(position > 2), "{made:?}");
    }
    let kept = pipeline.backups().await?;
    assert_eq!(kept.iter().map(|backup| backup.version).collect::<Vec<_>>(), [4, 3], "newest first");
    let made = pipeline.backup().keep_for(Duration::from_secs(3_600)).await?;
    assert!(made.deleted.is_empty(), "none is that old");

    pipeline.hwm("n").set(900).await?;
    let restored = pipeline.restore(&kept[1].id, "test rows").by("ada").await?;
    assert_eq!((restored.applied, restored.from_version, restored.to_version), (true, 5, 3));
    assert_eq!(pipeline.hwm("n").get_as::<i64>().await?, Some(3));
    pipeline.delete_backup(&kept[1].id).await?;
    let gone = pipeline.restore(&kept[1].id, "again").await.map_err(|error| error.kind());
    assert_eq!(gone.err(), Some(ErrorKind::Invalid));
    pipeline.restore("latest", "it was right").await?;
    assert_eq!(pipeline.hwm("n").get_as::<i64>().await?, Some(4));
    Ok(())
}

async fn the_past_is_read_and_never_written(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    let pipeline = twenty(&hw).await?;
    let run = pipeline.start_run(StartRun::new().run_id("r")).await?;
    let attempt = attempt_of(run.node("load").begin().await?);
    let then = pipeline.describe().await?.version;
    attempt.succeed().hwm("n", 30).await?;
    run.finish().await?;

    let past = pipeline.at(then);
    assert_eq!(past.moment(), &Moment::Version(then));
    assert_eq!(past.describe().await?.version, then);
    assert_eq!(past.hwm("n").await?.map(|hwm| hwm.value), Some(Value::Int(20)));
    assert_eq!(past.hwm_history("n").await?.len(), 20);
    assert_eq!(past.list_leases().await?.len(), 1);
    assert_eq!(past.run("r").await?.status, highwater::RunStatus::Running);
    assert_eq!(past.why("r").await?[0].decisions.len(), 1);
    assert_eq!(past.list_runs(RunFilter::new()).all().await?.len(), 1);
    assert_eq!(past.list_hwms("").all().await?.len(), 1);
    assert_eq!(past.log(1).page_size(7).all().await?.len() as u64, then);
    assert!(pipeline.at(20).list_runs(RunFilter::new()).all().await?.is_empty());
    assert_eq!(pipeline.at(SystemTime::now()).hwm("n").await?.map(|hwm| hwm.value), Some(Value::Int(30)));

    let refused = |result: Result<_, Error>| {
        result.map(|_: Vec<highwater::answer::Answer>| ()).map_err(|error| error.kind())
    };
    let write = highwater::command::Command::SetHwms(highwater::command::SetHwms::default());
    assert_eq!(refused(past.batch().command(write).await), Err(ErrorKind::Invalid));
    assert_eq!(refused(past.batch().with(pipeline.hwm("n").set(31)).await), Err(ErrorKind::Invalid));
    assert_eq!(refused(pipeline.batch().with(past.hwm("n")).await), Err(ErrorKind::Invalid));
    assert_eq!(refused(past.batch().with(past.hwm("n")).dedupe_key("k").await), Err(ErrorKind::Invalid));
    assert_eq!(past.batch().with(past.hwm("n")).with(past.describe()).await?.len(), 2);
    assert_eq!(
        pipeline.at(99).describe().await.map_err(|error| error.kind()).err(),
        Some(ErrorKind::Invalid)
    );
    assert_eq!(pipeline.hwm("n").get_as::<i64>().await?, Some(30));
    Ok(())
}

async fn a_revert_puts_back_what_was_and_fences_who_works(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    let pipeline = twenty(&hw).await?;
    let run = pipeline.start_run(StartRun::new().run_id("r")).await?;
    let attempt = attempt_of(run.node("load").begin().await?);
    let (token, head) = (attempt.token(), pipeline.describe().await?.version);

    let diff = pipeline.diff(18, 20).await?;
    assert_eq!((diff.changes.len(), diff.changes[0].key.as_str()), (1, "n"));
    assert!(pipeline.diff(18, Moment::Head).limit(1).await?.truncated);
    let plan = pipeline.revert(18, "test rows").dry_run().await?;
    assert!(!plan.applied && plan.interrupted.len() == 1, "{plan:?}");
    let reverted = pipeline.revert(18, "test rows").by("ada").await?;
    assert_eq!((reverted.applied, reverted.version, reverted.changes), (true, head + 1, plan.changes));
    assert_eq!(pipeline.hwm("n").get_as::<i64>().await?, Some(18));
    let fenced = attempt.succeed().await.map_err(|error| error.kind());
    assert_eq!(fenced.err(), Some(ErrorKind::Fenced), "its run is not there any more");

    let run = pipeline.start_run(StartRun::new().run_id("r")).await?;
    let attempt = attempt_of(run.node("load").begin().await?);
    assert!(attempt.token() > token, "tokens do not go back");
    let history = pipeline.hwm("n").history().await?;
    assert_eq!((history[0].what.as_str(), history[0].actor.as_deref()), ("revert", Some("ada")));
    assert!(pipeline.validate().await?.problems.is_empty());
    Ok(())
}

async fn a_fork_goes_on_from_a_moment_of_another_pipeline(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    let source = twenty(&hw).await?;
    let copy = hw.pipeline("dev/p")?;
    let forked = copy.fork_from("test/p", 7, "to try it").by("ada").await?;
    assert_eq!((forked.source.as_str(), forked.source_version, forked.version), ("test/p", 7, 1));
    assert_eq!(copy.hwm("n").get_as::<i64>().await?, Some(7));
    copy.hwm("n").set(8).await?;
    assert_eq!(source.hwm("n").get_as::<i64>().await?, Some(20), "the source is only read");
    assert!(copy.fork_from("test/p", Moment::Head, "again").await.is_err(), "it is not empty any more");
    Ok(())
}

async fn a_check_up_says_the_worst_first(kind: EngineKind) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hw = open_file(kind, folder.path()).await?;
    twenty(&hw).await?;
    let other = hw.pipeline("test/a")?;
    other.hwm("n").set(1).await?;
    assert_eq!(hw.doctor("").await?.worst(), Some(FindingKind::NoBackup));
    hw.close().await;
    flip(folder.path(), 75);

    let hw = open_file(kind, folder.path()).await?;
    let checkup = hw.doctor("").await?;
    assert_eq!((checkup.pipelines, checkup.worst()), (2, Some(FindingKind::Broken)));
    let (first, last) = (&checkup.findings[0], &checkup.findings[checkup.findings.len() - 1]);
    assert!(first.pipeline == "test/p" && first.place.contains("log-0"), "{first:?}");
    assert_eq!((last.pipeline.as_str(), last.kind), ("test/a", FindingKind::NoBackup));
    assert!(checkup.findings.iter().all(|finding| !finding.advice.is_empty()));

    let pipeline = hw.pipeline("test/p")?;
    pipeline.repair("a bad sector").await?;
    pipeline.backup().await?;
    assert_eq!(hw.doctor("test/p").await?.findings, []);
    pipeline.lease("export").length(Duration::from_millis(200)).acquire().await?.abandon();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let checkup = hw.doctor("test/p").await?;
    assert_eq!(checkup.worst(), Some(FindingKind::StaleLease), "{checkup:?}");
    assert_eq!(checkup.findings[0].place, "export");
    Ok(())
}
