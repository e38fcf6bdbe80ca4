//! The Rust service of the demo: loads what is new of a weather record into SQLite, with the engine in wasmtime.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use highwater_example_incremental_load::{Job, load_new};

/// Loads what is new of a weather record.
#[derive(Debug, Parser)]
struct Arguments {
    /// The source: a CSV file that grows at its end.
    #[arg(long)]
    source: PathBuf,
    /// Where everything is kept: `state` for Highwater, `work` for files between nodes, `weather.sqlite` for the rows.
    #[arg(long)]
    folder: PathBuf,
    /// Name of the run; started again under the same name, it is resumed.
    #[arg(long)]
    run: String,
    /// Pause after each batch, in milliseconds: time to watch it, or to kill it.
    #[arg(long, default_value_t = 0)]
    pause_ms: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { source, folder, run, pause_ms } = Arguments::parse();
    let hw = highwater::open(&format!("file:{}", folder.join("state").display())).await?;
    load_new(&hw, &Job { source, folder, run, pause: Duration::from_millis(pause_ms) }).await?;
    hw.close().await;
    Ok(())
}
