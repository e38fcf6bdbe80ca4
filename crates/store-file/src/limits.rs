//! The bounds of the file store, each with its name.

/// A segment that has grown to this many bytes is sealed after an append, unless the options say otherwise.
pub const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;

/// The number of the layout of the folders and files, as it stands in the name of the folder that holds the journals.
pub const LAYOUT_NUMBER: u32 = 1;

/// Longest part of an encoded key in the name of one folder, in characters. Longer keys go into nested folders.
pub const NAME_PIECE_CHARACTERS: usize = 200;

/// Snapshots that are kept of each journal; the log is kept from the oldest of them on.
pub const SNAPSHOTS_KEPT: usize = 2;

/// Journals whose last segment a store keeps open. Above it, those that were not used for longest are closed.
pub const JOURNALS_OPEN: usize = 256;

/// Records of an open journal whose place in the file is remembered, so that catching up reads nothing else.
pub const RECENT_RECORDS: usize = 1_024;

/// How often an operation starts over because files were trimmed or made while it looked at them.
pub const FOLDER_TRIES: usize = 100;

/// How often a read looks again at the end of a log that is torn, as long as the log goes on behind what was torn
/// before: another process was half-way through a write each time.
pub const TORN_TRIES: usize = 20;

/// How long a read waits before it looks again at a torn end, besides waiting for the writer, in milliseconds.
pub const TORN_WAIT_MS: u64 = 1;

/// How long a reset that others withdrew waits before it tries again the first time, in milliseconds.
pub const RESET_WAIT_MS: u64 = 2;

/// How often a read looks again whether the record that the last segment was made with counts, when somebody is about to
/// start the journal anew and may not have seen it. Then they are taken for dead.
pub const PENDING_LOOKS: usize = 50;

/// How long it waits before each look, in milliseconds.
pub const PENDING_WAIT_MS: u64 = 2;

/// Temporary files that are older than this were left by a crash, and the next trim removes them, in seconds.
pub const TEMPORARY_FILE_AGE_S: u64 = 3_600;
