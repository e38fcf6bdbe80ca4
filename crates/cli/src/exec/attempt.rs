//! One attempt: the command runs, and what came of it is recorded.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Instant;

use highwater::Value;
use highwater::answer::{Go, StopAsked, StopCause};
use highwater::command::AttemptRef;
use tempfile::TempDir;

use super::child::{Child, End};
use super::heart::Heart;
use super::selection::Selected;
use super::signals::{Interruption, Signals};
use super::{Work, environment, record};
use crate::exit_code;
use crate::failure::{Failure, Outcome};

/// An attempt that is ours.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    /// Its run.
    pub(super) selected: &'a Selected,
    /// What the engine said.
    pub(super) go: Go,
    /// Name and proof.
    pub(super) reference: &'a AttemptRef,
    /// Positions before it, by name.
    pub(super) hwms: BTreeMap<String, Option<Value>>,
    /// Where the command writes its results.
    pub(super) result: PathBuf,
    environment: BTreeMap<OsString, OsString>,
    /// Holds the files of the attempt, and goes with it.
    folder: TempDir,
    started: Instant,
}

/// What follows an attempt.
#[derive(Debug)]
pub(super) enum Ended {
    /// Nothing more: this is the exit code.
    Exit(u8),
    /// Another attempt, when its time has come.
    TryAgain,
}

/// What came of the command.
#[derive(Debug)]
pub(super) struct Finish {
    /// How it ended.
    pub(super) end: End,
    /// The signal that we passed on to it, if we did.
    pub(super) interruption: Option<Interruption>,
    /// That its worker was asked to stop, and the command with it.
    pub(super) asked: Option<StopAsked>,
    /// Why the attempt is not ours any more, if so.
    fenced: Option<Failure>,
}

impl<'a> Attempt<'a> {
    /// Reads the positions and writes the files that the command finds.
    pub(super) async fn prepare(
        work: &Work<'_>,
        selected: &'a Selected,
        go: Go,
        reference: &'a AttemptRef,
    ) -> Outcome<Attempt<'a>> {
        let arguments = work.arguments;
        let mut hwms = BTreeMap::new();
        for name in &arguments.hwms {
            let hwm = crate::hwm::find(work.session, &arguments.pipeline, name).await?;
            hwms.insert(name.clone(), hwm.map(|hwm| hwm.value));
        }
        let unwritable = |error| Failure::work(format!("no room for the files of the attempt ({error})"));
        let folder = tempfile::Builder::new().prefix("highwater-").tempdir().map_err(unwritable)?;
        let result = folder.path().join("result");
        std::fs::write(&result, []).map_err(unwritable)?;
        if let Some(state) = &go.state {
            std::fs::write(folder.path().join("state"), state).map_err(unwritable)?;
        }
        let mut attempt = Attempt {
            selected,
            go,
            reference,
            hwms,
            result,
            environment: BTreeMap::new(),
            folder,
            started: Instant::now(),
        };
        attempt.environment = attempt.variables(work)?;
        Ok(attempt)
    }

    /// Runs the command and records what came of it.
    pub(super) async fn run(self, work: &Work<'_>, signals: &mut Signals) -> Outcome<Ended> {
        work.say_begun(&self);
        let mut child = match Child::spawn(&work.arguments.command, &self.environment) {
            Ok(child) => child,
            Err(error) => return record::not_started(work, &self, &error).await,
        };
        let finish = self.supervise(work, signals, &mut child).await?;
        child.drain().await;
        if let Some(fenced) = finish.fenced {
            child.kill();
            return if self.is_late() { record::late(work, &self).await } else { Err(fenced) };
        }
        if finish.end != End::Code(exit_code::OK) {
            // What a failed command left running would work beside the next attempt.
            child.terminate();
        }
        record::finish(work, &self, &finish, child.tail.lines()).await
    }

    /// Beats, passes signals on, and stops the command if the attempt is fenced.
    async fn supervise(&self, work: &Work<'_>, signals: &mut Signals, child: &mut Child) -> Outcome<Finish> {
        let (mut interruption, mut fenced, mut kill_at) = (None, None, None);
        let mut asked = None;
        let (say, mut said) = tokio::sync::watch::channel(None);
        let heart = Heart {
            attempt: self.reference,
            lease: &self.go.lease,
            lease_length: work.arguments.lease(),
            result: &self.result,
            asked: &say,
        };
        let mut beat = pin!(async {
            tokio::select! {
                failure = heart.beat(work) => failure,
                failure = self.late() => failure,
            }
        });
        loop {
            tokio::select! {
                end = child.next() => match end {
                    Ok(Some(end)) => return Ok(Finish { end, interruption, asked, fenced }),
                    Ok(None) => {}
                    Err(error) => return Err(Failure::work(format!("the command cannot be waited for ({error})"))),
                },
                failure = &mut beat, if fenced.is_none() => {
                    work.say_stopping(&failure);
                    fenced = Some(failure);
                    child.terminate();
                    kill_at = Some(tokio::time::Instant::now() + work.arguments.grace());
                }
                Ok(()) = said.changed() => {
                    let Some(now) = said.borrow_and_update().clone() else { continue };
                    work.say_asked(&now);
                    // What runs in a paused run may end as it is.
                    if now.cause == StopCause::WorkerStopped && asked.is_none() {
                        child.terminate();
                        asked = Some(now);
                    }
                }
                next = signals.next() => {
                    interruption = Some(next);
                    child.forward(next);
                }
                () = sleep_until(kill_at), if kill_at.is_some() => {
                    child.kill();
                    kill_at = None;
                }
            }
        }
    }

    /// Whether its deadline has passed.
    fn is_late(&self) -> bool {
        self.go.deadline_at_ms.is_some_and(|at_ms| at_ms < crate::time::now_ms())
    }

    /// Waits until its deadline has passed.
    async fn late(&self) -> Failure {
        let Some(at_ms) = self.go.deadline_at_ms else { return std::future::pending().await };
        while !self.is_late() {
            let left_ms = at_ms.saturating_sub(crate::time::now_ms()).max(0).unsigned_abs();
            tokio::time::sleep(std::time::Duration::from_millis(left_ms + 1)).await;
        }
        Failure::new(exit_code::CONFLICT, "it was not done by its deadline")
    }

    /// How long it has lasted.
    pub(super) fn duration_ms(&self) -> i64 {
        crate::time::milliseconds(self.started.elapsed())
    }

    fn variables(&self, work: &Work<'_>) -> Outcome<BTreeMap<OsString, OsString>> {
        let mut variables = environment::inherited();
        let mut set = |name: &str, value: OsString| variables.insert(name.into(), value);
        set("HIGHWATER_PIPELINE", work.arguments.pipeline.clone().into());
        set("HIGHWATER_RUN", self.selected.run.clone().into());
        set("HIGHWATER_NODE", work.arguments.node.clone().into());
        set("HIGHWATER_ATTEMPT", self.go.attempt.to_string().into());
        set("HIGHWATER_TOKEN", self.go.token.to_string().into());
        set("HIGHWATER_RESULT", self.result.clone().into());
        set("HIGHWATER_STORE", work.session.absolute_store().into());
        if self.go.state.is_some() {
            set("HIGHWATER_STATE", self.folder.path().join("state").into());
        }
        for (name, value) in &self.hwms {
            let Some(text) = value.as_ref().map(Value::to_text) else { continue };
            if text.contains('\0') {
                return Err(Failure::usage(format!(
                    "HWM `{name}` has a NUL character, which no variable can hold; read it with highwater hwm get"
                )));
            }
            set(&environment::hwm_variable(name), text.clone().into());
            if work.arguments.hwms.first() == Some(name) {
                set("HIGHWATER_HWM", text.into());
            }
        }
        Ok(variables)
    }
}

async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
