//! **A backfill leaves HWMs alone.** No attempt on a backfill moves one, with a report or with a batch.
//!
//! Why it matters: an HWM is where the daily runs go on. A backfill of last year that sets it to last year loads everything
//! once more, and one that sets it ahead skips what nobody has loaded.

use highwater_format::Fact;

use super::backfills::Backfills;
use super::{Landed, Violation};

pub(super) fn check(backfills: &Backfills, landed: &Landed<'_>, fact: &Fact) -> Result<(), Violation> {
    let moved_by = match fact {
        Fact::BatchPrepared(prepared) if !prepared.hwms.is_empty() => {
            backfills.of(&prepared.run, &prepared.node)
        }
        Fact::HwmSet(set) => {
            // It may settle a batch that an attempt before it has left behind.
            let committed = |fact: &Fact| matches!(fact, Fact::BatchCommitted(_));
            let settles = landed.record.facts.iter().any(|entry| committed(&entry.fact));
            let origin = set.run.as_ref().zip(set.node.as_ref()).filter(|_| !settles);
            origin.and_then(|(run, node)| backfills.of(run, node))
        }
        _ => None,
    };
    let Some(id) = moved_by else { return Ok(()) };
    let what = format!("version {}: {fact:?} is of an attempt on backfill {id}", landed.version);
    Err(Violation::new("a-backfill-moves-no-hwm", what))
}
