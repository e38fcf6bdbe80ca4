//! `highwater coverage`.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn marks_are_planned_then_made_and_gaps_are_shown() {
    let lab = Lab::new();
    let mark = ["coverage", "mark-done", "p", "load", "2026-11-01..2026-11-10", "2026-11-12"];
    let plan = lab.ok(&mark);
    assert!(plan.stdout.contains("2026-11-01..2026-11-10: ✓ done"), "{}", plan.stdout);
    assert!(plan.stderr.contains("--apply"), "{}", plan.stderr);
    lab.refused(2, &[&mark[..], &["--apply", "--yes"]].concat(), "--reason");
    lab.ok(&[&mark[..], &["--apply", "--yes", "--reason", "loaded by hand"]].concat());
    let gaps = lab.json(&["coverage", "gaps", "p", "load", "--within", "2026-11-05..2026-11-15"]);
    let starts: Vec<_> =
        gaps["spans"].as_array().expect("spans").iter().map(|span| &span["start_at"]).collect();
    assert_eq!(starts, [&json!("2026-11-10T00:00:00.000Z"), &json!("2026-11-13T00:00:00.000Z")]);
    let shown = lab.ok(&["coverage", "show", "p", "load"]).stdout;
    for words in ["█", "░", "% done", "all done up to 2026-11-10", "loaded by hand", "tester"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    lab.ok(&[
        "coverage",
        "invalidate",
        "p",
        "load",
        "2026-11-02",
        "--apply",
        "--yes",
        "--reason",
        "late rows",
    ]);
    let spans = lab.json(&["coverage", "show", "p", "load"])["spans"].clone();
    assert_eq!(spans[1]["status"], "stale");
    assert_eq!(spans[1]["reason"], "late rows");
    lab.ok(&["coverage", "forget", "p", "load", "2026", "--apply", "--yes", "--reason", "a wrong node"]);
    assert!(lab.ok(&["coverage", "show", "p", "load"]).stderr.contains("nothing is covered"));
    let before = lab.json(&["coverage", "list", "p", "--at", "2"]);
    assert_eq!(before[0]["node"], "load");
    assert_eq!(before[0]["end_at"], "2026-11-13T00:00:00.000Z");
}

#[test]
fn numbers_and_times_are_not_mixed() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p"]);
    let mark = ["coverage", "mark-done", "p", "copy"];
    let apply = ["--apply", "--yes", "--reason", "adopted"];
    lab.refused(2, &[&mark[..], &["0..5", "2026"]].concat(), "in two commands");
    lab.refused(2, &[&mark[..], &["5..0"]].concat(), "must come after the start");
    lab.ok(&[&mark[..], &["0..5"], &apply].concat());
    lab.refused(2, &[&mark[..], &["2026"], &apply].concat(), "on the integer axis");
    lab.ok(&[&mark[..], &["7..9"], &apply, &["--partition", "de"]].concat());
    let lines = lab.json(&["coverage", "list", "p"]);
    assert_eq!(lines[0]["edge"], 5);
    assert_eq!(lines[1]["partition"], "de");
    assert!(lab.ok(&["coverage", "show", "p", "copy"]).stdout.starts_with("█████  100.0 % done\n"));
}
