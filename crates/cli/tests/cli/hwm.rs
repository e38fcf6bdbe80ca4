//! `highwater hwm`.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn set_and_get_keep_every_digit() {
    let lab = Lab::new();
    for (name, text, value_type) in [
        ("a", "9223372036854775807", "int"),
        ("b", "18446744073709551615", "uint"),
        ("c", "-9007199254740993", "int"),
        ("d", "1234567890123456789012345678901234567890.10", "decimal"),
        ("e", "2024-02-29T23:59:60Z", "text"),
        ("f", "2024-02-29T23:59:59.123456789+05:30", "timestamp"),
        ("g", "2024-02-29", "date"),
        ("h", "67e55044-10b1-426f-9247-bb680e5fe0c8", "uuid"),
        ("i", "007", "text"),
        ("j", "a b", "text"),
        ("k", "-0.50", "decimal"),
    ] {
        let set = lab.ok(&["hwm", "set", "prod/orders", name, text]);
        assert!(
            set.stderr.contains(&format!("taken as {value_type}, from its form")),
            "{text}: {}",
            set.stderr
        );
        let hwm = lab.json(&["hwm", "get", "prod/orders", name]);
        assert_eq!(hwm["value"], json!({"type": value_type, "value": text}));
        assert_eq!(lab.ok(&["hwm", "get", "prod/orders", name, "--raw"]).stdout, format!("{text}\n"));
    }
}

#[test]
fn types_come_from_the_option_then_from_what_stands_there() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "5", "--type", "uint"]);
    let kept = lab.ok(&["hwm", "set", "p", "n", "6"]);
    assert!(kept.stderr.contains("taken as uint, as it has been so far"), "{}", kept.stderr);
    lab.refused(2, &["hwm", "set", "p", "n", "abc"], "`abc` is not a value of type uint");
    lab.refused(2, &["hwm", "set", "p", "n", "7", "--type", "number"], "is not a type of values");
    let refused = lab.run(&["hwm", "set", "p", "n", "7", "--type", "int"]);
    assert!(refused.code == Some(2) || refused.code == Some(3), "{refused:?}");
    assert!(refused.stderr.contains("highwater hwm set p n 7 --type int --cast"), "{}", refused.stderr);
    lab.ok(&["hwm", "set", "p", "n", "7", "--type", "int", "--cast"]);
    let history = lab.json(&["hwm", "history", "p", "n"]);
    assert_eq!(history[0]["what"], "cast");
    assert_eq!(history[2]["value"], json!({"type": "uint", "value": "5"}));
}

#[test]
fn backwards_is_refused_with_the_command_that_does_it() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "10"]);
    let refused = lab.run(&["hwm", "set", "p", "n", "4"]);
    assert!(refused.code == Some(2) || refused.code == Some(3), "{refused:?}");
    assert!(refused.stderr.contains("try: highwater hwm rewind p n 4"), "{}", refused.stderr);
    assert_eq!(refused.stdout, "");

    let plan = lab.ok(&["hwm", "rewind", "p", "n", "4"]);
    assert_eq!(plan.stdout, "n: 10 → 4\n");
    assert!(plan.stderr.contains("dry run: nothing was changed; add --apply"), "{}", plan.stderr);
    assert_eq!(lab.json(&["hwm", "rewind", "p", "n", "4"])["applied"], false);
    assert_eq!(lab.json(&["hwm", "get", "p", "n"])["value"]["value"], "10");

    lab.refused(2, &["hwm", "rewind", "p", "n", "4", "--apply"], "a reason is needed");
    lab.refused(
        2,
        &["hwm", "rewind", "p", "n", "4", "--apply", "--reason", "why"],
        "there is no terminal to ask at",
    );
    assert_eq!(lab.json(&["hwm", "get", "p", "n"])["value"]["value"], "10");

    let done = lab.json(&["hwm", "rewind", "p", "n", "4", "--apply", "--reason", "loaded twice", "--yes"]);
    assert_eq!(done["applied"], true);
    let history = lab.json(&["hwm", "history", "p", "n"]);
    assert_eq!((&history[0]["what"], &history[0]["actor"]), (&json!("rewind"), &json!("tester")));
    assert_eq!(history[0]["reason"], "loaded twice");
    lab.refused(2, &["hwm", "rewind", "p", "n", "4"], "is not behind it");
}

#[test]
fn lists_go_by_prefix() {
    let lab = Lab::new();
    for name in ["eu/b", "eu/a", "us/a"] {
        lab.ok(&["hwm", "set", "p", name, "1"]);
    }
    let list = lab.json(&["hwm", "list", "p", "eu/"]);
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!((&list[0]["name"], &list[0]["pipeline"]), (&json!("eu/a"), &json!("p")));
    assert!(list[0]["updated_at"].as_str().is_some_and(|at| at.ends_with('Z')));
    let table = lab.ok(&["hwm", "list", "p"]).stdout;
    assert!(table.starts_with("NAME  VALUE  TYPE  UPDATED"), "{table}");
    assert_eq!(table.lines().count(), 4);
    let cut = lab.ok(&["hwm", "list", "p", "--limit", "2"]);
    assert_eq!(cut.stdout.lines().count(), 3);
    assert!(cut.stderr.contains("there are more HWMs than 2"), "{}", cut.stderr);
    assert!(lab.ok(&["hwm", "list", "p", "none"]).stderr.contains("no HWMs"));
}

#[test]
fn long_lists_come_whole() {
    let lab = Lab::new();
    let script = "for n in $(seq -w 1 1100); do echo \"hwm h$n $n\"; done > $HIGHWATER_RESULT";
    let names: Vec<String> = (1..=1100).map(|number| format!("h{number:04}")).collect();
    let options: Vec<&str> = names.iter().flat_map(|name| ["--hwm", name.as_str()]).collect();
    assert_eq!(lab.exec(&options, script).code, Some(0));
    assert_eq!(lab.json(&["hwm", "list", "p"]).as_array().map(Vec::len), Some(1100));
    let cut = lab.json(&["hwm", "list", "p", "--limit", "1050"]);
    assert_eq!(cut.as_array().map(Vec::len), Some(1050));
}

#[test]
fn deleting_asks_for_a_reason_and_a_yes() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "10"]);
    lab.refused(2, &["hwm", "delete", "p", "n"], "a reason is needed");
    lab.refused(2, &["hwm", "delete", "p", "n", "--reason", "gone"], "--yes");
    let deleted = lab.json(&["hwm", "delete", "p", "n", "--reason", "gone", "--yes"]);
    assert_eq!(deleted["from"], json!({"type": "int", "value": "10"}));
    let missing = lab.refused(2, &["hwm", "get", "p", "n"], "pipeline `p` has no HWM `n`");
    assert_eq!(missing.stdout, "");
    assert!(missing.stderr.contains("try: highwater hwm list p"), "{}", missing.stderr);
    let history = lab.json(&["hwm", "history", "p", "n"]);
    assert_eq!((&history[0]["what"], &history[0]["value"]), (&json!("delete"), &json!(null)));
    lab.refused(2, &["hwm", "delete", "p", "n", "--reason", "gone", "--yes"], "has no HWM `n`");
    lab.refused(2, &["hwm", "history", "p", "m"], "never had an HWM `m`");
}

#[test]
fn declarations_say_from_where_to_read() {
    let lab = Lab::new();
    let name = "orders.updated_at";
    let declared = lab.ok(&["hwm", "declare", "p", name, "--type", "timestamp", "--read-back", "1h"]);
    assert!(declared.stdout.contains("timestamp, reads back 1h"), "{}", declared.stdout);
    assert!(declared.stdout.contains("all rows"), "{}", declared.stdout);
    lab.ok(&["hwm", "set", "p", name, "2024-05-01T08:30:00Z"]);
    let shown = lab.ok(&["hwm", "show", "p", name]).stdout;
    assert!(shown.contains("> 2024-05-01T07:30:00Z"), "{shown}");
    let position = &lab.json(&["hwm", "show", "p"])[0];
    assert_eq!(position["from"], json!({"type": "timestamp", "value": "2024-05-01T07:30:00Z"}));
    assert_eq!(position["lag"], json!({"mode": "read-back", "amount": 3_600_000}));
    let again = lab.ok(&["hwm", "declare", "p", name, "--type", "timestamp", "--read-back", "1h"]);
    assert!(again.stderr.contains("it was declared so already"), "{}", again.stderr);
    lab.refused(2, &["hwm", "declare", "p", name, "--read-back", "soon"], "`soon` is no lag");
    lab.refused(2, &["hwm", "declare", "p", "x", "--type", "text", "--hold-back", "5"], "have no distances");
}

#[test]
fn one_that_follows_coverage_stands_where_the_first_gap_is() {
    let lab = Lab::new();
    let declared = lab.ok(&["hwm", "declare", "p", "loaded", "--from-coverage", "load/eu", "--initial", "0"]);
    assert!(declared.stdout.contains("follows the coverage of load/eu"), "{}", declared.stdout);
    let mark = |what: &str, interval: &str| {
        let words =
            ["coverage", what, "p", "load", interval, "--partition", "eu", "--reason", "why", "--apply"];
        lab.ok(&[&words[..], &["--yes"]].concat());
    };
    let slashed = ["hwm", "declare", "p", "other", "--from-coverage", "raw/load", "--partition"];
    lab.ok(&[&slashed[..], &["eu/west"]].concat());
    assert_eq!(
        lab.json(&["hwm", "show", "p", "other"])[0]["coverage"],
        json!({"node": "raw/load", "partition": "eu/west"})
    );
    lab.ok(&[&slashed[..], &[""]].concat());
    assert_eq!(lab.json(&["hwm", "show", "p", "other"])[0]["coverage"]["node"], json!("raw/load"));
    mark("mark-done", "0..10");
    mark("mark-done", "20..30");
    let position = &lab.json(&["hwm", "show", "p", "loaded"])[0];
    assert_eq!((&position["from"]["value"], &position["lower"]), (&json!("10"), &json!("closed")));
    assert_eq!(position["coverage"], json!({"node": "load", "partition": "eu"}));
    mark("mark-done", "10..20");
    mark("forget", "5..6");
    let history = lab.json(&["hwm", "history", "p", "loaded"]);
    let told: Vec<_> =
        history.as_array().unwrap().iter().map(|it| (&it["what"], &it["value"]["value"])).collect();
    let expected = [5, 30, 10, 0].map(|at| (json!("derived"), json!(at.to_string())));
    assert!(told.iter().zip(&expected).all(|(a, b)| (a.0, a.1) == (&b.0, &b.1)), "{told:?}");
    assert_eq!(history[0]["reason"], "why");
    lab.refused(2, &["hwm", "set", "p", "loaded", "50"], "mark that coverage, or declare the HWM without it");
    lab.refused(
        2,
        &["hwm", "rewind", "p", "loaded", "0", "--reason", "why", "--apply", "--yes"],
        "follows the coverage",
    );
    lab.ok(&["hwm", "declare", "p", "loaded"]);
    lab.ok(&["hwm", "set", "p", "loaded", "50"]);
}

#[test]
fn a_source_that_forgot_rows_is_named() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "id", "10"]);
    let seen = lab.ok(&["hwm", "observe", "p", "id", "--earliest", "11", "--latest", "50"]);
    assert!(!seen.stderr.contains("gone from it"), "{}", seen.stderr);
    let seen = lab.ok(&["hwm", "observe", "p", "id", "--earliest", "30"]);
    assert!(seen.stderr.contains("the source begins at 30"), "{}", seen.stderr);
    assert_eq!(lab.json(&["hwm", "show", "p", "id"])[0]["forgotten"], true);
    lab.refused(2, &["hwm", "observe", "p", "id"], "say what the source has");
    assert!(lab.ok(&["hwm", "show", "p"]).stderr.contains("no HWM was declared"));
}
