//! `highwater run start --deadline` and `exec --deadline`.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn a_run_that_is_not_over_by_its_deadline_fails_and_says_why() {
    let lab = Lab::new();
    lab.refused(2, &["run", "start", "p", "r0", "--deadline", "0s"], "choose 1 to");
    let run = lab.json(&["run", "start", "p", "r1", "--deadline", "2h"]);
    let (started, deadline) = (run["started_at_ms"].as_i64(), run["deadline_at_ms"].as_i64());
    assert_eq!(deadline.zip(started).map(|(deadline, started)| deadline - started), Some(7_200_000));
    let report = lab.json(&["run", "report", "p", "r1"]);
    assert!((1..=7_200_000).contains(&report["deadline"]["left_ms"].as_i64().expect("a number")), "{report}");
    let report = lab.ok(&["run", "report", "p", "r1"]).stdout;
    assert!(report.contains("deadline") && report.contains("left"), "{report}");

    lab.ok(&["run", "start", "p", "r2", "--deadline", "1ms"]);
    std::thread::sleep(std::time::Duration::from_millis(20));
    let run = lab.json(&["run", "show", "p", "r2"]);
    assert_eq!((&run["status"], &run["error"]["class"]), (&json!("failed"), &json!("deadline")), "{run}");
    let report = lab.ok(&["run", "report", "p", "r2"]).stdout;
    assert!(report.contains("was not over by its deadline"), "{report}");
    assert!(report.contains("highwater run start p --parent r2 --deadline"), "{report}");
    lab.refused(3, &["run", "start", "p", "r2"], "was not over by its deadline");
    assert_eq!(lab.json(&["run", "show", "p", "r1"])["status"], "running", "the other one has time");
}

#[test]
fn a_command_that_takes_too_long_is_stopped_and_tried_again() {
    let lab = Lab::new();
    let script = "if test -e tried; then exit 0; fi; touch tried; sleep 30";
    let options = ["--deadline", "500ms", "--max-attempts", "2", "--backoff", "10ms", "--grace", "300ms"];
    let said = lab.exec(&options, script);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("was not done by its deadline"), "{said:?}");
    let attempts = lab.json(&["run", "show", "p"])["nodes"][0]["attempts"].clone();
    assert_eq!((&attempts[0]["status"], &attempts[1]["status"]), (&json!("failed"), &json!("succeeded")));
    assert_eq!(attempts[0]["error"]["class"], "deadline");
    assert!(lab.ok(&["pipeline", "show", "p"]).stdout.contains("each within 500 ms"));

    let said = lab.exec(&["--max-attempts", "1"], "sleep 30");
    assert_eq!(said.code, Some(1), "the deadline is kept with the node: {said:?}");
    assert!(said.stderr.contains("was not done by its deadline"), "{said:?}");
}
