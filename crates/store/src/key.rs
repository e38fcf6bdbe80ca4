//! Which keys, worker names, beats and names of backups the contract allows.

use crate::StoreError;
use crate::limits::{BACKUP_NAME_BYTES, BEAT_BYTES, KEY_BYTES, WORKER_BYTES};

/// Checks the key of a journal: 1 to [`KEY_BYTES`] bytes of UTF-8 without NUL. Anything else about it is free, so a
/// store encodes keys into whatever names it has.
///
/// # Errors
///
/// [`StoreError::Unsupported`], with the bound.
pub fn check_key(key: &str) -> Result<(), StoreError> {
    check_name("key of a journal", key, KEY_BYTES)
}

/// Checks the key and the version of a reset: there must be a version after it.
///
/// # Errors
///
/// [`StoreError::Unsupported`], with the bound.
pub fn check_reset(key: &str, version: u64) -> Result<(), StoreError> {
    check_key(key)?;
    match version {
        0 => Err(StoreError::version_zero(key)),
        u64::MAX => Err(StoreError::Unsupported {
            message: format!(
                "`{key}` cannot start anew at version {version}: no version would be left after it"
            ),
        }),
        _ => Ok(()),
    }
}

/// Checks the name of a worker: 1 to [`WORKER_BYTES`] bytes of UTF-8 without NUL.
///
/// # Errors
///
/// [`StoreError::Unsupported`], with the bound.
pub fn check_worker(worker: &str) -> Result<(), StoreError> {
    check_name("name of a worker", worker, WORKER_BYTES)
}

/// Checks the size of a beat: at most [`BEAT_BYTES`].
///
/// # Errors
///
/// [`StoreError::Unsupported`], with the bound.
pub fn check_beat(bytes: &[u8]) -> Result<(), StoreError> {
    if bytes.len() <= BEAT_BYTES {
        return Ok(());
    }
    let length = bytes.len();
    Err(StoreError::Unsupported {
        message: format!("a beat of {length} bytes is above the limit of {BEAT_BYTES}; make it smaller"),
    })
}

/// Checks the name of a backup: 1 to [`BACKUP_NAME_BYTES`] bytes of `[A-Za-z0-9._-]`, the first of them no dot, so that
/// most stores can use it as it is.
///
/// # Errors
///
/// [`StoreError::Unsupported`], with the rule.
pub fn check_backup_name(name: &str) -> Result<(), StoreError> {
    check_name("name of a backup", name, BACKUP_NAME_BYTES)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.bytes().all(allowed) && !name.starts_with('.') {
        return Ok(());
    }
    Err(StoreError::Unsupported {
        message: format!(
            "the name of a backup {name:?} is not allowed: use ASCII letters, digits, `.`, `_` and `-`, and begin \
             with another than `.`"
        ),
    })
}

fn check_name(noun: &str, name: &str, limit: usize) -> Result<(), StoreError> {
    let length = name.len();
    let message = if name.is_empty() {
        format!("the {noun} is empty; give one of 1 to {limit} bytes")
    } else if length > limit {
        let start: String = name.chars().take(32).collect();
        format!("the {noun} that starts `{start}` has {length} bytes, above the limit of {limit}; shorten it")
    } else if name.contains('\0') {
        format!("the {noun} {name:?} contains a NUL character; leave it out")
    } else {
        return Ok(());
    };
    Err(StoreError::Unsupported { message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_in_bytes_not_characters() {
        assert!(check_key(&"k".repeat(KEY_BYTES)).is_ok());
        assert!(check_key(&"k".repeat(KEY_BYTES + 1)).is_err());
        assert!(check_key(&"🦀".repeat(KEY_BYTES / 4)).is_ok());
        assert!(check_key(&"🦀".repeat(KEY_BYTES / 4 + 1)).is_err());
        assert!(check_worker("").is_err());
        assert!(check_worker("a\0b").is_err());
    }

    #[test]
    fn a_refusal_of_a_huge_key_stays_short() {
        let refusal = check_key(&"k".repeat(1 << 20)).expect_err("a key of 1 MiB is too long").to_string();
        assert!(refusal.len() < 200 && refusal.contains("1048576") && refusal.contains("512"), "{refusal}");
    }

    #[test]
    fn a_name_of_a_backup_is_a_plain_file_name() {
        for name in ["a", "20261121T013000Z-v000000000012-a.b_c", "-", "a..b", &"b".repeat(BACKUP_NAME_BYTES)]
        {
            assert!(check_backup_name(name).is_ok(), "{name}");
        }
        for name in
            ["", ".", "..", ".a", "a/b", "a\\b", "a b", "é", "a\n", &"b".repeat(BACKUP_NAME_BYTES + 1)]
        {
            assert!(check_backup_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn beats_are_bounded() {
        assert!(check_beat(&vec![0; BEAT_BYTES]).is_ok());
        assert!(check_beat(&vec![0; BEAT_BYTES + 1]).is_err());
    }
}
