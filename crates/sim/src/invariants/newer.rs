//! **What a later version knows is kept.** Fields that this version does not know stand in the snapshots that it writes.
//!
//! Why it matters: old and new versions work on one journal while a fleet is updated, and going back must lose nothing.

use highwater_core::row::Row;
use highwater_format::EntryOf;

use super::Violation;
use crate::application::{NEWER_FIELD, NEWER_PREFIX};

/// Looks at one row of a snapshot.
pub(crate) fn check(entry: &EntryOf<Row>) -> Result<(), Violation> {
    let Row::RunRow(row) = &entry.fact else { return Ok(()) };
    if row.run.starts_with(NEWER_PREFIX) && !entry.extra.iter().any(|(name, _)| name == NEWER_FIELD) {
        let what = format!("the row of run {} has lost its field `{NEWER_FIELD}`", row.run);
        return Err(Violation::new("newer-is-kept", what));
    }
    Ok(())
}
