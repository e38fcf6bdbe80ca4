//! What the tests share: a directory, workers on it, and other processes on it.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use highwater::{
    Attempt, Begin, Counts, EngineKind, Highwater, OpenOptions, Pipeline, RetryPolicy, Run, StartRun,
};

/// Long enough for a busy machine, short enough to wait for.
pub(crate) const LEASE: Duration = Duration::from_millis(400);

pub(crate) fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// Where a store in this directory is.
pub(crate) fn file(directory: &Path) -> String {
    format!("file:{}", directory.display())
}

/// Where a database in this directory is.
pub(crate) fn sqlite(directory: &Path) -> String {
    format!("sqlite:{}", directory.join("state.db").display())
}

/// A worker of this name on the store at this location.
pub(crate) async fn open_at(location: &str, worker: &str) -> Highwater {
    let options = OpenOptions::new().engine(EngineKind::Native).worker(worker).lease(LEASE);
    options.open(location).await.expect("the store opens")
}

/// A worker of this name on this directory.
pub(crate) async fn open(directory: &Path, worker: &str) -> Highwater {
    open_at(&file(directory), worker).await
}

/// A pipeline in the store at this location, and a handle that keeps its connection.
pub(crate) async fn pipeline_at(location: &str, worker: &str) -> (Highwater, Pipeline) {
    let highwater = open_at(location, worker).await;
    let pipeline = highwater.pipeline("prod/orders").expect("a good id");
    (highwater, pipeline)
}

/// A pipeline in this directory, and a handle that keeps its connection.
pub(crate) async fn open_pipeline(directory: &Path, worker: &str) -> (Highwater, Pipeline) {
    pipeline_at(&file(directory), worker).await
}

/// A pipeline in memory, for what is not about durability.
pub(crate) async fn in_memory() -> (Highwater, Pipeline) {
    pipeline_at("memory:", "one").await
}

/// So many attempts, one right after the other.
pub(crate) fn attempts(max_attempts: u32) -> RetryPolicy {
    RetryPolicy { max_attempts, backoff_ms: 0, jitter_percent: 0, ..RetryPolicy::default() }
}

/// So many rows read, and as many written.
pub(crate) fn rows(rows: u64) -> Counts {
    Counts { rows_read: rows, rows_written: rows, ..Counts::default() }
}

pub(crate) async fn start(pipeline: &Pipeline, run: &str) -> Run {
    pipeline.start_run(StartRun::new().run_id(run)).await.expect("the run starts or resumes")
}

/// Begins a node that must run now.
pub(crate) async fn begin(run: &Run, node: &str) -> Attempt {
    match run.node(node).begin().await.expect("begin answers") {
        Begin::Run(attempt) => attempt,
        other => panic!("node {node} must run: {other:?}"),
    }
}

/// Starts a process that plays a role on a directory.
pub(crate) fn spawn(role: &str, directory: &Path) -> Child {
    highwater_tests::role::spawn("support::child", role, directory)
}

/// Plays the role and waits for its end.
pub(crate) fn run_child(role: &str, directory: &Path) -> std::process::Output {
    spawn(role, directory).wait_with_output().expect("the child ends")
}

/// The one log file of the one pipeline in the directory.
pub(crate) fn log_file(directory: &Path) -> PathBuf {
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "hwl") {
                return path;
            }
        }
    }
    panic!("there is no log file in {}", directory.display());
}

/// Not a test of its own: what a child process does. Does nothing when the tests are run as usual.
#[tokio::test]
async fn child() {
    let Some((role, directory)) = highwater_tests::role::current() else { return };
    let directory = directory.as_path();
    match role.split_once(':') {
        Some(("keys", name)) => crate::concurrency::set_keys(directory, name).await,
        Some(("nodes", name)) => crate::concurrency::finish_nodes(directory, name).await,
        Some(("die", _)) => crate::restarts::work_and_die(&file(directory)).await,
        Some(("die-sqlite", _)) => crate::restarts::work_and_die(&sqlite(directory)).await,
        Some(("die-running", _)) => crate::restarts::begin_and_die(directory).await,
        _ => panic!("unknown role {role}"),
    }
}
