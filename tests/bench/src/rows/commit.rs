//! What a durable commit costs through the whole stack: API, driver, engine, file store, disk.

use highwater::EngineKind;

use super::Row;
use crate::duel::{Better, Duel, duel};
use crate::ours::Ours;
use crate::rivals::append::RawAppend;
use crate::rivals::json_file::JsonFile;
use crate::rivals::sqlite::Sqlite;
use crate::rivals::sqlite_crowd::{BatchingWriter, Connections};
use crate::{Plan, Problem};

const UNIT: &str = "commits/s";
const APPEND: &str = "one writer, append and fdatasync of the same bytes";
/// HWMs of a large pipeline.
pub(super) const MANY_HWMS: usize = 100_000;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "commit-1",
        unit: UNIT,
        about: "one submitter moves one HWM",
        rival: APPEND,
        measure: |plan| against_append(plan, EngineKind::Native, 1),
    },
    Row {
        name: "commit-1-component",
        unit: UNIT,
        about: "one submitter moves one HWM, with the engine in wasmtime",
        rival: APPEND,
        measure: |plan| against_append(plan, EngineKind::Component, 1),
    },
    Row {
        name: "commit-1-sqlite",
        unit: UNIT,
        about: "one submitter moves one HWM",
        rival: "SQLite (WAL, synchronous FULL), an upsert",
        measure: against_sqlite,
    },
    Row {
        name: "commit-8",
        unit: UNIT,
        about: "8 submitters at once",
        rival: APPEND,
        measure: |plan| against_append(plan, EngineKind::Native, 8),
    },
    Row {
        name: "commit-64",
        unit: UNIT,
        about: "64 submitters at once",
        rival: APPEND,
        measure: |plan| against_append(plan, EngineKind::Native, 64),
    },
    Row {
        name: "commit-64-component",
        unit: UNIT,
        about: "64 submitters at once, with the engine in wasmtime",
        rival: APPEND,
        measure: |plan| against_append(plan, EngineKind::Component, 64),
    },
    Row {
        name: "commit-64-sqlite",
        unit: UNIT,
        about: "64 submitters at once",
        rival: "SQLite, 64 connections that wait for each other",
        measure: against_connections,
    },
    Row {
        name: "commit-64-sqlite-batch",
        unit: UNIT,
        about: "64 submitters at once",
        rival: "SQLite, one writer that makes one transaction of all that wait",
        measure: against_batching_writer,
    },
    Row {
        name: "json-10",
        unit: UNIT,
        about: "one submitter moves one of 10 HWMs",
        rival: "a JSON file of 10 entries, written anew and flushed",
        measure: |plan| against_json(plan, 10),
    },
    Row {
        name: "json-1k",
        unit: UNIT,
        about: "one submitter moves one of 1,000 HWMs",
        rival: "a JSON file of 1,000 entries, written anew and flushed",
        measure: |plan| against_json(plan, 1_000),
    },
    Row {
        name: "json-10k",
        unit: UNIT,
        about: "one submitter moves one of 10,000 HWMs",
        rival: "a JSON file of 10,000 entries, written anew and flushed",
        measure: |plan| against_json(plan, 10_000),
    },
    Row {
        name: "commit-1-at-100k",
        unit: UNIT,
        about: "one submitter moves one of 100,000 HWMs",
        rival: "Highwater with an empty state",
        measure: against_empty,
    },
];

fn against_append(plan: &Plan, engine: EngineKind, submitters: usize) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let mut ours = Ours::open(&folder.path().join("state"), engine)?;
    let mut raw = RawAppend::new(&folder.path().join("raw"))?;
    let duel = duel(
        plan,
        Better::More,
        || ours.commits_per_second(plan, submitters),
        || plan.per_second(|| raw.commit()),
    );
    ours.close();
    duel
}

fn against_sqlite(plan: &Plan) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let mut ours = Ours::open(&folder.path().join("state"), EngineKind::Native)?;
    let mut sqlite = Sqlite::durable(&folder.path().join("sqlite"))?;
    let name = crate::step_loop::hwm_name(0);
    let duel = duel(
        plan,
        Better::More,
        || ours.commits_per_second(plan, 1),
        || plan.per_second(|| sqlite.upsert(&name)),
    );
    ours.close();
    duel
}

fn against_connections(plan: &Plan) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let mut ours = Ours::open(&folder.path().join("state"), EngineKind::Native)?;
    let mut connections = Connections::open(&folder.path().join("sqlite"), 64)?;
    let duel = duel(
        plan,
        Better::More,
        || ours.commits_per_second(plan, 64),
        || connections.commits_per_second(plan),
    );
    ours.close();
    duel
}

fn against_batching_writer(plan: &Plan) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let mut ours = Ours::open(&folder.path().join("state"), EngineKind::Native)?;
    let writer = BatchingWriter::open(&folder.path().join("sqlite"), 64)?;
    let duel =
        duel(plan, Better::More, || ours.commits_per_second(plan, 64), || writer.commits_per_second(plan));
    ours.close();
    duel
}

fn against_json(plan: &Plan, hwms: usize) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let mut ours = Ours::open(&folder.path().join("state"), EngineKind::Native)?;
    ours.fill(hwms)?;
    let mut json = JsonFile::new(&folder.path().join("state.json"), hwms)?;
    let duel =
        duel(plan, Better::More, || ours.commits_per_second(plan, 1), || plan.per_second(|| json.commit()));
    ours.close();
    duel
}

fn against_empty(plan: &Plan) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    let mut large = Ours::open(&folder.path().join("large"), EngineKind::Native)?;
    large.fill(MANY_HWMS)?;
    let mut empty = Ours::open(&folder.path().join("empty"), EngineKind::Native)?;
    let duel =
        duel(plan, Better::More, || large.commits_per_second(plan, 1), || empty.commits_per_second(plan, 1));
    large.close();
    empty.close();
    duel
}
