//! `highwater exec` stops its command when somebody takes over.

use std::time::Instant;

use serde_json::json;

use crate::lab::{Lab, end_of, is_alive, wait_for};

fn release(lab: &Lab) {
    let leases = lab.json(&["lease", "list", "p"]);
    let name = leases[0]["name"].as_str().expect("a lease").to_owned();
    lab.ok(&["lease", "release", "p", &name, "--apply", "--yes", "--reason", "it hangs"]);
}

#[test]
fn a_fenced_command_is_stopped_and_cannot_write() {
    let lab = Lab::new();
    let script = "trap 'echo x > asked; exit 0' TERM; echo hwm 9 > $HIGHWATER_RESULT; echo $$ > begun; while :; do sleep 0.05; done";
    let child = lab.exec_in_background(&["--hwm", "a", "--lease", "1s"], script);
    let command = lab.wait_for_file("begun");
    release(&lab);
    let said = end_of(child);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(
        said.stderr.contains("is being stopped") && said.stderr.contains("error[fenced]"),
        "{}",
        said.stderr
    );
    assert!(!is_alive(&command));
    assert_eq!(lab.read("asked"), "x\n", "it was asked first");
    lab.refused(2, &["hwm", "get", "p", "a"], "no HWM `a`");
}

#[test]
fn a_fenced_command_that_does_not_listen_is_killed_with_all_it_started() {
    let lab = Lab::new();
    let script =
        "trap '' TERM; sleep 60 & echo $! > grandchild; echo $$ > begun; while :; do sleep 0.05; done";
    let child = lab.exec_in_background(&["--lease", "1s", "--grace", "300ms"], script);
    let command = lab.wait_for_file("begun");
    let grandchild = lab.wait_for_file("grandchild");
    release(&lab);
    let start = Instant::now();
    assert_eq!(end_of(child).code, Some(3));
    assert!(start.elapsed().as_millis() >= 250, "it had its grace");
    assert!(!is_alive(&command));
    wait_for("the grandchild to end", || (!is_alive(&grandchild)).then_some(()));
}

#[test]
fn cancelling_a_run_stops_its_command() {
    let lab = Lab::new();
    let child = lab.exec_in_background(&["--run", "r1"], "echo x > begun; exec sleep 60");
    lab.wait_for_file("begun");
    let cancelled = lab.ok(&["run", "cancel", "p", "r1", "--yes", "--reason", "wrong day"]);
    assert!(
        cancelled.stderr.contains("1 node is being worked on and will be fenced"),
        "{}",
        cancelled.stderr
    );
    let said = end_of(child);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.stderr.contains("run `r1` is cancelled: stop this work"), "{}", said.stderr);
    assert_eq!(lab.newest_run()["nodes"][0]["status"], json!("cancelled"));
}

#[test]
fn a_success_that_comes_too_late_is_refused() {
    let lab = Lab::new();
    // Stopped as a whole, the way a machine sleeps: nobody beats, and nobody notices.
    let script = "echo hwm 1 > $HIGHWATER_RESULT; echo $$ > begun; until [ -e go ]; do sleep 0.02; done";
    let child = lab.exec_in_background(&["--hwm", "a", "--lease", "300ms"], script);
    lab.wait_for_file("begun");
    crate::lab::signal(&child, rustix::process::Signal::STOP);
    let other = lab.exec(&["--hwm", "a", "--lease", "300ms"], "echo hwm 2 > $HIGHWATER_RESULT");
    assert_eq!(other.code, Some(0), "{other:?}");
    std::fs::write(lab.path("go"), "").expect("written");
    crate::lab::signal(&child, rustix::process::Signal::CONT);
    let said = end_of(child);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_eq!(lab.ok(&["hwm", "get", "p", "a", "--raw"]).stdout, "2\n");
    let history = lab.json(&["hwm", "history", "p", "a"]);
    assert_eq!(history.as_array().map(Vec::len), Some(1), "{history}");
}
