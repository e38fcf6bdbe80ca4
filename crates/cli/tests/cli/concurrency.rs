//! `highwater exec` of the same node at the same time.

use crate::lab::{Lab, end_of};

#[test]
fn of_many_calls_at_once_one_works_and_the_others_skip() {
    let lab = Lab::new();
    let calls: Vec<_> = (0..8).map(|_| lab.exec_in_background(&[], "echo x >> ran; sleep 0.7")).collect();
    for call in calls {
        let said = end_of(call);
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert_eq!(lab.read("ran"), "x\n");
    assert_eq!(lab.json(&["run", "list", "p"]).as_array().map(Vec::len), Some(1), "they share one run");
    assert_eq!(lab.newest_run()["nodes"][0]["attempts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_same_holds_for_a_run_with_a_name() {
    let lab = Lab::new();
    let calls: Vec<_> =
        (0..6).map(|_| lab.exec_in_background(&["--run", "r1"], "echo x >> ran; sleep 0.5")).collect();
    for call in calls {
        let said = end_of(call);
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert_eq!(lab.read("ran"), "x\n");
}

#[test]
fn no_wait_ends_with_3_while_another_works() {
    let lab = Lab::new();
    let mut child = lab.exec_in_background(&[], "echo x > begun; exec sleep 60");
    lab.wait_for_file("begun");
    let said = lab.exec(&["--no-wait"], "echo x > ran");
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.stderr.contains("node `load` is taken: worker"), "{}", said.stderr);
    assert!(!lab.path("ran").exists());
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn when_the_one_that_works_fails_for_good_the_next_starts_over() {
    let lab = Lab::new();
    let script = "echo $HIGHWATER_RUN >> runs; echo x > begun; sleep 0.4; [ -e second ] && exit 0; echo x > second; exit 5";
    let first = lab.exec_in_background(&["--max-attempts", "1"], script);
    lab.wait_for_file("begun");
    let second = lab.exec(&[], script);
    assert_eq!((end_of(first).code, second.code), (Some(5), Some(0)), "{second:?}");
    let runs = lab.read("runs");
    let runs: Vec<&str> = runs.lines().collect();
    assert!(runs.len() == 2 && runs[0] != runs[1], "{runs:?}");
}
