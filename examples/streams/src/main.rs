//! Runs an example in a folder, from where it was when it was killed: `streams word-count FOLDER [COUNTERS]`, `streams session-windows FOLDER`,
//! `streams between-logs FOLDER`.

use std::error::Error;
use std::path::Path;

use highwater_example_streams::{between_logs, session_windows, word_count};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["word-count", folder] => word_count::run(Path::new(folder), 2).await,
        ["word-count", folder, counters] => word_count::run(Path::new(folder), counters.parse()?).await,
        ["session-windows", folder] => session_windows::run(Path::new(folder)).await,
        ["between-logs", folder] => between_logs::run(Path::new(folder)).await,
        _ => Err("usage: streams word-count|session-windows|between-logs FOLDER [COUNTERS]".into()),
    }
}
