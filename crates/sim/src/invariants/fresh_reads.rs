//! **Reads rest on what is durable, and are as fresh as was asked.** What a read answers stood in the journal at some version,
//! and that version is not from before the submission, as far as the store itself was not stale.
//!
//! Why it matters: whoever reads an HWM that is not durable, or that was overtaken before it asked, loads the wrong rows.

use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_format::value::Value;

use super::Violation;
use crate::store::Journaled;

/// What was known when a read was submitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The lowest version that may answer it.
    pub(crate) lowest: u64,
}

impl Asked {
    /// A read with this freshness through a store that was told of `told`, `head` being the truth.
    pub(crate) fn now(freshness: Freshness, told: u64, head: u64, may_be_stale: bool) -> Asked {
        let lowest = match freshness {
            Freshness::Local => 0,
            Freshness::Latest if may_be_stale => told.min(head),
            Freshness::Latest => head,
        };
        Asked { lowest }
    }

    pub(crate) fn answered(
        self,
        journal: &Journaled,
        commands: &[Command],
        answers: &[Answer],
    ) -> Result<(), Violation> {
        let head = journal.records.len() as u64;
        for (command, answer) in commands.iter().zip(answers) {
            match (command, answer) {
                (Command::GetHwm(get), Answer::Hwm(view)) => {
                    let value = view.as_ref().map(|view| &view.value);
                    if !self.stood(journal, &get.name, value, head) {
                        let what = format!(
                            "{} is read as {value:?}, which it was not at any version from {} to {head}",
                            get.name, self.lowest
                        );
                        return Err(Violation::new("fresh-reads", what));
                    }
                }
                (Command::DescribePipeline, Answer::Pipeline(view))
                    if !(self.lowest..=head).contains(&view.version) =>
                {
                    let what = format!("version {} answers; {} to {head} may", view.version, self.lowest);
                    return Err(Violation::new("fresh-reads", what));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the HWM had this value at the end of some version that may answer.
    fn stood(self, journal: &Journaled, name: &str, value: Option<&Value>, head: u64) -> bool {
        let past = journal.audit.hwms.past.get(name).map_or(&[][..], Vec::as_slice);
        let at_start = past.iter().rfind(|(version, _)| *version <= self.lowest).map(|(_, value)| value);
        let since = past.iter().filter(|(version, _)| (self.lowest + 1..=head).contains(version));
        let mut stood = since.map(|(_, value)| value.as_ref());
        at_start.and_then(Option::as_ref) == value || stood.any(|stood| stood == value)
    }
}
