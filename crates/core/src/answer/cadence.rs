//! Answers about cadences and windows.

use highwater_format::fact::{Axis, Cadence};
use serde::{Deserialize, Serialize};

/// See [`Answer::Cadences`](super::Answer::Cadences).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cadences {
    /// By the names of the nodes; first the one of all nodes that have none of their own.
    pub cadences: Vec<CadenceView>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// The cadence of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CadenceView {
    /// Name of the node; absent means all nodes that have no cadence of their own.
    pub node: Option<String>,
    /// The cadence.
    pub cadence: Cadence,
}

/// See [`Answer::Windows`](super::Answer::Windows).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    /// What the numbers are.
    pub axis: Axis,
    /// In order.
    pub windows: Vec<WindowView>,
    /// `from` of the next page, which may be empty; absent at the end.
    pub next: Option<i64>,
}

/// How a window stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowStatus {
    /// It is not due: it has not ended, or its rows may still come.
    #[default]
    Open,
    /// It is due and nothing of it is done.
    Missing,
    /// It is due and a part of it is done.
    Partial,
    /// An attempt works on it, or on a part of it.
    Running,
    /// The last attempt at it, or at a part of it, failed.
    Failed,
    /// It was done, and it or a part of it has to be done again.
    Stale,
    /// All of it is done.
    Done,
}

/// A window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowView {
    /// Where it begins.
    pub start: i64,
    /// Where it ends; the end is not part of it.
    pub end: i64,
    /// How it stands.
    pub status: WindowStatus,
    /// From when on it is due, milliseconds since the Unix epoch; absent on an integer axis.
    pub due_at_ms: Option<i64>,
    /// The run that works on it, or did last.
    pub run: Option<String>,
}
