//! Facts about high-water marks.

use serde::{Deserialize, Serialize};

use super::shared::{is_default, is_none};
use crate::value::{Value, ValueType};

/// An HWM got its first value, moved forward, or (with `cast`) changed its type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmSet {
    /// Name, unique in the pipeline.
    pub name: String,
    /// The new value.
    pub value: Value,
    /// True if the type differs from the value before, on purpose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cast: bool,
    /// Run that moved it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub run: Option<String>,
    /// Node that moved it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub node: Option<String>,
    /// Keys of rows that are equal to the value and were loaded. With the same value again they join those that are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// How an HWM is kept and read was declared. It replaces the declaration before it.
///
/// A declaration holds for the HWM of its name, and for its partitions `name[key]` that have none of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HwmDeclared {
    /// Name of the HWM.
    pub name: String,
    /// Which of the values that were seen it stands at.
    #[serde(default, skip_serializing_if = "is_default")]
    pub function: HwmFunction,
    /// Type that its values are converted to, where that loses nothing; absent takes them as they come.
    #[serde(default, skip_serializing_if = "is_none")]
    pub value_type: Option<ValueType>,
    /// How much of what was seen may still change.
    #[serde(default, skip_serializing_if = "is_none")]
    pub lag: Option<HwmLag>,
    /// Whether rows equal to where reading begins are read.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lower: HwmBound,
    /// Whether rows equal to `end` are read.
    #[serde(default, skip_serializing_if = "is_default")]
    pub upper: HwmBound,
    /// Most keys kept of rows that are equal to the value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub boundary_keys: u32,
    /// What a reader does with rows without a value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nulls: NullPolicy,
    /// Where reading begins as long as there is no value; rows equal to it are read.
    #[serde(default, skip_serializing_if = "is_none")]
    pub initial: Option<Value>,
    /// Where reading ends; absent means never.
    #[serde(default, skip_serializing_if = "is_none")]
    pub end: Option<Value>,
    /// True if the source gives rows in any order, so that the HWM moves only when all of them were read.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unordered: bool,
    /// True if it is kept for each partition alone, as `name[key]`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partitioned: bool,
    /// Whose coverage it follows: it stands at the edge up to which that is done without a gap, and nothing else moves it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub coverage: Option<HwmCoverage>,
}

/// Whose coverage an HWM follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HwmCoverage {
    /// The node.
    pub node: String,
    /// Partition of its coverage, where it has one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub partition: Option<String>,
}

/// Which of the values that were seen an HWM stands at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HwmFunction {
    /// The greatest: it moves up, for sources that grow at their end.
    #[default]
    Max,
    /// The least: it moves down, for sources that are read from the newest row to the oldest.
    Min,
    /// The last one that was said: it moves either way, for tokens whose order means nothing.
    Last,
}

/// How much of what was seen may still change, and what is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HwmLag {
    /// What is done about it.
    pub mode: LagMode,
    /// How much: milliseconds of a timestamp, days of a date, units of a whole number.
    pub amount: u64,
}

/// What is done about rows that come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LagMode {
    /// The HWM stands at what was seen, and reading begins so much before it.
    ReadBack,
    /// The HWM stands so much before what was seen, and reading begins at it.
    HoldBack,
}

/// Whether an edge belongs to what lies beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HwmBound {
    /// Rows equal to the edge are not read.
    #[default]
    Open,
    /// Rows equal to the edge are read.
    Closed,
}

/// What a reader does with rows that have no value where the HWM looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NullPolicy {
    /// It stops with an error: such rows cannot be told apart from rows that were loaded.
    #[default]
    Raise,
    /// It reads them each time.
    Include,
    /// It leaves them out.
    Exclude,
}

/// What a source has was looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceObserved {
    /// Name of the HWM whose source it is.
    pub name: String,
    /// The least value that the source still has; absent if it is not known.
    #[serde(default, skip_serializing_if = "is_none")]
    pub earliest: Option<Value>,
    /// The greatest value that the source has; absent if it is not known.
    #[serde(default, skip_serializing_if = "is_none")]
    pub latest: Option<Value>,
}

/// A move of an HWM that is proposed, and has not happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmMove {
    /// Name of the HWM.
    pub name: String,
    /// Where it shall stand.
    pub value: Value,
    /// Keys of rows that are equal to the value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// An HWM was moved backwards on purpose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmRewound {
    /// Name.
    pub name: String,
    /// The new value, below the one before.
    pub value: Value,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}

/// An HWM was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmDeleted {
    /// Name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}
