//! Facts about partitions: into which parts a node is divided, how each stands, and who works on which.

use serde::{Deserialize, Serialize};

use super::coverage::CoverageStatus;
use super::shared::{is_default, is_none};

/// One way in which a node is divided. A partition has one key of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionDimension {
    /// Name.
    pub name: String,
    /// Whether keys come and go after it was declared; otherwise they are all declared with it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dynamic: bool,
    /// All keys of one that is not dynamic, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// How a node is divided was declared, or taken back. It replaces the declaration before it; a dimension that is dynamic keeps
/// the keys that one of its name has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartitionsDeclared {
    /// Name of the node.
    pub node: String,
    /// The dimensions, in the order in which their keys make the name of a partition; none means that it is not divided any more.
    pub dimensions: Vec<PartitionDimension>,
}

/// Keys of a dynamic dimension came or went. What goes takes how its partitions stand with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionKeysChanged {
    /// Name of the node.
    pub node: String,
    /// Name of the dimension.
    pub dimension: String,
    /// New keys, in the order in which they follow those that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Keys that go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// An attempt was handed partitions to work on. What it has not marked when it succeeds is done then; what it has not marked when it
/// fails has failed, unless it was done before. However it ends, it works on them no more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionsClaimed {
    /// Id of the run.
    pub run: String,
    /// Name of the node.
    pub node: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// Fencing token of the attempt.
    pub token: u64,
    /// The partitions.
    pub partitions: Vec<String>,
    /// What they are done with, for example the digest of the code.
    #[serde(default, skip_serializing_if = "is_none")]
    pub fingerprint: Option<String>,
}

/// A partition that was marked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionMark {
    /// The partition: its keys, joined by `|`.
    pub partition: String,
    /// How many rows it has; absent if nobody said.
    #[serde(default, skip_serializing_if = "is_none")]
    pub rows: Option<u64>,
    /// What it was done with; absent if nobody said.
    #[serde(default, skip_serializing_if = "is_none")]
    pub fingerprint: Option<String>,
}

/// Partitions of a node were marked: by an attempt as done or failed, or as anything by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionsMarked {
    /// Name of the node.
    pub node: String,
    /// What they are now.
    pub status: CoverageStatus,
    /// The partitions.
    pub marks: Vec<PartitionMark>,
    /// Run whose attempt did it; absent if it was done by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub run: Option<String>,
    /// Number of that attempt.
    #[serde(default, skip_serializing_if = "is_none")]
    pub attempt: Option<u32>,
    /// Why it was done by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: Option<String>,
    /// Who did it by hand.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// A key that is called something else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRename {
    /// What it was.
    pub from: String,
    /// What it is now.
    pub to: String,
}

/// A dimension that is added behind those that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedDimension {
    /// The dimension.
    pub dimension: PartitionDimension,
    /// Its key for all partitions that there are.
    pub key: String,
}

/// The partitions of a node are called something else. How each stands goes with it, and so do its coverage and late data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionsRekeyed {
    /// Name of the node.
    pub node: String,
    /// The dimension whose keys change their names; absent if none do.
    #[serde(default, skip_serializing_if = "is_none")]
    pub dimension: Option<String>,
    /// Those keys, all at once: two may change their names with each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyRename>,
    /// The dimension that is added; absent if none is.
    #[serde(default, skip_serializing_if = "is_none")]
    pub added: Option<AddedDimension>,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

impl PartitionDimension {
    /// One whose keys are all known, in their order.
    pub fn of<K: Into<String>>(
        name: impl Into<String>,
        keys: impl IntoIterator<Item = K>,
    ) -> PartitionDimension {
        let keys = keys.into_iter().map(Into::into).collect();
        PartitionDimension { name: name.into(), dynamic: false, keys }
    }

    /// One whose keys come and go.
    pub fn dynamic(name: impl Into<String>) -> PartitionDimension {
        PartitionDimension { name: name.into(), dynamic: true, keys: Vec::new() }
    }
}

/// A mark that says nothing but the status.
impl From<&str> for PartitionMark {
    fn from(partition: &str) -> PartitionMark {
        PartitionMark { partition: partition.to_owned(), ..PartitionMark::default() }
    }
}

/// A mark that says nothing but the status.
impl From<String> for PartitionMark {
    fn from(partition: String) -> PartitionMark {
        PartitionMark { partition, ..PartitionMark::default() }
    }
}
