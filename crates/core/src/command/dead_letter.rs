//! Commands about dead letters.

use highwater_format::fact::DeadItem;
use serde::{Deserialize, Serialize};

use super::AttemptRef;

/// See [`Command::BuryItems`](super::Command::BuryItems).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BuryItems {
    /// The attempt that goes on without them.
    pub attempt: AttemptRef,
    /// The items; no key twice. One of a key that is buried already replaces it.
    pub items: Vec<DeadItem>,
}

/// See [`Command::ListDeadLetters`](super::Command::ListDeadLetters). All filters must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListDeadLetters {
    /// Node wanted; absent means all.
    pub node: Option<String>,
    /// Those that are to be worked on again, or those that are not; absent means both.
    pub requeued: Option<bool>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most dead letters wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::SettleDeadLetters`](super::Command::SettleDeadLetters).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SettleDeadLetters {
    /// Name of the node.
    pub node: String,
    /// Keys of the items, no key twice; each must be there.
    pub keys: Vec<String>,
    /// They are to be worked on again; otherwise they are dropped.
    pub requeue: bool,
    /// Why; must not be empty.
    pub reason: String,
    /// Who, when somebody does it by hand.
    pub actor: Option<String>,
    /// The attempt of the node that has worked on them; absent if it is done by hand.
    pub attempt: Option<AttemptRef>,
}
