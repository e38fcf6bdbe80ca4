//! Loads what is new of a weather record into SQLite: extract, transform, load. Kill it at any moment and start it
//! again, or its twin in `node/load.js`: no row is lost, and none is there twice.
//!
//! What makes it so:
//!
//! * Each step is a *node*. One that succeeded is skipped when the run is resumed; one whose worker died is taken over.
//! * The *high-water mark* says how far the source was loaded. It moves after the rows are safe in SQLite, never before.
//! * SQLite keeps its own position in the same transaction as the rows ([`sink`]), so a crash between the two cannot
//!   make anybody load a row again.
//!
//! `tests/crashes.rs` lets it die at every point, and counts the rows.
#![allow(clippy::print_stdout, reason = "it talks to whoever runs it")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveDate;
use highwater::{Attempt, Counts, Graph, Highwater, Pipeline, Ready, Run, StartRun};

pub mod sink;
pub mod weather;

use sink::Sink;
use weather::Day;

/// The pipeline that is worked on.
pub const PIPELINE: &str = "demo/weather";
/// How far the source was loaded, as a date.
pub const HWM: &str = "weather.date";
/// Rows in one transaction of the sink.
pub const BATCH_ROWS: usize = 40;
/// How long a worker may show no sign of life before another one takes over. Short, so that the demo need not wait.
const LEASE: Duration = Duration::from_secs(2);

/// What is to be loaded.
#[derive(Clone, Debug)]
pub struct Job {
    /// The source: a CSV file that grows at its end.
    pub source: PathBuf,
    /// Where `work` is kept, the files between nodes, and `weather.sqlite`, the rows.
    pub folder: PathBuf,
    /// Name of the run; started again under the same name, it is resumed.
    pub run: String,
    /// After each batch.
    pub pause: Duration,
}

/// Loads what is new, and before that, what earlier processes left unfinished.
///
/// # Errors
///
/// Whatever stops it. It can be called again then.
pub async fn load_new(hw: &Highwater, job: &Job) -> Result<(), Box<dyn Error>> {
    let pipeline = hw.pipeline(PIPELINE)?;
    let graph =
        Graph::new().node("extract").node("transform").after("extract").node("load").after("transform");
    pipeline.declare_graph(graph).await?;

    // What an earlier process left behind comes first.
    for unfinished in pipeline.describe().await?.open_runs {
        if unfinished != job.run {
            work(&pipeline.resume_run(unfinished).await?, job).await?;
        }
    }
    work(&pipeline.start_run(StartRun::new().run_id(&job.run)).await?, job).await
}

/// Everything that a run has to do, from wherever it stands.
async fn work(run: &Run, job: &Job) -> Result<(), Box<dyn Error>> {
    println!("run {} is {}", run.id(), if run.resumed() { "resumed" } else { "started" });
    let folder = job.folder.join("work").join(run.id());
    fs::create_dir_all(&folder)?;
    let (extracted, transformed) = (folder.join("extracted.csv"), folder.join("transformed.csv"));

    if let Some(attempt) = begin(run, "extract").await? {
        extract(&attempt, &job.source, &extracted).await?;
    }
    if let Some(attempt) = begin(run, "transform").await? {
        transform(&attempt, &extracted, &transformed).await?;
    }
    if let Some(attempt) = begin(run, "load").await? {
        load(&attempt, &transformed, &job.folder.join("weather.sqlite"), job.pause).await?;
    }
    let ended = run.finish().await?;
    println!("run {} ended: {}", run.id(), ended.status.name());
    Ok(())
}

/// The attempt to work on, or nothing if the node is done.
async fn begin(run: &Run, node: &str) -> Result<Option<Attempt>, highwater::Error> {
    match run.node(node).lease(LEASE).begin_or_wait().await? {
        Ready::Run(attempt) => {
            println!("  {node}: attempt {}, because {}", attempt.number(), attempt.reason().message);
            Ok(Some(attempt))
        }
        Ready::Skip(reason) => {
            println!("  {node}: skipped, because {}", reason.message);
            Ok(None)
        }
    }
}

/// Takes from the source what lies behind the high-water mark.
async fn extract(attempt: &Attempt, source: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let position = position(attempt.run().pipeline()).await?;
    let text = fs::read_to_string(source)?;
    let rows = weather::rows_after(&text, position)?;
    println!("    {} rows are new, after {}", rows.len(), shown(position));
    replace(to, &rows.join("\n"))?;
    attempt.succeed().counts(Counts { rows_read: rows.len() as u64, ..Counts::default() }).await?;
    Ok(())
}

/// Makes whole numbers of the measurements, so that sums are exact.
async fn transform(attempt: &Attempt, from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(from)?;
    let days = text.lines().map(Day::from_source).collect::<Result<Vec<_>, _>>()?;
    let lines: Vec<String> = days.iter().map(Day::to_line).collect();
    replace(to, &lines.join("\n"))?;
    let rows = days.len() as u64;
    attempt.succeed().counts(Counts { rows_read: rows, rows_written: rows, ..Counts::default() }).await?;
    Ok(())
}

/// Brings the rows into the sink, batch by batch.
async fn load(attempt: &Attempt, from: &Path, to: &Path, pause: Duration) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(from)?;
    let days = text.lines().map(Day::from_line).collect::<Result<Vec<_>, _>>()?;

    // From here on, whoever loaded before is locked out of the sink. Where to go on is what the sink says: it may be one batch
    // ahead of the high-water mark, if a crash came between the two.
    let mut sink = Sink::claim(to, PIPELINE, attempt.token())?;
    println!("    the sink holds rows up to {}", shown(sink.position()));
    let missing: Vec<&Day> = days.iter().filter(|day| Some(day.date) > sink.position()).collect();

    let mut counts = Counts { rows_read: missing.len() as u64, ..Counts::default() };
    for batch in missing.chunks(BATCH_ROWS) {
        let last = sink.append(batch)?;
        println!("    committed {} rows, up to {last}", batch.len());
        counts.rows_written += batch.len() as u64;
        // The rows are safe: now, and not before, the high-water mark may move.
        attempt.progress(counts).hwm(HWM, last).await?;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    let success = attempt.succeed().counts(counts);
    match sink.position() {
        Some(position) => success.hwm(HWM, position).await?,
        None => success.await?,
    };
    Ok(())
}

async fn position(pipeline: &Pipeline) -> Result<Option<NaiveDate>, highwater::Error> {
    pipeline.hwm(HWM).get_as().await
}

/// Writes a file that is there whole or not at all, so that the next node never reads half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)?;
    fs::rename(unfinished, path)
}

fn shown(position: Option<NaiveDate>) -> String {
    position.map_or_else(|| "the very beginning".to_owned(), |date| date.to_string())
}
