//! Rows of late data.

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{Axis, LateAction};
use serde::{Deserialize, Serialize};

use super::shared_name;
use crate::answer::LateCount;

/// Late data of a node and partition, counted up, and the last reports of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LateRow {
    /// Name of the node.
    #[serde(with = "shared_name")]
    pub node: Arc<str>,
    /// Partition; empty where the node has none.
    #[serde(default, skip_serializing_if = "str::is_empty", with = "shared_name")]
    pub partition: Arc<str>,
    /// What the numbers are.
    pub axis: Axis,
    /// What was reopened.
    pub reopened: LateCount,
    /// What was recorded.
    pub recorded: LateCount,
    /// What was refused.
    pub refused: LateCount,
    /// The last reports, oldest first.
    pub last: Vec<LateEntry>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// One report of late data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LateEntry {
    /// Version of the pipeline that has it.
    pub version: u64,
    /// When.
    pub at_ms: i64,
    /// The worst that happened to a part of it.
    pub action: LateAction,
    /// Where what was late begins.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
    /// How many rows came.
    pub rows: u64,
    /// Run that reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Who reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The node whose late data it is, if it is not its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
}

/// An interval that attempts up to a token may do without having seen all of its rows. It goes when none of them runs any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnseenRow {
    /// Name of the node.
    #[serde(with = "shared_name")]
    pub node: Arc<str>,
    /// Partition; empty where the node has none.
    #[serde(default, skip_serializing_if = "str::is_empty", with = "shared_name")]
    pub partition: Arc<str>,
    /// Where it begins.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
    /// The last fencing token given out before the rows were reported.
    pub token: u64,
    #[serde(skip)]
    pub(crate) extra: Extra,
}
