//! `highwater exec` is killed.

use rustix::process::Signal;
use serde_json::json;

use crate::lab::{Lab, end_of, is_alive, signal, wait_for};

#[test]
fn a_killed_exec_takes_its_command_along_and_the_next_one_resumes() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "a", "5"]);
    let script = "printf 'rows_read 40\\nstate page 3\\n' > $HIGHWATER_RESULT; sleep 60 & echo $! > grandchild; echo $$ > begun; wait";
    let child = lab.exec_in_background(&["--hwm", "a", "--lease", "1s"], script);
    let command = lab.wait_for_file("begun");
    let grandchild = lab.wait_for_file("grandchild");
    wait_for("the state to be recorded", || {
        let log = lab.ok(&["log", "show", "p"]).stdout;
        log.contains("attempt-progressed").then_some(())
    });
    signal(&child, Signal::KILL);
    assert_eq!(end_of(child).code, None);
    for pid in [&command, &grandchild] {
        wait_for("the command to end", || (!is_alive(pid)).then_some(()));
    }

    let again = "echo \"$HIGHWATER_ATTEMPT $HIGHWATER_TOKEN $HIGHWATER_HWM $(cat $HIGHWATER_STATE)\" > resumed; echo hwm 6 > $HIGHWATER_RESULT";
    let said = lab.exec(&["--hwm", "a", "--lease", "1s"], again);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(lab.read("resumed"), "2 2 5 page 3\n");
    let run = lab.newest_run();
    assert_eq!((&run["status"], &run["restarts"]), (&json!("succeeded"), &json!(1)));
    let attempts = &run["nodes"][0]["attempts"];
    assert_eq!(
        (&attempts[0]["status"], &attempts[0]["counts"]["rows_read"]),
        (&json!("crashed"), &json!(40))
    );
    assert_eq!(attempts[1]["reason"]["code"], "took-over");
    assert_eq!(lab.json(&["run", "list", "p"]).as_array().map(Vec::len), Some(1), "it is the same run");
    assert_eq!(lab.ok(&["hwm", "get", "p", "a", "--raw"]).stdout, "6\n");
}

#[test]
fn kills_at_any_moment_lose_nothing_and_repeat_nothing() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "0"]);
    // Loads one row after the position; the sink refuses tokens below the last one that it saw.
    let script = "next=$((HIGHWATER_HWM + 1)); grep -q \"^$next \" sink 2>/dev/null || echo \"$next $HIGHWATER_TOKEN\" >> sink; \
                  echo hwm $next > $HIGHWATER_RESULT";
    let mut finished = 0;
    for round in 0..30_u64 {
        let child = lab.exec_in_background(&["--hwm", "n", "--lease", "200ms", "-q"], script);
        std::thread::sleep(std::time::Duration::from_millis(round * 3 % 60));
        // It may have ended before.
        let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("an id");
        let _ = rustix::process::kill_process(pid, Signal::KILL);
        finished += usize::from(end_of(child).code == Some(0));
    }
    let said = lab.exec(&["--hwm", "n", "--lease", "200ms"], script);
    assert_eq!(said.code, Some(0), "{said:?}");
    let position: usize = lab.ok(&["hwm", "get", "p", "n", "--raw"]).stdout.trim().parse().expect("a number");
    assert!(position > finished, "each success moved it: {position} after {finished}");
    let sink = lab.read("sink");
    let rows: Vec<usize> = sink
        .lines()
        .map(|line| line.split(' ').next().and_then(|row| row.parse().ok()).expect("a row"))
        .collect();
    assert_eq!(rows, (1..=position).collect::<Vec<_>>(), "every row once, in order");
}
