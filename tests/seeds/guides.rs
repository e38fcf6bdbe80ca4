//! The guides for those who come from one of the five: what they tell people to write is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const GUIDES: [&str; 5] = ["arkflow", "data-extractor", "odibi", "oxide-flow", "seeknal"];
/// Calls of languages and tools, which are not ours.
const OTHERS: &[&str] = &["Date"];

fn root() -> PathBuf {
    highwater_tests::folder().parent().expect("this crate is in a folder").to_owned()
}

fn guide(name: &str) -> String {
    let path = root().join(format!("crates/cli/docs/coming-from/{name}.md"));
    std::fs::read_to_string(path).expect("the guide")
}

/// The words before an opening bracket: `pipeline.hwm(name).set(7)` calls `hwm` and `set`.
fn calls(code: &str) -> Vec<String> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let brackets = code.match_indices('(').map(|(at, _)| &code[..at]);
    let names = brackets.map(|before| &before[before.trim_end_matches(is_name).len()..]);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// All sources below a folder, as one text.
fn sources(folder: &Path, ending: &str) -> String {
    let (mut text, mut folders) = (String::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("sources").flatten().map(|entry| entry.path()) {
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|it| it == ending) => {
                    text += &std::fs::read_to_string(path).expect("a source");
                }
                false => {}
            }
        }
    }
    text
}

/// Which calls stand in the tables of a guide, in the columns behind what people had.
fn told(guide: &str) -> BTreeSet<String> {
    let rows = guide.lines().filter(|line| line.starts_with("| ") && !line.contains("| you had"));
    let mut told = BTreeSet::new();
    for row in rows {
        // A pipe within code stands behind a backslash.
        let row = row.replace("\\|", "");
        for cell in row.trim_matches('|').split(" | ").skip(1) {
            told.extend(cell.split('`').skip(1).step_by(2).flat_map(calls));
        }
    }
    told
}

#[test]
fn every_call_that_a_guide_tells_of_is_there() {
    let rust =
        sources(&root().join("hosts/wasmtime/src"), "rs") + &sources(&root().join("crates/core/src"), "rs");
    let typescript = sources(&root().join("npm/highwater/src"), "ts");
    let is_there = |name: &str| {
        let in_rust = [format!("fn {name}("), format!("fn {name}<"), format!("pub struct {name}")];
        let in_typescript = [format!(" {name}("), format!(" {name}<")];
        in_rust.iter().any(|it| rust.contains(it)) || in_typescript.iter().any(|it| typescript.contains(it))
    };
    for name in GUIDES {
        let told = told(&guide(name));
        assert!(told.len() > 15, "{name} tells of {} calls", told.len());
        let missing: Vec<_> =
            told.iter().filter(|it| !OTHERS.contains(&it.as_str()) && !is_there(it)).collect();
        assert!(missing.is_empty(), "{name} tells of what is not there: {missing:?}");
    }
    assert!(!is_there("frobnicate"), "what is not there is found out");
}

/// Each has tables of calls and statuses, and the same written in both languages and at the terminal.
#[test]
fn every_guide_is_whole() {
    for name in GUIDES {
        let text = guide(name);
        for part in [
            "| you had | you write in Rust | you write in TypeScript |",
            "| their status |",
            "## The configuration",
        ] {
            assert!(text.contains(part), "{name} has no `{part}`");
        }
        for block in ["```js\n", "```rust", "```console\n"] {
            assert!(text.contains(block), "{name} has no {block}");
        }
    }
}
