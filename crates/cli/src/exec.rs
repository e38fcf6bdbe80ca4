//! `highwater exec`: runs a command as a node.

mod arguments;
mod attempt;
mod child;
mod claim;
mod environment;
mod guard;
mod heart;
mod policy;
mod program;
mod record;
mod result_file;
mod selection;
mod signals;
mod speech;
mod stderr_tail;

pub(crate) use arguments::ExecArguments;
pub(crate) use guard::{VERB as GUARD_VERB, guard};

use highwater::answer::Go;
use highwater::command::AttemptRef;
use highwater::{ErrorKind, ReasonCode};

use crate::exit_code;
use crate::failure::{Failure, Outcome};
use crate::limits::SELECT_TRIES;
use crate::session::Session;
use crate::shell::word;

use attempt::{Attempt, Ended};
use claim::Claim;
use selection::Selected;
use signals::{Interruption, Signals};

/// What one call of `exec` is about.
#[derive(Clone, Copy, Debug)]
struct Work<'a> {
    session: &'a Session<'a>,
    arguments: &'a ExecArguments,
}

/// Carries it out, and returns the exit code.
pub(crate) async fn exec(session: &Session<'_>, arguments: ExecArguments) -> Outcome<u8> {
    arguments.check()?;
    let mut signals = Signals::listen()?;
    policy::declare(session, &arguments).await?;
    Work { session, arguments: &arguments }.run(&mut signals).await
}

/// What comes after a run was tried.
enum Next {
    Exit(u8),
    /// The run came to its end without us; there may be another.
    SelectAgain,
}

impl Work<'_> {
    async fn run(self, signals: &mut Signals) -> Outcome<u8> {
        for _ in 0..SELECT_TRIES {
            let selected = selection::select(&self).await?;
            if let Next::Exit(code) = self.work_on(signals, &selected).await? {
                return Ok(code);
            }
        }
        let message = format!("others end the runs of node `{}` as fast as they start", self.arguments.node);
        Err(Failure::new(exit_code::CONFLICT, message))
    }

    /// Attempts, until the node is done or gives up.
    async fn work_on(&self, signals: &mut Signals, selected: &Selected) -> Outcome<Next> {
        let mut is_first = true;
        loop {
            let go = match claim::claim(self, signals, selected, is_first).await {
                Ok(Claim::Run(go)) => go,
                Ok(Claim::Skip(reason)) if reason.code == ReasonCode::AlreadySucceeded => {
                    self.say_skipped(selected, &reason.message);
                    return Ok(Next::Exit(exit_code::OK));
                }
                Ok(Claim::Skip(reason)) if is_done(reason.code) => {
                    record::finish_skipped(self, selected).await?;
                    self.say_skipped(selected, &reason.message);
                    return Ok(Next::Exit(exit_code::OK));
                }
                Ok(Claim::Skip(reason)) => return self.given_up(selected, &reason.message).await,
                Ok(Claim::Interrupted(interruption)) => return Ok(Next::Exit(interruption.exit_code())),
                Err(failure) if failure.is(ErrorKind::Conflict) => return self.over(selected, failure).await,
                Err(failure) => return Err(failure),
            };
            if is_first && selected.is_resumed_by_us() {
                record::resume(self, selected).await?;
            }
            is_first = false;
            match self.attempt(signals, selected, go).await? {
                Ended::Exit(code) => return Ok(Next::Exit(code)),
                Ended::TryAgain => {}
            }
        }
    }

    async fn attempt(&self, signals: &mut Signals, selected: &Selected, go: Go) -> Outcome<Ended> {
        let reference =
            AttemptRef { run: selected.run.clone(), node: self.arguments.node.clone(), token: go.token };
        match Attempt::prepare(self, selected, go, &reference).await {
            Ok(attempt) => attempt.run(self, signals).await,
            Err(failure) => {
                // Nobody should have to wait for the lease of what never ran.
                record::give_back(self, &reference, &failure).await?;
                Err(failure)
            }
        }
    }

    /// Nobody will try the node again in this run.
    async fn given_up(&self, selected: &Selected, why: &str) -> Outcome<Next> {
        if selected.is_ours && self.arguments.run.is_none() {
            // Whoever gave up died before it could end the run.
            record::finish_failed(self, selected, None).await?;
            return Ok(Next::SelectAgain);
        }
        let (pipeline, run) = (word(&self.arguments.pipeline), word(&selected.run));
        Err(Failure::work(format!("node `{}` is not tried: {why}", self.arguments.node))
            .hint(format!("highwater run reset-failed {pipeline} {run}")))
    }

    /// The run was finished or cancelled, perhaps by another `exec` of the same node.
    async fn over(&self, selected: &Selected, failure: Failure) -> Outcome<Next> {
        let run = crate::run::describe(self.session, &self.arguments.pipeline, &selected.run).await?;
        let node = run.nodes.iter().find(|node| node.node == self.arguments.node);
        if node.is_some_and(|node| node.status == highwater::NodeStatus::Succeeded) {
            self.say_skipped(selected, &format!("it succeeded in this run, which is {}", run.status.name()));
            return Ok(Next::Exit(exit_code::OK));
        }
        if run.status.is_final() && self.arguments.run.is_none() {
            return Ok(Next::SelectAgain);
        }
        Err(failure)
    }
}

/// Whether there was nothing to do for the command.
fn is_done(code: ReasonCode) -> bool {
    matches!(code, ReasonCode::Cached | ReasonCode::Skipped | ReasonCode::SkippedWithDownstream)
}

/// What a signal to this process means for the exit code.
impl Interruption {
    fn exit_code(self) -> u8 {
        exit_code::SIGNAL_BASE.saturating_add(u8::try_from(self.signal).unwrap_or_default())
    }
}
