//! Where a process may die.

use std::fmt;

use highwater_format::{FactTable, Record, fact_json};
use serde_json::Value;

/// A moment in the life of a process at which it may die, stand still, or be left in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) moment: Moment,
    /// The request, or the name that the pipeline gave to the point.
    pub(crate) what: String,
    /// It writes a record, and so there may be doubt whether it did.
    pub(crate) is_append: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The request had no effect yet.
    Before,
    /// It had its effect, and nobody knows yet.
    After,
    /// The pipeline marked it.
    Marked,
}

impl Point {
    /// Whether it belongs into a story: what was written, and what the pipeline says itself.
    pub(crate) fn is_telling(&self) -> bool {
        self.moment == Moment::Marked || (self.is_append && self.moment == Moment::After)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.moment {
            Moment::Before => write!(f, "before {}", self.what),
            Moment::After => write!(f, "after {}, before its answer", self.what),
            Moment::Marked => write!(f, "at the point `{}`", self.what),
        }
    }
}

/// What an append is about, as far as it can be read.
pub(crate) fn append_in_words(key: &str, version: u64, bytes: &[u8]) -> String {
    let facts = Record::decode(bytes).map(|record| record.facts).unwrap_or_default();
    let facts = facts.iter().map(|entry| {
        let fields = fact_json(entry).ok().and_then(|json| serde_json::from_str::<Value>(&json).ok());
        let field = |name| fields.as_ref().and_then(|fields| fields.get(name)?.as_str());
        let about = field("name").or_else(|| field("node")).or_else(|| field("run"));
        match about {
            Some(about) => format!("{} `{about}`", entry.fact.name()),
            None => entry.fact.name().to_owned(),
        }
    });
    let facts: Vec<String> = facts.collect();
    format!("the append of version {version} to `{key}` ({})", facts.join(", "))
}
