//! The one error type that leaves the core.

use std::fmt;

/// What the caller should do about an error. The names say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// Fix the call: it can never succeed as it is.
    Invalid,
    /// Read again and decide again: the state is not what the call supposed.
    Conflict,
    /// Stop: somebody took over, and this token is worth nothing any more.
    Fenced,
    /// Try later: the store could not be reached, or its outcome is not known.
    Unavailable,
    /// Stored bytes are damaged; the message says which.
    Corrupt,
    /// A defect of Highwater: drop the engine instance and make a new one.
    Internal,
}

impl ErrorKind {
    /// The kind in lower case, as every host and the command line show it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Invalid => "invalid",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Fenced => "fenced",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Corrupt => "corrupt",
            ErrorKind::Internal => "internal",
        }
    }
}

/// A refusal or a failure: what to do about it, and what was wrong in words.
///
/// The message is for people and is not part of the interface; programs look at the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What the caller should do.
    pub kind: ErrorKind,
    /// What was wrong, where, and what to do next.
    pub message: String,
}

impl Error {
    /// An error of `kind` that says `message`.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    pub(crate) fn fenced(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Fenced, message)
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

impl std::error::Error for Error {}
