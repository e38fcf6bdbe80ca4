//! `highwater run` and `highwater pipeline`.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn runs_are_started_listed_and_finished() {
    let lab = Lab::new();
    let start = ["run", "start", "prod/orders", "r1", "--tag", "team=data", "--param", "since=2024-01-01"];
    assert_eq!(lab.ok(&[&start[..], &["--for", "2024-02-29"]].concat()).stdout, "r1\n");
    let run = lab.json(&["run", "show", "prod/orders", "r1"]);
    assert_eq!(run["params"]["since"], json!({"type": "date", "value": "2024-01-01"}));
    assert_eq!(run["tags"], json!({"team": "data"}));
    assert_eq!((&run["status"], &run["restarts"]), (&json!("running"), &json!(0)));
    assert_eq!(run["logical_time"], "2024-02-29T00:00:00.000Z");
    let started_at_ms = run["started_at_ms"].as_i64().expect("a time");
    assert!(
        started_at_ms > 1_700_000_000_000 && run["started_at"].as_str().is_some_and(|at| at.ends_with('Z'))
    );

    assert!(lab.ok(&start).stderr.contains("run r1 is resumed"));
    assert_eq!(lab.json(&["run", "show", "prod/orders"])["restarts"], 1);
    let finished = lab.json(&["run", "finish", "prod/orders", "r1"]);
    assert_eq!(finished["status"], "succeeded");
    assert!(finished["finished_at_ms"].as_i64() >= Some(started_at_ms));
    let refused = lab.refused(3, &["run", "finish", "prod/orders", "r1"], "is succeeded for good");
    assert!(refused.stderr.contains("try: highwater run show prod/orders r1"), "{}", refused.stderr);
    lab.refused(3, &start, "start a new run");
}

#[test]
fn a_bad_end_is_an_exit_code() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p", "r1"]);
    assert_eq!(
        lab.ok(&["run", "finish", "p", "r1", "--status", "failed"]).code,
        Some(0),
        "it is what was asked for"
    );
    lab.ok(&["run", "start", "p", "r2"]);
    let said = lab.exec(&["--run", "r2", "--max-attempts", "1"], "exit 9");
    assert_eq!(said.code, Some(9), "{said:?}");
    lab.refused(1, &["run", "finish", "p", "r2"], "ended as ✗ failed");
}

#[test]
fn lists_are_filtered_and_newest_first() {
    let lab = Lab::new();
    for (run, tag) in [("r1", "a=1"), ("r2", "a=1"), ("r3", "a=2")] {
        lab.ok(&["run", "start", "p", run, "--tag", tag]);
    }
    lab.ok(&["run", "finish", "p", "r1"]);
    let ids = |words: &[&str]| -> Vec<String> {
        let list = lab.json(&[&["run", "list", "p"], words].concat());
        list.as_array()
            .expect("a list")
            .iter()
            .map(|run| run["run"].as_str().expect("an id").to_owned())
            .collect()
    };
    assert_eq!(ids(&[]), ["r3", "r2", "r1"]);
    assert_eq!(ids(&["--tag", "a=1"]), ["r2", "r1"]);
    assert_eq!(ids(&["--status", "running", "--tag", "a=1"]), ["r2"]);
    assert_eq!(ids(&["--status", "running", "--status", "succeeded"]), ["r3", "r2", "r1"]);
    assert_eq!(ids(&["--since", "1h"]), ["r3", "r2", "r1"]);
    assert_eq!(ids(&["--until", "2020-01-01"]), [""; 0]);
    let cut = lab.ok(&["run", "list", "p", "--limit", "2"]);
    assert!(cut.stderr.contains("there are more runs than 2"), "{}", cut.stderr);
    lab.refused(2, &["run", "list", "p", "--status", "done"], "there are running, succeeded, partial");
    lab.refused(2, &["run", "list", "p", "--since", "yesterday"], "is no time");
    let table = lab.ok(&["run", "list", "p"]).stdout;
    assert!(table.starts_with("RUN  STATUS"), "{table}");
    assert!(
        table.contains("● running") && table.contains("✓ succeeded") && table.contains("Z (just now)"),
        "{table}"
    );
    assert!(!table.contains("ERROR"), "empty columns are left out: {table}");
}

#[test]
fn cancelling_needs_a_reason_and_a_yes() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p", "r1"]);
    lab.refused(2, &["run", "cancel", "p", "r1"], "try: highwater run cancel p r1 --reason");
    lab.refused(2, &["run", "cancel", "p", "r1", "--reason", "wrong day"], "nothing was changed");
    assert_eq!(lab.newest_run()["status"], "running");
    let cancelled =
        lab.json(&["run", "cancel", "p", "r1", "--reason", "wrong day", "--yes", "--actor", "ann"]);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(
        (&cancelled["cancel_reason"], &cancelled["cancel_actor"]),
        (&json!("wrong day"), &json!("ann"))
    );
    lab.refused(3, &["run", "cancel", "p", "r1", "--reason", "again", "--yes"], "there is nothing to cancel");
    assert!(lab.ok(&["run", "show", "p", "r1"]).stdout.contains("by ann: wrong day"));
}

#[test]
fn failed_nodes_are_explained_reset_and_forced() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p", "r1"]);
    lab.exec(&["--run", "r1", "--max-attempts", "1"], "echo no table >&2; exit 9");

    let shown = lab.ok(&["run", "show", "p", "r1"]).stdout;
    assert!(shown.contains("✗ failed") && shown.contains("load attempt 1 failed with exit-9"), "{shown}");
    assert!(shown.contains("  no table\n"), "{shown}");
    let why = lab.json(&["run", "why", "p", "r1", "load"]);
    assert_eq!((&why[0]["node"], &why[0]["status"]), (&json!("load"), &json!("failed")));
    assert_eq!(why[0]["decisions"][1]["what"], "give-up");
    assert!(lab.ok(&["run", "why", "p"]).stdout.contains("give-up"));
    lab.refused(2, &["run", "why", "p", "r1", "other"], "has no node `other`");

    assert_eq!(
        lab.json(&["run", "reset-failed", "p", "r1"]),
        json!({"pipeline": "p", "run": "r1", "nodes": ["load"], "applied": false})
    );
    assert!(lab.ok(&["run", "reset-failed", "p", "r1"]).stderr.contains("add --apply"));
    lab.refused(2, &["run", "reset-failed", "p", "r1", "--apply"], "a reason is needed");
    lab.refused(2, &["run", "reset-failed", "p", "r1", "--apply", "--reason", "fixed"], "--yes");
    let reset = lab.json(&["run", "reset-failed", "p", "r1", "--apply", "--reason", "fixed", "--yes"]);
    assert_eq!(reset["applied"], true);
    assert_eq!(lab.exec(&["--run", "r1"], "exit 0").code, Some(0));

    lab.refused(2, &["run", "force", "p", "r1", "load"], "a reason is needed");
    lab.refused(2, &["run", "force", "p", "r1", "load", "--reason", "late rows"], "--yes");
    let forced = lab.json(&["run", "force", "p", "r1", "load", "--reason", "late rows", "--yes"]);
    assert_eq!(forced["nodes"][0]["status"], "pending");
    assert_eq!(lab.exec(&["--run", "r1"], "exit 0").code, Some(0));
    assert_eq!(lab.newest_run()["nodes"][0]["attempts"].as_array().map(Vec::len), Some(3));
}

#[test]
fn what_is_not_there_is_a_usage_error_with_a_hint() {
    let lab = Lab::new();
    lab.refused(2, &["run", "list", "p"], "there is no store at");
    assert!(!lab.path("state").exists(), "looking must not make a store");
    lab.ok(&["hwm", "set", "p", "n", "1"]);
    lab.refused(2, &["run", "show", "p"], "pipeline `p` has no run yet");
    let refused = lab.refused(2, &["run", "show", "a b", "r1"], "there is no run `r1`");
    assert!(refused.stderr.contains("try: highwater run list 'a b'"), "{}", refused.stderr);
    lab.refused(2, &["run", "show", "../../x", "r1"], "segment `..`");
    lab.refused(2, &["run", "list", ""], "the pipeline id is empty");
    lab.refused(2, &["run", "list", &"x".repeat(100_000)], "at most 256 are allowed");
}

#[test]
fn pipelines_are_listed_and_shown() {
    let lab = Lab::new();
    for pipeline in ["prod/b", "prod/a", "dev/a"] {
        lab.ok(&["hwm", "set", pipeline, "n", "1"]);
    }
    assert_eq!(lab.ok(&["pipeline", "list"]).stdout, "PIPELINE\ndev/a\nprod/a\nprod/b\n");
    assert_eq!(
        lab.json(&["pipeline", "list", "prod/"]),
        json!([{"pipeline": "prod/a"}, {"pipeline": "prod/b"}])
    );
    let said = lab.run(&[
        "exec",
        "-p",
        "prod/a",
        "-n",
        "load",
        "--max-attempts",
        "5",
        "--backoff",
        "2s",
        "--",
        "true",
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let shown = lab.json(&["pipeline", "show", "prod/a"]);
    assert_eq!((&shown["hwms"], &shown["runs"], &shown["open_runs"]), (&json!(1), &json!(1), &json!([])));
    assert_eq!(shown["graph"][0]["retry"]["max_attempts"], 5);
    assert_eq!(shown["graph"][0]["retry"]["backoff_ms"], 2_000);
    assert_eq!(shown["digest"].as_str().map(str::len), Some(64));
    let table = lab.ok(&["pipeline", "show", "prod/a"]).stdout;
    assert!(table.contains("load  5 attempts, 2.0 s doubling to 1m 00s"), "{table}");
    lab.refused(2, &["pipeline", "show", "prod/none"], "nothing was ever written");
}
