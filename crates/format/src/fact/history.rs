//! Facts about the state and the journal as a whole: what was put back, copied, or repaired.

use serde::{Deserialize, Serialize};

use super::shared::{is_none, is_zero};

/// The state was replaced by another one: rows were put in place and rows were taken away, all at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateReplaced {
    /// Why it is another state.
    pub cause: ReplaceCause,
    /// Pipeline that the state comes from, if not from this one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub source: Option<String>,
    /// Version that the state comes from.
    pub source_version: u64,
    /// Id of the backup that the state comes from.
    #[serde(default, skip_serializing_if = "is_none")]
    pub backup: Option<String>,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
    /// Rows that are new or different, as the body of a snapshot holds them.
    #[serde(with = "crate::body::bytes")]
    pub rows_put: Vec<u8>,
    /// Rows that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows_removed: Vec<RowKey>,
}

/// Why a state was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplaceCause {
    /// It was put back as it was at a version or time.
    Revert,
    /// It was put back as a backup has it.
    Restore,
    /// The pipeline starts with the state of another one.
    Fork,
}

/// Which row of a state is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowKey {
    /// Name of the kind of row, as in a snapshot.
    pub table: String,
    /// The names that tell it from others of its kind, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The number that tells it from others with these names.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub number: u64,
}

/// The journal was damaged and begins anew with what could be kept. The snapshot that it begins with has the state; this
/// says what became of the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalRepaired {
    /// Version of the snapshot or backup that the state was folded from; 0 if from the first record.
    pub from_version: u64,
    /// Everything up to this version was kept.
    pub kept_up_to: u64,
    /// Last version that was lost; `kept_up_to` if none was.
    pub lost_up_to: u64,
    /// Where the damaged journal is kept.
    #[serde(default, skip_serializing_if = "is_none")]
    pub set_aside: Option<String>,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}
