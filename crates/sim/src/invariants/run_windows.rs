//! **A run stays in its window.** No attempt is handed anything outside the window of its run, on the axis of that window, however often
//! the run is resumed and whatever its workers ask for.
//!
//! Why it matters: a run of yesterday that is resumed today loads yesterday. One that goes on where it is now loads a part of today, and
//! marks it as done before it is over.

use std::collections::BTreeMap;

use highwater_format::Fact;
use highwater_format::fact::RunWindow;

use super::Violation;

#[derive(Debug, Default)]
pub(crate) struct RunWindows {
    /// By run.
    windows: BTreeMap<String, Option<RunWindow>>,
}

impl RunWindows {
    pub(super) fn observe(&mut self, version: u64, fact: &Fact) -> Result<(), Violation> {
        match fact {
            Fact::RunStarted(fact) => drop(self.windows.insert(fact.run.clone(), fact.window)),
            // Runs of the same names may have had other windows.
            Fact::StateReplaced(_) | Fact::JournalRepaired(_) => self.windows.clear(),
            Fact::CoverageClaimed(fact) => {
                let window = self.windows.get(&fact.run).copied().flatten();
                let Some(window) = window.filter(|window| window.axis == fact.axis) else { return Ok(()) };
                let outside = fact.intervals.iter().find(|it| it.start < window.start || it.end > window.end);
                if let Some(outside) = outside {
                    let what = format!(
                        "version {version}: {outside:?} of {} is handed out in run {}, whose window is {window:?}",
                        fact.node, fact.run
                    );
                    return Err(Violation::new("a-run-stays-in-its-window", what));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
