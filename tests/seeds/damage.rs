//! Damaged files and odd names: found, named, and never taken for an empty state.

use highwater::{ErrorKind, FinalStatus, Moment};

use crate::support::{begin, directory, log_file, open, open_pipeline, start};

/// X2: after a torn write, one set discarded all HWMs and runs and overwrote them.
#[tokio::test]
async fn x2_a_torn_file_loses_nothing_that_was_acknowledged() {
    let directory = directory();
    {
        let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
        for number in 0..10_i64 {
            pipeline.hwm(format!("h{number}")).set(number).await.expect("the set");
        }
        highwater.close().await;
    }
    // A write that a crash has torn: the beginning of a frame at the end of the file.
    let log = log_file(directory.path());
    let mut bytes = std::fs::read(&log).expect("the log");
    let torn = bytes[bytes.len() - 150..bytes.len() - 40].to_vec();
    bytes.extend_from_slice(&torn);
    std::fs::write(&log, &bytes).expect("the torn log");

    let (highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    pipeline.hwm("new").set(1).await.expect("the set after the crash");
    highwater.close().await;
    let (_highwater, pipeline) = open_pipeline(directory.path(), "three").await;
    assert_eq!(pipeline.list_hwms("").all().await.expect("the list").len(), 11);
}

/// X12: a changed number of records passed validation, because no checksum was stored.
#[tokio::test]
async fn x12_a_changed_value_is_found() {
    let directory = directory();
    {
        let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
        pipeline.hwm("position").set("march").await.expect("the set");
        pipeline.hwm("other").set(2).await.expect("the set");
        highwater.close().await;
    }
    let log = log_file(directory.path());
    let mut bytes = std::fs::read(&log).expect("the log");
    let at = bytes.windows(5).position(|window| window == b"march").expect("the value stands in the log");
    bytes[at] ^= 0x01;
    std::fs::write(&log, &bytes).expect("the changed log");

    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    let error = pipeline.hwm("position").get().await.expect_err("the change is found");
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    let name = log.file_name().and_then(|name| name.to_str()).expect("a name");
    assert!(error.message().contains(name), "the file is named: {error}");
    let refused = pipeline.hwm("position").set("april").await.expect_err("nothing starts empty");
    assert_eq!(refused.kind(), ErrorKind::Corrupt);
    assert_eq!(std::fs::read(&log).expect("the log"), bytes, "the file is as it was");
}

/// X14: the pipeline id `../../escaped` was written outside of the state directory.
#[tokio::test]
async fn x14_no_id_leaves_the_directory() {
    let outer = directory();
    let inner = outer.path().join("a/b/state");
    std::fs::create_dir_all(&inner).expect("a folder");
    let highwater = open(&inner, "one").await;
    for id in ["../../escaped", "a/../b", "..", ".", "/etc/passwd", ""] {
        let refused = match highwater.pipeline(id) {
            Err(error) => error,
            Ok(pipeline) => pipeline.hwm("x").set(1).await.expect_err("an id that is a path"),
        };
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{id}: {refused}");
    }
    let odd = ["con", "nul.txt", "🦀/заказы", "UPPER", "a.b", "50%", "~", "a b"];
    for id in odd {
        highwater.pipeline(id).expect("an odd id").hwm("x").set(1).await.expect("it is kept");
    }
    let mut listed = highwater.pipelines("").all().await.expect("the list");
    let mut expected = odd.map(str::to_owned).to_vec();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    let siblings = std::fs::read_dir(outer.path().join("a/b")).expect("the folder").count();
    assert_eq!(siblings, 1, "nothing was written beside the state directory");
}

/// X11: repair made a backup of the corrupt file first, and then restored that "latest" backup.
#[tokio::test]
async fn x11_a_repair_does_not_restore_what_is_damaged() {
    let directory = directory();
    {
        let (highwater, pipeline) = open_pipeline(directory.path(), "one").await;
        pipeline.hwm("position").set("march").await.expect("the set");
        pipeline.backup().name("good").await.expect("the backup");
        pipeline.hwm("other").set(2).await.expect("the set");
        pipeline.hwm("last").set(3).await.expect("the set");
        highwater.close().await;
    }
    let log = log_file(directory.path());
    let mut bytes = std::fs::read(&log).expect("the log");
    let at = bytes.windows(5).position(|window| window == b"march").expect("the value stands in the log");
    bytes[at] ^= 0x01;
    std::fs::write(&log, &bytes).expect("the damaged log");

    let (_highwater, pipeline) = open_pipeline(directory.path(), "two").await;
    pipeline.hwm("position").get().await.expect_err("it does not open");
    let repaired = pipeline.repair("a bit fell over").await.expect("the repair");
    let aside = repaired.set_aside.expect("the damaged files are kept");
    assert!(aside.contains("aside-"), "{aside}");
    pipeline.restore("latest", "the backup is whole").await.expect("the restore");
    let value = pipeline.hwm("position").get_as::<String>().await.expect("it opens");
    assert_eq!(value.as_deref(), Some("march"), "the backup was made before the damage");
    let integrity = pipeline.verify_integrity().await.expect("the check");
    assert_eq!(integrity.first_bad, None);
}

/// X15: the state of a run that had gone well was found invalid.
#[tokio::test]
async fn x15_what_a_normal_run_leaves_is_valid() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let run = start(&pipeline, "r").await;
    begin(&run, "extract").await.succeed().await.expect("a node without any counts");
    begin(&run, "load").await.succeed().hwm("orders.id", 7).await.expect("the last node");
    assert_eq!(run.finish().await.expect("the end").status, FinalStatus::Succeeded.into());
    let validation = pipeline.validate().await.expect("the check");
    assert_eq!(validation.problems, []);
}

/// X13: after a restore, the same process still answered from what it had cached.
#[tokio::test]
async fn x13_a_restore_is_seen_by_whoever_made_it() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    pipeline.hwm("position").set(1).await.expect("the set");
    pipeline.backup().await.expect("the backup");
    pipeline.hwm("position").set(2).await.expect("the set");
    pipeline.restore("latest", "as it was").await.expect("the restore");
    assert_eq!(pipeline.hwm("position").get_as::<i64>().await.expect("a value"), Some(1));
    let before = pipeline.at(Moment::Version(2)).hwm("position").await.expect("the past is kept");
    assert_eq!(before.map(|hwm| hwm.value), Some(highwater::Value::Int(2)));
}
