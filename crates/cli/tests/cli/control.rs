//! `highwater run pause`, `run resume`, `run report`, `worker stop` and `worker allow`.

use serde_json::json;

use crate::lab::{Lab, end_of, signal, wait_for};

#[test]
fn a_paused_run_waits_until_it_is_resumed() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p", "r1"]);
    lab.refused(2, &["run", "pause", "p", "r1"], "a reason is needed");
    let paused = lab.json(&["run", "pause", "p", "r1", "--reason", "the source is down"]);
    assert_eq!((&paused["status"], &paused["pause"]["actor"]), (&json!("paused"), &json!("tester")));
    let shown = lab.ok(&["run", "show", "p", "r1"]).stdout;
    assert!(shown.contains("paused") && shown.contains("the source is down"), "{shown}");
    lab.ok(&["run", "start", "p", "r1"]);
    assert_eq!(lab.json(&["run", "list", "p", "--status", "paused"])[0]["run"], "r1", "still");

    let child = lab.exec_in_background(&["--run", "r1"], "echo done > done");
    let said = wait_for("the wait", || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        Some(lab.path("done").exists())
    });
    assert!(!said, "nothing begins in a paused run");
    let resumed = lab.json(&["run", "resume", "p", "r1", "--reason", "it is up again"]);
    assert_eq!((&resumed["status"], &resumed["restarts"]), (&json!("running"), &json!(0)));
    let said = end_of(child);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("is paused by tester: the source is down"), "{said:?}");
    lab.refused(3, &["run", "resume", "p", "r1"], "only a paused run");
    lab.ok(&["run", "finish", "p", "r1"]);
    lab.refused(3, &["run", "pause", "p", "r1", "--reason", "too late"], "is succeeded for good");
}

#[test]
fn a_worker_is_asked_to_stop_and_hands_back_what_it_has() {
    let lab = Lab::new();
    let script = "trap 'echo \"{\\\"state\\\":\\\"page 3\\\"}\" > $HIGHWATER_RESULT; exit 75' TERM; \
                  echo begun > begun; while :; do sleep 0.05; done";
    let child = lab.exec_in_background(&["--lease", "1s"], script);
    lab.wait_for_file("begun");
    let worker = lab.json(&["lease", "list", "p"])[0]["worker"].as_str().expect("a worker").to_owned();
    lab.refused(2, &["worker", "stop", "p", "nobody", "--reason", "x"], "there is no worker `nobody`");
    lab.refused(2, &["worker", "stop", "p", &worker, "--grace", "30s", "--reason", "release"], "--yes");
    let stop = lab.json(&["worker", "stop", "p", &worker, "--grace", "30s", "--reason", "release", "--yes"]);
    assert_eq!((&stop["holds"], &stop["fenced"]), (&json!([]), &json!([])), "it let go in time");
    let said = end_of(child);
    assert!(said.stderr.contains("is asked to stop by tester"), "{said:?}");
    let run = lab.newest_run();
    assert_eq!(run["status"], "running", "its run stays open: {run}");
    let shown = lab.json(&["run", "show", "p"]);
    assert_eq!(shown["nodes"][0]["attempts"][0]["status"], "handed-back");
    assert_eq!(shown["nodes"][0]["status"], "pending", "it counts for no failure");
    assert!(lab.ok(&["worker", "list", "p"]).stdout.contains("release"));
    let allowed = lab.ok(&["worker", "allow", "p", &worker, "--reason", "released"]);
    assert!(allowed.stderr.contains("may begin again"), "{allowed:?}");
    lab.refused(3, &["worker", "allow", "p", &worker, "--reason", "released"], "nothing to allow");
    let said = lab.exec(&[], "test \"$(cat $HIGHWATER_STATE)\" = 'page 3'");
    assert_eq!(said.code, Some(0), "the next attempt has its state: {said:?}");
}

#[test]
fn a_worker_that_does_not_listen_is_fenced() {
    let lab = Lab::new();
    let child =
        lab.exec_in_background(&["--lease", "1s"], "trap '' TERM; echo begun > begun; sleep 30 & wait; wait");
    lab.wait_for_file("begun");
    let worker = lab.json(&["lease", "list", "p"])[0]["worker"].as_str().expect("a worker").to_owned();
    let stop = lab.json(&["worker", "stop", "p", &worker, "--grace", "1ms", "--reason", "hung", "--yes"]);
    assert_eq!(stop["fenced"].as_array().map(Vec::len), Some(1), "{stop}");
    let shown = lab.json(&["run", "show", "p"]);
    assert_eq!(shown["nodes"][0]["attempts"][0]["status"], "crashed");
    let log = lab.ok(&["log", "show", "p"]).stdout;
    assert!(log.contains("worker-stopped") && log.contains("asked to stop: hung"), "{log}");
    signal(&child, rustix::process::Signal::KILL);
    end_of(child);
}

#[test]
fn a_report_says_how_far_a_run_is_and_what_to_do() {
    let lab = Lab::new();
    lab.exec(&["--run", "r0"], "true");
    lab.ok(&["run", "start", "p", "r1"]);
    let said = lab.exec(&["--run", "r1"], "echo rows_read 10 > $HIGHWATER_RESULT");
    assert_eq!(said.code, Some(0), "{said:?}");
    lab.run(&[
        "exec",
        "-p",
        "p",
        "-r",
        "r1",
        "-n",
        "send",
        "--max-attempts",
        "1",
        "--",
        "sh",
        "-c",
        "exit 3",
    ]);
    let report = lab.json(&["run", "report", "p", "r1"]);
    assert_eq!((&report["nodes"], &report["done_percent"]), (&json!(2), &json!(50)), "{report}");
    assert_eq!(report["recommendations"][0]["code"], "failed-nodes");
    assert_eq!(report["failures"][0]["error"]["class"], "exit-3");
    let shown = lab.ok(&["run", "report", "p", "r1"]).stdout;
    assert!(shown.contains("1 of 2 nodes (50 %)") && shown.contains("exit-3"), "{shown}");
    assert!(shown.contains("highwater run reset-failed p r1"), "{shown}");
    let before = lab.json(&["run", "report", "p", "r1", "--at", "6"]);
    assert_eq!(before["failures"], json!([]), "the past can be reported on, too: {before}");
    lab.refused(2, &["run", "report", "p", "r9"], "there is no run `r9`");
}

#[test]
fn an_item_that_cannot_be_worked_on_is_put_aside_and_settled_by_hand() {
    let lab = Lab::new();
    let bury = format!(
        "for key in a b; do {} dead-letter bury $key --error 'no such country' --payload '7,zz'; done",
        crate::lab::PROGRAM
    );
    let said = lab.exec(&[], &bury);
    assert_eq!(said.code, Some(0), "the node is done all the same: {said:?}");
    let letters = lab.json(&["dead-letter", "list", "p", "--node", "load"]);
    assert_eq!((&letters[0]["key"], &letters[0]["payload"]), (&json!("a"), &json!("7,zz")), "{letters}");
    assert!(lab.ok(&["dead-letter", "list", "p"]).stdout.contains("poison: no such country"));
    lab.refused(2, &["dead-letter", "requeue", "p", "load", "a"], "a reason is needed");
    lab.ok(&["dead-letter", "requeue", "p", "load", "a", "--reason", "it is there now"]);
    let again = lab.json(&["dead-letter", "list", "p"]);
    assert_eq!(again[0]["requeued"]["reason"], "it is there now");
    let plan = lab.ok(&["dead-letter", "drop", "p", "load", "b"]);
    assert!(plan.stdout.contains('b') && plan.stderr.contains("--apply"), "{plan:?}");
    lab.ok(&["dead-letter", "drop", "p", "load", "b", "--apply", "--yes", "--reason", "not needed"]);
    assert_eq!(lab.json(&["dead-letter", "list", "p"]).as_array().map(Vec::len), Some(1));
    lab.refused(3, &["dead-letter", "requeue", "p", "load", "b", "--reason", "x"], "no dead letter `b`");
    let late = ["dead-letter", "bury", "c", "--error", "x", "--pipeline", "p", "--node", "load"];
    lab.refused(3, &[&late[..], &["--run", "r9", "--token", "1"]].concat(), "worth nothing any more");
}
