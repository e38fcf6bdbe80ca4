//! Moments: which state of a pipeline is meant.

/// A state that a pipeline has, or had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    /// The newest one.
    #[default]
    Head,
    /// The one after the record of this version; 0 is the empty one before the first record.
    Version(u64),
    /// The one after the last record that was decided at or before this time, milliseconds since the Unix epoch.
    Time(i64),
    /// The one that is kept under this id; `latest` is the newest backup.
    Backup(String),
}
