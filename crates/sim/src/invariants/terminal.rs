//! **Terminal is final.** A run that has ended stays as it ended: nothing starts, resumes, ends or works in it any more.
//!
//! Why it matters: whoever was told that a run has ended acts on it.

use std::collections::BTreeMap;

use highwater_format::Fact;

use super::Violation;

#[derive(Debug, Default)]
pub(crate) struct Runs {
    /// Whether each run has ended, and how.
    pub(crate) ended: BTreeMap<String, Option<&'static str>>,
}

impl Runs {
    pub(crate) fn observe(&mut self, fact: &Fact) -> Result<(), Violation> {
        let (run, end) = match fact {
            Fact::RunStarted(fact) => {
                if self.ended.insert(fact.run.clone(), None).is_some() {
                    return Err(Violation::new(
                        "terminal-is-final",
                        format!("run {} started twice", fact.run),
                    ));
                }
                return Ok(());
            }
            Fact::RunResumed(fact) => (&fact.run, None),
            Fact::RunFinished(fact) => (&fact.run, Some("finished")),
            Fact::RunCancelled(fact) => (&fact.run, Some("cancelled")),
            Fact::RunPaused(fact) => (&fact.run, None),
            Fact::AttemptStarted(fact) => (&fact.run, None),
            Fact::AttemptHandedBack(fact) => (&fact.run, None),
            Fact::AttemptProgressed(fact) => (&fact.run, None),
            Fact::AttemptSucceeded(fact) => (&fact.run, None),
            Fact::AttemptFailed(fact) => (&fact.run, None),
            Fact::AttemptCrashed(fact) => (&fact.run, None),
            Fact::NodeSkipped(fact) => (&fact.run, None),
            Fact::NodeForced(fact) => (&fact.run, None),
            Fact::NodeReset(fact) => (&fact.run, None),
            _ => return Ok(()),
        };
        match self.ended.get_mut(run) {
            None => Err(Violation::new(
                "terminal-is-final",
                format!("{fact:?} is about a run that nobody started"),
            )),
            Some(Some(how)) => {
                Err(Violation::new("terminal-is-final", format!("{fact:?} comes after the run was {how}")))
            }
            Some(open) => {
                *open = end;
                Ok(())
            }
        }
    }
}
