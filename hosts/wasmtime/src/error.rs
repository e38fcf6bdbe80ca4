//! The one error type of this crate.

use std::fmt;

use highwater_core::ErrorKind;

/// Why something did not work: what to do about it, and what was wrong in words.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::ErrorKind;
///
/// let hw = highwater::open("memory:").await?;
/// let loaded = hw.pipeline("dev/orders")?.hwm("loaded");
/// loaded.set(20).await?;
/// let error = loaded.set(10).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(highwater_core::Error);

impl Error {
    /// What to do about it. Programs look at this.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was wrong, where, and what to do next. For people; it changes between versions.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(highwater_core::Error::new(kind, message))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Invalid, message)
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Corrupt, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

impl From<highwater_core::Error> for Error {
    fn from(error: highwater_core::Error) -> Error {
        Error(error)
    }
}
