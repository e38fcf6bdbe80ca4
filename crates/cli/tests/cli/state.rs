//! `highwater state`: checks, backups, differences, going back; and `--at` on every read.

use serde_json::json;

use crate::lab::Lab;

/// Versions 1 to 5 set an HWM to 1 to 5.
fn five() -> Lab {
    let lab = Lab::new();
    for value in ["1", "2", "3", "4", "5"] {
        lab.ok(&["hwm", "set", "p", "n", value]);
    }
    lab
}

fn value(lab: &Lab, words: &[&str]) -> String {
    lab.ok(&[&["hwm", "get", "p", "n", "--raw"], words].concat()).stdout.trim_end().to_owned()
}

#[test]
fn a_whole_state_is_valid_and_whole() {
    let lab = five();
    let valid = lab.json(&["state", "validate", "p"]);
    assert_eq!((&valid["version"], &valid["hwms"], &valid["problems"]), (&json!(5), &json!(1), &json!([])));
    let whole = lab.json(&["state", "verify-integrity", "p"]);
    assert_eq!((&whole["first_version"], &whole["last_version"]), (&json!(1), &json!(5)));
    assert_eq!(
        (&whole["records"], &whole["first_bad"], &whole["damage"]),
        (&json!(5), &json!(null), &json!([]))
    );
    assert!(lab.ok(&["state", "verify-integrity", "p"]).stdout.contains("none"));
    let repair = lab.json(&["state", "repair", "p", "--apply"]);
    assert_eq!(
        (&repair["needed"], &repair["applied"]),
        (&json!(false), &json!(false)),
        "and wants no reason"
    );
    lab.refused(2, &["state", "validate", "p", "--store", "file:./none"], "there is no store");
}

#[test]
fn every_read_looks_at_any_moment() {
    let lab = five();
    lab.ok(&["state", "backup", "p"]);
    assert_eq!(lab.exec(&["--hwm", "n"], "echo hwm 9 > $HIGHWATER_RESULT").code, Some(0));
    for (at, then) in [("3", "3"), ("backup:latest", "5"), ("head", "9"), ("0s", "9")] {
        assert_eq!(value(&lab, &["--at", at]), then, "{at}");
    }
    let time = lab.json(&["log", "show", "p"])[1]["decided_at"].as_str().expect("a time").to_owned();
    let then: u64 = value(&lab, &["--at", &time]).parse().expect("a number");
    assert!(then >= 2, "others may have been decided in the same millisecond: {then}");
    assert_eq!(lab.json(&["run", "list", "p", "--at", "5"]), json!([]));
    assert_eq!(lab.json(&["pipeline", "show", "p", "--at", "4"])["version"], 4);
    assert_eq!(lab.json(&["hwm", "list", "p", "--at", "4"])[0]["version"], 4);
    assert_eq!(lab.json(&["hwm", "history", "p", "n", "--at", "2"]).as_array().map(Vec::len), Some(2));
    assert_eq!(lab.json(&["log", "show", "p", "--at", "2"]).as_array().map(Vec::len), Some(2));
    // Version 6 starts the run, version 7 its attempt, which holds a lease until version 8.
    assert_eq!(lab.json(&["run", "show", "p", "--at", "7"])["status"], "running");
    assert_eq!(lab.json(&["run", "why", "p", "--at", "7"])[0]["decisions"][0]["what"], "run");
    assert_eq!(lab.json(&["lease", "list", "p", "--at", "7"])[0]["token"], 1);
    assert_eq!(lab.json(&["lease", "list", "p"]), json!([]));

    lab.refused(2, &["hwm", "get", "p", "n", "--at", "99"], "error[invalid]");
    lab.refused(2, &["hwm", "get", "p", "n", "--at", "backup:none"], "no backup `none`");
    lab.refused(2, &["hwm", "get", "p", "n", "--at", "yesterday"], "`yesterday` is no moment");
    lab.refused(2, &["hwm", "get", "p", "n", "--at", "0"], "has no HWM `n`");
    lab.refused(2, &["pipeline", "show", "p", "--at", "0"], "nothing was written yet at that moment");
    lab.refused(2, &["hwm", "set", "p", "n", "10", "--at", "3"], "unexpected argument");
}

#[test]
fn backups_are_kept_by_number_and_deleted_after_a_yes() {
    let lab = five();
    assert!(lab.ok(&["state", "list-backups", "p"]).stderr.contains("highwater state backup p"));
    let first = lab.json(&["state", "backup", "p", "--name", "before-v2"]);
    let id = first["id"].as_str().expect("an id").to_owned();
    assert!(id.ends_with("-v000000000005-before-v2"), "{id}");
    assert_eq!((&first["version"], &first["name"]), (&json!(5), &json!("before-v2")));
    lab.ok(&["hwm", "set", "p", "n", "6"]);
    lab.ok(&["state", "backup", "p"]);
    lab.ok(&["hwm", "set", "p", "n", "7"]);
    let third = lab.ok(&["state", "backup", "p", "--keep", "2"]);
    assert!(third.stderr.contains("1 older backup deleted"), "{}", third.stderr);
    let backups = lab.json(&["state", "list-backups", "p"]);
    let versions: Vec<_> =
        backups.as_array().expect("a list").iter().map(|backup| &backup["version"]).collect();
    assert_eq!(versions, [7, 6]);

    let newest = backups[0]["id"].as_str().expect("an id");
    lab.refused(2, &["state", "delete-backup", "p", newest], "--yes");
    lab.refused(2, &["state", "delete-backup", "p", &id, "--yes"], "highwater state list-backups p");
    lab.ok(&["state", "delete-backup", "p", newest, "--yes"]);
    assert_eq!(lab.json(&["state", "list-backups", "p"]).as_array().map(Vec::len), Some(1));
    let none = lab.json(&["state", "backup", "p", "--keep-for", "30d"])["deleted"].clone();
    assert_eq!(none, json!([]));
    lab.refused(2, &["state", "backup", "p", "--name", "a/b"], "letters, digits");
    lab.refused(2, &["state", "backup"], "<PIPELINE>");
}

#[test]
fn all_pipelines_are_backed_up_at_once() {
    let lab = five();
    lab.ok(&["hwm", "set", "dev/a", "n", "1"]);
    lab.ok(&["hwm", "set", "dev/b", "n", "1"]);
    assert_eq!(lab.json(&["state", "backup", "--all"]).as_array().map(Vec::len), Some(3));
    let some = lab.json(&["state", "backup", "dev/", "--all"]);
    assert_eq!((&some[0]["pipeline"], &some[1]["pipeline"]), (&json!("dev/a"), &json!("dev/b")));
}

#[test]
fn a_diff_says_what_came_went_and_changed() {
    let lab = five();
    assert_eq!(lab.exec(&["--hwm", "n"], "echo hwm 9 > $HIGHWATER_RESULT").code, Some(0));
    lab.ok(&["hwm", "set", "p", "other", "1"]);
    let diff = lab.ok(&["state", "diff", "p", "3"]);
    assert!(diff.stderr.contains("from version 3 to version"), "{}", diff.stderr);
    let lines: Vec<Vec<&str>> = diff.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(lines.contains(&vec!["~", "hwm", "n", "3", "→", "9"]), "{}", diff.stdout);
    assert!(lines.contains(&vec!["+", "hwm", "other", "1"]), "{}", diff.stdout);
    assert!(
        lines.iter().any(|line| line[..2] == ["+", "run"] && line[3] == "status=succeeded"),
        "{}",
        diff.stdout
    );
    let back = lab.ok(&["state", "diff", "p", "head", "3"]).stdout;
    assert!(back.contains("-  hwm      other") && back.contains("9 → 3"), "{back}");

    let data = lab.json(&["state", "diff", "p", "3", "4"]);
    assert_eq!((&data["from_version"], &data["to_version"]), (&json!(3), &json!(4)));
    let value = |text: &str| json!({"type": "int", "value": text});
    let change = json!({"kind": "hwm", "key": "n", "before": value("3"), "after": value("4")});
    assert_eq!(data["changes"], json!([change]));
    assert!(lab.ok(&["state", "diff", "p", "4", "4"]).stderr.starts_with("no change"));
    assert_eq!(lab.json(&["state", "diff", "p", "3", "--limit", "1"])["truncated"], true);
}

#[test]
fn a_revert_is_planned_and_then_done_and_can_be_undone() {
    let lab = five();
    let plan = lab.ok(&["state", "revert", "p", "--to", "2"]);
    assert!(plan.stdout.contains("5 → 2") && plan.stderr.contains("add --apply"), "{plan:?}");
    assert_eq!(value(&lab, &[]), "5");
    let revert = ["state", "revert", "p", "--to", "2", "--apply"];
    lab.refused(2, &revert, "try: highwater state revert p --to 2 --apply --reason");
    let with_reason = [&revert[..], &["--reason", "test data"]].concat();
    lab.refused(2, &with_reason, "--yes");
    assert_eq!(value(&lab, &[]), "5", "nothing was done");
    let done = lab.ok(&[&with_reason[..], &["--yes"]].concat());
    assert!(done.stderr.contains("the way back: highwater state revert p --to 5"), "{}", done.stderr);
    assert_eq!(value(&lab, &[]), "2");
    let history = lab.json(&["hwm", "history", "p", "n"]);
    assert_eq!((&history[0]["what"], &history[0]["actor"]), (&json!("revert"), &json!("tester")));
    assert!(history[0]["reason"].as_str().is_some_and(|reason| reason.contains("test data")), "{history}");

    let back =
        lab.json(&["state", "revert", "p", "--to", "5", "--apply", "--reason", "it was right", "--yes"]);
    assert_eq!(
        (&back["applied"], &back["from_version"], &back["to_version"]),
        (&json!(true), &json!(6), &json!(5))
    );
    assert_eq!(value(&lab, &[]), "5");
    assert!(lab.ok(&["state", "revert", "p", "--to", "5"]).stderr.contains("nothing has to be changed"));
}

#[test]
fn a_revert_fences_who_works_and_says_so() {
    let lab = five();
    let child = lab.exec_in_background(&["--lease", "2s"], "echo begun > begun; exec sleep 60");
    lab.wait_for_file("begun");
    let plan = lab.json(&["state", "revert", "p", "--to", "5"]);
    assert_eq!(plan["interrupted"].as_array().map(Vec::len), Some(1), "{plan}");
    let done = lab.ok(&["state", "revert", "p", "--to", "5", "--apply", "--reason", "test", "--yes"]);
    assert!(done.stderr.contains("the holder of 1 lease is fenced"), "{}", done.stderr);
    assert!(done.stdout.contains("These are fenced:"), "{}", done.stdout);
    assert_eq!(crate::lab::end_of(child).code, Some(3), "whoever held it is fenced");
}

#[test]
fn a_backup_is_restored() {
    let lab = five();
    lab.ok(&["state", "backup", "p"]);
    lab.ok(&["hwm", "set", "p", "n", "900"]);
    let id = lab.json(&["state", "list-backups", "p"])[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(lab.json(&["state", "restore", "p", "--backup", "latest"])["applied"], false);
    lab.refused(2, &["state", "restore", "p", "--backup", "none"], "highwater state list-backups p");
    lab.ok(&["state", "restore", "p", "--backup", &id, "--apply", "--reason", "wrong load", "--yes"]);
    assert_eq!(value(&lab, &[]), "5");
    let log = lab.ok(&["log", "show", "p", "--from", "7"]).stdout;
    assert!(log.contains("cause=restore") && log.contains(&id) && log.contains("wrong load"), "{log}");
}

#[test]
fn a_fork_starts_with_the_state_of_another_pipeline() {
    let lab = five();
    lab.refused(2, &["state", "fork", "p", "dev/p"], "try: highwater state fork p dev/p --reason");
    let forked = lab.json(&["state", "fork", "p", "dev/p", "--at", "3", "--reason", "to try it"]);
    assert_eq!(forked, json!({"pipeline": "dev/p", "version": 1, "source": "p", "source_version": 3}));
    assert_eq!(lab.ok(&["hwm", "get", "dev/p", "n", "--raw"]).stdout, "3\n");
    lab.ok(&["hwm", "set", "dev/p", "n", "4"]);
    assert_eq!(value(&lab, &[]), "5", "the source is only read");
    let again = lab.run(&["state", "fork", "p", "dev/p", "--reason", "again"]);
    assert!(again.code == Some(2) || again.code == Some(3), "{again:?}");
}
