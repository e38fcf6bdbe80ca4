//! `highwater doctor`.

use serde_json::{Value, json};

use crate::damage::damaged;
use crate::lab::{Lab, wait_for};

fn findings(data: &Value) -> Vec<(&str, &str)> {
    let entries = data.as_array().expect("a list").iter();
    entries
        .map(|it| (it["finding"].as_str().expect("a kind"), it["pipeline"].as_str().expect("an id")))
        .collect()
}

#[test]
fn a_healthy_store_needs_backups_and_then_nothing() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "dev/a", "n", "1"]);
    lab.ok(&["hwm", "set", "dev/b", "n", "1"]);
    assert_eq!(findings(&lab.json(&["doctor"])), [("no-backup", "dev/a"), ("no-backup", "dev/b")]);
    let said = lab.ok(&["doctor"]);
    assert!(said.stdout.starts_with("○ no-backup dev/a, dev/b\n"), "{}", said.stdout);
    assert!(said.stdout.contains("try: highwater state backup --all --keep 7"), "{}", said.stdout);
    lab.ok(&["state", "backup", "--all", "--keep", "7"]);
    let said = lab.ok(&["doctor"]);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.contains("2 pipelines, nothing to do"), "{}", said.stderr);
    assert_eq!(lab.json(&["doctor", "none/"]), json!([]));
}

#[test]
fn damage_comes_first_with_its_place_and_the_command_to_copy() {
    let lab = damaged();
    lab.ok(&["hwm", "set", "a", "n", "1"]);
    let said = lab.refused(4, &["doctor"], "1 of 2 pipelines damaged");
    assert!(said.stdout.starts_with("✗ broken p\n"), "{}", said.stdout);
    for words in ["log-0000", "byte ", "try: highwater state repair p\n", "no-backup a\n"] {
        assert!(said.stdout.contains(words), "`{words}`: {}", said.stdout);
    }
    let data = lab.run(&["doctor", "-o", "json"]);
    let data: Value = serde_json::from_str(&data.stdout).expect("JSON");
    assert_eq!(data[0]["command"], "highwater state repair p");
    assert!(
        findings(&data).contains(&("broken", "p")) && findings(&data).ends_with(&[("no-backup", "a")]),
        "{data}"
    );
    lab.ok(&["doctor", "a"]);
    lab.ok(&["state", "repair", "p", "--apply", "--reason", "bad disk", "--yes"]);
    lab.ok(&["doctor"]);
}

#[test]
fn a_lease_whose_holder_stands_still_is_told_with_the_command_that_takes_it_away() {
    let lab = Lab::new();
    let mut child = lab.exec_in_background(&["--lease", "1s"], "echo begun > begun; exec sleep 60");
    lab.wait_for_file("begun");
    let stale = |data: &Value| findings(data).iter().any(|(kind, _)| *kind == "stale-lease");
    assert!(!stale(&lab.json(&["doctor"])), "its holder is alive");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let data = wait_for("a stale lease", || Some(lab.json(&["doctor"])).filter(stale));
    let command = data[0]["command"].as_str().expect("a command");
    assert!(command.starts_with("highwater lease release p "), "{command}");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    lab.ok(&[&words[..], &["--apply", "--reason", "its machine is gone", "--yes"]].concat());
    assert!(!stale(&lab.json(&["doctor"])));
}
