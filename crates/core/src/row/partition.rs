//! Rows of partitions.

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::CoverageStatus;
use serde::{Deserialize, Serialize};

use super::shared_name;

/// How a node is divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartitioningRow {
    /// Name of the node.
    pub node: String,
    /// The dimensions, in the order in which their keys make the name of a partition.
    pub dimensions: Vec<DimensionEntry>,
    /// Version of the pipeline that declared it, or changed its keys, last.
    pub version: u64,
    /// When.
    pub at_ms: i64,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// One way in which a node is divided. Its keys have rows of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DimensionEntry {
    /// Name.
    pub name: String,
    /// Whether keys come and go after it was declared.
    pub dynamic: bool,
    /// Number of the next key.
    pub next: u64,
}

/// A key of a dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartitionKeyRow {
    /// Name of the node.
    pub node: String,
    /// Name of the dimension.
    pub dimension: String,
    /// The key.
    pub key: String,
    /// Its place among the keys of the dimension.
    pub number: u64,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A partition that is not missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartitionRow {
    /// Name of the node.
    #[serde(with = "shared_name")]
    pub node: Arc<str>,
    /// Its keys, joined by `|`.
    #[serde(with = "shared_name")]
    pub partition: Arc<str>,
    /// How it stands.
    pub status: CoverageStatus,
    /// How many rows it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// What it was done with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Run whose attempt worked on it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Number of that attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Version of the pipeline that marked it last.
    pub version: u64,
    /// When.
    pub at_ms: i64,
    /// Why it was marked by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who marked it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}

/// A partition that an attempt works on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartitionClaimRow {
    /// Name of the node.
    #[serde(with = "shared_name")]
    pub node: Arc<str>,
    /// Its keys, joined by `|`.
    #[serde(with = "shared_name")]
    pub partition: Arc<str>,
    /// Run of the attempt.
    pub run: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Its fencing token.
    pub token: u64,
    /// Since when.
    pub at_ms: i64,
    /// What it is done with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    #[serde(skip)]
    pub(crate) extra: Extra,
}
