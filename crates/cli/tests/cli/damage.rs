//! Damaged stores.

use std::fs;

use crate::lab::Lab;

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
