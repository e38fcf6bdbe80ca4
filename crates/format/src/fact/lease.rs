//! Facts about leases that were asked for by name. Attempts hold theirs through `attempt-started`.

use serde::{Deserialize, Serialize};

use super::shared::{Evidence, is_none};

/// A worker got a lease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseAcquired {
    /// Name, unique in the pipeline.
    pub name: String,
    /// Fencing token.
    pub token: u64,
    /// Worker that holds it.
    pub worker: String,
    /// How long its beat may stand still before another worker may take over, in milliseconds.
    pub lease_ms: u64,
    /// What the new holder saw of the old one, if it took over.
    #[serde(default, skip_serializing_if = "is_none")]
    pub evidence: Option<Evidence>,
}

/// The holder gave a lease back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseReleased {
    /// Name.
    pub name: String,
    /// Token under which it was held.
    pub token: u64,
}

/// Somebody took a lease away from its holder by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseForced {
    /// Name.
    pub name: String,
    /// Token that is worth nothing from now on.
    pub token: u64,
    /// Why.
    pub reason: String,
    /// Who.
    #[serde(default, skip_serializing_if = "is_none")]
    pub actor: Option<String>,
}
