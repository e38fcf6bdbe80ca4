//! Rows of coverage.

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{Axis, CoverageStatus, Interval};
use serde::{Deserialize, Serialize};

use super::shared_name;

/// A piece of the axis of a node that is not missing. Pieces of one node and partition do not overlap, and two that touch differ in
/// status, reason or actor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PieceRow {
    /// Name of the node.
    #[serde(with = "shared_name")]
    pub node: Arc<str>,
    /// Partition; empty where the node has none.
    #[serde(default, skip_serializing_if = "str::is_empty", with = "shared_name")]
    pub partition: Arc<str>,
    /// What the numbers are.
    pub axis: Axis,
    /// Where it begins.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
    /// How it stands; never missing.
    pub status: CoverageStatus,
    /// Version of the pipeline that touched it last.
    pub version: u64,
    /// When.
    pub at_ms: i64,
    /// Run that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why, if it was done by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who, if it was done by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// What an attempt works on. It goes with the attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// Name of the node.
    #[serde(with = "shared_name")]
    pub node: Arc<str>,
    /// Partition; empty where the node has none.
    #[serde(default, skip_serializing_if = "str::is_empty", with = "shared_name")]
    pub partition: Arc<str>,
    /// What the numbers are.
    pub axis: Axis,
    /// Where it begins.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
    /// Run of the attempt.
    pub run: String,
    /// Fencing token of the attempt.
    pub token: u64,
    /// Since when.
    pub at_ms: i64,
    /// Number of the attempt, if what comes of the claim is counted for the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// What the attempts of a node have done of an axis in one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// Partition; empty where the node has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub partition: String,
    /// What the numbers are.
    pub axis: Axis,
    /// In order, no two touch. Of very many, those that are nearest to each other are joined.
    pub intervals: Vec<Interval>,
}
