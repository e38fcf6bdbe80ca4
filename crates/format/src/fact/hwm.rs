//! Facts about high-water marks.

use serde::{Deserialize, Serialize};

use super::shared::is_none;
use crate::value::Value;

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
