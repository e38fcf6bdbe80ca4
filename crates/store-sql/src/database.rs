//! What the store needs of a database.

use highwater_store::{StoreError, StoreFuture};

use crate::dialect::Dialect;

/// A value that goes in or comes out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A statement with its arguments, in the words of the database.
#[derive(Clone, Debug)]
pub(crate) struct Statement<'a> {
    pub(crate) sql: &'a str,
    pub(crate) arguments: Vec<Cell>,
}

/// What a statement came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Rows that it gives.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Rows that it changed, of one that gives none.
    pub(crate) changed: u64,
}

/// Runs statements.
pub(crate) trait Database: Send + Sync {
    fn dialect(&self) -> Dialect;

    /// Where it is, for messages, without secrets.
    fn place(&self) -> &str;

    /// Runs these as one transaction, which is durable when the future is ready. `Unavailable` says `may_have_happened` where it was
    /// sent off and no answer came; what only reads cannot have happened.
    fn run<'a>(&'a self, statements: Vec<Statement<'a>>) -> StoreFuture<'a, Vec<Outcome>>;
}

impl Cell {
    /// A number that the store has written.
    pub(crate) fn integer(&self) -> Result<u64, StoreError> {
        match self {
            Cell::Integer(number) => u64::try_from(*number).map_err(|_| foreign("a negative number")),
            other => Err(other.unexpected()),
        }
    }

    pub(crate) fn text(self) -> Result<String, StoreError> {
        match self {
            Cell::Text(text) => Ok(text),
            other => Err(other.unexpected()),
        }
    }

    pub(crate) fn bytes(self) -> Result<Vec<u8>, StoreError> {
        match self {
            Cell::Bytes(bytes) => Ok(bytes),
            // What SQLite says of `null` beside a number.
            other => Err(other.unexpected()),
        }
    }

    fn unexpected(&self) -> StoreError {
        foreign(match self {
            Cell::Null => "nothing",
            Cell::Integer(_) => "a number",
            Cell::Text(_) => "text",
            Cell::Bytes(_) => "bytes",
        })
    }
}

fn foreign(what: &str) -> StoreError {
    StoreError::Corrupt {
        what: format!(
            "{what} stands where something else belongs: the tables were changed by something that is no Highwater; put a backup of the database back"
        ),
        place: "the tables highwater_*".to_owned(),
    }
}
