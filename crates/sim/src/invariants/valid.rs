//! **What engines write keeps their own rules.** Validate finds no problem in any state, verify finds no damage that nobody made,
//! and a backup that was acknowledged is there until somebody deletes it.
//!
//! Why it matters: whoever asks for this is about to decide whether to trust what they have.

use highwater_core::answer::Answer;

use super::Violation;
use crate::store::Journaled;

/// Holds the answers of one submission against what is really there.
pub(crate) fn check(journal: &Journaled, answers: &[Answer]) -> Result<(), Violation> {
    let refuse = |what: String| Err(Violation::new("states-are-valid", what));
    for answer in answers {
        match answer {
            Answer::Validation(told) if !told.problems.is_empty() => {
                return refuse(format!("version {}: {:?}", told.version, told.problems));
            }
            Answer::Repaired(told) => journal.audit.repairs.told(told)?,
            Answer::Integrity(told) if told.first_bad.is_some() && !journal.was_bad => {
                return refuse(format!("nothing was damaged, and verify finds {:?}", told.first_bad));
            }
            Answer::BackedUp(told) if !journal.backups.was_put(&told.backup.id) => {
                return refuse(format!("the backup {} was acknowledged and is not there", told.backup.id));
            }
            _ => {}
        }
    }
    Ok(())
}
