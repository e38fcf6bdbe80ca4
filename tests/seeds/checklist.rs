//! Holds the checklist, `README.md` in this folder, against the tests: what it names is there, and no test of a row is left out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What the five systems offered, and what proves it here.
const CHECKLIST: &str = include_str!("README.md");
/// How many rows each part has: the rows are numbered without a gap.
const PARTS: &[(&str, usize)] = &[("X", 39), ("OD", 33), ("OX", 42), ("SK", 34), ("DE", 36), ("AF", 32)];
/// Why a row may have no test: it comes later, or is no part of the state model.
const WITHOUT: &[&str] = &["later: ", "follows: ", "not here: "];

struct Row {
    id: String,
    proof: String,
}

/// The lines of the tables that begin with an id.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for line in CHECKLIST.lines() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split(" | ").map(str::trim).collect();
        if let [id, _, proof] = cells[..]
            && number(id).is_some()
        {
            rows.push(Row { id: id.to_owned(), proof: proof.to_owned() });
        }
    }
    rows
}

/// `OD-07` is number 7 of `OD`, and so is the `od07` of a test; `X7` of `X`.
fn number(id: &str) -> Option<(String, usize)> {
    let letters = id.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let part = letters.trim_end_matches('-').to_uppercase();
    let is_part = PARTS.iter().any(|(name, _)| *name == part);
    Some((part, id[letters.len()..].parse().ok()?)).filter(|_| is_part)
}

/// What a proof names: `` `file.rs::name` ``.
fn tests(proof: &str) -> Vec<(&str, &str)> {
    proof.split('`').skip(1).step_by(2).filter_map(|name| name.rsplit_once("::")).collect()
}

fn root() -> PathBuf {
    highwater_tests::folder().parent().expect("this crate is in a folder").to_owned()
}

/// A file in this folder by its name, another one by its path in the repository.
fn path_of(file: &str) -> PathBuf {
    if file.contains('/') { root().join(file) } else { root().join("tests/seeds").join(file) }
}

/// Whether a test of this name stands in the file.
fn is_there(file: &str, name: &str) -> bool {
    let Ok(text) = std::fs::read_to_string(path_of(file)) else { return false };
    text.contains(&format!("fn {name}(")) || text.contains(&format!("test('{name}'"))
}

/// The rows that a test is named after: `od24_sk25_only_what_counts` after two of them.
fn rows_of_test(name: &str) -> Vec<(String, usize)> {
    name.split('_').map_while(number).collect()
}

#[test]
fn every_row_is_there_once() {
    let mut seen: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for row in rows() {
        let (part, number) = number(&row.id).expect("an id");
        assert!(seen.entry(part).or_default().insert(number), "{} is there twice", row.id);
    }
    for (part, count) in PARTS {
        let expected: BTreeSet<usize> = (1..=*count).collect();
        assert_eq!(seen.remove(*part).unwrap_or_default(), expected, "the rows of {part}");
    }
}

#[test]
fn every_test_that_is_named_is_there() {
    for Row { id, proof } in rows() {
        let tests = tests(&proof);
        let says_why = WITHOUT.iter().any(|why| proof.starts_with(why) && proof.len() > why.len() + 8);
        assert!(says_why || !tests.is_empty(), "{id}: neither a test nor why there is none: {proof}");
        for (file, name) in tests {
            assert!(is_there(file, name), "{id}: there is no `{name}` in {}", path_of(file).display());
        }
    }
}

/// The tests of a file, by their names.
fn names(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("a file of tests");
    let functions =
        text.lines().filter_map(|line| line.strip_prefix("async fn ").or(line.strip_prefix("fn ")));
    functions.filter_map(|rest| rest.split_once('(').map(|(name, _)| name.to_owned())).collect()
}

#[test]
fn every_test_that_is_named_after_a_row_stands_in_it() {
    let rows: BTreeMap<(String, usize), String> =
        rows().into_iter().map(|row| (number(&row.id).expect("an id"), row.proof)).collect();
    let folder = root().join("tests/seeds");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("this folder").flatten().map(|it| it.path()).collect();
    files.push(root().join("crates/cli/tests/cli/seeds.rs"));
    let mut count = 0;
    for file in files.iter().filter(|it| it.extension().is_some_and(|it| it == "rs")) {
        for name in names(file) {
            for row in rows_of_test(&name) {
                let proof = rows.get(&row).unwrap_or_else(|| panic!("{name}: there is no row {row:?}"));
                let is_named = tests(proof).iter().any(|(_, test)| *test == name);
                assert!(is_named, "the row {row:?} does not name `{name}`");
                count += 1;
            }
        }
    }
    assert!(count > 120, "only {count} were found");
}

/// The guides speak of the same rows.
#[test]
fn guides_name_rows_that_there_are() {
    let rows: BTreeSet<String> = rows().into_iter().map(|row| row.id).collect();
    for guide in ["arkflow", "data-extractor", "odibi", "oxide-flow", "seeknal"] {
        let path = root().join(format!("crates/cli/docs/coming-from/{guide}.md"));
        let text = std::fs::read_to_string(&path).expect("the guide");
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-') {
            if number(word).is_some() && word.starts_with(|letter: char| letter.is_ascii_uppercase()) {
                assert!(rows.contains(word), "{guide}: {word}");
            }
        }
    }
}
