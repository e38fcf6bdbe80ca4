//! **The past is told as it was.** A read at a version answers what the records up to that version say.
//!
//! Why it matters: whoever looks for the moment at which something went wrong decides by it what to go back to.

use highwater_core::answer::Answer;
use highwater_core::command::Command;

use super::Violation;
use crate::store::Journaled;

/// Holds the answers of a read at this version against the records.
pub(crate) fn check(
    journal: &Journaled,
    version: u64,
    commands: &[Command],
    answers: &[Answer],
) -> Result<(), Violation> {
    for (command, answer) in commands.iter().zip(answers) {
        match (command, answer) {
            (Command::GetHwm(get), Answer::Hwm(view)) => {
                let told = view.as_ref().map(|view| &view.value);
                let past = journal.audit.hwms.past.get(&get.name).map_or(&[][..], Vec::as_slice);
                let stood = past.iter().rfind(|(at, _)| *at <= version).and_then(|(_, value)| value.as_ref());
                if told != stood {
                    let what =
                        format!("version {version}: {} is read as {told:?} and was {stood:?}", get.name);
                    return Err(Violation::new("past-as-it-was", what));
                }
            }
            (Command::DescribePipeline, Answer::Pipeline(view)) if view.version != version => {
                let what = format!("version {} answers for version {version}", view.version);
                return Err(Violation::new("past-as-it-was", what));
            }
            _ => {}
        }
    }
    Ok(())
}
