//! What keeps state whole: files, backups, copies, and names.

use std::path::{Path, PathBuf};
use std::time::Duration;

use highwater::{ErrorKind, Moment, RunFilter, StartRun};

use crate::support::{begin, directory, in_memory, open, open_pipeline, start};

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder").flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found
}

/// X6, OD-27: what was copied twice was there twice, and at the time of the copy instead of its own.
#[tokio::test]
async fn x6_od27_what_is_copied_is_there_once_with_its_times() {
    let directory = directory();
    let highwater = open(directory.path(), "one").await;
    let source = highwater.pipeline("prod/orders").expect("an id");
    for id in ["monday", "tuesday", "wednesday"] {
        let run = start(&source, id).await;
        begin(&run, "load").await.succeed().await.expect("it succeeds");
        run.finish().await.expect("the end");
    }
    let before = source.list_runs(RunFilter::new()).all().await.expect("the runs");
    tokio::time::sleep(Duration::from_millis(20)).await;
    let copy = highwater.pipeline("dev/orders").expect("an id");
    copy.fork_from("prod/orders", Moment::Head, "to try the new loader").await.expect("copied");
    let again = copy.fork_from("prod/orders", Moment::Head, "once more").await.expect_err("it is there");
    assert_eq!(again.kind(), ErrorKind::Invalid, "{again}");
    let after = copy.list_runs(RunFilter::new()).all().await.expect("the runs");
    assert_eq!(after, before);
}

/// OX-06: the store in memory could make no backup and restore none.
#[tokio::test]
async fn ox06_memory_can_do_what_a_directory_can() {
    let (_highwater, pipeline) = in_memory().await;
    pipeline.hwm("n").set(1).await.expect("the set");
    let backup = pipeline.backup().name("good").await.expect("the backup").backup;
    pipeline.hwm("n").set(2).await.expect("the set");
    pipeline.restore(&backup.id, "as it was").await.expect("the restore");
    assert_eq!(pipeline.hwm("n").get_as::<i64>().await, Ok(Some(1)));
}

/// OX-07, SK-10: the calls of a backend: save, load, delete, list, lock, is it locked, unlock by force, health, validate, verify, back up,
/// list backups, restore, repair. Most had no command, some no code.
#[tokio::test]
async fn ox07_sk10_each_call_of_a_backend_has_its_counterpart() {
    let directory = directory();
    let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let run = start(&pipeline, "run_1").await;
    begin(&run, "node1").await.succeed().hwm("n", 1).await.expect("it is saved");
    assert_eq!(run.describe().await.expect("it is loaded").nodes.len(), 1);
    assert_eq!(highwater.pipelines("").all().await.expect("a list"), ["prod/orders"]);
    let guard = pipeline.lease("lock").acquire().await.expect("locked");
    assert_eq!(pipeline.list_leases().await.expect("the leases").len(), 1);
    pipeline.force_unlock("lock", "its holder is lost").await.expect("unlocked by force");
    assert_eq!(guard.release().await.map_err(|error| error.kind()), Err(ErrorKind::Fenced));
    assert!(pipeline.validate().await.expect("validated").problems.is_empty());
    assert!(pipeline.verify_integrity().await.expect("verified").damage.is_empty());
    let backup = pipeline.backup().await.expect("backed up").backup;
    assert_eq!(pipeline.backups().await.expect("a list"), [backup]);
    assert!(!pipeline.repair("a look").dry_run().await.expect("planned").needed);
    assert!(!pipeline.restore("latest", "nothing has changed").await.expect("restored").applied);
    pipeline.hwm("n").delete("no longer loaded").await.expect("deleted");
    assert_eq!(highwater.doctor("").await.expect("looked at").pipelines, 1);
}

/// OX-12: how long backups are kept was in the configuration, and nobody read it.
#[tokio::test]
async fn ox12_so_many_backups_are_kept_as_was_said() {
    let (_highwater, pipeline) = in_memory().await;
    for number in 1..=5 {
        pipeline.hwm("n").set(number).await.expect("the set");
        pipeline.backup().keep(2).await.expect("the backup");
    }
    let kept: Vec<u64> = pipeline.backups().await.expect("a list").iter().map(|it| it.version).collect();
    assert_eq!(kept, [5, 4]);
}

/// OD-29, SK-08: 500 updates of 20 keys left a thousand files, and nobody put them together; each run left a copy of the whole state.
#[tokio::test]
async fn od29_sk08_updates_leave_no_files_behind() {
    let directory = directory();
    let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    for number in 0..500_i64 {
        pipeline.set_hwms((0..20).map(|key| (format!("key.{key}"), number))).await.expect("the set");
    }
    highwater.close().await;
    let files = files(directory.path());
    assert!(files.len() < 20, "{} files: {files:?}", files.len());
    assert!(files.iter().all(|it| !it.to_string_lossy().ends_with(".tmp")), "{files:?}");
}

/// OD-02: folders were made, and what was written half lay about under another name.
#[tokio::test]
async fn od02_folders_are_made_on_the_way() {
    let directory = directory();
    let deep = directory.path().join("a/b/c");
    let (highwater, pipeline) = open_pipeline(&deep, "one").await;
    pipeline.hwm("n").set(1).await.expect("the set");
    highwater.close().await;
    assert!(deep.is_dir());
}

/// OX-42: who may read the state was whatever the shell said.
#[cfg(unix)]
#[tokio::test]
async fn ox42_only_its_owner_reads_the_state() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    let state = directory.path().join("state");
    let (highwater, pipeline) = open_pipeline(&state, "one").await;
    pipeline.hwm("n").set(1).await.expect("the set");
    pipeline.backup().await.expect("the backup");
    highwater.close().await;
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    for file in files(&state) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert_eq!(mode(file.parent().expect("a folder")), 0o700, "{}", file.display());
    }
}

/// OX-36: eighteen kinds of errors, most of which nobody raised, and none of which said what to do.
#[tokio::test]
async fn ox36_the_kind_of_an_error_says_what_to_do() {
    let (_highwater, pipeline) = in_memory().await;
    pipeline.hwm("n").set(5).await.expect("the set");
    let invalid = pipeline.hwm("n").set(4).await.expect_err("fix the call");
    let run = start(&pipeline, "r").await;
    let attempt = begin(&run, "load").await;
    run.cancel("not today").await.expect("cancelled");
    let fenced = attempt.succeed().await.expect_err("stop");
    let conflict = run.finish().await.expect_err("read again, decide again");
    let kinds = [&invalid, &fenced, &conflict].map(highwater::Error::kind);
    assert_eq!(kinds, [ErrorKind::Invalid, ErrorKind::Fenced, ErrorKind::Conflict]);
    for error in [invalid, fenced, conflict] {
        assert!(error.message().len() > 20, "it says what was wrong and what to do: {error}");
    }
}

/// SK-33: environments were folders of one state, with a plan of their own.
#[tokio::test]
async fn sk33_an_environment_begins_as_a_copy_and_stays_apart() {
    let directory = directory();
    let highwater = open(directory.path(), "one").await;
    let production = highwater.pipeline("prod/orders").expect("an id");
    production.hwm("n").set(7).await.expect("the set");
    let development = highwater.pipeline("dev/orders").expect("an id");
    development.fork_from("prod/orders", Moment::Head, "to try it").await.expect("copied");
    development.hwm("n").set(100).await.expect("the set");
    assert_eq!(production.hwm("n").get_as::<i64>().await, Ok(Some(7)));
    assert_eq!(development.hwm("n").get_as::<i64>().await, Ok(Some(100)));
}

/// SK-31: names were cleaned of slashes, so that `a/b` and `ab` were one.
#[tokio::test]
async fn sk31_no_two_names_are_one() {
    let directory = directory();
    let highwater = open(directory.path(), "one").await;
    let names = ["a/b", "ab", "a%2Fb", "a b", "A/b"];
    for (number, name) in (1_i64..).zip(names) {
        let pipeline = highwater.pipeline(name).expect("an id");
        for run in names {
            let run = pipeline.start_run(StartRun::new().run_id(run)).await.expect("it starts");
            begin(&run, name)
                .await
                .succeed()
                .hwm(format!("{name}.{}", run.id()), number)
                .await
                .expect("done");
        }
    }
    for (number, name) in (1_i64..).zip(names) {
        let pipeline = highwater.pipeline(name).expect("an id");
        assert_eq!(pipeline.list_runs(RunFilter::new()).all().await.expect("a list").len(), names.len());
        let hwms = pipeline.list_hwms("").all().await.expect("a list");
        assert_eq!(hwms.len(), names.len());
        assert!(hwms.iter().all(|it| it.value == highwater::Value::Int(number)), "{name}: {hwms:?}");
    }
}
