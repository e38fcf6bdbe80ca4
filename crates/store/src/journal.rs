//! What a store hands out: journals, tails, pages.

/// The bytes of one record or snapshot, and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// Position in the journal, from 1. Of a snapshot: the last version that is folded into it.
    pub version: u64,
    /// The bytes as they were given to the store.
    pub bytes: Vec<u8>,
}

/// Bytes that the store found damaged, skipped and kept. None of them was ever acknowledged, or an older copy of the
/// same thing stood in for them; damage that cannot be stepped over is [`StoreError::Corrupt`](crate::StoreError).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What is damaged and what it most likely is.
    pub what: String,
    /// Where: a file and an offset, a row, an object.
    pub place: String,
}

/// Everything that is needed to fold a pipeline: the newest snapshot and what was appended after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    /// The newest snapshot that is whole, if there is one.
    pub snapshot: Option<Versioned>,
    /// The records after the snapshot (from version 1 without one), ascending, without a gap.
    pub tail: Vec<Versioned>,
    /// Damage that was stepped over.
    pub damage: Vec<Damage>,
}

impl Journal {
    /// The last version of the journal, 0 when it is empty.
    pub fn head(&self) -> u64 {
        let last = self.tail.last().or(self.snapshot.as_ref());
        last.map_or(0, |versioned| versioned.version)
    }
}

/// The answer to [`Store::read_from`](crate::Store::read_from).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// The records from the asked version on, ascending, without a gap; none when nothing was appended since.
    Records {
        /// The records.
        records: Vec<Versioned>,
        /// Damage that was stepped over.
        damage: Vec<Damage>,
    },
    /// The asked version was trimmed: read the whole journal instead, which has a snapshot above it.
    Trimmed {
        /// The lowest version that the store still has as a record, or would give to the next one. Every version
        /// below is taken for ever.
        floor: u64,
    },
}

/// The outcome of [`Store::append`](crate::Store::append).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Append {
    /// The record is durable at its version.
    Appended,
    /// The version was written before, by whomever. Nothing changed.
    Taken,
}

/// All that can still be read of a journal: the answer to [`Store::read_all`](crate::Store::read_all).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retained {
    /// The snapshots that are whole, by version, ascending.
    pub snapshots: Vec<Versioned>,
    /// The records, by version, ascending: of each version the one that won. Where there is damage there may be gaps.
    pub records: Vec<Versioned>,
    /// The last version that was ever taken, as far as the store can tell: names of files, for example, say more than
    /// their content when that is damaged. At least the version of everything above; 0 of an unknown key.
    pub last_version: u64,
    /// What cannot be read, also where nothing else of this contract would notice.
    pub damage: Vec<Damage>,
}

/// The outcome of [`Store::reset`](crate::Store::reset).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reset {
    /// The journal begins anew, durably.
    Done {
        /// Where the old journal is now, in words for people; absent when there was none.
        set_aside: Option<String>,
    },
    /// The version or a later one was written before, by whomever. Nothing changed.
    Taken,
}

/// Something that is kept beside a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// Its name.
    pub name: String,
    /// How much it is.
    pub size_bytes: u64,
}

/// One page of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Keys in byte order.
    pub keys: Vec<String>,
    /// The cursor of the next page, or `None` when this was the last.
    pub next: Option<String>,
}
