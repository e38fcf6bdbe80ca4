//! House style: what a reader of this repository may rely on in every file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Longest file of code, in lines.
const FILE_LINES: usize = 500;
/// Longest function, in lines.
const FUNCTION_LINES: usize = 70;
/// Longest function that tells a test or lists its samples, in lines.
const STORY_LINES: usize = 100;
/// Longest line of Rust, in columns.
const LINE_COLUMNS: usize = 120;
/// Longest line of TypeScript and of tests, where the arguments of macros are not broken, in columns.
const SCRIPT_COLUMNS: usize = 160;
/// Longest line with a text in quotes or a comment, which no formatter breaks, in columns.
const PROSE_COLUMNS: usize = 240;
/// Folders that nobody wrote by hand.
const GENERATED: &[&str] = &["target", "node_modules", "dist", "generated", ".git", "test-built", ".cache"];

/// Words that must not stand in code, in parts so that this file does not hold them.
const UNFINISHED: &[(&str, &str)] =
    &[("todo", "!("), ("unimplemented", "!("), ("dbg", "!("), ("FIX", "ME"), ("XX", "X "), ("TO", "DO")];
/// Places of the machine that somebody worked on.
const MACHINES: &[(&str, &str)] =
    &[("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/tm", "p/hw"), ("/Us", "ers/")];
/// What the pure crates do without.
const IMPURE: &[&str] = &[
    "std::time",
    "std::thread",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::io",
    "SystemTime",
    "Instant::",
    "HashMap",
    "HashSet",
    "f32",
    "f64",
    ".unwrap()",
    "println!",
    "Utc::now",
    "Local::now",
    "thread_rng",
    "unsafe {",
];

/// Where the word for a float only says that there is none.
const NO_FLOAT: &[&str] = &["fn serialize_f", "f32 f64"];

struct File {
    path: PathBuf,
    text: String,
}

impl File {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn is_code(&self) -> bool {
        self.ends_with(&["rs", "ts", "mts", "mjs", "js"])
    }

    fn ends_with(&self, endings: &[&str]) -> bool {
        self.path.extension().is_some_and(|it| endings.iter().any(|ending| it == *ending))
    }

    /// What stands before the tests in the same file.
    fn without_tests(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default()
    }
}

fn root() -> PathBuf {
    highwater_tests::folder().parent().expect("this crate is in a folder").to_owned()
}

/// All files that somebody wrote, with paths from the root of the repository.
fn files() -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            let (path, kind) = (entry.path(), entry.file_type().expect("a file has a type"));
            let name = entry.file_name().to_string_lossy().into_owned();
            match kind.is_dir() {
                true if !GENERATED.contains(&name.as_str()) => folders.push(path),
                // In a second working tree it is a file.
                false if kind.is_file() && name != ".git" => files.extend(read(&path)),
                _ => {}
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The file, if it is text.
fn read(path: &Path) -> Option<File> {
    let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
    Some(File { path: path.strip_prefix(root()).expect("it is below the root").to_owned(), text })
}

fn complain(problems: &[String]) {
    let mut text = String::new();
    problems.iter().for_each(|problem| writeln!(text, "{problem}").expect("text grows"));
    assert!(problems.is_empty(), "\n{text}");
}

#[test]
fn files_are_short() {
    let long = |file: &File| {
        let lines = file.text.lines().count();
        (lines > FILE_LINES)
            .then(|| format!("{}: {lines} lines; at most {FILE_LINES}, split it", file.name()))
    };
    complain(&files().iter().filter(|file| file.is_code()).filter_map(long).collect::<Vec<_>>());
}

#[test]
fn lines_are_short() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| file.ends_with(&["rs", "ts", "mts", "mjs"])) {
        let is_test =
            file.path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
        let tests_from = if is_test { 0 } else { file.without_tests().lines().count() };
        for (number, line) in file.text.lines().enumerate() {
            let columns = line.chars().count();
            let is_rust = file.ends_with(&["rs"]) && number < tests_from;
            let code = if is_rust { LINE_COLUMNS } else { SCRIPT_COLUMNS };
            let has_text = line.contains(['"', '`']);
            let most = if has_text || line.trim_start().starts_with("//") { PROSE_COLUMNS } else { code };
            if columns > most {
                problems.push(format!("{}:{}: {columns} columns; at most {most}", file.name(), number + 1));
            }
        }
    }
    complain(&problems);
}

/// Functions with more lines than these, found by indentation: rustfmt puts the closing brace below the `fn`.
fn long_functions(text: &str, most: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let is_function = code.split_whitespace().take(4).any(|word| word == "fn") && !code.starts_with("//");
        if !is_function || code.ends_with(';') || code.ends_with('}') {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        if let Some(length) = lines[start..].iter().position(|line| *line == end) {
            found.extend((length + 1 > most).then_some((start + 1, length + 1)));
        }
    }
    found
}

#[test]
fn functions_fit_a_screen() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| file.ends_with(&["rs"])) {
        let is_test = file.path.components().any(|part| part.as_os_str() == "tests");
        let most = if is_test { STORY_LINES } else { FUNCTION_LINES };
        for (line, length) in long_functions(&file.text, most) {
            problems.push(format!("{}:{line}: {length} lines; at most {most}", file.name()));
        }
    }
    complain(&problems);
    let long = format!("    fn long() {{\n{}    }}\n", "        x();\n".repeat(FUNCTION_LINES));
    assert_eq!(
        long_functions(&long, FUNCTION_LINES),
        [(1, FUNCTION_LINES + 2)],
        "the test sees long functions"
    );
}

#[test]
fn nothing_is_unfinished() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| file.is_code() || file.ends_with(&["wit", "toml", "sh"])) {
        for (number, line) in file.text.lines().enumerate() {
            let said = |(start, end): &&(&str, &str)| line.contains(&format!("{start}{end}"));
            let words: Vec<String> =
                UNFINISHED.iter().filter(said).map(|(start, end)| format!("{start}{end}")).collect();
            if !words.is_empty() {
                problems.push(format!("{}:{}: {words:?}", file.name(), number + 1));
            }
        }
    }
    complain(&problems);
}

#[test]
fn no_machine_is_mentioned() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| !file.ends_with(&["lock", "proptest-regressions"])) {
        for (number, line) in file.text.lines().enumerate() {
            if let Some((start, end)) =
                MACHINES.iter().find(|(start, end)| line.contains(&format!("{start}{end}")))
            {
                problems.push(format!("{}:{}: mentions {start}{end}", file.name(), number + 1));
            }
        }
    }
    complain(&problems);
}

#[test]
fn the_pure_crates_are_pure() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| {
        ["crates/core/src", "crates/format/src"].iter().any(|folder| file.path.starts_with(folder))
    }) {
        if file.path.ends_with("tests.rs") {
            continue;
        }
        let code = file.without_tests().lines().enumerate();
        for (number, line) in code.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if NO_FLOAT.iter().any(|word| line.contains(word)) {
                continue;
            }
            if let Some(word) = IMPURE.iter().find(|word| has_word(line, word)) {
                problems.push(format!("{}:{}: {word}", file.name(), number + 1));
            }
        }
    }
    complain(&problems);
}

/// Whether the word stands there by itself.
fn has_word(line: &str, word: &str) -> bool {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(is_name) && word.starts_with(is_name);
        let after = line[at + word.len()..].chars().next().is_some_and(is_name) && word.ends_with(is_name);
        !before && !after
    })
}

#[test]
fn every_bound_is_kept() {
    let files = files();
    let is_limits = |file: &&File| file.path.ends_with("src/limits.rs");
    let mut problems = Vec::new();
    for limits in files.iter().filter(is_limits) {
        let folder = limits.path.parent().expect("a file is in a folder");
        let names = limits.text.lines().filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
        for name in names {
            let others =
                files.iter().filter(|file| file.path.starts_with(folder) && file.path != limits.path);
            let used = others.into_iter().any(|file| has_word(file.without_tests(), name));
            let derived = limits.text.lines().filter_map(|line| line.split_once('='));
            if !used && !derived.into_iter().any(|(_, value)| has_word(value, name)) {
                problems.push(format!("{}: nothing keeps {name}", limits.name()));
            }
        }
    }
    complain(&problems);
}

#[test]
fn every_crate_denies_unsafe_code() {
    let files = files();
    let manifests =
        files.iter().filter(|file| file.path.ends_with("Cargo.toml") && file.text.contains("[package]"));
    let fuzz = |file: &&File| !file.path.components().any(|part| part.as_os_str() == "fuzz");
    let wrong: BTreeSet<String> = manifests
        .filter(fuzz)
        .filter(|file| !file.text.contains("[lints]\nworkspace = true"))
        .map(File::name)
        .collect();
    assert!(wrong.is_empty(), "these do not take over the lints of the workspace: {wrong:?}");
}
