//! What can go wrong in a store, named by what the caller should do.

use thiserror::Error;

/// Why a store could not do what it was asked. Messages say what was wrong, where, and what to do next; they are for
/// people and not part of the API.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The store cannot answer now: try again later.
    #[error("{message}")]
    Unavailable {
        /// What happened, where, and what to do next.
        message: String,
        /// Whether the operation may have taken effect all the same. After a failed append, `true` means that only
        /// reading the journal back tells whether the record is in it; `false` is a promise that it never will be.
        may_have_happened: bool,
    },
    /// The store refuses on grounds of rights: trying again does not help until somebody changes them.
    #[error("{message}")]
    Denied {
        /// What was refused, where, and what to change.
        message: String,
    },
    /// Stored bytes are damaged. Nothing was thrown away and nothing was changed.
    #[error("{what} ({place})")]
    Corrupt {
        /// What is wrong, and what to do next.
        what: String,
        /// Where: a file and an offset, a row, an object.
        place: String,
    },
    /// The call itself is outside the contract: a key too long, a version that would leave a gap.
    #[error("{message}")]
    Unsupported {
        /// What is not allowed, and what is.
        message: String,
    },
}

impl StoreError {
    /// The refusal of an append above the version after the last one, in the words that every store uses.
    pub fn gap(key: &str, version: u64, head: u64) -> StoreError {
        let next = head.saturating_add(1);
        StoreError::Unsupported {
            message: format!(
                "version {version} cannot be appended to `{key}`: its last version is {head}, so this would leave a \
                 gap; read the journal again and append version {next}"
            ),
        }
    }

    /// The refusal of version 0, in the words that every store uses.
    pub fn version_zero(key: &str) -> StoreError {
        StoreError::Unsupported {
            message: format!("version 0 of `{key}` does not exist: the versions of a journal start at 1"),
        }
    }

    /// The refusal of other bytes under the name of a backup, in the words that every store uses.
    pub fn backup_differs(key: &str, name: &str) -> StoreError {
        StoreError::Unsupported {
            message: format!(
                "a backup of `{key}` with the name `{name}` exists and holds something else: a backup never changes; \
                 choose another name, or delete that one first"
            ),
        }
    }

    /// The refusal of a snapshot above the last version, in the words that every store uses.
    pub fn snapshot_above_head(key: &str, version: u64, head: u64) -> StoreError {
        StoreError::Unsupported {
            message: format!(
                "a snapshot of `{key}` at version {version} cannot be stored: its last version is {head}, and a \
                 snapshot above it would stand for records that do not exist; append them first"
            ),
        }
    }
}
