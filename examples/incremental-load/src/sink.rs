//! SQLite as a sink that nothing is loaded into twice.
//!
//! Beside the rows it keeps one line for each pipeline: how far it is loaded, and the *fencing token* of the worker that
//! may go on. Position and rows change in one transaction, so they never disagree, whenever the process dies. And a worker
//! that was thought dead, replaced, and wakes up again finds another token there: its write is refused.

use std::error::Error;
use std::path::Path;

use chrono::NaiveDate;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::weather::Day;

const TABLES: &str = "
    create table if not exists weather (
        date text primary key, precipitation_tenths integer not null, temp_max_tenths integer not null,
        temp_min_tenths integer not null, wind_tenths integer not null, weather text not null
    );
    create table if not exists loaded (pipeline text primary key, token integer not null, up_to text);
";

/// The sink, claimed by one worker.
pub struct Sink {
    connection: Connection,
    pipeline: String,
    token: i64,
    position: Option<NaiveDate>,
}

impl Sink {
    /// Opens the sink and puts our token there, unless a newer worker has been here already.
    pub fn claim(path: &Path, pipeline: &str, token: u64) -> Result<Sink, Box<dyn Error>> {
        let token = i64::try_from(token)?;
        let connection = Connection::open(path)?;
        connection.execute_batch(TABLES)?;
        let claimed = connection.execute(
            "insert into loaded (pipeline, token) values (?1, ?2)
             on conflict (pipeline) do update set token = excluded.token where excluded.token >= loaded.token",
            params![pipeline, token],
        )?;
        if claimed == 0 {
            return Err(fenced().into());
        }
        let position =
            connection
                .query_row("select up_to from loaded where pipeline = ?1", [pipeline], |row| row.get(0))?;
        Ok(Sink { connection, pipeline: pipeline.to_owned(), token, position: parse(position)? })
    }

    /// The date of the last row that is in.
    pub fn position(&self) -> Option<NaiveDate> {
        self.position
    }

    /// Adds rows and moves the position, in one transaction, if the token is still ours. Gives the new position.
    pub fn append(&mut self, days: &[&Day]) -> Result<NaiveDate, Box<dyn Error>> {
        let last = days.last().ok_or("there are no rows to append")?.date;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let ours = transaction.execute(
            "update loaded set up_to = ?3 where pipeline = ?1 and token = ?2",
            params![self.pipeline, self.token, last.to_string()],
        )?;
        if ours == 0 {
            return Err(fenced().into());
        }
        for day in days {
            // A plain insert: a row that is there already would be an error, not an update that nobody notices.
            transaction.execute(
                "insert into weather values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    day.date.to_string(),
                    day.precipitation_tenths,
                    day.temp_max_tenths,
                    day.temp_min_tenths,
                    day.wind_tenths,
                    day.weather
                ],
            )?;
        }
        transaction.commit()?;
        self.position = Some(last);
        Ok(last)
    }
}

fn parse(date: Option<String>) -> Result<Option<NaiveDate>, chrono::ParseError> {
    date.map(|date| date.parse()).transpose()
}

fn fenced() -> &'static str {
    "another worker has taken over this load; this one must stop"
}
