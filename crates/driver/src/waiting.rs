//! The submissions that have no reply yet.

use std::collections::BTreeMap;

use highwater_core::Error;
use highwater_core::input::{Input, Submission};
use highwater_core::output::Reply;

use crate::message::{self, ReplyTo};

/// Gives tickets to submissions, and replies to those who wait.
#[derive(Default)]
pub(crate) struct Waiting {
    last_ticket: u64,
    /// In order, so that what happens to all of them happens the same way each time.
    by_ticket: BTreeMap<u64, ReplyTo>,
}

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_ticket.is_empty()
    }

    pub(crate) fn admit(&mut self, submission: message::Submission) -> Input {
        self.last_ticket += 1;
        self.by_ticket.insert(self.last_ticket, submission.reply_to);
        Input::Submission(Submission {
            ticket: self.last_ticket,
            pipeline: submission.pipeline,
            commands: submission.commands,
            dedupe_key: submission.dedupe_key,
            freshness: submission.freshness,
            at: submission.at,
        })
    }

    /// False if nobody waits under that ticket.
    pub(crate) fn reply(&mut self, reply: Reply) -> bool {
        let Some(reply_to) = self.by_ticket.remove(&reply.ticket) else { return false };
        // Whoever dropped the future does not want to know; the command counts all the same.
        let _ = reply_to.send(reply.result);
        true
    }

    pub(crate) fn fail_all(&mut self, error: &Error) {
        for reply_to in std::mem::take(&mut self.by_ticket).into_values() {
            let _ = reply_to.send(Err(error.clone()));
        }
    }
}
