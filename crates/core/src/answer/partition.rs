//! Answers about partitions.

use highwater_format::fact::CoverageStatus;
use serde::{Deserialize, Serialize};

/// See [`Answer::Partitionings`](super::Answer::Partitionings).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Partitionings {
    /// By the names of their nodes.
    pub nodes: Vec<Partitioning>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// How a node is divided, and how many of its partitions stand how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Partitioning {
    /// Name of the node.
    pub node: String,
    /// The dimensions, in the order in which their keys make the name of a partition.
    pub dimensions: Vec<Dimension>,
    /// How many partitions stand how.
    pub counts: PartitionCounts,
    /// Version of the pipeline that declared it, or changed its keys, last.
    pub version: u64,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// One way in which a node is divided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dimension {
    /// Name.
    pub name: String,
    /// Whether keys come and go after it was declared.
    pub dynamic: bool,
    /// How many keys it has.
    pub keys: u64,
}

/// How many partitions stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionCounts {
    /// All that there are.
    pub total: u64,
    /// Done.
    pub done: u64,
    /// The last attempt at them failed.
    pub failed: u64,
    /// They were done, and have to be done again.
    pub stale: u64,
    /// Never done, or forgotten.
    pub missing: u64,
    /// Somebody works on them, however they stand.
    pub claimed: u64,
    /// Rows of all of them, as far as somebody said how many.
    pub rows: u64,
}

/// See [`Answer::Partitions`](super::Answer::Partitions).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Partitions {
    /// In the order of their keys. A page may have less than was asked for, and none, although there are more.
    pub partitions: Vec<PartitionView>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// A partition as it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionView {
    /// Its keys, joined by `|`: also what its coverage is kept under.
    pub partition: String,
    /// How it stands.
    pub status: CoverageStatus,
    /// How many rows it has; absent if nobody said.
    pub rows: Option<u64>,
    /// What it was done with; absent if nobody said.
    pub fingerprint: Option<String>,
    /// Run whose attempt worked on it last; absent if none did.
    pub run: Option<String>,
    /// Number of that attempt.
    pub attempt: Option<u32>,
    /// Version of the pipeline that marked it last; absent if it is missing.
    pub version: Option<u64>,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: Option<i64>,
    /// Why it was marked by hand.
    pub reason: Option<String>,
    /// Who marked it by hand.
    pub actor: Option<String>,
    /// Who works on it, if somebody does.
    pub claim: Option<PartitionClaim>,
}

/// Who works on a partition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionClaim {
    /// Run of the attempt.
    pub run: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Its fencing token.
    pub token: u64,
    /// Since when, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// See [`Answer::PartitionKeys`](super::Answer::PartitionKeys).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionKeys {
    /// In their order.
    pub keys: Vec<PartitionKeyView>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<u64>,
}

/// A key of a dimension, and how many of its partitions stand how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionKeyView {
    /// The key.
    pub key: String,
    /// Of all partitions that have it.
    pub counts: PartitionCounts,
}

/// See [`Answer::PartitionsChanged`](super::Answer::PartitionsChanged).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionsChanged {
    /// What changed, or would; of more than a bound, the first ones.
    pub partitions: Vec<String>,
    /// How many did, or would.
    pub changed: u64,
    /// False for a dry run, and if nothing had to change.
    pub applied: bool,
    /// Version of the pipeline at which it holds.
    pub version: u64,
}

/// See [`Answer::PartitionsMoved`](super::Answer::PartitionsMoved).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionsMoved {
    /// What moves, or would, in byte order of the old names; of more than a bound, the first ones.
    pub moves: Vec<PartitionMove>,
    /// How many partitions do that have a status, coverage or late data.
    pub moved: u64,
    /// How many partitions there are then.
    pub total: u64,
    /// False for a dry run, and if nothing had to change.
    pub applied: bool,
    /// Version of the pipeline at which it holds.
    pub version: u64,
}

/// A partition that is called something else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionMove {
    /// What it was.
    pub from: String,
    /// What it is then.
    pub to: String,
    /// How it stands, before and after.
    pub status: CoverageStatus,
    /// Whether it has coverage or late data, which moves too.
    pub coverage: bool,
}
