//! Answers about dead letters.

use highwater_format::fact::ErrorRecord;
use serde::{Deserialize, Serialize};

/// See [`Answer::DeadLetters`](super::Answer::DeadLetters).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeadLetters {
    /// By node and key.
    pub letters: Vec<DeadLetter>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// An item that a node could not work on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Name of the node.
    pub node: String,
    /// What tells it from the other items of the node.
    pub key: String,
    /// Why it could not be worked on the last time.
    pub error: ErrorRecord,
    /// The item, or as much of it as was given.
    pub payload: Option<Vec<u8>>,
    /// Run that put it aside last.
    pub run: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// How often it was put aside.
    pub times: u32,
    /// Why it is to be worked on again, if it is.
    pub requeued: Option<Requeued>,
}

/// Why an item is to be worked on again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requeued {
    /// Since when, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}
