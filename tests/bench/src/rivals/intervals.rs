//! SQLite, with a table of the intervals that are done.

use highwater_format::fact::Interval;
use rusqlite::{Connection, params};

use crate::Problem;

/// Pieces that are done, with a gap between each and the next.
pub(crate) const PIECES: i64 = 100_000;
/// From the start of one to the start of the next.
const STRIDE: i64 = 10;
/// How much of that is done.
const LENGTH: i64 = 5;

/// The interval that is done of a stride.
pub(crate) fn piece(number: i64) -> Interval {
    let start = number * STRIDE;
    Interval { start, end: start + LENGTH }
}

/// A table of intervals in memory.
pub(crate) struct Intervals {
    connection: Connection,
}

impl Intervals {
    /// With all pieces done.
    pub(crate) fn in_memory() -> Result<Intervals, Problem> {
        let mut connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "create table done (start integer primary key, end integer not null, at_ms integer not null)",
        )?;
        let transaction = connection.transaction()?;
        for number in 0..PIECES {
            let Interval { start, end } = piece(number);
            let insert = "insert into done values (?1, ?2, 0)";
            transaction.prepare_cached(insert)?.execute(params![start, end])?;
        }
        transaction.commit()?;
        Ok(Intervals { connection })
    }

    pub(crate) fn done(&mut self, interval: &Interval) -> Result<usize, Problem> {
        let insert = "insert or replace into done values (?1, ?2, 1)";
        let mut statement = self.connection.prepare_cached(insert)?;
        Ok(statement.execute(params![interval.start, interval.end])?.max(1))
    }

    pub(crate) fn forget(&mut self, interval: &Interval) -> Result<usize, Problem> {
        let mut statement = self.connection.prepare_cached("delete from done where start = ?1")?;
        Ok(statement.execute(params![interval.start])?.max(1))
    }

    /// Looks at all gaps, and says how many there are.
    pub(crate) fn gaps(&mut self) -> Result<usize, Problem> {
        let select = "select end, next from (select end, lead(start) over (order by start) as next from done) \
                      where next > end";
        let mut statement = self.connection.prepare_cached(select)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        let mut found = Vec::new();
        for row in rows {
            found.push(row?);
        }
        Ok(found.len())
    }
}
