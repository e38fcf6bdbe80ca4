//! The bounds of the contract, each with its name. Every store has the same ones.

/// Longest key of a journal, in bytes of UTF-8. The shortest is one byte.
pub const KEY_BYTES: usize = 512;

/// Longest name of a worker in [`Store::beat`](crate::Store::beat), in bytes of UTF-8. The shortest is one byte.
pub const WORKER_BYTES: usize = 512;

/// Largest beat, in bytes.
pub const BEAT_BYTES: usize = 64 * 1024;

/// Longest name of a backup, in bytes. The shortest is one byte.
pub const BACKUP_NAME_BYTES: usize = 200;

/// Most keys on one page of [`Store::list`](crate::Store::list); a larger `limit` is lowered to this.
pub const LIST_PAGE_KEYS: usize = 1_000;
