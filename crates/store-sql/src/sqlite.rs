//! SQLite: one file, many processes of one machine.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use highwater_store::{StoreError, StoreFuture};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, TransactionBehavior};

use crate::SqlStore;
use crate::database::{Cell, Database, Outcome, Statement};
use crate::dialect::Dialect;
use crate::limits::BUSY_WAIT;
use crate::schema::Missing;

/// How a connection is set up. Every commit reaches the disk before it is acknowledged (`full`, and `fullfsync` where a plain fsync does
/// not), and readers do not wait for writers (`wal`).
const SETTINGS: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma fullfsync = on;
    pragma checkpoint_fullfsync = on; pragma trusted_schema = off; pragma cell_size_check = on;";

impl SqlStore {
    /// Opens the database file, which is made if it is not there, and its tables in it. It may hold tables of others too.
    ///
    /// The file must be on a disk of this machine: SQLite's write-ahead log works over no network.
    ///
    /// # Errors
    ///
    /// [`StoreError::Denied`] where rights are missing, [`StoreError::Corrupt`] if the file is no database, and what a statement can come to.
    pub fn open_sqlite(path: impl AsRef<Path>) -> Result<SqlStore, StoreError> {
        let database = Sqlite {
            path: path.as_ref().to_owned(),
            place: path.as_ref().display().to_string(),
            connection: Mutex::new(None),
        };
        // Everything of it is done at the first poll.
        match SqlStore::new(database, Missing::Make(None)).now_or_never() {
            Some(store) => store,
            None => unreachable!("SQLite never waits for anything but the disk"),
        }
    }
}

struct Sqlite {
    path: PathBuf,
    place: String,
    /// Absent until it is needed, and after an error of the disk, which may have left it in an unknown state.
    connection: Mutex<Option<Connection>>,
}

impl Database for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn run<'a>(&'a self, statements: Vec<Statement<'a>>) -> StoreFuture<'a, Vec<Outcome>> {
        Box::pin(async move { self.run_now(&statements) })
    }
}

/// Where in a transaction it failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    Commit,
}

impl Sqlite {
    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run_now(&self, statements: &[Statement<'_>]) -> Result<Vec<Outcome>, StoreError> {
        let mut held = self.lock();
        let connection = match held.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        // It is put back unless the disk failed: a commit whose flush failed may or may not be there, and SQLite finds out when it
        // opens the file anew.
        let connection = held.insert(connection);
        transaction(connection, statements).map_err(|(stage, error)| {
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt)
            ) {
                *held = None;
            }
            self.problem(stage, &error)
        })
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        self.make_file()?;
        let open = || {
            let connection = Connection::open(&self.path)?;
            connection.busy_timeout(BUSY_WAIT)?;
            connection.execute_batch(SETTINGS)?;
            connection.set_prepared_statement_cache_capacity(64);
            Ok(connection)
        };
        open().map_err(|error: rusqlite::Error| self.problem(Stage::Before, &error))
    }

    /// State is nobody else's business, so the file is not made by SQLite, which would let everybody read it. Its write-ahead log
    /// takes over the rights.
    fn make_file(&self) -> Result<(), StoreError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let failed = |error: io::Error| {
            let message = format!("cannot open the database file {}: {error}", self.place);
            match error.kind() {
                io::ErrorKind::NotFound => {
                    StoreError::Denied { message: format!("{message}; make the folder that it is to be in") }
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::Denied {
                    message: format!(
                        "{message}; give this user the right to write the file and the folder that it is in"
                    ),
                },
                io::ErrorKind::IsADirectory => {
                    StoreError::Denied { message: format!("{message}; name a file in it") }
                }
                _ => StoreError::Unavailable { message, may_have_happened: false },
            }
        };
        options.open(&self.path).map(drop).map_err(failed)
    }

    fn problem(&self, stage: Stage, error: &rusqlite::Error) -> StoreError {
        let place = &self.place;
        let unavailable = |message| {
            // Whatever fails before the commit is undone.
            StoreError::Unavailable { message, may_have_happened: stage == Stage::Commit }
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => unavailable(format!(
                "the database file {place} was locked by others for {} s; look which process holds a transaction open on it, and try again",
                BUSY_WAIT.as_secs()
            )),
            Some(ErrorCode::DiskFull) => {
                unavailable(format!("the disk of the database file {place} is full; make room and try again"))
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::Denied {
                    message: format!(
                        "the database file {place} cannot be written ({error}); give this user the right to write it and the folder that it is in"
                    ),
                }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt {
                what: format!(
                    "the file is damaged, or no SQLite database ({error}); put a backup of it back, or name another file"
                ),
                place: place.clone(),
            },
            _ => unavailable(format!("the database file {place}: {error}")),
        }
    }
}

/// Runs the statements as one transaction. One that only reads is the same, since a lock is cheaper than telling them apart.
fn transaction(
    connection: &mut Connection,
    statements: &[Statement<'_>],
) -> Result<Vec<Outcome>, (Stage, rusqlite::Error)> {
    let before = |error| (Stage::Before, error);
    let reads = statements.iter().all(|statement| is_read(statement.sql));
    let behavior = if reads { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate };
    let transaction = connection.transaction_with_behavior(behavior).map_err(before)?;
    let outcomes = statements.iter().map(|statement| run(&transaction, statement)).collect::<Result<_, _>>();
    let outcomes = outcomes.map_err(before)?;
    transaction.commit().map_err(|error| (Stage::Commit, error))?;
    Ok(outcomes)
}

fn is_read(sql: &str) -> bool {
    sql.starts_with("select") || sql.starts_with("with j")
}

fn run(connection: &Connection, statement: &Statement<'_>) -> Result<Outcome, rusqlite::Error> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    let arguments = rusqlite::params_from_iter(&statement.arguments);
    if prepared.column_count() == 0 {
        let changed = prepared.execute(arguments)?;
        return Ok(Outcome { rows: Vec::new(), changed: changed as u64 });
    }
    let columns = prepared.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get_ref(column).map(cell)).collect();
    let rows = prepared.query_map(arguments, row)?.collect::<Result<_, _>>()?;
    Ok(Outcome { rows, changed: 0 })
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Text(number.to_string()),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(match self {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}
