//! SQLite, with a table of partitions.

use rusqlite::{Connection, params};

use crate::Problem;

/// Partitions of a node, all of which are done.
pub(crate) const PARTITIONS: usize = 100_000;
/// Keys of the first dimension.
const REGIONS: usize = 10;

/// The keys of the second dimension.
pub(crate) fn customers() -> Vec<String> {
    (0..PARTITIONS / REGIONS).map(|number| format!("customer-{number}")).collect()
}

/// The keys of the first one.
pub(crate) fn regions() -> Vec<String> {
    (0..REGIONS).map(|number| format!("region-{number}")).collect()
}

/// The name of a partition.
pub(crate) fn name(number: usize) -> String {
    format!("region-{}|customer-{}", number % REGIONS, number / REGIONS)
}

/// A table of partitions in memory.
pub(crate) struct Partitions {
    connection: Connection,
}

impl Partitions {
    /// With all of them done.
    pub(crate) fn in_memory() -> Result<Partitions, Problem> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "create table partitions (partition text primary key, status text not null, rows integer, \
             run text, at_ms integer not null) without rowid",
        )?;
        let mut partitions = Partitions { connection };
        partitions.mark(&(0..PARTITIONS).map(name).collect::<Vec<_>>(), 0)?;
        Ok(partitions)
    }

    /// Marks all of these in one transaction.
    pub(crate) fn mark(&mut self, names: &[String], rows: i64) -> Result<usize, Problem> {
        let transaction = self.connection.transaction()?;
        let upsert = "insert into partitions values (?1, 'done', ?2, 'run', 1) on conflict (partition) do update \
                      set status = excluded.status, rows = excluded.rows, run = excluded.run, at_ms = excluded.at_ms";
        for name in names {
            transaction.prepare_cached(upsert)?.execute(params![name, rows])?;
        }
        transaction.commit()?;
        Ok(names.len())
    }

    /// How many partitions stand how.
    pub(crate) fn count(&mut self) -> Result<usize, Problem> {
        let select = "select sum(status = 'done'), sum(status = 'failed'), sum(rows) from partitions";
        let mut statement = self.connection.prepare_cached(select)?;
        let done: i64 = statement.query_row([], |row| row.get(0))?;
        Ok(usize::try_from(done)?)
    }
}
