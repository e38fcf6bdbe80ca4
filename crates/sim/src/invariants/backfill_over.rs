//! **Nothing starts of a backfill that is held up or over.** Of one that is paused, cancelled or deleted, no attempt gets a share.
//!
//! Why it matters: whoever cancels a backfill has seen that it loads the wrong rows, or that the source does not bear it.

use highwater_core::backfill::BackfillStatus;
use highwater_format::Fact;

use super::Violation;
use super::backfills::Backfills;

pub(super) fn check(backfills: &Backfills, version: u64, fact: &Fact) -> Result<(), Violation> {
    let Fact::AttemptStarted(started) = fact else { return Ok(()) };
    let Some(id) = &started.backfill else { return Ok(()) };
    let status = backfills.now.made.get(id).map(|made| made.status);
    if status == Some(BackfillStatus::Running) {
        return Ok(());
    }
    let what = format!("version {version}: {started:?}, and the backfill is {status:?}");
    Err(Violation::new("nothing-starts-of-what-is-over", what))
}
