//! `highwater exec`: tries again, by policy.

use serde_json::json;

use crate::lab::Lab;

const THIRD_TIME: &str = "echo x >> tries; [ $(wc -l < tries) -ge 3 ] || exit 75";

#[test]
fn a_command_is_tried_again_until_it_succeeds() {
    let lab = Lab::new();
    let said = lab.exec(&["--max-attempts", "5", "--backoff", "20ms"], THIRD_TIME);
    assert_eq!(said.code, Some(0), "{said:?}");
    let run = lab.newest_run();
    let attempts = run["nodes"][0]["attempts"].as_array().expect("attempts");
    let statuses: Vec<_> =
        attempts.iter().map(|attempt| attempt["status"].as_str().expect("a status")).collect();
    assert_eq!(statuses, ["failed", "failed", "succeeded"]);
    let tokens: Vec<_> = attempts.iter().map(|attempt| attempt["token"].as_u64()).collect();
    assert_eq!(tokens, [Some(1), Some(2), Some(3)], "each attempt has a greater token");
    assert_eq!(run["status"], "succeeded");
    assert!(said.stderr.contains("failed after") && said.stderr.contains("attempt 2 in"), "{}", said.stderr);
}

#[test]
fn attempts_run_out() {
    let lab = Lab::new();
    let said = lab.exec(&["--max-attempts", "2", "--backoff", "1ms"], "echo x >> tries; exit 5");
    assert_eq!((said.code, lab.read("tries").as_str()), (Some(5), "x\nx\n"));
    assert!(said.stderr.contains("attempt 2 of 2 failed, no more attempts"), "{}", said.stderr);
    assert_eq!(lab.newest_run()["status"], "failed");
}

#[test]
fn only_the_exit_codes_that_were_named_are_tried_again() {
    let lab = Lab::new();
    let options = ["--max-attempts", "5", "--backoff", "1ms", "--retry-exit-codes", "75,111"];
    let fatal = lab.exec(&options, "echo x >> fatal; exit 2");
    assert_eq!((fatal.code, lab.read("fatal").as_str()), (Some(2), "x\n"), "{fatal:?}");
    assert_eq!(lab.exec(&options, THIRD_TIME).code, Some(0));
    assert_eq!(
        lab.json(&["pipeline", "show", "p"])["graph"][0]["retry"]["retryable"],
        json!(["exit-75", "exit-111"])
    );
    // The policy is the pipeline's: it holds for calls that do not repeat it.
    let later = lab.exec(&[], "echo x >> later; exit 2");
    assert_eq!((later.code, lab.read("later").as_str()), (Some(2), "x\n"));
}

#[test]
fn an_exhausted_node_of_a_shared_run_waits_for_a_person() {
    let lab = Lab::new();
    lab.ok(&["run", "start", "p", "r1"]);
    assert_eq!(lab.exec(&["--run", "r1", "--max-attempts", "1"], "exit 5").code, Some(5));
    let said = lab.exec(&["--run", "r1"], "echo x > ran");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("try: highwater run reset-failed p r1"), "{}", said.stderr);
    assert!(!lab.path("ran").exists());
    lab.ok(&["run", "reset-failed", "p", "r1", "--apply", "--yes", "--reason", "fixed"]);
    assert_eq!(lab.exec(&["--run", "r1"], "echo x > ran").code, Some(0));
}
