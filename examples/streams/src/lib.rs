#![doc = include_str!("../README.md")]

pub mod between_logs;
pub mod file_log;
pub mod log_sink;
pub mod log_source;
pub mod session_windows;
pub mod word_count;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use highwater::{Highwater, OpenOptions};

/// Opens the state of an example, in a folder of the example's own.
pub async fn open(folder: &Path) -> Result<Highwater, Box<dyn Error>> {
    // A short lease, so that whoever starts an example again after a kill need not wait long.
    let options = OpenOptions::new().lease(Duration::from_millis(200));
    Ok(options.open(&format!("file:{}", folder.join("state").display())).await?)
}
