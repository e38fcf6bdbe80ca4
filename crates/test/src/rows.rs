//! A sink that remembers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps the rows that were written to it, in their order. Clones are the same sink.
///
/// ```
/// use highwater_test::Rows;
///
/// let sink = Rows::new();
/// sink.write_as(2, [10, 11]).expect("the token is the newest");
/// assert!(sink.write_as(1, [10, 11]).is_err(), "somebody took over");
/// assert_eq!(sink.all(), [10, 11]);
/// ```
#[derive(Debug)]
pub struct Rows<R>(Arc<Mutex<Written<R>>>);

#[derive(Debug)]
struct Written<R> {
    rows: Vec<R>,
    token: u64,
}

/// The refusal of a write under an old fencing token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldToken {
    given: u64,
    newest: u64,
}

impl<R: Clone> Rows<R> {
    /// An empty sink.
    #[must_use]
    pub fn new() -> Rows<R> {
        Rows(Arc::new(Mutex::new(Written { rows: Vec::new(), token: 0 })))
    }

    /// Adds rows, whoever writes them, as a sink does that knows no tokens.
    pub fn write(&self, rows: impl IntoIterator<Item = R>) {
        self.lock().rows.extend(rows);
    }

    /// Adds rows, all or none, under a fencing token, and remembers the token: a lower one is refused from then on.
    ///
    /// # Errors
    ///
    /// [`OldToken`] if a larger one was here.
    pub fn write_as(&self, token: u64, rows: impl IntoIterator<Item = R>) -> Result<(), OldToken> {
        let mut written = self.lock();
        if token < written.token {
            return Err(OldToken { given: token, newest: written.token });
        }
        written.token = token;
        written.rows.extend(rows);
        Ok(())
    }

    /// All rows that were written.
    #[must_use]
    pub fn all(&self) -> Vec<R> {
        self.lock().rows.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Written<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Clone for Rows<R> {
    fn clone(&self) -> Self {
        Rows(Arc::clone(&self.0))
    }
}

impl<R: Clone> Default for Rows<R> {
    fn default() -> Self {
        Rows::new()
    }
}

impl fmt::Display for OldToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OldToken { given, newest } = self;
        write!(f, "the token {given} is old, the sink has seen {newest}: somebody took over, so stop")
    }
}

impl std::error::Error for OldToken {}
