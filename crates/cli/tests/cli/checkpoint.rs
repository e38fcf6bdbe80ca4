//! `highwater checkpoint` and `highwater stream`.

use highwater::{Acknowledgement, CheckpointRef, SourcePosition, StreamSpec, Value};
use serde_json::json;

use crate::lab::Lab;

/// What the program of a stream does: it declares its operators and hands over what it has at each barrier.
pub(crate) fn in_program(lab: &Lab, pipeline: &str, work: impl AsyncFnOnce(highwater::Stream)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let hw = highwater::open(&format!("file:{}", lab.path("state").display())).await.expect("it opens");
        work(hw.pipeline(pipeline).expect("a pipeline").stream()).await;
        hw.close().await;
    });
}

async fn pass_barrier(stream: &highwater::Stream, checkpoint: u64, position: i64) {
    let positions = vec![SourcePosition { name: "log/0".to_owned(), value: Value::Int(position) }];
    let source = Acknowledgement { operator: "log".to_owned(), positions, ..Acknowledgement::default() };
    let state = Some(vec![0; 2_048]);
    let count = Acknowledgement { operator: "count".to_owned(), state, ..Acknowledgement::default() };
    stream.acknowledge(checkpoint, [source, count]).await.expect("it is acknowledged");
}

fn declared() -> Lab {
    let lab = Lab::new();
    in_program(&lab, "p", async |stream| {
        let spec = StreamSpec::new().operator("log", 1).operator("count", 1).retain(1);
        stream.declare(spec).await.expect("it is declared");
        stream.restore(CheckpointRef::Latest).await.expect("it starts");
    });
    lab
}

#[test]
fn a_checkpoint_goes_from_trigger_to_restore() {
    let lab = declared();
    let stream = lab.json(&["stream", "show", "p"]);
    assert_eq!((&stream["generation"], &stream["retain"]), (&json!(1), &json!(1)));
    assert_eq!(lab.json(&["checkpoint", "trigger", "p"])["checkpoint"], 1);
    lab.refused(3, &["checkpoint", "trigger", "p"], "1 of at most 1 are under way");
    assert!(lab.ok(&["checkpoint", "list", "p"]).stdout.contains("in-progress"));
    in_program(&lab, "p", async |stream| pass_barrier(&stream, 1, 10).await);

    let shown = lab.json(&["checkpoint", "show", "p"]);
    assert_eq!((&shown["status"], &shown["size_bytes"]), (&json!("completed"), &json!(2_048)));
    assert_eq!(shown["acknowledgements"][1]["positions"][0]["value"], json!({"type": "int", "value": "10"}));
    let table = lab.ok(&["checkpoint", "show", "p", "1"]).stdout;
    assert!(table.contains("log/0=10") && table.contains("2.0 KiB"), "{table}");

    lab.ok(&["checkpoint", "savepoint", "p", "before"]);
    in_program(&lab, "p", async |stream| pass_barrier(&stream, 2, 20).await);
    lab.ok(&["checkpoint", "trigger", "p"]);
    in_program(&lab, "p", async |stream| pass_barrier(&stream, 3, 30).await);
    let list = lab.json(&["checkpoint", "list", "p"]);
    let numbers: Vec<_> =
        list.as_array().expect("a list").iter().map(|it| it["checkpoint"].clone()).collect();
    assert_eq!(numbers, [3, 2], "the savepoint is kept beside the last one");

    let plan = lab.json(&["stream", "restore", "p", "before"]);
    assert_eq!((&plan["applied"], &plan["repeated"]), (&json!(false), &json!([3])));
    assert!(lab.ok(&["stream", "restore", "p", "before"]).stderr.contains("dry run"));
    lab.refused(2, &["stream", "restore", "p", "before", "--apply"], "a reason is needed");
    let words = ["stream", "restore", "p", "before", "--apply", "--reason", "bad deploy", "--yes"];
    assert_eq!(lab.json(&words)["positions"][0]["value"]["value"], "20");
    assert_eq!(lab.json(&["hwm", "get", "p", "log/0"])["value"]["value"], "20");
    assert_eq!(lab.json(&["stream", "show", "p"])["latest"], 2, "the next start goes on from there");
}

#[test]
fn what_is_under_way_is_aborted_and_what_is_kept_is_deleted() {
    let lab = declared();
    lab.ok(&["checkpoint", "trigger", "p"]);
    lab.refused(2, &["checkpoint", "abort", "p", "1"], "a reason is needed");
    assert_eq!(lab.json(&["checkpoint", "abort", "p", "1", "--reason", "stuck"])["applied"], true);
    assert!(lab.ok(&["checkpoint", "show", "p", "1"]).stdout.contains("stuck"));
    lab.refused(2, &["checkpoint", "show", "p"], "no completed checkpoint");
    lab.refused(2, &["checkpoint", "show", "p", "none"], "there is no savepoint `none`");

    lab.ok(&["checkpoint", "savepoint", "p", "s"]);
    in_program(&lab, "p", async |stream| pass_barrier(&stream, 2, 10).await);
    assert!(lab.ok(&["checkpoint", "delete", "p", "s"]).stderr.contains("dry run"));
    let words = ["checkpoint", "delete", "p", "s", "--apply", "--reason", "old", "--yes"];
    assert_eq!(lab.json(&words)["applied"], true);
    lab.refused(2, &["checkpoint", "delete", "p", "s"], "there is no savepoint `s`");
    lab.refused(2, &["stream", "show", "q"], "has no stream");
}
