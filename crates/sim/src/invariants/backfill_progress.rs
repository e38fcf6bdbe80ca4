//! **A backfill is done when its windows are.** What is told of how far a backfill is was so at some version: a window is done once
//! all of it is, by the backfill or by anybody else, and the backfill once all of its windows are.
//!
//! Why it matters: who is told that a backfill is done drops the old table.

use std::collections::BTreeMap;

use highwater_core::answer::{Answer, BackfillView};
use highwater_core::backfill::BackfillStatus;
use highwater_core::command::Command;
use highwater_format::Fact;

use super::backfills::{Backfills, Made};
use super::one_claim::Covers;
use super::{AskedAt, Violation};
use crate::store::Journaled;

/// Status, windows, and windows that are done; none of one that was deleted.
type Far = Option<(BackfillStatus, u32, u32)>;

#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// How far each was after a version, where that changed.
    past: BTreeMap<String, Vec<(u64, Far)>>,
}

impl Progress {
    /// Looks at how far all are after this fact.
    pub(super) fn observe(&mut self, version: u64, backfills: &Backfills, covers: &Covers, fact: &Fact) {
        let is_of_it = matches!(
            fact,
            Fact::BackfillCreated(_)
                | Fact::BackfillChanged(_)
                | Fact::CadenceDeclared(_)
                | Fact::CoverageClaimed(_)
                | Fact::CoverageMarked(_)
                | Fact::LateDataReported(_)
                | Fact::BatchCommitted(_)
                | Fact::AttemptSucceeded(_)
                | Fact::AttemptFailed(_)
                | Fact::AttemptHandedBack(_)
                | Fact::AttemptCrashed(_)
                | Fact::RunFinished(_)
                | Fact::RunCancelled(_)
        );
        if is_of_it {
            self.look(version, backfills, covers);
        }
    }

    pub(super) fn look(&mut self, version: u64, backfills: &Backfills, covers: &Covers) {
        for id in backfills.now.made.keys() {
            self.past.entry(id.clone()).or_default();
        }
        for (id, past) in &mut self.past {
            let far = backfills.now.made.get(id).map(|made| far(made, backfills, covers));
            if past.last().is_none_or(|(_, last)| *last != far) {
                past.push((version, far));
            }
        }
    }

    /// Whether it was so far at some version from this one on.
    fn was(&self, view: &BackfillView, lowest: u64) -> bool {
        let past = self.past.get(&view.backfill).map_or(&[][..], Vec::as_slice);
        // The last change up to that version still holds at it.
        let first = past.partition_point(|(version, _)| *version <= lowest).saturating_sub(1);
        let told = Some((view.status, view.windows, view.done));
        past[first..].iter().any(|(_, far)| *far == told)
    }
}

fn far(made: &Made, backfills: &Backfills, covers: &Covers) -> (BackfillStatus, u32, u32) {
    let (mut windows, mut done) = (0, 0);
    for node in &made.nodes {
        let line = made.line(node);
        let is_done = |number| covers.done.get(&line).is_some_and(|done| done.contains(&number));
        let is_free = |number| !covers.claims.get(&line).is_some_and(|claims| claims.contains_key(&number));
        for window in backfills.now.windows(node, made.interval) {
            windows += 1;
            let mut numbers = window.start..window.end;
            done += u32::from(numbers.all(|number| is_done(number) && is_free(number)));
        }
    }
    let is_over = made.status == BackfillStatus::Running && windows > 0 && done == windows;
    (if is_over { BackfillStatus::Done } else { made.status }, windows, done)
}

/// Holds what was told of backfills against the records.
pub(crate) fn check(
    journal: &Journaled,
    asked: AskedAt,
    commands: &[Command],
    answers: &[Answer],
) -> Result<(), Violation> {
    let ([Command::ListBackfills(_)], [Answer::Backfills(page)]) = (commands, answers) else { return Ok(()) };
    let progress = &journal.audit.progress;
    match page.backfills.iter().find(|view| !progress.was(view, asked.lowest)) {
        None => Ok(()),
        Some(view) => {
            let (lowest, past) = (asked.lowest, progress.past.get(&view.backfill));
            let what = format!("{view:?} is told from version {lowest} on, and it was so: {past:?}");
            Err(Violation::new("a-backfill-is-as-far-as-its-windows", what))
        }
    }
}
