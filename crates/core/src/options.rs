//! Options of an engine.

use highwater_format::Keyring;

/// Options of an [`Engine`](crate::Engine). Two engines with the same options and inputs give the same outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seed of all randomness, the writer id included: **it must differ for every engine that ever writes to a store**, so hosts draw it from the system.
    pub seed: (u64, u64),
    /// What to do when another writer wins a version.
    pub conflict: ConflictPolicy,
    /// Pipelines kept in memory when nothing is asked of them; at least 1.
    pub resident_pipelines: u32,
    /// A snapshot is not written before the tail has this many bytes; above, it is when the tail outweighs the last snapshot.
    pub snapshot_min_bytes: u64,
    /// Keys of records and snapshots: the first one encrypts, all of them decrypt. Without any, what is written is in the clear.
    pub encryption_keys: Keyring,
}

/// How a lost or failed append is tried again. Delays double from the first to the longest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictPolicy {
    /// Tries in all; at least 1.
    pub tries: u32,
    /// Pause before the second try, in milliseconds; 0 tries again at once and then goes on with 1.
    pub first_delay_ms: u64,
    /// Longest pause, in milliseconds.
    pub max_delay_ms: u64,
    /// Largest random addition to a pause, in milliseconds.
    pub jitter_ms: u64,
}

impl ConflictPolicy {
    /// For stores on this machine: at once, then milliseconds.
    pub const LOCAL: ConflictPolicy =
        ConflictPolicy { tries: 24, first_delay_ms: 0, max_delay_ms: 64, jitter_ms: 2 };
    /// For stores across a network: five tries, 1 to 16 seconds apart, with up to a second of jitter.
    pub const REMOTE: ConflictPolicy =
        ConflictPolicy { tries: 5, first_delay_ms: 1_000, max_delay_ms: 16_000, jitter_ms: 1_000 };
}

impl Options {
    /// Default options with this seed.
    #[must_use]
    pub fn new(seed: (u64, u64)) -> Self {
        Options {
            seed,
            conflict: ConflictPolicy::LOCAL,
            resident_pipelines: 256,
            snapshot_min_bytes: 256 * 1024,
            encryption_keys: Keyring::default(),
        }
    }
}
