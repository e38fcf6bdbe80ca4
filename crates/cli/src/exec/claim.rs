//! The right to work on the node, and waiting for it.

use std::time::Duration;

use highwater::answer::{Begun, Go, Wait};
use highwater::command::{BeginNode, CancelRun, Command};
use highwater::{Reason, ReasonCode};
use tokio::time::Instant;

use super::Work;
use super::selection::Selected;
use super::signals::{Interruption, Signals};
use crate::exit_code;
use crate::failure::{Failure, Outcome};
use crate::limits::{ASK_AGAIN, ASK_AGAIN_MIN, SAY_AGAIN};
use crate::session::expect_answer;
use crate::shell::word;
use crate::time;

/// What came of the wish to work.
pub(super) enum Claim {
    /// It is ours.
    Run(Go),
    /// It is not to be done.
    Skip(Reason),
    /// A signal came while we waited.
    Interrupted(Interruption),
}

/// Asks until there is an answer that is not "wait". `--no-wait` only counts at first: pauses between own attempts are meant.
pub(super) async fn claim(
    work: &Work<'_>,
    signals: &mut Signals,
    selected: &Selected,
    is_first: bool,
) -> Outcome<Claim> {
    let mut said: Option<(ReasonCode, Instant)> = None;
    loop {
        let wait = match begin(work, selected).await? {
            Begun::Run(go) => return Ok(Claim::Run(go)),
            Begun::Skip(reason) => return Ok(Claim::Skip(reason)),
            Begun::Wait(wait) => wait,
        };
        if wait.reason.code == ReasonCode::UpstreamPending && work.arguments.run.is_none() {
            return Err(alone(work, selected, &wait.reason.message).await?);
        }
        if is_first && work.arguments.no_wait {
            return Err(Failure::new(
                exit_code::CONFLICT,
                format!("node `{}` is taken: {}", work.arguments.node, wait.reason.message),
            ));
        }
        // A pause between own attempts was announced with the failure before it.
        let is_known = !is_first && wait.reason.code == ReasonCode::RetryBackoff;
        if !is_known && said.is_none_or(|(code, at)| code != wait.reason.code || at.elapsed() >= SAY_AGAIN) {
            said = Some((wait.reason.code, Instant::now()));
            work.say_waiting(&wait);
        }
        tokio::select! {
            () = tokio::time::sleep(pause(&wait)) => {}
            interruption = signals.next() => {
                work.say_left(selected);
                return Ok(Claim::Interrupted(interruption));
            }
        }
    }
}

async fn begin(work: &Work<'_>, selected: &Selected) -> Outcome<Begun> {
    // 0 would mean the default of the engine.
    let lease_ms = u64::try_from(work.arguments.lease().as_millis()).unwrap_or(u64::MAX).max(1);
    let command = BeginNode {
        run: selected.run.clone(),
        node: work.arguments.node.clone(),
        worker: work.session.worker().to_owned(),
        lease_ms,
        fingerprint: work.arguments.fingerprint(),
        trust_unknown: false,
        ..BeginNode::default()
    };
    expect_answer!(work.session.ask(&work.arguments.pipeline, Command::BeginNode(command)).await?, Begun)
}

/// What is waited for may come sooner than it must, so nobody sleeps for long.
fn pause(wait: &Wait) -> Duration {
    let left_ms = wait.until_ms.saturating_sub(time::now_ms());
    Duration::from_millis(u64::try_from(left_ms).unwrap_or_default()).clamp(ASK_AGAIN_MIN, ASK_AGAIN)
}

/// The nodes before this one will never run in a run that only this call knows.
async fn alone(work: &Work<'_>, selected: &Selected, why: &str) -> Outcome<Failure> {
    let pipeline = &work.arguments.pipeline;
    if selected.is_new {
        let reason = "exec started it for one node, and other nodes come before that".to_owned();
        let command = CancelRun { run: selected.run.clone(), reason, actor: Some(work.session.actor()) };
        work.session.ask(pipeline, Command::CancelRun(command)).await?;
    }
    let message = format!("{why}; start a run, and exec each of its nodes in it with --run");
    Ok(Failure::new(exit_code::CONFLICT, message).hint(format!("highwater run start {}", word(pipeline))))
}
