//! What operating system and format report, as errors of the store contract.

use std::io;
use std::path::Path;

use highwater_format::FormatError;
use highwater_store::StoreError;

/// An error of an operation that certainly did not happen.
pub(crate) fn failed(action: &str, path: &Path, error: &io::Error) -> StoreError {
    from_io(action, path, error, false)
}

/// An error after which only reading back tells.
pub(crate) fn unknown(action: &str, path: &Path, error: &io::Error) -> StoreError {
    from_io(action, path, error, true)
}

/// What went wrong after something was written kept us from seeing whether it counts.
pub(crate) fn may_have_happened(problem: StoreError) -> StoreError {
    match problem {
        StoreError::Unavailable { message, .. } | StoreError::Denied { message } => {
            StoreError::Unavailable { message, may_have_happened: true }
        }
        other => other,
    }
}

/// Whether the problem leaves it open what happened.
pub(crate) fn maybe(problem: &StoreError) -> bool {
    matches!(problem, StoreError::Unavailable { may_have_happened: true, .. })
}

fn from_io(action: &str, path: &Path, error: &io::Error, may_have_happened: bool) -> StoreError {
    let place = path.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied if !may_have_happened => StoreError::Denied {
            message: format!(
                "cannot {action} {place}: {error}; give this user the right to read and write the folder of the store \
                 and everything in it"
            ),
        },
        io::ErrorKind::ReadOnlyFilesystem if !may_have_happened => StoreError::Denied {
            message: format!(
                "cannot {action} {place}: {error}; use a store on a file system that can be written"
            ),
        },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Unavailable {
            message: format!("cannot {action} {place}: {error}; make room and try again"),
            may_have_happened,
        },
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory if !may_have_happened => {
            StoreError::Corrupt {
                what: format!(
                    "cannot {action} it: {error}; something that is not of this store stands in its place"
                ),
                place: place.to_string(),
            }
        }
        _ => StoreError::Unavailable {
            message: format!("cannot {action} {place}: {error}; check the disk, then try again"),
            may_have_happened,
        },
    }
}

/// Whether an error of a flush means that something is only in memory, and not that there is nothing to flush: on a disk
/// that the kernel made read-only after an error, what was written last can still be read, and is not there any more when
/// it is mounted again.
pub(crate) fn leaves_unflushed(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), ReadOnlyFilesystem | StorageFull | QuotaExceeded)
        || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

/// What the format says of the bytes of a file, of which `offset` is where they begin.
pub(crate) fn from_format(path: &Path, offset: u64, error: &FormatError) -> StoreError {
    if error.needs_upgrade() {
        return StoreError::Unsupported { message: format!("{}: {error}", path.display()) };
    }
    corrupt(path, error.offset().unwrap_or(offset), error.to_string())
}

/// Damage at a place in a file.
pub(crate) fn corrupt(path: &Path, offset: u64, what: impl Into<String>) -> StoreError {
    StoreError::Corrupt { what: what.into(), place: place(path, offset) }
}

/// A place in a file, as people read it.
pub(crate) fn place(path: &Path, offset: u64) -> String {
    format!("{}, byte {offset}", path.display())
}
