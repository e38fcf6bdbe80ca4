//! The engine behind the boundary: one crossing a step, no decision.

use std::cell::RefCell;

use highwater_core::input::{Completion, Input, Submission};
use highwater_core::output::{Output, Reply};
use highwater_core::{Engine, Error, ErrorKind, Options};

use crate::Component;
use crate::conversion::{FromCore, FromWit, Problem};
use crate::wit::{engine, types};

impl engine::Guest for Component {
    type Engine = GuestEngine;
}

/// An engine that the host holds a handle of.
pub(crate) struct GuestEngine(RefCell<Result<Engine, Error>>);

impl engine::GuestEngine for GuestEngine {
    fn new(options: engine::Options) -> Self {
        let options = Options::from_wit(options).map_err(|problem| error(ErrorKind::Invalid, &problem));
        GuestEngine(RefCell::new(options.map(Engine::new)))
    }

    fn step(&self, now_ms: i64, inputs: Vec<engine::Input>) -> Result<engine::Output, types::Error> {
        self.step_core(now_ms, inputs).map(FromCore::from_core).map_err(FromCore::from_core)
    }
}

impl GuestEngine {
    fn step_core(&self, now_ms: i64, inputs: Vec<engine::Input>) -> Result<Output, Error> {
        let Ok(mut engine) = self.0.try_borrow_mut() else {
            return Err(Error::new(ErrorKind::Internal, "the engine is in a step; wait for it to return"));
        };
        let engine = engine.as_mut().map_err(|error| error.clone())?;
        let Received { inputs, refusals } = Received::new(inputs)?;
        let mut output = engine.step(now_ms, inputs)?;
        output.replies.extend(refusals);
        Ok(output)
    }
}

/// Inputs as the core takes them, and replies to those that it cannot be given.
struct Received {
    inputs: Vec<Input>,
    refusals: Vec<Reply>,
}

impl Received {
    /// A submission that does not convert is refused alone: the others of the batch go on.
    fn new(inputs: Vec<engine::Input>) -> Result<Self, Error> {
        let mut received = Received { inputs: Vec::with_capacity(inputs.len()), refusals: Vec::new() };
        for input in inputs {
            match input {
                engine::Input::Submission(submission) => received.submission(submission),
                engine::Input::Completion(completion) => {
                    let completion = Completion::from_wit(completion)
                        .map_err(|problem| error(ErrorKind::Internal, &problem))?;
                    received.inputs.push(Input::Completion(completion));
                }
            }
        }
        Ok(received)
    }

    fn submission(&mut self, submission: engine::Submission) {
        let ticket = submission.ticket;
        match Submission::from_wit(submission) {
            Ok(submission) => self.inputs.push(Input::Submission(submission)),
            Err(problem) => self.refusals.push(refusal(ticket, &problem)),
        }
    }
}

fn refusal(ticket: u64, problem: &Problem) -> Reply {
    Reply { ticket, result: Err(error(ErrorKind::Invalid, problem)) }
}

fn error(kind: ErrorKind, problem: &Problem) -> Error {
    Error::new(kind, problem.to_string())
}

#[cfg(test)]
mod tests {
    use highwater_core::ConflictPolicy;

    use super::*;
    use crate::wit::commands::{Command, HwmUpdate, SetHwms};
    use crate::wit::engine::GuestEngine as _;

    fn submission(ticket: u64, text: &str) -> engine::Input {
        let value = types::Value::Decimal(text.into());
        let hwms = vec![HwmUpdate { name: "total".into(), value, cast: false, keys: Vec::new() }];
        engine::Input::Submission(engine::Submission {
            ticket,
            pipeline: "dev/orders".into(),
            commands: vec![Command::SetHwms(SetHwms { hwms, holder: None })],
            dedupe_key: None,
            freshness: engine::Freshness::Latest,
            at: None,
        })
    }

    #[test]
    fn a_submission_that_cannot_be_read_is_refused_alone() {
        let options = Options { conflict: ConflictPolicy::REMOTE, ..Options::new((1, 2)) };
        let engine = GuestEngine::new(FromCore::from_core(options));
        let inputs = vec![submission(1, "1.5"), submission(2, "1,5"), submission(3, "2.5")];
        let output = engine.step(0, inputs).expect("a step");
        let [reply] = output.replies.as_slice() else { panic!("{:?}", output.replies) };
        let error = reply.result.as_ref().expect_err("1,5 is no decimal");
        assert_eq!((reply.ticket, error.kind), (2, types::ErrorKind::Invalid));
        assert!(error.message.starts_with("commands[0].hwms[0].value: "), "{}", error.message);
        assert_eq!(output.requests.len(), 1, "the others wait for the journal");
    }
}
