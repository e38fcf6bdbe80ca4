//! Handing back: an attempt ends at a safe place, neither done nor failed, and the next one goes on from its state. It counts for
//! no failure, and nothing that it was to cover counts as failed.

use highwater_format::fact::{AttemptHandedBack, Reason, ReasonCode};

use crate::attempt;
use crate::command::HandBackAttempt;
use crate::decide::{Context, Decided, Stop};
use crate::names;

pub(crate) fn hand_back(context: &Context<'_>, command: &HandBackAttempt) -> Result<Decided, Stop> {
    names::check_reason(&command.reason, None)?;
    let row = attempt::check_held(context.state, &command.attempt)?;
    attempt::check_state(command.state.as_ref(), &row.node)?;
    let fact = AttemptHandedBack {
        run: row.run.clone(),
        node: row.node.clone(),
        attempt: row.attempt,
        counts: command.counts.unwrap_or(row.counts),
        state: command.state.clone(),
        reason: command.reason.clone(),
    };
    context.done(vec![fact.into()])
}

/// Why the node runs the next time.
pub(crate) fn reason(fact: &AttemptHandedBack) -> Reason {
    let message = format!("attempt {} was handed back: {}", fact.attempt, fact.reason);
    Reason { code: ReasonCode::HandedBack, message }
}
