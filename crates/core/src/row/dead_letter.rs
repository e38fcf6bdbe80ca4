//! The row of a dead letter.

use highwater_format::Extra;
use highwater_format::fact::ErrorRecord;
use serde::{Deserialize, Serialize};

use crate::answer::Requeued;

/// An item that a node could not work on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetterRow {
    /// Name of the node.
    pub node: String,
    /// What tells it from the other items of the node.
    pub key: String,
    /// Why it could not be worked on the last time.
    pub error: ErrorRecord,
    /// The item, or as much of it as was given.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "highwater_format::body::optional_bytes"
    )]
    pub payload: Option<Vec<u8>>,
    /// Run that put it aside last.
    pub run: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// When.
    pub at_ms: i64,
    /// How often it was put aside.
    pub times: u32,
    /// Why it is to be worked on again, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requeued: Option<Requeued>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}
