//! Names and places of the files of a journal.

use std::path::{Path, PathBuf};

use crate::limits::LAYOUT_NUMBER;
use crate::name;

/// Begins the name of the folder that holds the journals; the layout number follows.
pub(crate) const JOURNALS_PREFIX: &str = "journals-";
/// The folder of the beats within that of a journal.
pub(crate) const BEATS_FOLDER: &str = "beats";
/// Ends the name of a beat.
pub(crate) const BEAT_SUFFIX: &str = ".hwb";
/// Ends the name of a file that is being written and is nothing yet.
pub(crate) const TEMPORARY_SUFFIX: &str = ".tmp";

/// The folder of the backups within that of a journal.
pub(crate) const BACKUPS_FOLDER: &str = "backups";
/// Ends the name of a backup.
pub(crate) const BACKUP_SUFFIX: &str = ".backup";

/// Begins the name of the snapshot that a journal was started anew with. Nothing of the journal up to its version counts.
const START_PREFIX: &str = "start-";
/// Begins the name of a snapshot with which somebody is about to start the journal anew.
const PENDING_PREFIX: &str = "reset-";
const PENDING_SUFFIX: &str = ".hwr";
/// Begins the name of the folder that holds what a journal had before it was started anew. Never read, never removed.
const ASIDE_PREFIX: &str = "aside-";
const SEGMENT_PREFIX: &str = "log-";
const SEGMENT_SUFFIX: &str = ".hwl";
const SNAPSHOT_PREFIX: &str = "snapshot-";
const SNAPSHOT_SUFFIX: &str = ".hws";
/// As many digits as the largest version has, so that names are in the order of their versions.
const VERSION_DIGITS: usize = 20;

/// The folder that holds the journals of the store at `root`.
pub(crate) fn journals_folder(root: &Path) -> PathBuf {
    root.join(format!("{JOURNALS_PREFIX}{LAYOUT_NUMBER}"))
}

/// The folder of one journal.
pub(crate) fn journal_folder(journals: &Path, key: &str) -> PathBuf {
    journals.join(name::encode(name::KEY_PREFIX, key))
}

/// The segment whose first version is `version`.
pub(crate) fn segment_path(folder: &Path, version: u64) -> PathBuf {
    folder.join(format!("{SEGMENT_PREFIX}{version:0VERSION_DIGITS$}{SEGMENT_SUFFIX}"))
}

/// The snapshot at `version`.
pub(crate) fn snapshot_path(folder: &Path, version: u64) -> PathBuf {
    folder.join(format!("{SNAPSHOT_PREFIX}{version:0VERSION_DIGITS$}{SNAPSHOT_SUFFIX}"))
}

/// The snapshot at `version` that the journal was started anew with.
pub(crate) fn start_path(folder: &Path, version: u64) -> PathBuf {
    folder.join(format!("{START_PREFIX}{version:0VERSION_DIGITS$}{SNAPSHOT_SUFFIX}"))
}

/// A snapshot that is about to start the journal anew; `unique` is nobody else's.
pub(crate) fn pending_path(folder: &Path, unique: &str) -> PathBuf {
    folder.join(format!("{PENDING_PREFIX}{unique}{PENDING_SUFFIX}"))
}

/// The folder of what the journal had before it was started anew at `version`.
pub(crate) fn aside_folder(folder: &Path, version: u64) -> PathBuf {
    folder.join(format!("{ASIDE_PREFIX}{version:0VERSION_DIGITS$}"))
}

/// The version of the start that has this name.
pub(crate) fn parse_start(name: &str) -> Option<u64> {
    parse_version(name, START_PREFIX, SNAPSHOT_SUFFIX)
}

/// Whether the name is that of a snapshot that is about to start the journal anew.
pub(crate) fn is_pending(name: &str) -> bool {
    name.starts_with(PENDING_PREFIX) && name.ends_with(PENDING_SUFFIX)
}

/// The first version of the segment that has this name.
pub(crate) fn parse_segment(name: &str) -> Option<u64> {
    parse_version(name, SEGMENT_PREFIX, SEGMENT_SUFFIX)
}

/// The version of the snapshot that has this name.
pub(crate) fn parse_snapshot(name: &str) -> Option<u64> {
    parse_version(name, SNAPSHOT_PREFIX, SNAPSHOT_SUFFIX)
}

fn parse_version(name: &str, prefix: &str, suffix: &str) -> Option<u64> {
    let digits = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
    if digits.len() != VERSION_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|version| *version > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_their_version() {
        for version in [1, 9, 10, u64::MAX] {
            let path = segment_path(Path::new("x"), version);
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            assert_eq!(parse_segment(name), Some(version));
            assert_eq!(parse_snapshot(name), None);
        }
        for name in [
            "log-1.hwl",
            "log-00000000000000000000.hwl",
            "log-99999999999999999999.hwl",
            "log-+0000000000000000001.hwl",
        ] {
            assert_eq!(parse_segment(name), None, "{name}");
        }
    }
}
