//! The tables, and how they came to be what they are. A number that was once released is never changed: what is new comes after it.

use highwater_store::StoreError;

use crate::database::{Cell, Database, Statement};

/// What the tables look like in this version.
pub const SCHEMA_NUMBER: u64 = 1;

/// Makes the table that says which of [`STEPS`] were taken.
const NUMBER: &str = "create table if not exists highwater_schema (number bigint not null primary key)";

/// The statements that make each number out of the one before it.
const STEPS: [&[&str]; 1] = [&[
    // `head` is the last version that was taken; of those up to `floor` there need not be records. A new start raises `generation`,
    // so that what was before it stays where it is, unread.
    "create table highwater_journals (
        key {text} not null primary key,
        head bigint not null default 0,
        floor bigint not null default 0,
        generation bigint not null default 0,
        previous_head bigint not null default 0
    )",
    "create table highwater_records (
        key {text} not null,
        generation bigint not null,
        version bigint not null,
        bytes {bytes} not null,
        primary key (key, generation, version)
    )",
    "create table highwater_snapshots (
        key {text} not null,
        generation bigint not null,
        version bigint not null,
        bytes {bytes} not null,
        primary key (key, generation, version)
    )",
    "create table highwater_beats (
        key {text} not null,
        worker {text} not null,
        bytes {bytes} not null,
        primary key (key, worker)
    )",
    "create table highwater_backups (
        key {text} not null,
        name {text} not null,
        bytes {bytes} not null,
        primary key (key, name)
    )",
]];

/// Brings the tables to [`SCHEMA_NUMBER`]. `lock` is run first in each transaction, so that only one process does.
pub(crate) async fn prepare(database: &dyn Database, lock: Option<&'static str>) -> Result<(), StoreError> {
    // Whoever may read and write rows need not have the right to make tables, once they are there.
    if let Ok(number) = number(database).await
        && number > 0
    {
        return check(database, number);
    }
    let statement = |sql| Statement { sql, arguments: Vec::new() };
    let first = lock.into_iter().chain([NUMBER]).map(statement).collect();
    database.run(first).await?;
    let known = number(database).await?;
    check(database, known)?;
    for (step, number) in STEPS.iter().zip(1_u64..).skip(usize::try_from(known).unwrap_or(usize::MAX)) {
        take(database, lock, step, number).await?;
    }
    Ok(())
}

/// Takes one step, unless somebody else did in the meantime.
async fn take(
    database: &dyn Database,
    lock: Option<&'static str>,
    step: &[&str],
    to: u64,
) -> Result<(), StoreError> {
    let translated: Vec<String> = step.iter().map(|sql| database.dialect().translate(sql)).collect();
    let note = database.dialect().translate("insert into highwater_schema (number) values ($1)");
    let lock = lock.into_iter().map(|sql| Statement { sql, arguments: Vec::new() });
    // First the number: it is there once, so a second process gets no further.
    let note = Statement { sql: &note, arguments: vec![Cell::Integer(to.cast_signed())] };
    let tables = translated.iter().map(|sql| Statement { sql, arguments: Vec::new() });
    let taken = database.run(lock.chain([note]).chain(tables).collect()).await;
    match taken {
        Ok(_) => Ok(()),
        Err(_) if number(database).await.is_ok_and(|number| number >= to) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn number(database: &dyn Database) -> Result<u64, StoreError> {
    let sql = "select coalesce(max(number), 0) from highwater_schema";
    let outcomes = database.run(vec![Statement { sql, arguments: Vec::new() }]).await?;
    let cell = outcomes.first().and_then(|outcome| outcome.rows.first()).and_then(|row| row.first());
    cell.map_or(Ok(0), Cell::integer)
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
