//! SQLite, with a table of HWMs.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::Problem;

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

const UPSERT: &str = "insert into hwm (name, value, updated_at_ms) values (?1, ?2, ?3) \
                      on conflict (name) do update set value = excluded.value, updated_at_ms = excluded.updated_at_ms \
                      where excluded.value > hwm.value";

/// A connection to a table of HWMs.
pub(crate) struct Sqlite {
    connection: Connection,
    value: i64,
}

impl Sqlite {
    /// In memory.
    pub(crate) fn in_memory() -> Result<Sqlite, Problem> {
        Sqlite::prepare(Connection::open_in_memory()?)
    }

    /// In a file, with the settings under which a commit is durable and fastest: WAL, and a flush for each commit.
    pub(crate) fn durable(path: &Path) -> Result<Sqlite, Problem> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        Sqlite::prepare(connection)
    }

    fn prepare(connection: Connection) -> Result<Sqlite, Problem> {
        connection.execute_batch(
            "create table if not exists hwm (name text primary key, value integer not null, updated_at_ms integer not null) \
             without rowid",
        )?;
        Ok(Sqlite { connection, value: 0 })
    }

    /// One transaction that moves one HWM.
    pub(crate) fn upsert(&mut self, name: &str) -> Result<usize, Problem> {
        self.value += 1;
        let mut statement = self.connection.prepare_cached(UPSERT)?;
        Ok(statement.execute(params![name, self.value, self.value])?)
    }

    /// One transaction that moves many.
    pub(crate) fn upsert_all(&mut self, names: &[String]) -> Result<usize, Problem> {
        self.value += 1;
        let value = self.value;
        let transaction = self.connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached(UPSERT)?;
            for name in names {
                statement.execute(params![name, value, value])?;
            }
        }
        transaction.commit()?;
        Ok(names.len())
    }
}
