//! The case files.

use std::path::Path;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    /// For people.
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

/// One step: which store, and what.
#[derive(Debug, Deserialize)]
pub(super) struct Step {
    #[serde(default)]
    pub(super) store: usize,
    #[serde(flatten)]
    pub(super) action: Action,
}

/// A text, written out or as a repetition.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Text {
    Plain(String),
    Repeated { repeat: (String, usize) },
}

impl Text {
    pub(super) fn get(&self) -> String {
        match self {
            Text::Plain(text) => text.clone(),
            Text::Repeated { repeat: (text, times) } => text.repeat(*times),
        }
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::Plain(String::new())
    }
}

/// The steps of `tests/conformance/README.md`.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Action {
    Append {
        key: Text,
        version: u64,
        #[serde(default = "first_writer")]
        writer: u8,
        #[serde(default = "record_bytes")]
        size: usize,
        expect: AppendExpect,
    },
    Fill {
        key: Text,
        from: u64,
        to: u64,
        #[serde(default = "first_writer")]
        writer: u8,
        #[serde(default = "record_bytes")]
        size: usize,
    },
    Read {
        key: Text,
        expect: ReadExpect,
    },
    ReadFrom {
        key: Text,
        version: u64,
        expect: TailExpect,
    },
    PutSnapshot {
        key: Text,
        version: u64,
        #[serde(default = "snapshot_bytes")]
        size: usize,
        expect: StoreExpect,
    },
    Trim {
        key: Text,
        up_to: u64,
    },
    List {
        #[serde(default)]
        prefix: Text,
        #[serde(default = "list_keys")]
        limit: usize,
        expect: Vec<Text>,
    },
    ListCount {
        #[serde(default)]
        prefix: Text,
        #[serde(default = "list_keys")]
        limit: usize,
        expect: usize,
    },
    Beat {
        key: Text,
        worker: Text,
        text: Text,
        expect: StoreExpect,
    },
    Beats {
        key: Text,
        expect: Vec<(Text, Text)>,
    },
    ReadAll {
        key: Text,
        expect: RetainedExpect,
    },
    Reset {
        key: Text,
        version: u64,
        #[serde(default = "snapshot_bytes")]
        size: usize,
        expect: ResetExpect,
    },
    PutBackup {
        key: Text,
        name: Text,
        text: Text,
        expect: StoreExpect,
    },
    Backups {
        key: Text,
        expect: Vec<(Text, u64)>,
    },
    ReadBackup {
        key: Text,
        name: Text,
        expect: Option<Text>,
    },
    DeleteBackup {
        key: Text,
        name: Text,
        expect: StoreExpect,
    },
    RaceReset {
        key: Text,
        version: u64,
        writers: u8,
        resets: u8,
        #[serde(default)]
        backups: u8,
    },
    Refused {
        key: Text,
    },
    Reopen,
    Race {
        key: Text,
        to: u64,
        writers: u8,
        #[serde(default)]
        shared: bool,
        #[serde(default = "record_bytes")]
        size: usize,
    },
    ReadWhileAppending {
        key: Text,
        to: u64,
        readers: usize,
        #[serde(default = "record_bytes")]
        size: usize,
    },
}

/// The outcome of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AppendExpect {
    Appended,
    Taken,
    Unsupported,
}

/// The outcome of storing something that is not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoreExpect {
    Stored,
    Unsupported,
}

/// Which versions a read gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadExpect {
    pub(super) snapshot: Option<u64>,
    pub(super) tail: Option<(u64, u64)>,
}

/// The outcome of starting a journal anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResetExpect {
    /// Done, and there was a journal to set aside.
    SetAside,
    /// Done, and there was none.
    New,
    Taken,
    Unsupported,
}

/// What is left of a journal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetainedExpect {
    /// The newest snapshot.
    pub(super) snapshot: Option<u64>,
    /// Records that must be there; older ones may be.
    pub(super) records: Option<(u64, u64)>,
    pub(super) last: u64,
}

/// Which versions a tail has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TailExpect {
    Records(Option<(u64, u64)>),
    TrimmedOr((u64, u64)),
}

fn first_writer() -> u8 {
    1
}

fn record_bytes() -> usize {
    10
}

fn snapshot_bytes() -> usize {
    20
}

fn list_keys() -> usize {
    crate::limits::LIST_PAGE_KEYS
}

/// The cases of all files of the folder, in the order of the files' names.
pub(super) fn read_cases(folder: &Path) -> Result<Vec<Case>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut cases: Vec<Case> = Vec::new();
    for path in paths {
        let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read(&path).map_err(|error| problem(&error))?;
        let file: CaseFile = serde_json::from_slice(&text).map_err(|error| problem(&error))?;
        for case in file.cases {
            if cases.iter().any(|earlier| earlier.name == case.name) {
                return Err(problem(&format!("there are two cases named `{}`", case.name)));
            }
            cases.push(case);
        }
    }
    Ok(cases)
}
