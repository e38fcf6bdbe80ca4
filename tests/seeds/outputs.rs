//! Outputs that were made once and need not be made again, or must.

use std::path::Path;

use highwater::{Attempt, Begin, Pipeline, ReasonCode};

use crate::support::{directory, open_pipeline, start};

/// An attempt, or the reason to leave the node.
async fn begin(pipeline: &Pipeline, run: &str) -> Result<Attempt, ReasonCode> {
    let run = start(pipeline, run).await;
    match run.node("extract").fingerprint("table", "orders@7").begin().await.expect("an answer") {
        Begin::Run(attempt) => Ok(attempt),
        Begin::Skip(reason) => Err(reason.code),
        Begin::Wait(wait) => panic!("nobody else is there: {wait:?}"),
    }
}

fn write_parquet(folder: &Path, rows: &str) {
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("part-0.parquet"), rows).expect("written");
    std::fs::write(folder.join("_SUCCESS"), "").expect("written");
}

/// X31: a folder of Parquet files counted as missing for ever, because the size of the folder itself was compared.
#[tokio::test]
async fn x31_a_folder_of_parquet_files_is_an_output() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let out = directory.path().join("orders");
    let attempt = begin(&pipeline, "monday").await.expect("the first time it runs");
    write_parquet(&out, "1,2,3");
    attempt.succeed().artifact(out.display().to_string()).await.expect("it is there");
    assert_eq!(begin(&pipeline, "tuesday").await.expect_err("nothing has changed"), ReasonCode::Cached);

    write_parquet(&out, "1,2,4");
    let attempt = begin(&pipeline, "wednesday").await.expect("the content has changed");
    assert_eq!(attempt.reason().code, ReasonCode::Changed);
    std::fs::remove_dir_all(&out).expect("removed");
    let refused = attempt.succeed().artifact(out.display().to_string()).await.expect_err("it has gone");
    assert!(refused.to_string().contains("is not there"), "{refused}");
}

/// X32: what had no rows to extract was extracted again and again, because it had no output.
#[tokio::test]
async fn x32_an_empty_output_is_an_output() {
    let directory = directory();
    let (_highwater, pipeline) = open_pipeline(directory.path(), "one").await;
    let out = directory.path().join("empty");
    std::fs::create_dir(&out).expect("a folder");
    let attempt = begin(&pipeline, "monday").await.expect("the first time it runs");
    attempt.succeed().artifact(out.display().to_string()).await.expect("empty is not missing");
    assert_eq!(begin(&pipeline, "tuesday").await.expect_err("nothing has changed"), ReasonCode::Cached);
    std::fs::remove_dir(&out).expect("removed");
    begin(&pipeline, "wednesday").await.expect("missing is not empty").fail("no").await.expect("the end");
}
