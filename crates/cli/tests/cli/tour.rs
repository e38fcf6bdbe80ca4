//! The tour of README.md and the guides in docs/ are run as they stand there.
//!
//! In blocks marked `console`, lines that begin with `$ ` are commands for `sh`, with more lines after `> `, run one after the other in one folder;
//! the lines below each are what it says on both streams. `[..]` stands for anything within a line. Blocks marked
//! `sh file=NAME` are written to that file first.

use std::process::{Command, Stdio};

use highwater::{Acknowledgement, CheckpointRef, SourcePosition, StatePart, StreamSpec, Value};

use crate::checkpoint::in_program;
use crate::lab::{Lab, PROGRAM};

const README: &str = include_str!("../../README.md");
const WHEN_THINGS_GO_WRONG: &str = include_str!("../../docs/when-things-go-wrong.md");
const OXIDE_FLOW: &str = include_str!("../../docs/coming-from/oxide-flow.md");
const DATA_EXTRACTOR: &str = include_str!("../../docs/coming-from/data-extractor.md");
const ODIBI: &str = include_str!("../../docs/coming-from/odibi.md");
const SEEKNAL: &str = include_str!("../../docs/coming-from/seeknal.md");
const ARKFLOW: &str = include_str!("../../docs/coming-from/arkflow.md");

struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut in_block = false;
    let mut goes_on = false;
    for (index, line) in document.lines().enumerate() {
        match line {
            "```console" => in_block = true,
            "```" => (in_block, goes_on) = (false, false),
            _ if !in_block => {}
            _ if goes_on => {
                let step = steps.last_mut().expect("a command");
                step.command.push_str(&format!("\n{line}"));
                goes_on = line.ends_with('\\');
            }
            _ if line.starts_with("> ") => {
                let step = steps.last_mut().expect("a command");
                step.command.push_str(&format!("\n{}", &line[2..]));
            }
            _ => match line.strip_prefix("$ ") {
                Some(command) => {
                    goes_on = command.ends_with('\\');
                    steps.push(Step { line: index + 1, command: command.to_owned(), expected: Vec::new() });
                }
                None => steps.last_mut().expect("a command comes first").expected.push(line.to_owned()),
            },
        }
    }
    steps
}

#[test]
fn the_tour_does_what_it_says() {
    follow("README.md", README);
}

#[test]
fn the_guide_for_bad_nights_does_what_it_says() {
    follow("docs/when-things-go-wrong.md", WHEN_THINGS_GO_WRONG);
}

#[test]
fn the_words_of_oxide_flow_are_translated() {
    follow("docs/coming-from/oxide-flow.md", OXIDE_FLOW);
}

#[test]
fn the_words_of_odibi_are_translated() {
    follow("docs/coming-from/odibi.md", ODIBI);
}

#[test]
fn the_words_of_the_data_extractor_are_translated() {
    follow("docs/coming-from/data-extractor.md", DATA_EXTRACTOR);
}

#[test]
fn the_words_of_seeknal_are_translated() {
    follow("docs/coming-from/seeknal.md", SEEKNAL);
}

#[test]
fn the_words_of_arkflow_are_translated() {
    let lab = Lab::new();
    in_program(&lab, "prod/words", words_are_counted);
    follow_in(&lab, "docs/coming-from/arkflow.md", ARKFLOW);
}

/// What a word count leaves that has made three checkpoints, the second of which is a savepoint.
async fn words_are_counted(stream: highwater::Stream) {
    let operator = "word_count_operator";
    let spec = StreamSpec::new().operator(operator, 1).retain(10);
    stream.declare(spec).await.expect("it is declared");
    stream.restore(CheckpointRef::Latest).await.expect("it starts");
    for (checkpoint, kind, size_bytes) in [(1, "base", 4_096), (2, "delta", 40), (3, "delta", 40)] {
        match checkpoint {
            2 => stream.savepoint("before-the-upgrade").await,
            _ => stream.trigger().await,
        }
        .expect("it is triggered");
        let name = format!("{operator}/0/{checkpoint}-{kind}-81c{checkpoint}");
        let position = i64::try_from(checkpoint).expect("small") * 10;
        let done = Acknowledgement {
            operator: operator.to_owned(),
            parts: vec![StatePart { name, size_bytes, digest: None }],
            positions: vec![SourcePosition { name: "lines/0".to_owned(), value: Value::Int(position) }],
            ..Acknowledgement::default()
        };
        stream.acknowledge(checkpoint, [done]).await.expect("it is acknowledged");
    }
}

/// Nouns with verbs, as they stand in tables: `run start P RUN`.
const NOUNS: [&str; 13] = [
    "pipeline",
    "run",
    "node",
    "batch",
    "hwm",
    "log",
    "worker",
    "lease",
    "stream",
    "checkpoint",
    "state",
    "cadence",
    "coverage",
];
/// Words that begin a command together with the next one, or alone.
const MORE: [&str; 4] = ["plan", "backfill", "exec", "doctor"];

/// The commands in the tables of a document behind what people had: its words, without what is in quotes.
fn told(document: &str) -> Vec<Vec<String>> {
    let mut told = Vec::new();
    for row in document.lines().filter(|line| line.starts_with("| ")) {
        let cells = row.trim_matches('|').split(" | ").skip(1);
        for code in cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
            let words: Vec<String> = code.split_whitespace().map(str::to_owned).collect();
            let first = words.first().map(String::as_str).unwrap_or_default();
            if (NOUNS.contains(&first) && words.len() > 1) || MORE.contains(&first) {
                told.push(words);
            }
        }
    }
    told
}

#[test]
fn every_command_in_a_table_is_one_with_these_options() {
    let lab = Lab::new();
    let mut count = 0;
    for (name, guide) in [
        ("oxide-flow", OXIDE_FLOW),
        ("data-extractor", DATA_EXTRACTOR),
        ("odibi", ODIBI),
        ("seeknal", SEEKNAL),
        ("arkflow", ARKFLOW),
    ] {
        for words in told(guide) {
            let path =
                if ["exec", "doctor"].contains(&words[0].as_str()) { &words[..1] } else { &words[..2] };
            let mut help: Vec<&str> = path.iter().map(String::as_str).collect();
            help.push("--help");
            let said = lab.run(&help);
            assert_eq!(said.code, Some(0), "{name}: `{}`: {}", words.join(" "), said.stderr);
            let own = words.iter().take_while(|word| *word != "--");
            for option in own.filter(|word| word.starts_with('-')) {
                assert!(
                    said.stdout.contains(option.as_str()),
                    "{name}: `{}` knows no {option}",
                    words.join(" ")
                );
            }
            count += 1;
        }
    }
    assert!(count > 80, "only {count} commands were found");
}

fn follow(name: &str, document: &str) {
    follow_in(&Lab::new(), name, document);
}

fn follow_in(lab: &Lab, name: &str, document: &str) {
    let folder = std::path::Path::new(PROGRAM).parent().expect("a folder").display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").expect("a PATH"));
    for block in document.split("```sh file=").skip(1) {
        let (file, script) = block.split_once('\n').expect("a name");
        let script = script.split_once("```").expect("an end").0;
        std::fs::write(lab.path(file), script).expect("written");
    }
    let steps = steps(document);
    assert!(steps.len() > 10, "{name} has {} steps", steps.len());
    for step in steps {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec 2>&1\n{}", step.command)]).current_dir(lab.path(".")).env_clear();
        command
            .env("PATH", &path)
            .env("LANG", "C.UTF-8")
            .env("HIGHWATER_STORE", "file:./state")
            .stdin(Stdio::null());
        let output = command.output().expect("it runs");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
        let fits = lines.len() == step.expected.len()
            && lines.iter().zip(&step.expected).all(|(line, pattern)| matches(line, pattern));
        assert!(
            fits,
            "{name}:{}: `{}` says\n{said}\nand not\n{}",
            step.line,
            step.command,
            step.expected.join("\n")
        );
    }
}

/// Whether a line is what the pattern says, `[..]` standing for anything.
fn matches(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.trim_end().split("[..]");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn patterns_match_within_a_line() {
    assert!(matches("run abc is done", "run [..] is done"));
    assert!(matches("a b c", "[..]b[..]"));
    assert!(!matches("run abc is done", "run abc"));
    assert!(!matches("run abc", "[..]abd"));
    assert!(matches("", ""));
}
