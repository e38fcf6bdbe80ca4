//! What is held up: runs, workers, and attempts that end at a safe place.

use std::future::Future;
use std::time::Duration;

use highwater_core::answer::{Done, RunView, StopAsked, WorkerStop};
use highwater_core::command::{AllowWorker, Command, HandBackAttempt, PauseRun, ResumeRun, StopWorker};
use highwater_format::fact::Counts;

use crate::call::reads;
use crate::connection::milliseconds;
use crate::{Attempt, Call, Pipeline, Run};

impl Run {
    /// Holds the run up: nothing begins in it until it is [resumed](Run::resume). Whoever works in it may end, and is told to stop
    /// at the next safe place: see [`Attempt::stop_asked`]. Starting the run again does not resume it.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::{Begin, ReasonCode, RunStatus, StartRun};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let run = hw.pipeline("dev/orders")?.start_run(StartRun::new()).await?;
    /// let paused = run.pause("the source is being repaired").by("ann").await?;
    /// assert_eq!(paused.status, RunStatus::Paused);
    /// let load = run.node("load");
    /// assert!(matches!(load.begin().await?, Begin::Wait(wait) if wait.reason.code == ReasonCode::Paused));
    /// run.resume().reason("it is up again").await?;
    /// assert!(matches!(load.begin().await?, Begin::Run(_)));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn pause(&self, reason: impl Into<String>) -> Call<PauseRun, RunView> {
        let command = PauseRun { run: self.id.to_string(), reason: reason.into(), actor: None };
        Call::new(&self.pipeline, command, Command::PauseRun, reads!(Run))
    }

    /// Takes the run up again; if it is paused, it goes on.
    pub fn resume(&self) -> Call<ResumeRun, Run> {
        self.pipeline.resume_run(self.id())
    }
}

impl Call<PauseRun, RunView> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Call<ResumeRun, Run> {
    /// Why, where somebody does it by hand.
    pub fn reason(self, reason: impl Into<String>) -> Self {
        self.edit(|command| command.reason = Some(reason.into()))
    }

    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Pipeline {
    /// Asks a worker to stop: it begins nothing more here, and is told at its next beat to let go of what it holds at the next safe
    /// place. It lasts until the worker is [allowed](Pipeline::allow_worker) again.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::time::Duration;
    ///
    /// use highwater::{Begin, StartRun};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("dev/orders")?;
    /// let run = pipeline.start_run(StartRun::new()).await?;
    /// let Begin::Run(attempt) = run.node("load").begin().await? else { panic!("nobody else works here") };
    /// let stop = pipeline.stop_worker(hw.worker(), "a new release").grace(Duration::from_secs(60)).await?;
    /// assert_eq!(stop.holds.len(), 1);
    ///
    /// hw.beat().await; // beats go out by themselves; this one is for the example
    /// if let Some(asked) = attempt.stop_asked() {
    ///     attempt.hand_back(asked.reason).state("page 3").await?;
    /// }
    /// # pipeline.allow_worker(hw.worker(), "it is released").await?;
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn stop_worker(
        &self,
        worker: impl Into<String>,
        reason: impl Into<String>,
    ) -> Call<StopWorker, WorkerStop> {
        let command =
            StopWorker { worker: worker.into(), grace_ms: None, reason: reason.into(), actor: None };
        Call::new(self, command, Command::StopWorker, reads!(WorkerStop))
    }

    /// Lets a worker that was asked to stop begin again.
    pub fn allow_worker(
        &self,
        worker: impl Into<String>,
        reason: impl Into<String>,
    ) -> Call<AllowWorker, Done> {
        let command = AllowWorker { worker: worker.into(), reason: reason.into(), actor: None };
        Call::new(self, command, Command::AllowWorker, reads!(Done))
    }
}

impl Call<StopWorker, WorkerStop> {
    /// How long it may hold on to what it has, from now on. Then whoever waits for that takes it over, and asking again takes it
    /// away. Without it, nobody does.
    pub fn grace(self, grace: Duration) -> Self {
        self.edit(|command| command.grace_ms = Some(milliseconds(grace)))
    }

    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Call<AllowWorker, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}

impl Attempt {
    /// That it is asked to stop at the next safe place, as the last beat said: its run is paused, or its worker shall stop. Nobody
    /// has to: it may end as usual, or be [handed back](Attempt::hand_back).
    #[must_use]
    pub fn stop_asked(&self) -> Option<StopAsked> {
        self.hold().stop_asked()
    }

    /// Resolves when it is asked to stop, and otherwise never: to be raced against the work.
    pub fn stopping(&self) -> impl Future<Output = StopAsked> + Send + use<> {
        self.hold().stopping()
    }

    /// Ends it at a safe place, neither done nor failed: it counts for no failure, and the next attempt is handed the state.
    pub fn hand_back(&self, reason: impl Into<String>) -> Call<HandBackAttempt, Done> {
        let (attempt, reason) = (self.reference(), reason.into());
        let command = HandBackAttempt { attempt, counts: None, state: None, reason };
        Call::new(self.run().pipeline(), command, Command::HandBackAttempt, reads!(Done))
            .under(self.hold(), true)
    }
}

impl Call<HandBackAttempt, Done> {
    /// State for the next attempt. Without it, the state that was reported last stays.
    pub fn state(self, state: impl Into<Vec<u8>>) -> Self {
        self.edit(|command| command.state = Some(state.into()))
    }

    /// The totals. Without them, those that were reported last stay.
    pub fn counts(self, counts: Counts) -> Self {
        self.edit(|command| command.counts = Some(counts))
    }
}
