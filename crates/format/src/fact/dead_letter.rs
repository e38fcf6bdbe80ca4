//! Facts about dead letters: items that a node could not work on.

use serde::{Deserialize, Serialize};

use super::shared::{ErrorRecord, is_none};

/// An item that a node could not work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadItem {
    /// What tells it from the other items of the node: an id, an offset, a path.
    pub key: String,
    /// Why it could not be worked on.
    pub error: ErrorRecord,
    /// The item, or as much of it as is of use; absent where the key is enough to find it.
    #[serde(default, skip_serializing_if = "is_none", with = "crate::body::optional_bytes")]
    pub payload: Option<Vec<u8>>,
}

/// An attempt put items aside and goes on without them. One of the same key replaces the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLettersBuried {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// The items; no key twice.
    pub items: Vec<DeadItem>,
}

/// Dead letters of a node are to be worked on again, or are dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLettersSettled {
    /// Name of the node.
    pub node: String,
    /// Keys of the items.
    pub keys: Vec<String>,
    /// They are to be worked on again; otherwise they are dropped.
    pub requeued: bool,
    /// Why.
    pub reason: String,
    /// Who, when somebody did it by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
    /// Fencing token of the attempt that did it; absent if it was done by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub token: Option<u64>,
}
