//! **No more attempts at once than a backfill allows.** An attempt counts from its start to its end, whatever it has said in between.
//!
//! Why it matters: the limit is what the source bears, or what a sink has connections for.

use highwater_format::Fact;

use super::Violation;
use super::backfills::Backfills;

pub(super) fn check(backfills: &Backfills, version: u64, fact: &Fact) -> Result<(), Violation> {
    let Fact::AttemptStarted(started) = fact else { return Ok(()) };
    let made = started.backfill.as_ref().and_then(|id| backfills.now.made.get(id));
    let Some(limit) = made.map(|made| made.limit).filter(|limit| *limit > 0) else { return Ok(()) };
    let its = |(_, works_on): &(_, &Option<String>)| **works_on == started.backfill;
    let busy: Vec<_> = backfills.working.iter().filter(its).map(|(attempt, _)| attempt).collect();
    if busy.len() < limit as usize {
        return Ok(());
    }
    let what = format!("version {version}: {started:?}, and {busy:?} work on it, which allows {limit}");
    Err(Violation::new("within-the-limit-of-a-backfill", what))
}
