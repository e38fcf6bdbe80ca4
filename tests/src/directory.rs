//! Tests through the whole stack, on a directory.

use std::path::Path;

use highwater::{EngineKind, OpenOptions, Pipeline};

/// The pipeline `prod/orders` in this directory, through a connection of its own and the native engine.
///
/// # Panics
///
/// When the directory cannot be opened.
pub async fn open_orders(directory: &Path) -> Pipeline {
    let options = OpenOptions::new().engine(EngineKind::Native);
    let location = format!("file:{}", directory.display());
    let highwater = options.open(&location).await.expect("the directory opens");
    highwater.pipeline("prod/orders").expect("an id")
}
