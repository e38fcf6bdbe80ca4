//! SQLite, and every other database with transactions: the key of a batch stands beside its rows, in one transaction.

use std::error::Error;
use std::path::Path;

use highwater::SinkKind;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::Sink;

const TABLES: &str = "
    create table if not exists numbers (number integer not null);
    create table if not exists batches (key text primary key, taken integer not null);
";

/// A table of numbers, and a table of the batches that it took.
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens the database.
    pub fn open(path: &Path) -> Result<Sqlite, Box<dyn Error>> {
        let connection = Connection::open(path)?;
        connection.execute_batch(TABLES)?;
        Ok(Sqlite { connection })
    }

    /// All numbers, as often as they are there.
    pub fn rows(&self) -> Result<Vec<u64>, Box<dyn Error>> {
        let mut select = self.connection.prepare("select number from numbers order by number")?;
        let rows = select.query_map([], |row| row.get::<_, i64>(0))?;
        rows.map(|row| Ok(u64::try_from(row?)?)).collect()
    }
}

impl Sink for Sqlite {
    const KIND: SinkKind = SinkKind::Transactional;

    async fn write(&mut self, key: &str, _token: u64, rows: &[u64]) -> Result<String, Box<dyn Error>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // The primary key refuses a second writer of the batch, and one whose successor said that it never came.
        transaction.execute("insert into batches (key, taken) values (?1, 1)", [key])?;
        for row in rows {
            transaction.execute("insert into numbers (number) values (?1)", params![i64::try_from(*row)?])?;
        }
        transaction.commit()?;
        Ok(format!("{} rows under {key}", rows.len()))
    }

    async fn ask(&mut self, key: &str, _token: u64) -> Result<Option<bool>, Box<dyn Error>> {
        // Where it is not there, its place is taken, so that a worker which was thought dead cannot write it any more.
        self.connection
            .execute("insert into batches (key, taken) values (?1, 0) on conflict (key) do nothing", [key])?;
        let taken = "select taken from batches where key = ?1";
        Ok(Some(self.connection.query_row(taken, [key], |row| row.get::<_, i64>(0))? == 1))
    }
}
