//! What went wrong at the command line of others, done again and right. `tests/seeds/README.md` in the repository has the whole list;
//! the name of a test begins with the rows that it proves.

use std::process::Command;

use crate::lab::{Lab, Said};

/// A call with another store in its environment.
fn with_store(lab: &Lab, store: &str, words: &[&str]) -> Said {
    let mut command: Command = lab.command(words);
    Said::from(command.env("HIGHWATER_STORE", store).output().expect("the program runs"))
}

/// X20, SK-14: the migration broke down on the first line that it printed, also where it was only to say what it would do.
#[test]
fn x20_sk14_what_is_not_there_is_refused_before_anything_is_touched() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "5"]);
    let before = std::fs::read(lab.log_file("p_p")).expect("the log");
    for words in
        [&["migrate-state", "--backend", "database"][..], &["state", "migrate", "p"], &["run", "frobnicate"]]
    {
        let said = lab.refused(2, words, "unrecognized subcommand");
        assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    }
    assert_eq!(std::fs::read(lab.log_file("p_p")).expect("the log"), before);
}

/// X21, SK-06: the environment named a database, and the state went into a file all the same.
#[test]
fn x21_sk06_the_store_of_the_environment_is_the_one_that_is_used() {
    let lab = Lab::new();
    let set = with_store(&lab, "sqlite:./state.db", &["hwm", "set", "p", "n", "5"]);
    assert_eq!(set.code, Some(0), "{set:?}");
    assert!(
        lab.path("state.db").is_file() && !lab.path("state").exists() && !lab.path(".highwater").exists()
    );
    assert_eq!(with_store(&lab, "sqlite:./state.db", &["hwm", "get", "p", "n", "--raw"]).stdout, "5\n");
    lab.refused(2, &["hwm", "get", "p", "n"], "nothing was ever written there");
}

/// OD-19, OD-20: in the list of runs the duration stood under rows, and a time under the duration.
#[test]
fn od19_od20_each_column_has_what_its_head_says() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "orders.last_processed_id", "12345"]);
    let script = "echo rows_read 116 > $HIGHWATER_RESULT; echo rows_written 115 >> $HIGHWATER_RESULT";
    assert_eq!(lab.exec(&[], script).code, Some(0));
    let runs = lab.json(&["run", "list", "p", "--status", "succeeded"]);
    assert_eq!(
        (&runs[0]["counts"]["rows_read"], &runs[0]["counts"]["rows_written"]),
        (&116.into(), &115.into())
    );
    let at = |field: &str| runs[0][field].as_i64().unwrap_or_else(|| panic!("{field}: {runs}"));
    assert!((0..60_000).contains(&(at("finished_at_ms") - at("started_at_ms"))), "{runs}");
    let hwms = lab.json(&["hwm", "list", "p", "orders."]);
    assert_eq!(
        (&hwms[0]["name"], &hwms[0]["value"]["value"]),
        (&"orders.last_processed_id".into(), &"12345".into())
    );
}

/// OX-25: the list of all states broke down on a run id of less than eight characters.
#[test]
fn ox25_short_ids_are_listed_like_any_other() {
    let lab = Lab::new();
    for run in ["a", "я", "12345678901234567890"] {
        lab.ok(&["run", "start", "p", run]);
    }
    lab.ok(&["run", "finish", "p", "a"]);
    for format in ["table", "json", "yaml", "ndjson"] {
        let listed = lab.ok(&["run", "list", "p", "-o", format]).stdout;
        assert!(listed.contains("12345678901234567890") && listed.contains('я'), "{listed}");
    }
    let running = lab.json(&["run", "list", "p", "--status", "running"]);
    assert_eq!(running.as_array().map(Vec::len), Some(2));
}

/// OX-31: ten commands of the documentation were unknown to the program.
#[test]
fn ox31_each_word_of_the_documentation_is_a_command() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "5"]);
    for words in [
        &["state", "validate", "p"][..],
        &["state", "verify-integrity", "p"],
        &["state", "backup", "p"],
        &["state", "list-backups", "p"],
        &["state", "restore", "p", "--backup", "latest"],
        &["state", "repair", "p"],
        &["doctor"],
        &["doctor", "-o", "json"],
        &["worker", "list", "p"],
        &["lease", "list", "p"],
    ] {
        lab.ok(words);
    }
    lab.refused(2, &["lease", "release", "p", "lock", "--reason", "stuck", "--yes"], "lock");
}

/// OX-34: if the state could not be kept, a warning was printed and the work went on: a crash later found nothing.
#[test]
fn ox34_what_cannot_be_kept_is_not_begun() {
    let lab = Lab::new();
    std::fs::write(lab.path("no-folder"), "a file").expect("written");
    let words = ["--store", "file:./no-folder/state", "exec", "-p", "p", "-n", "load", "--", "touch", "done"];
    let said = lab.run(&words);
    assert_ne!(said.code, Some(0), "{said:?}");
    assert!(!lab.path("done").exists(), "the command was not started");
}
