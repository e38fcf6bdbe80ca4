//! Loads what is new of a source into a file, and survives being killed at any moment.
//!
//! ```sh
//! cargo run --example incremental_load -- ./state    # kill it, run it again: no line is missing, none is there twice
//! ```
#![allow(clippy::print_stdout, reason = "it talks to whoever runs it")]

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use highwater::{Attempt, Counts, Highwater, Pipeline, Ready, Run, RunStatus, StartRun};

/// Orders in the source.
pub(crate) const ORDERS: i64 = 5_000;
const BATCH: i64 = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("./state"), PathBuf::from);
    let status = load_what_is_new(&folder).await?;
    println!("the run ended: {status:?}");
    Ok(())
}

/// One run of the pipeline, new or resumed. The state and `orders.csv` are in `folder`.
pub(crate) async fn load_what_is_new(folder: &Path) -> Result<RunStatus, Box<dyn Error>> {
    let hw: Highwater = highwater::open(&format!("file:{}", folder.display())).await?;
    let pipeline = hw.pipeline("dev/orders")?;
    let run = start_or_resume(&pipeline).await?;

    match run.node("load").lease(Duration::from_secs(1)).begin_or_wait().await? {
        Ready::Run(attempt) => load(&attempt, &folder.join("orders.csv")).await?,
        Ready::Skip(reason) => println!("load is skipped: {}", reason.message),
    }
    let ended = run.finish().await?;
    hw.close().await;
    Ok(ended.status)
}

async fn start_or_resume(pipeline: &Pipeline) -> Result<Run, highwater::Error> {
    match pipeline.describe().await?.open_runs.pop() {
        Some(unfinished) => pipeline.resume_run(unfinished).await,
        None => pipeline.start_run(StartRun::new().trigger("manual")).await,
    }
}

async fn load(attempt: &Attempt, path: &Path) -> Result<(), Box<dyn Error>> {
    let position = attempt.run().pipeline().hwm("orders.id").get_as::<i64>().await?.unwrap_or(0);
    println!("attempt {} goes on after order {position}: {}", attempt.number(), attempt.reason().message);
    let mut sink = open_sink(path, position)?;
    let mut counts = attempt.previous().unwrap_or_default();

    let mut batch = fetch(position).await;
    while let Some(&last) = batch.last() {
        for order in &batch {
            writeln!(sink, "{order},{}", order * 100)?;
        }
        sink.sync_data()?;
        counts = counts.plus(Counts { rows_written: batch.len() as u64, ..Counts::default() });
        // The rows are on disk: only now may the position move.
        attempt.progress(counts).hwm("orders.id", last).await?;
        batch = fetch(last).await;
    }
    attempt.succeed().await?;
    Ok(())
}

/// The next orders of the source: a database or an API in real life.
async fn fetch(after: i64) -> Vec<i64> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    (after + 1..=ORDERS.min(after + BATCH)).collect()
}

/// Cuts off what was written after the position: it was never acknowledged, and will come again.
fn open_sink(path: &Path, position: i64) -> Result<File, Box<dyn Error>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let acknowledged = |line: &&str| {
        let order = line.split(',').next().and_then(|order| order.parse::<i64>().ok());
        line.ends_with('\n') && order.is_some_and(|order| order <= position)
    };
    let kept: usize = text.split_inclusive('\n').take_while(acknowledged).map(str::len).sum();
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    file.set_len(kept as u64)?;
    Ok(file)
}
