//! How a file store is opened.

#[cfg(feature = "faults")]
use std::sync::Arc;

use crate::limits::SEGMENT_BYTES;

/// Settings of a [`FileStore`](crate::FileStore). The defaults are right for almost everybody. Stores with different
/// settings work on one directory together.
#[derive(Debug, Clone)]
pub struct FileStoreOptions {
    pub(crate) segment_bytes: u64,
    #[cfg(feature = "faults")]
    pub(crate) faults: Option<Arc<crate::faults::Faults>>,
}

impl Default for FileStoreOptions {
    fn default() -> FileStoreOptions {
        FileStoreOptions {
            segment_bytes: SEGMENT_BYTES,
            #[cfg(feature = "faults")]
            faults: None,
        }
    }
}

impl FileStoreOptions {
    /// The default settings.
    pub fn new() -> FileStoreOptions {
        FileStoreOptions::default()
    }

    /// Seals a segment when it has grown to `bytes` ([`SEGMENT_BYTES`] by default). Smaller segments are trimmed sooner
    /// and cost more flushes. A segment holds at least one record, so 0 gives each record its own.
    #[must_use]
    pub fn segment_bytes(mut self, bytes: u64) -> FileStoreOptions {
        self.segment_bytes = bytes;
        self
    }

    /// Passes every file operation of the store through `faults`.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn faults(mut self, faults: Arc<crate::faults::Faults>) -> FileStoreOptions {
        self.faults = Some(faults);
        self
    }
}
