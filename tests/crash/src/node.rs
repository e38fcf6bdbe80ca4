//! The TypeScript store, in a Node process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::check::{Found, Record, hold};
use crate::explore::State;
use crate::folder::{temporary_folder, write_image};

/// A script of this crate, for a Node that finds the built npm package.
///
/// # Panics
///
/// When the package is not built.
pub fn script(name: &str) -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = crate_folder.join("../../npm/highwater/dist/index.js");
    assert!(built.is_file(), "the npm package is not built: run `./test npm` first, which builds it");
    crate_folder.join("node").join(name)
}

/// Opens each state with the TypeScript store, and says which promises were broken.
///
/// # Panics
///
/// When Node does not run.
pub fn check(states: &[State]) -> Vec<String> {
    let place = temporary_folder();
    for (index, state) in states.iter().enumerate() {
        let folder = place.path().join(index.to_string());
        std::fs::create_dir(&folder).expect("a folder");
        write_image(&state.image, &folder);
    }
    let mut child = Command::new("node")
        .arg(script("look.mjs"))
        .arg(place.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(format!("{}\n", states.len()).as_bytes())
        .expect("node listens");
    let output = child.wait_with_output().expect("node ends");
    assert!(output.status.success(), "node ended with {}", output.status);
    let lines = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), states.len(), "one line a state");
    let check = |(state, line): (&State, &&str)| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let result = found(&value).and_then(|found| hold(&found, &state.promises));
        result.err().map(|problem| format!("{problem}\n    {}", state.story))
    };
    states.iter().zip(&lines).filter_map(check).collect()
}

fn found(value: &Value) -> Result<Found, String> {
    if let Some(error) = value["error"].as_str() {
        return Err(error.to_owned());
    }
    let optional = |name: &str| (!value[name].is_null()).then(|| record(&value[name]));
    let list =
        |value: &Value| value.as_array().map(|records| records.iter().map(record).collect::<Vec<Record>>());
    Ok(Found {
        snapshot: optional("snapshot"),
        start: value["start"].as_u64().expect("a version"),
        backups: value["backups"].as_array().expect("names").iter().filter_map(Value::as_u64).collect(),
        tail: list(&value["tail"]).expect("a list of records"),
        all: list(&value["all"]),
        floor: value["floor"].as_u64().unwrap_or(1),
        appended: record(&value["appended"]),
        last: optional("last"),
    })
}

fn record(value: &Value) -> Record {
    (value[0].as_u64().expect("a version"), value[1].as_str().expect("a digest").to_owned())
}
