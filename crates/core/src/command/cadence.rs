//! Commands about cadences and windows.

use highwater_format::fact::Cadence;
use serde::{Deserialize, Serialize};

use crate::answer::WindowStatus;

/// See [`Command::DeclareCadence`](super::Command::DeclareCadence).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeclareCadence {
    /// Name of the node; absent means all nodes that have no cadence of their own.
    pub node: Option<String>,
    /// The cadence; absent takes it back. What was covered stays covered in both cases.
    pub cadence: Option<Cadence>,
    /// The date on which the first window begins, when the day does in the zone of the cadence: `2026-11-28`. Instead of its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
}

/// See [`Command::ListCadences`](super::Command::ListCadences).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListCadences {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most entries wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::ListWindows`](super::Command::ListWindows).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListWindows {
    /// Name of the node.
    pub node: String,
    /// Partition; absent where the node has none.
    pub partition: Option<String>,
    /// Windows that lie behind this are wanted, the one around it too; absent means where the cadence starts. `next` of the page
    /// before.
    pub from: Option<i64>,
    /// Windows that begin before this are wanted; absent means now. Needed for an integer axis whose cadence has no end.
    pub to: Option<i64>,
    /// Statuses wanted; empty means all.
    pub statuses: Vec<WindowStatus>,
    /// Most windows wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::FindWindow`](super::Command::FindWindow).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FindWindow {
    /// The date on which the window begins, when the day does in the zone of the cadence: `2026-11-28`.
    pub date: String,
    /// How long the window is; where it starts and ends is of no account.
    pub cadence: Cadence,
}
