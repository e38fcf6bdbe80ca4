//! SQLite, with a table of keys, and a snapshot that writes all of them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rusqlite::{Connection, params};

use crate::Problem;

const UPSERT: &str =
    "insert into state (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value";

/// A table of keys.
pub(crate) struct Keys {
    connection: Connection,
}

impl Keys {
    /// In memory, in one transaction that never ends.
    pub(crate) fn in_memory(keys: u64) -> Result<Keys, Problem> {
        let mut rival = Keys::prepare(Connection::open_in_memory()?)?;
        rival.put_all(0..keys, 0)?;
        rival.connection.execute_batch("begin")?;
        Ok(rival)
    }

    /// In a file, with the settings under which a commit is durable and fastest: WAL, and a flush for each commit.
    pub(crate) fn durable(path: &Path, keys: u64) -> Result<Keys, Problem> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        // All of it fits, as it does with us.
        connection.pragma_update(None, "cache_size", -262_144)?;
        let mut rival = Keys::prepare(connection)?;
        rival.put_all(0..keys, 0)?;
        Ok(rival)
    }

    fn prepare(connection: Connection) -> Result<Keys, Problem> {
        connection.execute_batch(
            "create table state (key text primary key, value integer not null) without rowid",
        )?;
        Ok(Keys { connection })
    }

    pub(crate) fn put(&mut self, key: u64, value: u64) -> Result<usize, Problem> {
        let mut statement = self.connection.prepare_cached(UPSERT)?;
        Ok(statement.execute(params![key_name(key), value as i64])?)
    }

    /// Puts them in one transaction.
    pub(crate) fn put_all(&mut self, keys: impl Iterator<Item = u64>, value: u64) -> Result<(), Problem> {
        let transaction = self.connection.transaction()?;
        for key in keys {
            transaction.prepare_cached(UPSERT)?.execute(params![key_name(key), value as i64])?;
        }
        Ok(transaction.commit()?)
    }

    #[cfg(test)]
    pub(crate) fn sum(&self) -> Result<u64, Problem> {
        Ok(self.connection.query_row("select sum(value) from state", [], |row| row.get::<_, i64>(0))? as u64)
    }
}

/// What all sides call a key.
pub(crate) fn key_name(key: u64) -> String {
    format!("customer-{key:07}")
}

/// Keys in a map, all of which are written to a file and flushed at each checkpoint.
#[derive(Default)]
pub(crate) struct Whole {
    keys: std::collections::BTreeMap<String, u64>,
}

impl Whole {
    pub(crate) fn put_all(&mut self, keys: impl Iterator<Item = u64>, value: u64) {
        self.keys.extend(keys.map(|key| (key_name(key), value)));
    }

    /// Length and bytes of each key, then its value: no format has less to do.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Problem> {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        for (key, value) in &self.keys {
            file.write_all(&[u8::try_from(key.len())?])?;
            file.write_all(key.as_bytes())?;
            file.write_all(&value.to_le_bytes())?;
        }
        Ok(file.into_inner()?.sync_all()?)
    }
}
