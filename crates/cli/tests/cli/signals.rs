//! `highwater exec`: signals go to the command, and say how it ends.

use rustix::process::Signal;
use serde_json::json;

use crate::lab::{Lab, end_of, is_alive, signal, wait_for};

#[test]
fn signals_are_passed_on_and_end_exec_like_the_command() {
    for (sent, code, class) in [
        (Signal::TERM, 143, "signal-TERM"),
        (Signal::INT, 130, "signal-INT"),
        (Signal::HUP, 129, "signal-HUP"),
    ] {
        let lab = Lab::new();
        let child = lab.exec_in_background(&[], "echo $$ > begun; sleep 60 & echo $! > grandchild; wait");
        lab.wait_for_file("begun");
        let grandchild = lab.wait_for_file("grandchild");
        signal(&child, sent);
        let said = end_of(child);
        assert_eq!(said.code, Some(code), "{said:?}");
        let run = lab.newest_run();
        assert_eq!(run["nodes"][0]["attempts"][0]["error"]["class"], class);
        assert_eq!(run["status"], "running", "it stays open: {said:?}");
        assert!(said.stderr.contains("the same call goes on with it"), "{}", said.stderr);
        // Shells have what runs in the background ignore SIGINT: it is ended all the same, before the next attempt.
        wait_for("the whole group to end", || (!is_alive(&grandchild)).then_some(()));
        let again = lab.exec(&[], "echo $HIGHWATER_ATTEMPT > attempt");
        assert_eq!((again.code, lab.read("attempt").as_str()), (Some(0), "2\n"), "{again:?}");
        assert_eq!(lab.newest_run()["run"], run["run"], "the same run goes on");
    }
}

#[test]
fn a_command_may_use_a_signal_to_end_well() {
    let lab = Lab::new();
    let script =
        "trap 'echo hwm 7 > $HIGHWATER_RESULT; exit 0' TERM; echo x > begun; while :; do sleep 0.05; done";
    let child = lab.exec_in_background(&["--hwm", "a"], script);
    lab.wait_for_file("begun");
    signal(&child, Signal::TERM);
    assert_eq!(end_of(child).code, Some(0));
    assert_eq!(lab.ok(&["hwm", "get", "p", "a", "--raw"]).stdout, "7\n");
    assert_eq!(lab.newest_run()["status"], "succeeded");
}

#[test]
fn a_command_that_a_signal_ends_by_itself_is_a_failure_like_others() {
    let lab = Lab::new();
    let said = lab.exec(&["--max-attempts", "1"], "kill -SEGV $$");
    assert_eq!(said.code, Some(139), "{said:?}");
    assert_eq!(lab.newest_run()["error"]["class"], json!("signal-SEGV"));
}

#[test]
fn waiting_can_be_interrupted() {
    let lab = Lab::new();
    let child =
        lab.exec_in_background(&["--backoff", "60s", "--max-attempts", "2"], "echo x > begun; exit 1");
    lab.wait_for_file("begun");
    wait_for("the failure", || {
        let node = lab.newest_run()["nodes"][0].clone();
        (node["status"] == "waiting").then_some(())
    });
    signal(&child, Signal::TERM);
    assert_eq!(end_of(child).code, Some(143));
}

#[test]
fn what_the_caller_ignores_stays_ignored() {
    let lab = Lab::new();
    let program = crate::lab::PROGRAM;
    let script = format!(
        "trap '' HUP; exec {program} exec -q -p p -n load -- sh -c 'echo $$ > begun; sleep 0.5; echo x > done'"
    );
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).current_dir(lab.path("."));
    let child = command.env("HIGHWATER_STORE", "file:./state").spawn().expect("it starts");
    lab.wait_for_file("begun");
    signal(&child, Signal::HUP);
    assert_eq!(end_of(child).code, Some(0));
    assert_eq!(lab.read("done"), "x\n");
}
