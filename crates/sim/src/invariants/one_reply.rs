//! **One reply for each submission, one completion for each request.** An engine answers each ticket once, numbers its
//! requests once, and is handed what belongs to them.
//!
//! Why it matters: a second reply may say something else than the first; a completion of another request is a lie.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::{Discriminant, discriminant};

use highwater_core::input::{Input, Outcome};
use highwater_core::output::{Operation, Output};

use super::Violation;

#[derive(Debug, Default)]
pub(crate) struct OneReply {
    waiting: BTreeSet<u64>,
    requests: BTreeMap<u64, Discriminant<Operation>>,
    last_request: u64,
}

impl OneReply {
    pub(crate) fn takes(&mut self, inputs: &[Input]) -> Result<(), Violation> {
        for input in inputs {
            match input {
                Input::Submission(submission) => {
                    self.waiting.insert(submission.ticket);
                }
                Input::Completion(completion) => {
                    let Some(kind) = self.requests.remove(&completion.id) else {
                        let what = format!("request {} is completed and was not under way", completion.id);
                        return Err(Violation::new("one-completion", what));
                    };
                    if !belongs(kind, &completion.outcome) {
                        let what =
                            format!("request {} is completed with {:?}", completion.id, completion.outcome);
                        return Err(Violation::new("one-completion", what));
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn gives(&mut self, output: &Output) -> Result<(), Violation> {
        for request in &output.requests {
            if request.id <= self.last_request {
                let what = format!("request {} follows request {}", request.id, self.last_request);
                return Err(Violation::new("one-completion", what));
            }
            self.last_request = request.id;
            self.requests.insert(request.id, discriminant(&request.operation));
        }
        for reply in &output.replies {
            if !self.waiting.remove(&reply.ticket) {
                return Err(Violation::new(
                    "one-reply",
                    format!("ticket {} was answered again", reply.ticket),
                ));
            }
        }
        Ok(())
    }
}

/// Whether an outcome is one of this operation's.
fn belongs(kind: Discriminant<Operation>, outcome: &Outcome) -> bool {
    let is = |operation: Operation| kind == discriminant(&operation);
    match outcome {
        Outcome::Journal(_) => is(Operation::Read),
        Outcome::Tail(_) | Outcome::Trimmed(_) => is(Operation::ReadFrom(0)),
        Outcome::Beats(_) => is(Operation::Beats),
        _ => !is(Operation::Read) || matches!(outcome, Outcome::Failed(_)),
    }
}
