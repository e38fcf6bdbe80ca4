//! `FORMAT.md` says what the code does: its links lead somewhere, and its numbers are those of the code.

use std::path::Path;

use highwater_format::{FORMAT_NUMBER, FrameKind, HEADER_BYTES, MAGIC, limits};

const DOCUMENT: &str = include_str!("../FORMAT.md");

/// The targets of the links in a part of the document.
fn links(part: &str) -> Vec<&str> {
    part.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// The cells of the rows of a table, given how its head begins.
fn table(head: &str) -> Vec<Vec<&str>> {
    let (_, table) = DOCUMENT.split_once(head).unwrap_or_else(|| panic!("no table begins with {head}"));
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn every_section_links_to_the_files_that_do_it() {
    let mut sections = DOCUMENT.split("\n## ");
    sections.next();
    for section in sections {
        let title = section.lines().next().unwrap();
        let links = links(section);
        let of_code = |link: &&&str| link.starts_with("src/") || link.starts_with("tests/");
        assert!(links.iter().any(|link| of_code(&link)), "`{title}` links to no code");
        for link in links {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
            assert!(path.is_file(), "`{title}` links to {link}, which does not exist");
        }
    }
}

#[test]
fn the_header_is_without_gaps() {
    let mut end = 0;
    for row in table("| offset | bytes | field") {
        assert_eq!(row[0].parse(), Ok(end), "{row:?}");
        end += row[1].parse().unwrap_or(0);
    }
    assert_eq!(end, HEADER_BYTES);
}

#[test]
fn numbers_are_those_of_the_code() {
    let magic: Vec<String> = MAGIC.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(DOCUMENT.contains(&format!("`{}`", magic.join(" "))));
    assert!(DOCUMENT.contains(&format!("format {FORMAT_NUMBER}\n")));
    for kind in FrameKind::ALL {
        assert!(DOCUMENT.contains(&format!("{} {}", kind.code(), kind.name())), "{kind:?}");
    }
}

#[test]
fn limits_are_those_of_the_code() {
    let known = [
        ("RECORD_BODY_BYTES", limits::RECORD_BODY_BYTES),
        ("SNAPSHOT_BODY_BYTES", limits::SNAPSHOT_BODY_BYTES),
        ("SMALL_BODY_BYTES", limits::SMALL_BODY_BYTES),
        ("MESSAGE_DEPTH", limits::MESSAGE_DEPTH),
        ("FACT_NAME_BYTES", limits::FACT_NAME_BYTES),
        ("EXTRA_FIELDS", limits::EXTRA_FIELDS),
        ("DECIMAL_DIGITS", limits::DECIMAL_DIGITS),
        ("JSON_DEPTH", limits::JSON_DEPTH),
        ("PART_BYTES", limits::PART_BYTES),
        ("PART_NAME_BYTES", limits::PART_NAME_BYTES),
        ("PART_KEY_BYTES", limits::PART_KEY_BYTES),
        ("PART_VALUE_BYTES", limits::PART_VALUE_BYTES),
    ];
    let source = include_str!("../src/limits.rs");
    assert_eq!(source.matches("pub const").count(), known.len(), "a limit is missing here");
    let stated: Vec<(String, usize)> = table("| name | value |")
        .iter()
        .map(|row| (row[0].replace('`', ""), row[1].parse().unwrap()))
        .collect();
    assert_eq!(stated, known.map(|(name, value)| (name.to_owned(), value)));
}
