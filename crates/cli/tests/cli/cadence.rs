//! `highwater cadence` and `highwater coverage windows`.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn windows_follow_the_cadence_of_their_node() {
    let lab = Lab::new();
    let set = ["cadence", "set", "p", "load", "--every", "1d", "--zone", "Europe/Berlin"];
    let bounds = ["--start", "2026-03-28", "--end", "2026-04-01"];
    let said = lab.ok(&[&set[..], &bounds].concat());
    assert!(said.stderr.contains("highwater coverage windows p load"), "{}", said.stderr);
    assert!(lab.ok(&[&set[..], &bounds].concat()).stderr.contains("already"));
    lab.ok(&["coverage", "mark-done", "p", "load", "2026-03-27T23:00:00Z..2026-03-28T23:00:00Z"]
        .into_iter()
        .chain(["--apply", "--yes", "--reason", "adopted"])
        .collect::<Vec<_>>());
    let windows = lab.json(&["coverage", "windows", "p", "load"]);
    let told: Vec<_> =
        windows.as_array().expect("windows").iter().map(|it| (&it["start_at"], &it["status"])).collect();
    assert_eq!(told[0], (&json!("2026-03-27T23:00:00.000Z"), &json!("done")));
    assert_eq!(told[2], (&json!("2026-03-29T22:00:00.000Z"), &json!("missing")), "the clock was put forward");
    assert_eq!(lab.json(&["coverage", "windows", "p", "load", "--status", "done"])[1], json!(null));
    let shown = lab.ok(&["coverage", "windows", "p", "load", "--from", "2026-03-30"]).stdout;
    assert!(shown.contains("○ missing") && !shown.contains("2026-03-28"), "{shown}");
    lab.refused(2, &["coverage", "windows", "p", "load", "--status", "ready"], "open, missing, partial");
    lab.refused(2, &["coverage", "windows", "p", "other"], "has no cadence");
}

#[test]
fn cadences_are_listed_and_taken_back() {
    let lab = Lab::new();
    lab.ok(&[
        "cadence",
        "set",
        "p",
        "--cron",
        "0 6 * * mon-fri",
        "--zone",
        "America/New_York",
        "--start",
        "2026-11-01",
    ]);
    lab.ok(&["cadence", "set", "p", "ids", "--every", "1000", "--start", "0", "--lookback", "2"]);
    lab.ok(&[
        "cadence",
        "set",
        "p",
        "hourly",
        "--every",
        "6h",
        "--start",
        "2026-11-01T03:00:00Z",
        "--lag",
        "90m",
    ]);
    let shown = lab.ok(&["cadence", "list", "p"]).stdout;
    for words in [
        "(all others)",
        "0 6 * * mon-fri",
        "America/New_York",
        "6h",
        "2026-11-01T03:00:00Z",
        "1h 30m",
        "1000",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(lab.json(&["cadence", "list", "p"])[0]["start_at"], "2026-11-01T04:00:00.000Z");
    lab.ok(&["cadence", "remove", "p", "ids"]);
    assert!(lab.ok(&["cadence", "remove", "p", "ids"]).stderr.contains("had no cadence"));
    lab.ok(&["cadence", "remove", "p"]);
    assert_eq!(lab.json(&["cadence", "list", "p"])[0]["node"], "hourly");
}

#[test]
fn a_window_is_found_by_its_date() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p"]);
    let window = ["cadence", "window", "p", "2026-10-25", "--every", "1d", "--zone", "Europe/Berlin"];
    assert_eq!(lab.ok(&window).stdout, "2026-10-24T22:00:00Z..2026-10-25T23:00:00Z\n");
    let set = ["cadence", "set", "p", "n", "--start", "2026-11-01"];
    lab.refused(2, &[&set[..], &["--every", "1 fortnight"]].concat(), "1month");
    lab.refused(2, &[&set[..], &["--every", "1d", "--zone", "Europe/Atlantis"]].concat(), "there is no zone");
    lab.refused(2, &[&set[..], &["--cron", "61 * * * *"]].concat(), "is no cron expression");
    lab.refused(2, &["cadence", "set", "p", "n", "--every", "1d", "--start", "soon"], "is no date");
}
