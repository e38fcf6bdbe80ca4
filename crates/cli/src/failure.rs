//! Why a command did not work, and what to try next.

use highwater::{Error, ErrorKind};

use crate::exit_code;

/// The result of everything that may stop a command.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// Why a command did not work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the process ends.
    pub(crate) exit_code: u8,
    /// Kind of the engine's error, where it was one.
    pub(crate) kind: Option<ErrorKind>,
    /// What was wrong.
    pub(crate) message: String,
    /// A command line to try next.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure that ends with this exit code.
    pub(crate) fn new(exit_code: u8, message: impl Into<String>) -> Failure {
        Failure { exit_code, kind: None, message: message.into(), hint: None }
    }

    /// The call was wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure::new(exit_code::USAGE, message)
    }

    /// The work did not succeed.
    pub(crate) fn work(message: impl Into<String>) -> Failure {
        Failure::new(exit_code::WORK_FAILED, message)
    }

    /// Adds a command line to try, if there is none yet.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// True if the engine said so.
    pub(crate) fn is(&self, kind: ErrorKind) -> bool {
        self.kind == Some(kind)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure {
            exit_code: exit_code::of_kind(error.kind()),
            kind: Some(error.kind()),
            message: error.message().to_owned(),
            hint: None,
        }
    }
}

/// Says what to try next when a call was wrong or met a state that it did not expect.
pub(crate) trait Hint {
    /// Adds a command line to try, if the failure is one that the caller can do something about.
    fn or_try(self, hint: impl FnOnce() -> String) -> Self;
}

impl<T> Hint for Outcome<T> {
    fn or_try(self, hint: impl FnOnce() -> String) -> Self {
        self.map_err(|failure| match failure.exit_code {
            exit_code::USAGE | exit_code::CONFLICT => failure.hint(hint()),
            _ => failure,
        })
    }
}
