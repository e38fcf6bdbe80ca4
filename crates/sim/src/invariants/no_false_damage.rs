//! **Damage is neither overlooked nor made up.** `corrupt` is answered only if a bit was turned on the way to that host;
//! what a turned bit changes never gets into an answer or a record, which the other invariants see.
//!
//! Why it matters: a false alarm stops a pipeline for a human being; a false answer is worse.

use highwater_core::{Error, ErrorKind};

use super::Violation;

/// Whether this error may be, `flipped` saying whether a bit was turned for this host and pipeline.
pub(crate) fn check(error: &Error, flipped: bool) -> Result<(), Violation> {
    match error.kind {
        ErrorKind::Corrupt if !flipped => {
            Err(Violation::new("no-false-damage", format!("nothing was damaged, and the answer is {error}")))
        }
        ErrorKind::Internal => Err(Violation::new("no-defect", error.to_string())),
        _ => Ok(()),
    }
}
