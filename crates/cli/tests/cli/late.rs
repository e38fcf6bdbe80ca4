//! `highwater coverage late`.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn late_rows_are_reopened_recorded_or_refused_and_seen_by_everybody() {
    let lab = Lab::new();
    let late = ["coverage", "late"];
    let mark = ["coverage", "mark-done", "p", "load", "2026-11-01..2026-11-21"];
    lab.ok(&[&mark[..], &["--apply", "--yes", "--reason", "loaded before"]].concat());
    fn report(more: &[&'static str]) -> Vec<&'static str> {
        [&["coverage", "late", "report", "p", "load"], more].concat()
    }

    // Where nothing is declared, late rows are counted, and the command says so.
    let told = lab.ok(&report(&["2026-11-20T09:30:00Z", "--rows", "3"]));
    assert!(told.stdout.contains("recorded"), "{}", told.stdout);
    assert!(told.stderr.contains("what is done stays done"), "{}", told.stderr);

    lab.ok(&["cadence", "set", "p", "load", "--every", "1d", "--start", "2026-11-01"]);
    let rule = [&late[..], &["rule", "p", "load", "--action", "reopen"]].concat();
    lab.refused(2, &[&rule[..], &["--beyond", "refuse"]].concat(), "--allowed");
    lab.ok(&[&rule[..], &["--allowed", "3days", "--beyond", "refuse", "--downstream"]].concat());
    let rules = lab.json(&[&late[..], &["rules", "p"]].concat());
    assert_eq!(rules[0]["allowed"], 3 * 86_400_000);
    assert_eq!(rules[0]["beyond"], "refuse");

    // A whole window is reopened; what is too late is refused, and the exit code says it.
    let told = lab.ok(&report(&["2026-11-20T09:30:00Z", "2026-11-22", "--rows", "2", "--run", "nightly"]));
    for words in ["2026-11-20..2026-11-21", "reopened", "2026-11-22..2026-11-23", "not done yet"] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    lab.refused(1, &report(&["2026-11-02"]), "nobody will load them");
    let shown = lab.ok(&["coverage", "show", "p", "load"]).stdout;
    for words in [
        "1 times reopened (2 rows)",
        "1 times recorded (3 rows)",
        "1 times refused (0 rows)",
        "run `nightly`",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let data = lab.json(&["coverage", "show", "p", "load"]);
    assert_eq!(data["late"]["last"][0]["action"], "refuse");
    assert_eq!(data["late"]["last"][1]["start_at"], "2026-11-20T00:00:00.000Z");
    assert_eq!(lab.json(&["coverage", "list", "p"])[0]["late_reports"], 3);
    let windows = lab.json(&["coverage", "windows", "p", "load", "--status", "stale"]);
    assert_eq!(windows[0]["start_at"], "2026-11-20T00:00:00.000Z");

    lab.ok(&["run", "start", "p"]);
    lab.ok(&["exec", "--pipeline", "p", "--node", "load", "--", "true"]);
    let shown = lab.ok(&["run", "report", "p"]).stdout;
    assert!(shown.contains("load (1 reopened, 1 recorded, 1 refused)"), "{shown}");
    lab.ok(&[&late[..], &["remove", "p", "load"]].concat());
    assert_eq!(lab.json(&[&late[..], &["rules", "p"]].concat()), json!([]));
    lab.refused(2, &report(&["42"]), "on the time axis");
    lab.refused(2, &report(&["42", "2026-11-02"]), "in two commands");
}
