//! Commands about partitions: the parts into which a node is divided by keys.

use highwater_format::fact::{AddedDimension, CoverageStatus, KeyRename, PartitionDimension, PartitionMark};
use serde::{Deserialize, Serialize};

/// See [`Command::DeclarePartitions`](super::Command::DeclarePartitions).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeclarePartitions {
    /// Name of the node.
    pub node: String,
    /// The dimensions, in the order in which their keys make the name of a partition; none takes the declaration back. Once a
    /// partition has a status, dimensions keep their names and their order, and no key may go that one of these partitions has.
    pub dimensions: Vec<PartitionDimension>,
}

/// See [`Command::ChangePartitionKeys`](super::Command::ChangePartitionKeys).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangePartitionKeys {
    /// Name of the node.
    pub node: String,
    /// Name of a dynamic dimension.
    pub dimension: String,
    /// Keys that come; those that are there are left as they are.
    pub add: Vec<String>,
    /// Keys that go; those that are not there are gone already. A key of a partition that somebody works on stays.
    pub remove: Vec<String>,
    /// Let keys go whose partitions have a status, which is forgotten. A reason is needed for that.
    pub forget: bool,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::MarkPartitions`](super::Command::MarkPartitions).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarkPartitions {
    /// Name of the node.
    pub node: String,
    /// What they shall be: done, although no attempt did them; stale, so that they are done again; failed; or missing, so that
    /// it is forgotten that they ever were anything else.
    pub status: CoverageStatus,
    /// The partitions. Nobody may work on them.
    pub marks: Vec<PartitionMark>,
    /// Why; must not be empty, but for a dry run.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
    /// Only say what would change.
    pub dry_run: bool,
}

/// See [`Command::RekeyPartitions`](super::Command::RekeyPartitions).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RekeyPartitions {
    /// Name of the node. Nobody may work on its partitions.
    pub node: String,
    /// The dimension whose keys change their names; absent if none do.
    pub dimension: Option<String>,
    /// Those keys, all at once, so that two may change their names with each other.
    pub keys: Vec<KeyRename>,
    /// A dimension that is added behind those that there are, with its key for all partitions that there are.
    pub add: Option<AddedDimension>,
    /// Why; must not be empty, but for a dry run.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
    /// Only say what would move.
    pub dry_run: bool,
}

/// See [`Command::DescribePartitions`](super::Command::DescribePartitions).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DescribePartitions {
    /// Name of the node; absent means all nodes that are divided.
    pub node: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most entries wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::ListPartitions`](super::Command::ListPartitions). All filters must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListPartitions {
    /// Name of the node.
    pub node: String,
    /// Only these; empty means all. One that cannot be is refused.
    pub partitions: Vec<String>,
    /// Statuses wanted; empty means all.
    pub statuses: Vec<CoverageStatus>,
    /// How their names begin.
    pub prefix: String,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most entries wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::ListPartitionKeys`](super::Command::ListPartitionKeys).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListPartitionKeys {
    /// Name of the node.
    pub node: String,
    /// Name of the dimension.
    pub dimension: String,
    /// `next` of the page before.
    pub cursor: Option<u64>,
    /// Most entries wanted; 0 means the default.
    pub limit: u32,
}

/// Which partitions a worker wants to be handed; see [`BeginNode`](super::BeginNode). Handed out is what of them is not done and nobody
/// else works on, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionsWanted {
    /// Only these; empty means all.
    pub partitions: Vec<String>,
    /// How their names begin.
    pub prefix: String,
    /// What they would be done with, for example the digest of the code. One that was done with something else is due again.
    pub fingerprint: Option<String>,
    /// Hand out what is done as well. It counts as done until the attempt has done it again.
    pub restate: bool,
    /// Most partitions that are handed out; 0 leaves it open.
    pub limit: u32,
}

/// What became of a partition in an attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionOutcome {
    /// The partition: its keys, joined by `|`. Nobody else may work on it.
    pub partition: String,
    /// Whether it failed; otherwise it is done.
    pub failed: bool,
    /// How many rows it has.
    pub rows: Option<u64>,
    /// What it was done with; absent means what the attempt was handed it for.
    pub fingerprint: Option<String>,
}

impl PartitionOutcome {
    /// It is done.
    pub fn done(partition: impl Into<String>) -> PartitionOutcome {
        PartitionOutcome { partition: partition.into(), ..PartitionOutcome::default() }
    }

    /// It failed.
    pub fn failed(partition: impl Into<String>) -> PartitionOutcome {
        PartitionOutcome { failed: true, ..PartitionOutcome::done(partition) }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(self, rows: u64) -> PartitionOutcome {
        PartitionOutcome { rows: Some(rows), ..self }
    }

    /// What it was done with, if not what the attempt was handed it for.
    #[must_use]
    pub fn fingerprint(self, fingerprint: impl Into<String>) -> PartitionOutcome {
        PartitionOutcome { fingerprint: Some(fingerprint.into()), ..self }
    }
}
