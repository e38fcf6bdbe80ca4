//! Rust and Node on one directory at the same time. Needs Node and the built npm package: the feature `node`.
#![cfg(feature = "node")]

mod streams;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use highwater::ErrorKind;
use highwater_tests::directory::open_orders;

const APPENDS: i64 = 2_000;

fn package() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../npm/highwater");
    assert!(
        package.join("dist/index.js").is_file(),
        "the npm package is not built: run `./test npm` first, which builds it"
    );
    package
}

/// A Node process that moves the HWM of this name forward, so many times, and prints each acknowledged value.
fn node_worker(directory: &Path, count: i64, name: &str) -> Child {
    Command::new("node")
        .arg(package().join("test/append-worker.mjs"))
        .arg(directory)
        .args(["prod/orders", &count.to_string(), name])
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts")
}

#[tokio::test]
async fn two_languages_append_to_one_pipeline_and_lose_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let pipeline = open_orders(directory.path()).await;
    let node = node_worker(directory.path(), APPENDS, "node");
    let hwm = pipeline.hwm("rust");
    for value in 1..=APPENDS {
        while let Err(error) = hwm.set(value).await {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
    }
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged: Vec<i64> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| line.parse().expect("a number")).collect();
    assert_eq!(acknowledged, (1..=APPENDS).collect::<Vec<_>>());

    let fresh = open_orders(directory.path()).await;
    for name in ["rust", "node"] {
        assert_eq!(fresh.hwm(name).get_as::<i64>().await.expect("a value"), Some(APPENDS), "{name}");
    }
    let version = fresh.describe().await.expect("the pipeline").version;
    assert_eq!(version, 2 * APPENDS.unsigned_abs(), "each acknowledged command has a version of its own");
}

#[tokio::test]
async fn what_a_killed_node_process_acknowledged_is_there_for_rust() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut acknowledged = 0;
    for kill in 0..20_u64 {
        let mut node = node_worker(directory.path(), i64::MAX, "node");
        let mut lines = BufReader::new(node.stdout.take().expect("its output is ours")).lines();
        // In the middle of its work: after some commits, at some moment of the next one.
        for _ in 0..=kill % 5 {
            acknowledged = number(lines.next());
        }
        std::thread::sleep(Duration::from_micros(kill * 331 % 5_000));
        node.kill().expect("node can be killed");
        acknowledged = lines.map(|line| number(Some(line))).last().unwrap_or(acknowledged);
        node.wait().expect("node ended");
        let present = open_orders(directory.path())
            .await
            .hwm("node")
            .get_as::<i64>()
            .await
            .expect("a value")
            .unwrap_or(0);
        assert!(present >= acknowledged, "{present} is there, {acknowledged} was acknowledged");
        assert!(present <= acknowledged + 1, "{present} is there, and only {acknowledged} was acknowledged");
        acknowledged = present;
    }
}

fn number(line: Option<std::io::Result<String>>) -> i64 {
    line.expect("node goes on").expect("a line").parse().expect("a number")
}
