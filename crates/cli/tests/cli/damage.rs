//! Damaged stores.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::lab::Lab;

/// Flips a byte of a file.
pub(crate) fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).expect("the file");
    bytes[at] ^= 0xff;
    fs::write(file, bytes).expect("written");
}

/// Versions 1 to 20, of which the last quarter is behind a byte that is wrong.
pub(crate) fn damaged() -> Lab {
    let lab = Lab::new();
    for value in 1..=20 {
        lab.ok(&["hwm", "set", "p", "n", &value.to_string()]);
    }
    let file = lab.log_file("p_p");
    flip(&file, fs::read(&file).expect("the log").len() * 3 / 4);
    lab
}

#[test]
fn a_flipped_byte_ends_with_4_and_names_the_place() {
    let lab = Lab::new();
    for value in 1..=20 {
        lab.ok(&["hwm", "set", "p", "n", &value.to_string()]);
    }
    let file = lab.log_file("p_p");
    let good = fs::read(&file).expect("the log");
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 0xff;
    fs::write(&file, &bad).expect("written");
    for words in [&["hwm", "get", "p", "n"][..], &["log", "show", "p"], &["hwm", "set", "p", "n", "21"]] {
        let said = lab.refused(4, words, "error[corrupt]");
        assert!(said.stderr.contains("log-0000"), "{}", said.stderr);
        assert_eq!(said.stdout, "");
    }
    let said = lab.exec(&[], "echo ran > ran");
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(!lab.path("ran").exists(), "nothing runs on damaged state");
    fs::write(&file, &good).expect("written");
    assert_eq!(lab.ok(&["hwm", "get", "p", "n", "--raw"]).stdout, "20\n");
}

#[test]
fn a_file_in_the_place_of_the_store_is_damage() {
    let lab = Lab::new();
    fs::write(lab.path("state"), "what is this").expect("written");
    lab.refused(4, &["run", "list", "p"], "error[corrupt]");
    assert_eq!(lab.read("state"), "what is this");
}

#[test]
fn verification_names_the_place_and_the_next_command() {
    let lab = damaged();
    let said = lab.refused(4, &["state", "verify-integrity", "p"], "it does not open");
    assert!(said.stderr.contains("try: highwater state repair p\n"), "{}", said.stderr);
    assert!(said.stderr.contains("log-0000") && said.stderr.contains("byte "), "{}", said.stderr);
    assert!(said.stdout.contains("is missing") && said.stdout.contains("log-0000"), "{}", said.stdout);
    let data = lab.run(&["state", "verify-integrity", "p", "-o", "json"]);
    let data: serde_json::Value = serde_json::from_str(&data.stdout).expect("JSON, whatever is damaged");
    assert_eq!((&data["last_version"], &data["records"]), (&json!(20), &json!(19)));
    assert!(data["first_bad"]["version"].as_u64().is_some_and(|version| version > 10), "{data}");
    let read = lab.refused(4, &["hwm", "get", "p", "n"], "error[corrupt]");
    assert!(read.stderr.contains("try: highwater state verify-integrity p"), "{}", read.stderr);
    assert_eq!(
        lab.ok(&["hwm", "get", "p", "n", "--at", "5", "--raw"]).stdout,
        "5\n",
        "what is whole is readable"
    );
}

#[test]
fn a_damaged_journal_is_repaired_and_nothing_is_lost_unsaid() {
    let lab = damaged();
    let plan = lab.json(&["state", "repair", "p"]);
    let kept = plan["kept_up_to"].as_u64().expect("a version");
    assert_eq!(
        (&plan["needed"], &plan["applied"], &plan["new_version"]),
        (&json!(true), &json!(false), &json!(21))
    );
    assert_eq!(plan["lost"], json!([{"from": kept + 1, "to": 20}]));
    let readable: Vec<_> =
        plan["lost_records"].as_array().expect("a list").iter().map(|it| &it["version"]).collect();
    assert_eq!(readable, (kept + 2..=20).collect::<Vec<_>>(), "all but the damaged one are listed");
    let told = lab.ok(&["state", "repair", "p"]);
    assert!(told.stdout.contains("do again what it says") && told.stderr.contains("add --apply"), "{told:?}");

    lab.refused(2, &["state", "repair", "p", "--apply"], "a reason is needed");
    lab.refused(2, &["state", "repair", "p", "--apply", "--reason", "bad disk"], "--yes");
    lab.refused(4, &["hwm", "get", "p", "n"], "error[corrupt]");
    let done = lab.json(&["state", "repair", "p", "--apply", "--reason", "bad disk", "--yes"]);
    assert_eq!((&done["applied"], &done["kept_up_to"]), (&json!(true), &json!(kept)));
    let aside = done["set_aside"].as_str().expect("a place");
    assert!(fs::read_dir(aside).expect("it is there").count() > 0, "the damaged journal is kept");

    assert_eq!(lab.ok(&["hwm", "get", "p", "n", "--raw"]).stdout, format!("{kept}\n"));
    lab.ok(&["hwm", "set", "p", "n", "20"]);
    lab.ok(&["state", "verify-integrity", "p"]);
    let log = lab.ok(&["log", "show", "p"]).stdout;
    assert!(log.contains("journal-repaired") && log.contains("bad disk"), "{log}");
}

#[test]
fn a_backup_makes_up_for_a_damaged_beginning() {
    let lab = Lab::new();
    for value in 1..=10 {
        lab.ok(&["hwm", "set", "p", "n", &value.to_string()]);
    }
    lab.ok(&["state", "backup", "p"]);
    lab.ok(&["hwm", "set", "p", "n", "11"]);
    // In the middle of the first record, behind the head of the file.
    flip(&lab.log_file("p_p"), 120);
    lab.refused(4, &["hwm", "get", "p", "n"], "error[corrupt]");
    let plan = lab.json(&["state", "repair", "p"]);
    assert_eq!((&plan["from"], &plan["kept_up_to"], &plan["lost"]), (&json!(10), &json!(11), &json!([])));
    lab.ok(&["state", "repair", "p", "--apply", "--reason", "bad disk", "--yes"]);
    assert_eq!(lab.ok(&["hwm", "get", "p", "n", "--raw"]).stdout, "11\n", "nothing is lost");
}

/// Otherwise `doctor` would alarm every night because of one crash.
#[test]
fn a_torn_end_is_named_until_a_repair_sets_it_aside() {
    let lab = Lab::new();
    for value in 1..=5 {
        lab.ok(&["hwm", "set", "p", "n", &value.to_string()]);
    }
    let file = lab.log_file("p_p");
    let mut bytes = fs::read(&file).expect("the log");
    bytes.extend_from_within(bytes.len() - 60..);
    fs::write(&file, &bytes).expect("written");
    assert_eq!(lab.ok(&["hwm", "get", "p", "n", "--raw"]).stdout, "5\n", "it opens");
    let said = lab.refused(4, &["state", "verify-integrity", "p"], "it opens all the same");
    assert!(said.stderr.contains("try: highwater state repair p\n"), "{}", said.stderr);
    lab.refused(4, &["doctor"], "damaged");

    let done = lab.json(&["state", "repair", "p", "--apply", "--reason", "a crash", "--yes"]);
    assert_eq!((&done["kept_up_to"], &done["lost"]), (&json!(5), &json!([])));
    lab.ok(&["state", "verify-integrity", "p"]);
    lab.ok(&["doctor"]);
    assert_eq!(lab.ok(&["hwm", "get", "p", "n", "--raw"]).stdout, "5\n");
}
