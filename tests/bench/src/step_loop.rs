//! An engine with a store that costs nothing: what remains is the engine.

use highwater_core::answer::Answer;
use highwater_core::command::{Command, HwmUpdate, SetHwms};
use highwater_core::input::{Completion, Freshness, Input, Journal, Outcome, Submission};
use highwater_core::output::{Operation, Output};
use highwater_driver::Stepper;
use highwater_format::value::Value;

use crate::{PIPELINE, Problem};

/// A time in 2026, milliseconds since the Unix epoch.
const NOW_MS: i64 = 1_780_000_000_000;

/// Sets HWMs, so many at once, each in a submission of its own, as so many submitters would.
pub(crate) struct StepLoop<S> {
    stepper: S,
    submitters: usize,
    ticket: u64,
    now_ms: i64,
}

impl<S: Stepper> StepLoop<S> {
    pub(crate) fn new(stepper: S, submitters: usize) -> Self {
        StepLoop { stepper, submitters, ticket: 0, now_ms: NOW_MS }
    }

    /// One commit: a command from each submitter in, one record out, its completion in, all replies out.
    pub(crate) fn commit(&mut self) -> Result<usize, Problem> {
        let inputs = (0..self.submitters).map(|submitter| self.update(submitter)).collect();
        Ok(self.answers(inputs)?.len())
    }

    /// One command in, its answer out.
    pub(crate) fn ask(&mut self, command: Command) -> Result<Answer, Problem> {
        let inputs = vec![self.submission(command)];
        let answers = self.answers(inputs)?.pop();
        answers.and_then(|mut answers| answers.pop()).ok_or_else(|| "there is no answer".into())
    }

    /// Goes on until all submissions are answered, and what they caused is done.
    fn answers(&mut self, mut inputs: Vec<Input>) -> Result<Vec<Vec<Answer>>, Problem> {
        self.now_ms += 1;
        let (wanted, mut answers) = (inputs.len(), Vec::new());
        while answers.len() < wanted {
            let mut output = self.stepper.step(self.now_ms, inputs)?;
            for reply in std::mem::take(&mut output.replies) {
                answers.push(reply.result?);
            }
            inputs = perform(output);
            if inputs.is_empty() && answers.len() < wanted {
                return Err("the engine stopped before it had answered all".into());
            }
        }
        // What is left is the upkeep that the commit caused.
        while !inputs.is_empty() {
            inputs = perform(self.stepper.step(self.now_ms, inputs)?);
        }
        Ok(answers)
    }

    fn update(&mut self, submitter: usize) -> Input {
        let value = Value::Int(self.ticket as i64);
        let update = HwmUpdate { name: hwm_name(submitter), value, cast: false, keys: Vec::new() };
        self.submission(Command::SetHwms(SetHwms { hwms: vec![update], holder: None }))
    }

    fn submission(&mut self, command: Command) -> Input {
        self.ticket += 1;
        Input::Submission(Submission {
            ticket: self.ticket,
            pipeline: PIPELINE.to_owned(),
            commands: vec![command],
            dedupe_key: None,
            freshness: Freshness::Latest,
            at: None,
        })
    }
}

/// Name of the HWM that a submitter moves.
pub(crate) fn hwm_name(submitter: usize) -> String {
    format!("orders/{submitter:06}/updated_at")
}

/// The store: everything works, and nothing is kept.
fn perform(output: Output) -> Vec<Input> {
    let completion = |(id, operation)| {
        let outcome = match operation {
            Operation::Read => Outcome::Journal(Journal::default()),
            Operation::ReadFrom(_) => Outcome::Tail(Vec::new()),
            Operation::Append(_) => Outcome::Appended,
            operation @ (Operation::ReadAll
            | Operation::InspectArtifact(_)
            | Operation::Reset(_)
            | Operation::PutBackup(_)
            | Operation::Backups
            | Operation::ReadBackup(_)
            | Operation::DeleteBackup(_)) => unreachable!("nothing that is measured asks for {operation:?}"),
            Operation::PutSnapshot(_) | Operation::Trim(_) | Operation::Beat(_) => Outcome::Done,
            Operation::Beats => Outcome::Beats(Vec::new()),
        };
        Input::Completion(Completion { id, outcome })
    };
    output.requests.into_iter().map(|request| (request.id, request.operation)).map(completion).collect()
}

#[cfg(test)]
mod tests {
    use highwater_core::{Engine, Options};

    use super::*;

    #[test]
    fn every_submitter_is_answered_once() {
        let mut steps = StepLoop::new(Engine::new(Options::new((1, 1))), 64);
        for _ in 0..10 {
            assert_eq!(steps.commit().expect("it commits"), 64);
        }
    }
}
