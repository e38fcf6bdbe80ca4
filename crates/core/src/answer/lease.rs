//! Answers about leases and workers.

use highwater_format::fact::Evidence;
use serde::{Deserialize, Serialize};

use super::{StopAsked, StopView};

/// See [`Answer::Lease`](super::Answer::Lease).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LeaseAnswer {
    /// It is yours.
    Granted(Granted),
    /// Somebody else holds it.
    Held(Held),
}

/// See [`LeaseAnswer::Granted`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Granted {
    /// Fencing token.
    pub token: u64,
    /// Length of the lease, in milliseconds.
    pub lease_ms: u64,
    /// Worker from which it was taken over, if it was.
    pub taken_from: Option<String>,
}

/// See [`LeaseAnswer::Held`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Worker that holds it.
    pub worker: String,
    /// Its token.
    pub token: u64,
    /// When to ask again, milliseconds since the Unix epoch: by then its beat must have moved, or you may take over.
    pub until_ms: i64,
}

/// A lease as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaseView {
    /// Name.
    pub name: String,
    /// Worker that holds it.
    pub worker: String,
    /// Fencing token.
    pub token: u64,
    /// Length, in milliseconds.
    pub lease_ms: u64,
    /// When it was granted, milliseconds since the Unix epoch.
    pub acquired_at_ms: i64,
    /// What the holder saw of the one before, if it took over.
    pub evidence: Option<Evidence>,
}

/// See [`Answer::Beaten`](super::Answer::Beaten).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Beaten {
    /// Leases that the worker holds.
    pub leases: Vec<Holding>,
    /// Those of them that it is asked to let go of at the next safe place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<StopAsked>,
}

/// A lease in the hands of a worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Name of the lease.
    pub lease: String,
    /// Its token.
    pub token: u64,
}

/// A worker as its beats and leases show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkerView {
    /// Name.
    pub worker: String,
    /// Number of its last beat; absent if it never beat.
    pub beat: Option<u64>,
    /// Time of its last beat on its own clock, milliseconds since the Unix epoch.
    pub beat_at_ms: Option<i64>,
    /// Where it runs.
    pub place: Option<String>,
    /// Leases that it holds.
    pub leases: Vec<Holding>,
    /// That it shall stop, if somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopView>,
}
