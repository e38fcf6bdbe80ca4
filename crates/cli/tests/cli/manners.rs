//! Formats, streams, colours, and what is refused.

use std::process::Stdio;

use serde_json::Value;

use crate::lab::{Lab, Said};

fn filled() -> Lab {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "5"]);
    // Long enough for a beat.
    let script = "echo hwm 6 > $HIGHWATER_RESULT; sleep 0.6";
    assert_eq!(lab.exec(&["--hwm", "n", "--lease", "1s"], script).code, Some(0));
    lab.ok(&["state", "backup", "p"]);
    lab
}

const READS: [&[&str]; 11] = [
    &["pipeline", "list"],
    &["pipeline", "show", "p"],
    &["run", "list", "p"],
    &["run", "show", "p"],
    &["run", "why", "p"],
    &["hwm", "list", "p"],
    &["hwm", "get", "p", "n"],
    &["hwm", "history", "p", "n"],
    &["log", "show", "p"],
    &["worker", "list", "p"],
    &["state", "list-backups", "p"],
];

#[test]
fn every_read_speaks_every_format_and_keeps_words_off_stdout() {
    let lab = filled();
    for read in READS {
        let json = lab.json(read);
        let entries = json.as_array().map_or(1, Vec::len);
        assert!(entries > 0, "{read:?}");
        let lines = lab.ok(&[read, &["-o", "ndjson"]].concat()).stdout;
        let parsed: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(parsed.len(), entries, "{read:?}");
        let yaml = lab.ok(&[read, &["-o", "yaml"]].concat()).stdout;
        let from_yaml: Value =
            serde_saphyr::from_str(&yaml).unwrap_or_else(|error| panic!("{read:?}: {error}\n{yaml}"));
        assert_eq!(from_yaml, json, "{read:?}");
        let table = lab.ok(read);
        assert!(!table.stdout.is_empty() && !table.stdout.contains('\u{1b}'), "{read:?}: {}", table.stdout);
        assert_eq!(table.stderr, "", "{read:?}");
    }
}

#[test]
fn empty_lists_are_empty_documents() {
    let lab = filled();
    for read in [
        ["run", "list", "none"],
        ["hwm", "list", "none"],
        ["lease", "list", "none"],
        ["worker", "list", "none"],
        ["state", "list-backups", "none"],
    ] {
        assert_eq!(lab.json(&read), Value::Array(Vec::new()), "{read:?}");
        let table = lab.ok(&read);
        assert_eq!(table.stdout, "", "{read:?}");
        assert!(table.stderr.starts_with("no "), "{read:?}: {}", table.stderr);
        assert_eq!(lab.ok(&[&read[..], &["--quiet"]].concat()).stderr, "", "{read:?}");
    }
}

#[test]
fn without_utf8_everything_is_ascii() {
    let lab = filled();
    for read in READS {
        let output = lab.command(read).env("LANG", "C").output().expect("it runs");
        assert!(output.stdout.is_ascii() && output.stderr.is_ascii(), "{read:?}: {:?}", Said::from(output));
    }
    let words = ["exec", "-p", "p", "-n", "load", "--", "true"];
    let output = lab.command(&words).env("LC_ALL", "POSIX").output().expect("it runs");
    assert!(!output.stderr.is_empty() && output.stderr.is_ascii(), "{:?}", Said::from(output));
}

#[test]
fn colours_can_be_forced_and_are_off_for_no_color() {
    let lab = filled();
    let coloured = lab.command(&["run", "list", "p"]).env("CLICOLOR_FORCE", "1").output().expect("it runs");
    assert!(Said::from(coloured).stdout.contains("\u{1b}[38;5;2m✓ succeeded"), "green");
    let mut plain = lab.command(&["run", "list", "p"]);
    let plain = plain.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().expect("it runs");
    assert!(!Said::from(plain).stdout.contains('\u{1b}'));
}

#[test]
fn the_default_store_is_said_once_and_only_to_those_who_listen() {
    let lab = Lab::new();
    let call = |words: &[&str]| {
        let output = lab.command(words).env_remove("HIGHWATER_STORE").output().expect("it runs");
        Said::from(output)
    };
    let said = call(&["hwm", "set", "p", "n", "5", "--type", "int"]);
    assert_eq!(said.stderr, "using file:./.highwater; set --store or HIGHWATER_STORE to use another store\n");
    assert!(lab.path(".highwater").is_dir());
    assert_eq!(call(&["hwm", "get", "p", "n", "-q"]).stderr, "");
    assert_eq!(lab.ok(&["hwm", "get", "p", "n", "--raw", "--store", "file:./.highwater"]).stdout, "5\n");
}

#[test]
fn wrong_calls_end_with_2() {
    let lab = filled();
    for (words, because) in [
        (&["nonsense"][..], "unrecognized subcommand"),
        (&["run"][..], "Usage: highwater run"),
        (&["hwm", "get", "p"], "<NAME>"),
        (&["run", "list", "p", "-o", "xml"], "possible values: table, json, yaml, ndjson"),
        (&["run", "list", "p", "--store", "redis://x"], "is not known"),
        (&["run", "list", "p", "--store", "./state"], "write `file:./state`"),
        (&["exec", "-p", "p", "-n", "load"], "<COMMAND>"),
        (&["exec", "-p", "p", "-n", "load", "--lease", "5", "--", "true"], "write for example 30s"),
        (
            &["exec", "-p", "p", "-n", "load", "--hwm", "a-b", "--hwm", "a_b", "--", "true"],
            "HIGHWATER_HWM_A_B",
        ),
        (&["exec", "-p", "p", "-n", "load", "--max-attempts", "0", "--", "true"], "allows 0 attempts"),
    ] {
        let said = lab.refused(2, words, because);
        assert_eq!(said.stdout, "", "{words:?}");
    }
}

#[test]
fn a_store_that_cannot_be_reached_ends_with_1() {
    let lab = Lab::new();
    lab.refused(1, &["hwm", "set", "p", "n", "5", "--store", "file:/proc/none/state"], "error[unavailable]");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let lab = filled();
    let mut command = lab.command(&["log", "show", "p"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn control_characters_of_others_do_not_reach_the_terminal() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "a\u{1b}[2Jb"]);
    let shown = lab.ok(&["hwm", "list", "p"]).stdout;
    assert!(shown.contains("a\\u{1b}[2Jb") && !shown.contains('\u{1b}'), "{shown}");
    let said = lab.exec(&["--max-attempts", "1"], "printf 'bad \\033[2J' >&2; exit 1");
    assert!(said.stderr.contains("bad \u{1b}[2J"), "what the command says itself passes through");
    assert!(!lab.ok(&["run", "show", "p"]).stdout.contains('\u{1b}'));
}

#[test]
fn completions_come_for_every_shell() {
    let lab = Lab::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = lab.ok(&["completions", shell]).stdout;
        assert!(script.contains("reset-failed"), "{shell}");
    }
}
