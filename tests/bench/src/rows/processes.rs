//! Several processes, and what a process asks of the disk.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Row;
use crate::duel::{Better, Duel, duel};
use crate::worker::{Who, count_of};
use crate::{Plan, Problem};

/// Enough for the flushes that make folders and files to weigh little.
const COUNTED_COMMITS: usize = 4_000;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "two-processes",
        unit: "commits/s",
        about: "two processes write to one pipeline as fast as they can",
        rival: "SQLite (WAL, synchronous FULL), two processes",
        measure: two_processes,
    },
    Row {
        name: "flushes-per-commit",
        unit: "flushes",
        about: "calls of fsync and fdatasync for each of 4,000 commits, counted by strace",
        rival: "SQLite (WAL, synchronous FULL)",
        measure: flushes_per_commit,
    },
];

fn two_processes(plan: &Plan) -> Result<Duel, Problem> {
    let folder = plan.folder()?;
    duel(
        plan,
        Better::More,
        || Who::Highwater.commits_per_second(plan, folder.path(), 2),
        || Who::Sqlite.commits_per_second(plan, folder.path(), 2),
    )
}

fn flushes_per_commit(plan: &Plan) -> Result<Duel, Problem> {
    let plan = plan.once();
    duel(&plan, Better::Less, || flushes(&plan, Who::Highwater), || flushes(&plan, Who::Sqlite))
}

fn flushes(plan: &Plan, who: Who) -> Result<f64, Problem> {
    let folder = plan.folder()?;
    let summary = folder.path().join("strace");
    let child = Command::new("strace")
        .args(["-f", "-c", "-e", "trace=fsync,fdatasync,sync_file_range,msync", "-o"])
        .arg(&summary)
        .arg(std::env::current_exe()?)
        .args(who.arguments(folder.path(), Duration::from_secs(60)))
        .args(["--commits", &COUNTED_COMMITS.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("strace cannot be started ({error}); install it, or leave this row out"))?;
    let commits = count_of(child)?;
    Ok(calls(&summary)? as f64 / commits as f64)
}

/// Adds up the calls in a summary of strace.
fn calls(summary: &Path) -> Result<usize, Problem> {
    let text = fs::read_to_string(summary)?;
    let mut calls = 0;
    for line in text.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        if columns.last().is_some_and(|name| name.contains("sync")) {
            calls += columns.get(3).ok_or("strace has a new way to write its summary")?.parse::<usize>()?;
        }
    }
    Ok(calls)
}
