//! `highwater plan` and `highwater backfill`.

use serde_json::json;

use crate::lab::Lab;

fn lab() -> Lab {
    let lab = Lab::new();
    lab.ok(&["cadence", "set", "p", "load", "--every", "1d", "--start", "2026-01-01", "--end", "2026-02-01"]);
    let mark = ["coverage", "mark-done", "p", "load", "2026-01-01..2026-01-11", "--apply", "--yes"];
    lab.ok(&[&mark[..], &["--reason", "adopted"]].concat());
    lab
}

#[test]
fn a_backfill_is_planned_then_made_and_watched() {
    let lab = lab();
    let words = ["plan", "backfill", "p", "2026-01"];
    let shown = lab.ok(&words);
    for line in ["10  ✓ skip  it is done", "21  ● run   it was never done"] {
        assert!(shown.stdout.contains(line), "{line}: {}", shown.stdout);
    }
    assert!(shown.stderr.contains("--apply --reason WHY"), "{}", shown.stderr);
    let plan = lab.json(&words);
    assert_eq!(plan["steps"][1]["interval"]["start_at"], "2026-01-11T00:00:00.000Z");
    let apply = ["--apply", "--yes", "--id", "january", "--newest-first", "--max-concurrent", "2"];
    lab.refused(2, &[&words[..], &apply].concat(), "--reason");
    let why = ["--reason", "a new column"];
    lab.refused(3, &[&words[..], &apply, &why, &["--basis", "00"]].concat(), "has moved");
    let said = lab.ok(&[&words[..], &apply, &why].concat()).stderr;
    assert!(said.contains("highwater backfill show p january"), "{said}");
    let view = lab.json(&["backfill", "show", "p", "january"]);
    assert_eq!(
        (&view["done"], &view["windows"], &view["order"]),
        (&json!(10), &json!(31), &json!("newest-first"))
    );
    lab.ok(&["backfill", "pause", "p", "january", "--reason", "slow"]);
    assert!(lab.ok(&["backfill", "list", "p"]).stdout.contains("↻ paused"));
    assert!(lab.ok(&["backfill", "pause", "p", "january", "--reason", "slow"]).stderr.contains("already"));
    lab.ok(&["backfill", "resume", "p", "january", "--reason", "fast"]);
    lab.ok(&["backfill", "cancel", "p", "january", "--reason", "enough", "--yes"]);
    lab.refused(3, &["backfill", "resume", "p", "january", "--reason", "more"], "for good");
    lab.ok(&["backfill", "delete", "p", "january", "--reason", "over", "--yes"]);
    assert!(lab.ok(&["backfill", "list", "p"]).stderr.contains("no backfills"));
    lab.refused(2, &["backfill", "show", "p", "january"], "there is no backfill");
}

#[test]
fn a_restatement_makes_what_is_done_stale() {
    let lab = lab();
    let words = ["plan", "restate", "p", "2026-01-03..2026-01-05", "--node", "load", "--downstream"];
    lab.ok(&[&words[..], &["--apply", "--yes", "--reason", "a wrong rate"]].concat());
    let stale = lab.json(&["coverage", "windows", "p", "load", "--status", "stale"]);
    assert_eq!(stale.as_array().map(Vec::len), Some(2));
}

#[test]
fn runs_are_planned_too() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p", "r1"]);
    lab.refused(2, &["plan", "run", "p"], "no graph is declared");
    assert_eq!(lab.json(&["plan", "resume", "p", "r1"])["steps"], json!([]));
    lab.refused(2, &["plan", "retry-failed", "p", "r9"], "there is no run");
}
