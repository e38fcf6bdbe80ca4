//! Answers about high-water marks.

use highwater_format::fact::HwmBound;
use highwater_format::value::Value;
use serde::{Deserialize, Serialize};

use crate::command::HwmSpec;

/// An HWM as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmView {
    /// Name.
    pub name: String,
    /// Value.
    pub value: Value,
    /// Version of the pipeline that set it.
    pub version: u64,
    /// When, milliseconds since the Unix epoch.
    pub updated_at_ms: i64,
    /// Run that set it.
    pub run: Option<String>,
    /// Node that set it.
    pub node: Option<String>,
}

/// See [`Answer::HwmsSet`](super::Answer::HwmsSet).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HwmsSet {
    /// Version of the pipeline at which it holds.
    pub version: u64,
    /// How many of them moved; the others already stood there.
    pub moved: u32,
}

/// See [`Answer::Rewound`](super::Answer::Rewound).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rewound {
    /// Name.
    pub name: String,
    /// Value before.
    pub from: Value,
    /// Value after.
    pub to: Value,
    /// False if it was only asked what would happen.
    pub applied: bool,
    /// Version of the pipeline at which it holds.
    pub version: u64,
}

/// See [`Answer::Hwms`](super::Answer::Hwms).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hwms {
    /// In byte order of their names.
    pub hwms: Vec<HwmView>,
    /// Cursor of the next page; absent at the end.
    pub next: Option<String>,
}

/// What happened to an HWM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmChange {
    /// Version of the pipeline that recorded it.
    pub version: u64,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What happened: `set`, `cast`, `rewind`, `delete`, `revert`, `fork`, or `derived` where coverage moved it.
    pub what: String,
    /// Value after it; absent after a deletion.
    pub value: Option<Value>,
    /// Run that did it.
    pub run: Option<String>,
    /// Node that did it.
    pub node: Option<String>,
    /// Why, for rewinds, deletions, and marks of coverage by hand.
    pub reason: Option<String>,
    /// Who, for the same.
    pub actor: Option<String>,
}

/// From where to where a reader reads: what it needs for its WHERE clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Name of the HWM; of a partition `name[key]`.
    pub name: String,
    /// How it was declared; if it never was, how it is kept without that.
    pub spec: HwmSpec,
    /// Where the HWM stands. Of a name that is kept per partition, where the one stands that is least far.
    pub value: Option<Value>,
    /// Where reading begins; absent means at the first row of the source.
    pub from: Option<Value>,
    /// Whether rows equal to `from` are read. Where reading ends, and whether rows equal to that are read, is as declared.
    pub lower: HwmBound,
    /// Keys of the rows equal to `from` that were loaded already: a reader drops them.
    pub keys: Vec<String>,
    /// The least value that the source had when somebody looked.
    pub earliest: Option<Value>,
    /// The greatest value that the source had when somebody looked.
    pub latest: Option<Value>,
    /// True if the source has forgotten rows that were not read: they are lost, unless they can be had elsewhere.
    pub forgotten: bool,
    /// Where this comes from, in words.
    pub reason: String,
}
