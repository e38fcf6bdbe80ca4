//! Windows of runs, and `highwater run drift`.

use crate::lab::Lab;

#[test]
fn a_run_has_the_window_of_a_date_and_its_nodes_are_held_against_it() {
    let lab = Lab::new();
    let start = ["run", "start", "p"];
    // A day of Berlin in summer: from 22:00 to 22:00 in UTC.
    let day = ["r1", "--date", "2026-05-01", "--length", "24h", "--zone", "Europe/Berlin"];
    let told = lab.ok(&[&start[..], &day[..]].concat());
    assert!(told.stderr.contains("it covers 2026-04-30T22:00:00Z..2026-05-01T22:00:00Z"), "{}", told.stderr);
    // Started again, on another day: it keeps its window.
    let told = lab.ok(&[&start[..], &["r1", "--date", "2026-05-02"]].concat());
    assert!(told.stderr.contains("it covers 2026-04-30T22:00:00Z..2026-05-01T22:00:00Z"), "{}", told.stderr);
    let shown = lab.ok(&["run", "show", "p", "r1"]).stdout;
    assert!(shown.contains("2026-04-30T22:00:00Z..2026-05-01T22:00:00Z"), "{shown}");
    assert_eq!(lab.json(&["run", "show", "p", "r1"])["window"]["start_at"], "2026-04-30T22:00:00.000Z");

    let window = "2026-05-01..2026-05-02";
    lab.ok(&[&start[..], &["r2", "--window", window]].concat());
    let told = lab.ok(&["run", "drift", "p", "r2"]);
    assert!(told.stderr.contains("agree with its window"), "{}", told.stderr);
    for (node, done) in [("items", "2026-05-01..2026-05-01T18:00:00Z"), ("orders", window)] {
        let mark =
            ["coverage", "mark-done", "p", node, done, "--apply", "--yes", "--reason", "loaded by hand"];
        lab.ok(&mark);
        lab.ok(&["exec", "--pipeline", "p", "--run", "r2", "--node", node, "--", "true"]);
    }
    lab.refused(1, &["run", "drift", "p", "r2"], "1 of 2 nodes of run r2 differ from its window");
    let report = lab.ok(&["run", "report", "p", "r2"]).stdout;
    for words in [window, "highwater run drift p r2"] {
        assert!(report.contains(words), "{words}: {report}");
    }

    lab.refused(2, &[&start[..], &["--window", "2026-05-02..2026-05-01"]].concat(), "is empty");
    lab.refused(
        2,
        &[&start[..], &["--window", window, "--date", "2026-05-01"]].concat(),
        "cannot be used with",
    );
    lab.refused(2, &[&start[..], &["--length", "6h"]].concat(), "--date");
    lab.refused(2, &[&start[..], &["--date", "yesterday"]].concat(), "is no date");
}
