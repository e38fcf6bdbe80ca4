//! **Two snapshots carry the journal.** Records are trimmed only up to the snapshot before the newest.
//!
//! Why it matters: if the newest snapshot turns out to be damaged, the one before and the records after it stand in.

use std::collections::BTreeMap;

use super::Violation;

/// Whether trimming up to this version leaves two ways to read the journal.
pub(crate) fn check_trim(snapshots: &BTreeMap<u64, Vec<u8>>, up_to: u64) -> Result<(), Violation> {
    let before = snapshots.keys().rev().nth(1).copied().unwrap_or(0);
    if up_to > before {
        let what = format!("trim up to {up_to}; the snapshot before the newest stands at {before}");
        return Err(Violation::new("two-snapshots", what));
    }
    Ok(())
}
