//! Commands about high-water marks.

pub use highwater_format::fact::{HwmCoverage, HwmDeclared as HwmSpec};
use highwater_format::value::Value;
use serde::{Deserialize, Serialize};

use super::Holder;

/// See [`Command::GetHwm`](super::Command::GetHwm).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GetHwm {
    /// Name.
    pub name: String,
}

/// One move of an HWM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HwmUpdate {
    /// Name.
    pub name: String,
    /// New value; the same value again changes nothing, a lower one is refused. Of an HWM that holds back, what was seen.
    pub value: Value,
    /// Allow the type to change, and record that it did.
    pub cast: bool,
    /// Keys of the rows that were loaded and are equal to the value, where boundary keys were declared; with the value
    /// that stands there already, those that joined them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// See [`Command::SetHwms`](super::Command::SetHwms).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetHwms {
    /// The moves; no name twice.
    pub hwms: Vec<HwmUpdate>,
    /// Lease under which they are made: a stale token is `fenced`. Absent makes them without a lease.
    pub holder: Option<Holder>,
}

/// See [`Command::RewindHwm`](super::Command::RewindHwm).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RewindHwm {
    /// Name.
    pub name: String,
    /// New value, below the present one and of its type.
    pub value: Value,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// See [`Command::DeleteHwm`](super::Command::DeleteHwm).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeleteHwm {
    /// Name.
    pub name: String,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::ListHwms`](super::Command::ListHwms).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListHwms {
    /// Start of the names wanted; empty means all.
    pub prefix: String,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most HWMs wanted; 0 means the default.
    pub limit: u32,
}

/// See [`Command::HwmHistory`](super::Command::HwmHistory).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HwmHistory {
    /// Name.
    pub name: String,
}

/// See [`Command::ObserveSource`](super::Command::ObserveSource).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObserveSource {
    /// Name of the HWM whose source it is.
    pub name: String,
    /// The least value that the source still has; absent if it is not known.
    pub earliest: Option<Value>,
    /// The greatest value that the source has; absent if it is not known.
    pub latest: Option<Value>,
}

/// See [`Command::GetPositions`](super::Command::GetPositions).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GetPositions {
    /// Names; empty means all that were declared. A name that is kept per partition gives the position of the whole and
    /// then those of its partitions.
    pub names: Vec<String>,
}
