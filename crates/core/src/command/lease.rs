//! Commands about leases and signs of life.

use serde::{Deserialize, Serialize};

/// Names a lease and proves that its holder speaks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of the lease.
    pub lease: String,
    /// Fencing token under which it was granted.
    pub token: u64,
}

/// See [`Command::AcquireLease`](super::Command::AcquireLease).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AcquireLease {
    /// Name; must not start with `node:`, which is kept for attempts.
    pub name: String,
    /// Worker that wants it; must be unique to its process.
    pub worker: String,
    /// How long the worker's beat may stand still before another may take over, in milliseconds; 0 means the default.
    pub lease_ms: u64,
}

/// See [`Command::ReleaseLease`](super::Command::ReleaseLease).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReleaseLease {
    /// The lease, and the proof that its holder gives it back.
    pub holder: Holder,
}

/// See [`Command::ForceUnlock`](super::Command::ForceUnlock).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForceUnlock {
    /// Name of the lease, as `ListLeases` shows it.
    pub lease: String,
    /// Why; must not be empty.
    pub reason: String,
    /// Who.
    pub actor: Option<String>,
}

/// See [`Command::Beat`](super::Command::Beat).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    /// The worker.
    pub worker: String,
    /// Where it runs, for people: for example host name and process id.
    pub place: String,
}
