//! `highwater lease`.

use serde_json::json;

use crate::lab::{Lab, end_of};

#[test]
fn a_lease_is_planned_and_then_taken_away() {
    let lab = Lab::new();
    let child = lab.exec_in_background(&["--lease", "2s"], "echo begun > begun; exec sleep 60");
    lab.wait_for_file("begun");
    let leases = lab.json(&["lease", "list", "p"]);
    let name = leases[0]["name"].as_str().expect("a name").to_owned();
    assert_eq!((&leases[0]["token"], &leases[0]["lease_ms"]), (&json!(1), &json!(2000)));
    assert!(lab.ok(&["lease", "list", "p"]).stdout.contains("2.0 s"));

    let plan = lab.json(&["lease", "release", "p", &name]);
    assert_eq!((&plan["applied"], &plan["version"]), (&json!(false), &json!(null)));
    assert!(lab.ok(&["lease", "release", "p", &name]).stderr.contains("would be fenced"));
    lab.refused(2, &["lease", "release", "p", &name, "--apply"], "a reason is needed");
    lab.refused(2, &["lease", "release", "p", &name, "--apply", "--reason", "hung"], "--yes");
    assert_eq!(lab.json(&["lease", "list", "p"]).as_array().map(Vec::len), Some(1), "nothing was done");

    let released = lab.json(&["lease", "release", "p", &name, "--apply", "--reason", "hung", "--yes"]);
    assert_eq!(released["applied"], true);
    let said = end_of(child);
    assert_eq!(said.code, Some(3), "its holder is fenced: {said:?}");
    assert!(lab.ok(&["lease", "list", "p"]).stderr.contains("no leases are held"));
    lab.refused(2, &["lease", "release", "p", &name], "nobody holds the lease");
    let log = lab.ok(&["log", "show", "p"]).stdout;
    assert!(log.contains("lease-forced") && log.contains("reason=hung actor=tester"), "{log}");
}
