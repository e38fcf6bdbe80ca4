//! The example, killed in the middle again and again.

#[allow(dead_code, reason = "its own `main` is for people")]
#[path = "../examples/incremental_load.rs"]
mod incremental_load;

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use highwater::{AttemptStatus, RunFilter, RunStatus};

const FOLDER: &str = "HIGHWATER_TEST_FOLDER";

/// Only does something in the child process.
#[tokio::test]
async fn one_load() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let status = incremental_load::load_what_is_new(Path::new(&folder)).await.expect("the load goes through");
    assert_eq!(status, RunStatus::Succeeded);
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["one_load", "--exact", "--quiet"])
        .env(FOLDER, folder)
        .spawn()
        .expect("a child process starts")
}

fn lines(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("orders.csv")).unwrap_or_default().lines().count()
}

fn kill_when_it_has_written(folder: &Path, wanted: usize) {
    let mut child = start(folder);
    let began = Instant::now();
    while lines(folder) < wanted {
        assert!(began.elapsed() < Duration::from_secs(60), "the child gets on");
        assert!(child.try_wait().expect("its state").is_none(), "it is killed before it ends");
        std::thread::sleep(Duration::from_millis(2));
    }
    // On Unix this is SIGKILL.
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

#[tokio::test]
async fn a_killed_load_goes_on_without_losing_or_repeating_a_row() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for wanted in [900, 2_500, 4_000] {
        kill_when_it_has_written(folder.path(), wanted);
    }
    assert!(start(folder.path()).wait().expect("it ends").success());

    let text = std::fs::read_to_string(folder.path().join("orders.csv")).expect("the sink is there");
    let expected: String =
        (1..=incremental_load::ORDERS).map(|order| format!("{order},{}\n", order * 100)).collect();
    assert!(text == expected, "the sink has {} lines", text.lines().count());

    let hw = highwater::open(&format!("file:{}", folder.path().display())).await.expect("it opens");
    let pipeline = hw.pipeline("dev/orders").expect("a good id");
    let runs = pipeline.list_runs(RunFilter::new()).all().await.expect("they are listed");
    assert_eq!(runs.len(), 1, "three kills, one run");
    assert_eq!((runs[0].restarts, runs[0].status), (3, RunStatus::Succeeded));
    let run = pipeline.run(runs[0].run.clone()).describe().await.expect("it is described");
    let statuses: Vec<_> = run.nodes[0].attempts.iter().map(|attempt| attempt.status).collect();
    use AttemptStatus::{Crashed, Succeeded};
    assert_eq!(statuses, [Crashed, Crashed, Crashed, Succeeded]);
    assert_eq!(pipeline.hwm("orders.id").get_as::<i64>().await, Ok(Some(incremental_load::ORDERS)));
}
