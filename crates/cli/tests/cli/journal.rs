//! `highwater log` and `highwater worker`.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn the_log_is_readable_by_pages() {
    let lab = Lab::new();
    for value in ["1", "2", "3"] {
        lab.ok(&["hwm", "set", "p", "n", value]);
    }
    let log = lab.json(&["log", "show", "p"]);
    assert_eq!(log.as_array().map(Vec::len), Some(3));
    assert_eq!((&log[0]["version"], &log[0]["facts"][0]["name"]), (&json!(1), &json!("hwm-set")));
    assert_eq!(log[2]["facts"][0]["fields"]["value"], json!({"type": "int", "value": "3"}));
    assert!(log[0]["decided_at"].as_str().is_some() && log[0]["decided_at_ms"].as_i64().is_some());
    let page = lab.ok(&["log", "show", "p", "--from", "2", "--limit", "1"]);
    assert!(page.stdout.contains("name=n value=2") && page.stdout.lines().count() == 2, "{}", page.stdout);
    assert!(page.stderr.contains("there is more: highwater log show p --from 3"), "{}", page.stderr);
    assert!(lab.ok(&["log", "show", "p", "--from", "9"]).stderr.contains("no records"));
    let lines = lab.ok(&["log", "show", "p", "-o", "ndjson"]).stdout;
    assert_eq!(lines.lines().filter(|line| line.starts_with("{\"version\":")).count(), 3);
}

#[test]
fn workers_are_shown_with_what_they_hold() {
    let lab = Lab::new();
    let mut child = lab.exec_in_background(&[], "echo begun > begun; exec sleep 60");
    lab.wait_for_file("begun");
    let worker = crate::lab::wait_for("a beat", || {
        let workers = lab.json(&["worker", "list", "p"]);
        workers.get(0).filter(|worker| worker["beat"].is_number()).cloned()
    });
    assert!(
        worker["place"].as_str().is_some_and(|place| place.ends_with(&format!("pid {}", child.id()))),
        "{worker}"
    );
    assert_eq!(worker["leases"][0]["token"], 1);
    let table = lab.ok(&["worker", "list", "p"]).stdout;
    assert!(table.starts_with("WORKER") && table.contains("(token 1)"), "{table}");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}
