//! **No fenced worker commits.** What an attempt reports is in the journal only while that attempt runs, and a reply that
//! says so went to the holder of its token.
//!
//! Why it matters: a worker that was replaced and wakes up again must not move HWMs or end the attempt of its successor.

use std::collections::BTreeMap;

use highwater_core::answer::Answer;
use highwater_core::command::{AttemptRef, Command};
use highwater_format::Fact;

use super::{Audit, Violation};

#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// The running attempt of each node.
    running: BTreeMap<(String, String), u32>,
    /// Tokens of all attempts.
    tokens: BTreeMap<(String, String, u32), u64>,
    /// The tokens of the attempts that spoke in each version.
    spoke: BTreeMap<(u64, String, String), Vec<u64>>,
}

impl Attempts {
    pub(crate) fn observe(&mut self, version: u64, fact: &Fact) -> Result<(), Violation> {
        let (run, node, attempt, ends) = match fact {
            Fact::AttemptStarted(fact) => {
                let node = (fact.run.clone(), fact.node.clone());
                self.tokens.insert((node.0.clone(), node.1.clone(), fact.attempt), fact.token);
                self.running.insert(node, fact.attempt);
                return Ok(());
            }
            Fact::AttemptProgressed(fact) => (&fact.run, &fact.node, fact.attempt, false),
            Fact::AttemptSucceeded(fact) => (&fact.run, &fact.node, fact.attempt, true),
            Fact::AttemptFailed(fact) => (&fact.run, &fact.node, fact.attempt, true),
            Fact::AttemptHandedBack(fact) => (&fact.run, &fact.node, fact.attempt, true),
            Fact::AttemptCrashed(fact) => (&fact.run, &fact.node, fact.attempt, true),
            _ => return Ok(()),
        };
        let node = (run.clone(), node.clone());
        if self.running.get(&node) != Some(&attempt) {
            let running = self.running.get(&node);
            let what = format!("version {version}: {fact:?} while attempt {running:?} runs");
            return Err(Violation::new("no-fenced-commit", what));
        }
        if ends {
            self.running.remove(&node);
        }
        let token = self.tokens.get(&(node.0.clone(), node.1.clone(), attempt)).copied().unwrap_or(0);
        self.spoke.entry((version, node.0, node.1)).or_default().push(token);
        Ok(())
    }

    pub(super) fn is_running(&self, run: &str, node: &str, attempt: u32) -> bool {
        self.running.get(&(run.to_owned(), node.to_owned())) == Some(&attempt)
    }

    /// Another state takes the place of this one: no attempt runs in it.
    pub(super) fn stop_all(&mut self) {
        self.running.clear();
    }

    /// Whoever shows this token was told that its report stands at this version.
    fn reported(&self, version: u64, run: &str, node: &str, token: u64) -> Result<(), Violation> {
        let spoke =
            self.spoke.get(&(version, run.to_owned(), node.to_owned())).map_or(&[][..], Vec::as_slice);
        if spoke.contains(&token) {
            return Ok(());
        }
        let what = format!("token {token} was told that it reported on {run}/{node} in version {version}");
        Err(Violation::new("no-fenced-commit", what))
    }
}

/// Holds the answers of one submission against who held what when its record was decided.
pub(crate) fn check_reports(
    audit: &Audit,
    commands: &[Command],
    answers: &[Answer],
) -> Result<(), Violation> {
    let reported = |attempt: &AttemptRef, version| {
        audit.fencing.reported(version, &attempt.run, &attempt.node, attempt.token)
    };
    for (command, answer) in commands.iter().zip(answers) {
        match (command, answer) {
            (Command::ReportProgress(report), Answer::Done(done)) => reported(&report.attempt, done.version)?,
            (Command::SucceedAttempt(report), Answer::Done(done)) => reported(&report.attempt, done.version)?,
            (Command::SetHwms(set), Answer::HwmsSet(done)) if done.moved > 0 => {
                if let Some(holder) = &set.holder
                    && !audit.holders.held_at(&holder.lease, holder.token, done.version)
                {
                    let what = format!(
                        "version {} moves HWMs under {holder:?}, which did not hold it",
                        done.version
                    );
                    return Err(Violation::new("no-fenced-commit", what));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
