//! Facts about backfills: ranges of windows that are worked off beside the daily runs.

use serde::{Deserialize, Serialize};

use super::coverage::{Axis, Interval, is_time};
use super::shared::{is_default, is_none};

/// In which order windows are handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackfillOrder {
    /// The oldest first.
    #[default]
    OldestFirst,
    /// The newest first.
    NewestFirst,
}

/// What shall become of a backfill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackfillAction {
    /// Nothing of it is handed out until it is resumed; who works goes on.
    Pause,
    /// It goes on.
    Resume,
    /// Nothing of it is handed out any more.
    Cancel,
    /// It is forgotten. What was done stays done.
    Delete,
}

/// A backfill was made out of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackfillCreated {
    /// Its id, unique among the backfills of the pipeline.
    pub backfill: String,
    /// The nodes that it is for, upstream ones first.
    pub nodes: Vec<String>,
    /// Partition whose coverage it is; absent where the nodes have none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub partition: Option<String>,
    /// What the numbers are.
    #[serde(default, skip_serializing_if = "is_time")]
    pub axis: Axis,
    /// The windows of the nodes that lie in this are worked off.
    pub interval: Interval,
    /// In which order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub order: BackfillOrder,
    /// Most attempts that work on it at once; 0 leaves it open.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_concurrent: u32,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// A backfill was paused, resumed, cancelled or deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackfillChanged {
    /// Its id.
    pub backfill: String,
    /// What became of it.
    pub action: BackfillAction,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}
