//! Brings the tables to the number that this version knows; `sql/statements.sql` has the steps.

use highwater_store::StoreError;

use crate::database::{Cell, Database, Statement};
use crate::statements::Statements;

/// What the tables look like in this version.
pub const SCHEMA_NUMBER: u64 = 1;

/// What is done where there are no tables.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Missing {
    /// They are made. The statement is run first in each transaction, so that only one process makes them.
    Make(Option<&'static str>),
    /// Nothing was ever written there, so most probably it is the wrong place.
    #[cfg_attr(
        not(feature = "postgres"),
        allow(dead_code, reason = "a file that is missing is found out before it is opened")
    )]
    Refuse,
}

/// Makes tables, or refuses to.
pub(crate) async fn prepare(
    database: &dyn Database,
    statements: &Statements,
    missing: Missing,
) -> Result<(), StoreError> {
    // Whoever may read and write rows need not have the right to make tables, once they are there.
    let found = number(database, statements).await;
    if let Ok(number) = found
        && number > 0
    {
        return check(database, number);
    }
    let Missing::Make(lock) = missing else { return Err(found.err().unwrap_or_else(|| none(database))) };
    let first = lock.into_iter().chain([statements.get("schema")]).map(plain).collect();
    database.run(first).await?;
    let known = number(database, statements).await?;
    check(database, known)?;
    for to in known + 1..=SCHEMA_NUMBER {
        take(database, statements, lock, to).await?;
    }
    Ok(())
}

fn plain(sql: &str) -> Statement<'_> {
    Statement { sql, arguments: Vec::new() }
}

/// Takes one step, unless somebody else did in the meantime.
async fn take(
    database: &dyn Database,
    statements: &Statements,
    lock: Option<&str>,
    to: u64,
) -> Result<(), StoreError> {
    // First the number: it is there once, so a second process gets no further.
    let note =
        Statement { sql: statements.get("schema.note"), arguments: vec![Cell::Integer(to.cast_signed())] };
    let step = lock.into_iter().map(plain).chain([note]).chain(statements.step(to).map(plain));
    match database.run(step.collect()).await {
        Ok(_) => Ok(()),
        Err(_) if number(database, statements).await.is_ok_and(|number| number >= to) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn number(database: &dyn Database, statements: &Statements) -> Result<u64, StoreError> {
    let outcomes = database.run(vec![plain(statements.get("schema.number"))]).await?;
    let cell = outcomes.first().and_then(|outcome| outcome.rows.first()).and_then(|row| row.first());
    cell.map_or(Ok(0), Cell::integer)
}

fn none(database: &dyn Database) -> StoreError {
    StoreError::Unsupported {
        message: format!("there is no store in {}: nothing was ever written there", database.place()),
    }
}

fn check(database: &dyn Database, number: u64) -> Result<(), StoreError> {
    if number <= SCHEMA_NUMBER {
        return Ok(());
    }
    Err(StoreError::Unsupported {
        message: format!(
            "the tables of {} have number {number}, and this version knows them up to {SCHEMA_NUMBER}: a later version of Highwater has been here; use that one",
            database.place()
        ),
    })
}
