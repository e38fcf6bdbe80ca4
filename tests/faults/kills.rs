//! SIGKILL at any moment: every acknowledged command is there, and nothing is half.

use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

use highwater_tests::directory::open_orders;
use highwater_tests::role;

const KILLS: u64 = 200;

/// Writes without end, two HWMs at a time, and says each value that was acknowledged. Killed from outside.
#[tokio::test]
async fn child() {
    let Some((_, directory)) = role::current() else { return };
    let pipeline = open_orders(&directory).await;
    let mut value = pipeline.hwm("left").get_as::<i64>().await.expect("a value").unwrap_or(0);
    loop {
        value += 1;
        pipeline.set_hwms([("left", value), ("right", value)]).await.expect("a set");
        writeln!(std::io::stdout(), "acknowledged {value}").expect("somebody listens");
    }
}

#[tokio::test]
async fn killed_at_any_moment_nothing_acknowledged_is_lost() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let mut process = role::spawn("kills::child", "write", directory.path());
        // Moments spread over the start, the first read, and the commits.
        std::thread::sleep(Duration::from_micros(3_000 + (kill * 7_919) % 40_000));
        process.kill().expect("the child can be killed");
        let output = BufReader::new(process.stdout.take().expect("its output is ours"));
        for line in output.lines().map_while(Result::ok) {
            if let Some(value) =
                line.split("acknowledged ").nth(1).and_then(|value| value.parse::<i64>().ok())
            {
                acknowledged = acknowledged.max(value);
            }
        }
        process.wait().expect("the child ended");
        if kill % 20 == 19 {
            let pipeline = open_orders(directory.path()).await;
            let left = pipeline.hwm("left").get_as::<i64>().await.expect("a value").unwrap_or(0);
            let right = pipeline.hwm("right").get_as::<i64>().await.expect("a value").unwrap_or(0);
            assert_eq!(left, right, "half of a command, after kill {kill}");
            assert!(
                left >= acknowledged,
                "{left} is there, {acknowledged} was acknowledged, after kill {kill}"
            );
        }
    }
    assert!(acknowledged > 100, "the children hardly wrote: {acknowledged}");
}
