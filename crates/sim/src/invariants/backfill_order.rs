//! **A window of a backfill waits for the nodes before it, and is one of the backfill.** An attempt is handed what lies in the
//! backfill and what all nodes of it that come right before have done, as far as they do it in the backfill.
//!
//! Why it matters: a report over rows that are not loaded yet is wrong, counts as done, and nobody looks at it again.

use highwater_format::Fact;

use super::Violation;
use super::backfills::Backfills;
use super::one_claim::Covers;

pub(super) fn check(
    backfills: &Backfills,
    covers: &Covers,
    version: u64,
    fact: &Fact,
) -> Result<(), Violation> {
    let Fact::CoverageClaimed(claimed) = fact else { return Ok(()) };
    let Some(id) = backfills.of(&claimed.run, &claimed.node) else { return Ok(()) };
    let Some(made) = backfills.now.made.get(id) else { return Ok(()) };
    let refuse = |what: String| {
        let what = format!("version {version}: {claimed:?} is of backfill {id}, {what}");
        Err(Violation::new("a-backfill-keeps-its-order", what))
    };
    let all = made.interval;
    let is_within = claimed.intervals.iter().all(|it| all.start <= it.start && it.end <= all.end);
    if !is_within || !made.nodes.contains(&claimed.node) || made.partition != claimed.partition {
        return refuse(format!("which is {made:?}"));
    }
    let before = backfills.now.after.get(&claimed.node).map_or(&[][..], Vec::as_slice);
    for before in before.iter().filter(|before| made.nodes.contains(before)) {
        let done = covers.done.get(&made.line(before));
        let own = backfills.now.windows(before, all);
        let is_its = |number: &i64| own.iter().any(|it| it.start <= *number && *number < it.end);
        let is_done = |number: &i64| done.is_some_and(|done| done.contains(number)) || !is_its(number);
        let mut numbers = claimed.intervals.iter().flat_map(|it| it.start..it.end);
        if let Some(undone) = numbers.find(|number| !is_done(number)) {
            return refuse(format!("and {before} has not done {undone}"));
        }
    }
    Ok(())
}
