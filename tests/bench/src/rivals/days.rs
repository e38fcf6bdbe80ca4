//! SQLite, with a table of the days that are done.

use rusqlite::{Connection, params};

use crate::Problem;

/// Nodes that have days.
pub(crate) const NODES: i64 = 1_000;
/// Days of each.
pub(crate) const DAYS: i64 = 365;

/// The name of a node.
pub(crate) fn node(number: i64) -> String {
    format!("node-{number:04}")
}

/// Nine days in ten are.
pub(crate) fn is_done(day: i64) -> bool {
    day % 10 != 3
}

/// A table of days in memory.
pub(crate) struct Days {
    connection: Connection,
}

impl Days {
    /// With nine in ten done.
    pub(crate) fn in_memory() -> Result<Days, Problem> {
        let mut connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "create table done (node text, day integer, primary key (node, day)) without rowid;
             create table nodes (node text primary key) without rowid;
             create table days (day integer primary key)",
        )?;
        let transaction = connection.transaction()?;
        for day in 0..DAYS {
            transaction.prepare_cached("insert into days values (?1)")?.execute(params![day])?;
        }
        for number in 0..NODES {
            transaction.prepare_cached("insert into nodes values (?1)")?.execute(params![node(number)])?;
            for day in (0..DAYS).filter(|day| is_done(*day)) {
                transaction
                    .prepare_cached("insert into done values (?1, ?2)")?
                    .execute(params![node(number), day])?;
            }
        }
        transaction.commit()?;
        Ok(Days { connection })
    }

    /// Looks at all days of all nodes, and says how many there are and how many are missing.
    pub(crate) fn all(&mut self) -> Result<(usize, usize), Problem> {
        let select = "select nodes.node, days.day, done.day is null from nodes cross join days \
                      left join done on done.node = nodes.node and done.day = days.day order by 1, 2";
        let mut statement = self.connection.prepare_cached(select)?;
        let mut rows = statement.query([])?;
        let (mut all, mut missing) = (0, 0);
        while let Some(row) = rows.next()? {
            all += 1;
            missing += usize::from(row.get::<_, bool>(2)?);
        }
        Ok((all, missing))
    }
}
