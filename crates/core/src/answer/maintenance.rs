//! Answers about the journal as a whole: damage, backups, history.

use super::{LeaseView, LogRecord};

/// See [`Answer::Validation`](super::Answer::Validation).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Validation {
    /// Version of the state that was checked.
    pub version: u64,
    /// Rules that do not hold; empty if all is well.
    pub problems: Vec<Problem>,
    /// Runs kept.
    pub runs: u64,
    /// Nodes of those runs.
    pub nodes: u64,
    /// Attempts of those nodes.
    pub attempts: u64,
    /// HWMs.
    pub hwms: u64,
    /// Leases that are held.
    pub leases: u64,
}

/// A rule that a state does not keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// The row that it was found at.
    pub place: String,
}

/// See [`Answer::Integrity`](super::Answer::Integrity).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Integrity {
    /// Oldest version that is retained, as a record or a snapshot; 0 if there is nothing.
    pub first_version: u64,
    /// Newest version that is retained.
    pub last_version: u64,
    /// Whole records.
    pub records: u64,
    /// Bytes of whole records and snapshots.
    pub bytes: u64,
    /// Versions of the whole snapshots, oldest first.
    pub snapshots: Vec<u64>,
    /// The first record that is missing, unreadable, or does not continue the one before; absent if there is none.
    pub first_bad: Option<Damaged>,
    /// Everything that is wrong, the first bad record included; empty if all is well.
    pub damage: Vec<Damaged>,
}

/// Something that is damaged in the store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Damaged {
    /// The version that it belongs to, where that can be said.
    pub version: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// Where: for example the file and the offset.
    pub place: String,
}

/// See [`Answer::Repaired`](super::Answer::Repaired).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repaired {
    /// False if nothing of the journal is damaged; then nothing was done.
    pub needed: bool,
    /// False if nothing was written.
    pub applied: bool,
    /// Version of the snapshot or backup that the repaired state starts from; 0 if it starts from the first record.
    pub from: u64,
    /// Everything up to this version is in the repaired state.
    pub kept_up_to: u64,
    /// Versions whose effect is lost.
    pub lost: Vec<LostRange>,
    /// The lost records that can still be read, in order: what they say must be done again by hand.
    pub lost_records: Vec<LogRecord>,
    /// True if there are more readable lost records than are listed.
    pub truncated: bool,
    /// Version at which the repaired journal begins; with `kept_up_to` if no repair is needed.
    pub new_version: u64,
    /// Where the damaged journal is kept, if something was written.
    pub set_aside: Option<String>,
}

/// Versions from one to another, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LostRange {
    /// First version.
    pub from: u64,
    /// Last version.
    pub to: u64,
}

/// See [`Answer::BackedUp`](super::Answer::BackedUp).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackedUp {
    /// The new backup.
    pub backup: BackupInfo,
    /// Ids of the backups that were deleted, because more or younger ones are kept than they were; oldest first.
    pub deleted: Vec<String>,
}

/// A backup as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupInfo {
    /// Id: time, version and name.
    pub id: String,
    /// Version whose state it holds.
    pub version: u64,
    /// When it was made, milliseconds since the Unix epoch, in whole seconds.
    pub taken_at_ms: i64,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// Its size, in bytes.
    pub size_bytes: u64,
}

/// See [`Answer::Diff`](super::Answer::Diff).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// Version of the state before.
    pub from_version: u64,
    /// Version of the state after.
    pub to_version: u64,
    /// What differs, in order of kind and key.
    pub changes: Vec<Change>,
    /// True if there are more changes than are listed.
    pub truncated: bool,
}

/// One thing that differs between two states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// What kind of thing: `attempt`, `batch`, `graph`, `hwm`, `hwm-source`, `hwm-spec`, `lease`, `node`, `run`, `sink`,
    /// `stream`.
    pub kind: String,
    /// Its name; of a node `run/node`, of an attempt `run/node/number`, of the graph empty.
    pub key: String,
    /// The thing before, as JSON; absent if it was not there.
    pub before: Option<String>,
    /// The thing after, as JSON; absent if it is not there any more.
    pub after: Option<String>,
}

/// See [`Answer::Reverted`](super::Answer::Reverted).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reverted {
    /// Version of the state that was left.
    pub from_version: u64,
    /// Version of the state that was gone back to.
    pub to_version: u64,
    /// Version of the pipeline at which it holds.
    pub version: u64,
    /// False if nothing was written: it was only asked, or nothing differs.
    pub applied: bool,
    /// What changed, in order of kind and key.
    pub changes: Vec<Change>,
    /// True if there are more changes than are listed.
    pub truncated: bool,
    /// Leases that were held and whose holders are fenced, those of running attempts included.
    pub interrupted: Vec<LeaseView>,
}

/// See [`Answer::Forked`](super::Answer::Forked).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forked {
    /// Id of the pipeline whose state was taken.
    pub source: String,
    /// Its version.
    pub source_version: u64,
    /// Version of the new pipeline at which it holds.
    pub version: u64,
}
