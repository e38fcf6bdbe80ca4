//! `highwater exec`: what a command finds, and what becomes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::lab::{Lab, Said};

#[test]
fn a_command_finds_its_place_and_moves_its_position() {
    let lab = Lab::new();
    let script = "env | grep ^HIGHWATER_ | sort > env; echo to-stdout; echo to-stderr >&2; \
                  echo \"hwm 2024-01-02\" > $HIGHWATER_RESULT; echo rows_read 12 >> $HIGHWATER_RESULT; \
                  echo rows_written 10 >> $HIGHWATER_RESULT";
    let said = lab.exec(&["--hwm", "loaded-at"], script);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "to-stdout\n"), "{said:?}");
    assert!(said.stderr.contains("\nto-stderr\n"), "{}", said.stderr);
    assert!(said.stderr.contains("loaded-at is not set yet"), "{}", said.stderr);
    assert!(
        said.stderr.contains("12 rows read, 10 rows written · loaded-at → 2024-01-02"),
        "{}",
        said.stderr
    );

    let run = lab.newest_run();
    let variables = lab.read("env");
    for line in [
        "HIGHWATER_ATTEMPT=1".to_owned(),
        "HIGHWATER_NODE=load".to_owned(),
        "HIGHWATER_PIPELINE=p".to_owned(),
        format!("HIGHWATER_RUN={}", run["run"].as_str().expect("an id")),
        "HIGHWATER_TOKEN=1".to_owned(),
    ] {
        assert!(variables.contains(&line), "{line}: {variables}");
    }
    assert!(!variables.contains("HIGHWATER_HWM") && !variables.contains("HIGHWATER_STATE"), "{variables}");
    assert_eq!((&run["status"], &run["trigger"]), (&json!("succeeded"), &json!("exec")));
    assert_eq!(run["counts"]["rows_read"], 12);
    assert_eq!(run["nodes"][0]["attempts"][0]["counts"]["rows_written"], 10);

    // Position, success and the end of the run stand in one record.
    let log = lab.json(&["log", "show", "p"]);
    let record = log.as_array().and_then(|log| log.last()).expect("a record");
    let names: Vec<&str> =
        record["facts"].as_array().expect("facts").iter().filter_map(|fact| fact["name"].as_str()).collect();
    assert_eq!(names[..3], ["hwm-set", "attempt-succeeded", "run-finished"]);

    lab.exec(&["--hwm", "loaded-at"], script);
    let variables = lab.read("env");
    assert!(
        variables.contains("HIGHWATER_HWM=2024-01-02\n")
            && variables.contains("HIGHWATER_HWM_LOADED_AT=2024-01-02\n"),
        "{variables}"
    );
    assert_eq!(lab.json(&["run", "list", "p"]).as_array().map(Vec::len), Some(2), "each call has its run");
}

#[test]
fn a_node_that_is_done_in_its_run_is_skipped() {
    let lab = Lab::new();
    assert_eq!(lab.exec(&["--run", "day-1"], "echo x >> ran").code, Some(0));
    let again = lab.exec(&["--run", "day-1"], "echo x >> ran");
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""));
    assert!(again.stderr.contains("skipped"), "{}", again.stderr);
    assert_eq!(lab.read("ran"), "x\n");
    assert_eq!(lab.exec(&["--run", "day-2"], "echo x >> ran").code, Some(0));
    assert_eq!(lab.read("ran"), "x\nx\n");
    assert_eq!(lab.newest_run()["status"], "succeeded", "exec ends what it starts");
}

#[test]
fn nodes_share_a_run_that_somebody_else_started() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p", "r1"]);
    for node in ["extract", "load", "extract"] {
        let said = lab.run(&[
            "exec",
            "-p",
            "p",
            "-n",
            node,
            "-r",
            "r1",
            "--",
            "sh",
            "-c",
            "echo $HIGHWATER_NODE >> ran",
        ]);
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert_eq!(lab.read("ran"), "extract\nload\n");
    assert_eq!(lab.newest_run()["status"], "running", "who started it ends it");
    assert_eq!(lab.json(&["run", "finish", "p", "r1"])["status"], "succeeded");
    let late = lab.run(&["exec", "-p", "p", "-n", "report", "-r", "r1", "--", "true"]);
    assert_eq!(late.code, Some(3), "{late:?}");
    assert!(late.stderr.contains("succeeded for good"), "{}", late.stderr);
}

#[test]
fn a_failed_run_is_over_and_the_next_call_starts_another() {
    let lab = Lab::new();
    let said = lab.exec(&["--max-attempts", "1"], "echo reason one >&2; echo 'reason two' >&2; exit 41");
    assert_eq!(said.code, Some(41), "{said:?}");
    let first = lab.newest_run();
    assert_eq!((&first["status"], &first["error"]["class"]), (&json!("failed"), &json!("exit-41")));
    let attempt = &first["nodes"][0]["attempts"][0];
    assert_eq!(attempt["error"]["detail"], "reason one\nreason two");
    assert!(
        !attempt["error"]["message"].as_str().expect("words").contains("reason"),
        "arguments may be secret"
    );
    assert_eq!(lab.exec(&[], "exit 0").code, Some(0));
    assert_ne!(lab.newest_run()["run"], first["run"]);
}

#[test]
fn commands_that_cannot_start_are_found_out_before_anything_is_recorded() {
    let lab = Lab::new();
    let call = |program: &str| lab.run(&["exec", "-p", "p", "-n", "load", "--", program]);
    assert_eq!(call("no-such-program").code, Some(127));
    fs::write(lab.path("script"), "echo hello").expect("written");
    assert_eq!(call("./script").code, Some(126));
    assert_eq!(call("").code, Some(2));
    assert!(!lab.path("state").exists());
    // One that the system refuses all the same.
    fs::write(lab.path("script"), "#!/no/such/interpreter\n").expect("written");
    fs::set_permissions(lab.path("script"), fs::Permissions::from_mode(0o755)).expect("rights");
    let said = lab.run(&["exec", "-p", "p", "-n", "load", "--max-attempts", "1", "--", "./script"]);
    assert_eq!(said.code, Some(126), "{said:?}");
    assert_eq!(lab.newest_run()["status"], "failed");
}

#[test]
fn a_graph_that_puts_other_nodes_first_needs_a_run_of_its_own() {
    let lab = Lab::new();
    // Two scripts of one pipeline, each with a policy, so both are in its graph.
    for node in ["a", "b"] {
        let said = lab.run(&["exec", "-p", "p", "-n", node, "--max-attempts", "2", "--", "true"]);
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    let run = lab.newest_run();
    assert_eq!(run["status"], "partial", "node a was never begun in it");
    let again = lab.run(&["exec", "-p", "p", "-n", "b", "--", "sh", "-c", "echo x > ran"]);
    assert_eq!((again.code, lab.read("ran").as_str()), (Some(0), "x\n"), "{again:?}");
}

#[test]
fn exec_in_exec_sees_only_its_own_place_and_the_same_store() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "outer", "1"]);
    let inner = format!(
        "cd / && {} exec -q -p q -n inner -- sh -c 'env | grep ^HIGHWATER_ | sort'",
        crate::lab::PROGRAM
    );
    let said = lab.exec(&["--hwm", "outer"], &inner);
    assert!(said.stdout.contains("HIGHWATER_PIPELINE=q\n") && !said.stdout.contains("OUTER"), "{said:?}");
    assert_eq!(lab.ok(&["pipeline", "list"]).stdout, "PIPELINE\np\nq\n");
}

#[test]
fn stdin_goes_to_the_command() {
    let lab = Lab::new();
    fs::write(lab.path("input"), "one\ntwo\n").expect("written");
    let mut command = lab.command(&["exec", "-q", "-p", "p", "-n", "load", "--", "wc", "-l"]);
    let output = command.stdin(fs::File::open(lab.path("input")).expect("input")).output().expect("it runs");
    let said = Said::from(output);
    assert_eq!((said.stdout.trim(), said.stderr.as_str()), ("2", ""));
}

#[test]
fn much_output_on_both_streams_does_not_stall() {
    let lab = Lab::new();
    let said = lab.exec(&["-q"], "yes out | head -c 3000000; yes err | head -c 3000000 >&2");
    assert_eq!((said.code, said.stdout.len(), said.stderr.len()), (Some(0), 3_000_000, 3_000_000));
}

#[test]
fn what_runs_on_in_the_background_does_not_hold_exec() {
    let lab = Lab::new();
    let start = std::time::Instant::now();
    let said = lab.exec(&["-q"], "sleep 20 >/dev/null & exit 0");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(start.elapsed().as_secs() < 15, "it took {:?}", start.elapsed());
}

#[test]
fn what_has_not_changed_is_not_done_again() {
    let lab = Lab::new();
    let options = ["--fingerprint", "code=v1", "--artifact", "out"];
    let make = "echo run >> runs; mkdir -p out; echo 1 > out/part";
    let missing = lab.exec(&[&options[..], &["--max-attempts", "1"]].concat(), "true");
    assert!(missing.code == Some(1) && missing.stderr.contains("out` is not there"), "{missing:?}");
    assert_eq!(lab.exec(&options, make).code, Some(0));
    let skipped = lab.exec(&options, make);
    assert_eq!(skipped.code, Some(0));
    assert!(skipped.stderr.contains("nothing has changed since its success in run"), "{}", skipped.stderr);
    let run = lab.newest_run();
    assert_eq!((&run["status"], &run["nodes"][0]["status"]), (&json!("succeeded"), &json!("cached")));
    std::fs::write(lab.path("out/part"), "2").expect("written");
    assert_eq!(lab.exec(&options, make).code, Some(0));
    assert!(lab.newest_run()["nodes"][0]["attempts"][0]["reason"]["code"] == "changed");
    let said = lab.exec(&["--fingerprint", "code=v2", "--artifact", "out"], make);
    assert!(said.stderr.contains("`code` has changed from `v1` to `v2`"), "{}", said.stderr);
    assert_eq!(lab.read("runs"), "run\nrun\nrun\n");
    let node = lab.json(&["node", "show", "p", "load"]);
    assert_eq!(node["success"]["fingerprint"]["parts"], json!({"code": "v2"}));
    assert_eq!(node["success"]["artifacts"][0]["size_bytes"], 2);
    let other = lab.ok(&["node", "show", "p", "other"]);
    assert!(other.stderr.contains("always runs"), "{}", other.stderr);
}

#[test]
fn a_node_is_skipped_and_forced_by_hand() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p", "r1"]);
    lab.refused(2, &["node", "skip", "p", "r1", "load"], "a reason is needed");
    lab.refused(2, &["node", "skip", "p", "r1", "load", "--reason", "no file"], "--yes");
    let run = lab.json(&["node", "skip", "p", "r1", "load", "--reason", "no file", "--yes"]);
    assert_eq!(run["nodes"][0]["status"], "skipped");
    let said = lab.exec(&["--run", "r1"], "echo run > runs");
    assert!(said.code == Some(0) && said.stderr.contains("skipped by tester: no file"), "{said:?}");
    let force = ["run", "force", "p", "r1", "load", "--downstream", "--reason", "it came", "--yes"];
    assert_eq!(lab.json(&force)["nodes"][0]["status"], "pending");
    assert_eq!(lab.exec(&["--run", "r1"], "echo run > runs").code, Some(0));
    assert_eq!(lab.read("runs"), "run\n");
    lab.refused(3, &["node", "skip", "p", "r1", "load", "--reason", "late", "--yes"], "nothing to skip");
}
