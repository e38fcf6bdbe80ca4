//! Batches in doubt, and what a pipeline promises.

use highwater::{Begin, StartRun};
use serde_json::json;

use crate::lab::Lab;

/// A worker that dies between its sink and its receipt.
async fn leave_doubt(lab: &Lab) -> u64 {
    let hw = highwater::open(&lab.store()).await.expect("it opens");
    let pipeline = hw.pipeline("p").expect("an id");
    let run = pipeline.start_run(StartRun::new().run_id("r1")).await.expect("it starts");
    let Begin::Run(attempt) = run.node("load").begin().await.expect("it begins") else {
        panic!("it is free")
    };
    let batch = attempt.prepare().hwm("orders.id", 10).await.expect("it is prepared").token();
    attempt.fail("the sink did not answer").await.expect("it fails");
    hw.close().await;
    batch
}

#[tokio::test]
async fn a_batch_in_doubt_is_listed_and_settled_by_hand() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "orders.id", "1"]);
    assert!(lab.ok(&["batch", "list", "p"]).stderr.contains("no batch is in doubt"));
    let batch = leave_doubt(&lab).await.to_string();
    let listed = lab.ok(&["batch", "list", "p"]);
    assert!(
        listed.stdout.contains("in-doubt") && listed.stdout.contains("orders.id to 10"),
        "{}",
        listed.stdout
    );
    assert!(listed.stderr.contains(&format!("highwater batch commit p {batch}")), "{}", listed.stderr);
    assert_eq!(lab.json(&["batch", "list", "p"])[0]["key"], json!(format!("p#{batch}")));
    lab.refused(2, &["batch", "commit", "p", &batch, "--yes"], "a reason is needed");
    lab.ok(&["batch", "commit", "p", &batch, "--receipt", "tx-7", "--reason", "it is in the table", "--yes"]);
    assert_eq!(lab.ok(&["hwm", "get", "p", "orders.id", "--raw"]).stdout, "10\n");
    lab.refused(3, &["batch", "abort", "p", &batch, "--reason", "no", "--yes"], "was committed already");
    let all = lab.json(&["batch", "list", "p", "--all"]);
    assert_eq!((&all[0]["receipt"], &all[0]["actor"]), (&json!("tx-7"), &json!("tester")));
}

#[test]
fn a_pipeline_says_what_it_promises() {
    let lab = Lab::new();
    let declared = lab.ok(&["batch", "sink", "p", "load", "transactional"]);
    assert!(
        declared.stderr.contains("load: exactly-once effect, because its sink keeps the key"),
        "{}",
        declared.stderr
    );
    let declared = lab.ok(&["batch", "sink", "p", "mail", "at-least-once"]);
    assert!(declared.stderr.contains("mail: at least once"), "{}", declared.stderr);
    let shown = lab.ok(&["pipeline", "show", "p"]).stdout;
    assert!(shown.contains("exactly-once effect") && shown.contains("at least once"), "{shown}");
    assert_eq!(lab.json(&["pipeline", "show", "p"])["guarantees"][0]["exactly_once"], true);
    lab.refused(2, &["batch", "sink", "p", "load", "exactly-once"], "exactly-once");
}
