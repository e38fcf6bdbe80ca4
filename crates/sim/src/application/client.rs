//! An application with a handle, whose every submission is kept and whose every answer is checked.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::{Either, select};
use highwater_core::Error;
use highwater_core::answer::Answer;
use highwater_core::command::{Command, HwmUpdate, SetHwms, StartRun};
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;
use highwater_driver::{Clock, Handle};
use highwater_format::value::Value;

use crate::clock::HostClock;
use crate::fault::Fault;
use crate::history::Operation;
use crate::invariants::{
    AskedAt, check_applied, check_backfills, check_error, check_past, check_report, check_reports,
    check_told, check_upkeep,
};
use crate::random::Random;
use crate::time::MS;
use crate::world::{World, lock};

/// What an application is told.
pub(crate) type Told = Option<Result<Vec<Answer>, Error>>;

/// Where an application runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) host: usize,
    pub(crate) life: u64,
    pub(crate) number: u64,
}

/// One application in one life of its host.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) world: Arc<World>,
    handle: Handle,
    clock: HostClock,
    place: Place,
    pub(crate) luck: Random,
    left: Arc<AtomicU64>,
}

impl Client {
    pub(crate) fn new(
        world: Arc<World>,
        handle: Handle,
        clock: HostClock,
        place: Place,
        left: Arc<AtomicU64>,
    ) -> Client {
        let luck = Random::stream(world.plan.seed, "client", place.life << 8 | place.number);
        Client { world, handle, clock, place, luck, left }
    }

    /// Another application in the same place, that does something at the same time.
    pub(crate) fn beside(&mut self) -> Client {
        let luck = Random::stream(self.luck.draw(), "beside", 0);
        let (world, left) = (Arc::clone(&self.world), Arc::clone(&self.left));
        Client {
            world,
            handle: self.handle.clone(),
            clock: self.clock.clone(),
            place: self.place,
            luck,
            left,
        }
    }

    /// The name of the worker: unique to this process.
    pub(crate) fn worker(&self) -> String {
        format!("w{}-{}-{}", self.place.host, self.place.number, self.place.life)
    }

    /// Whether there is anything left to do. Counts down.
    pub(crate) fn goes_on(&self) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 || self.world.is_closing() && left != u64::MAX {
            self.left.store(0, Ordering::Relaxed);
            return false;
        }
        self.left.store(if left == u64::MAX { left } else { left - 1 }, Ordering::Relaxed);
        true
    }

    pub(crate) fn pipeline(&mut self) -> String {
        format!("sim/p{}", self.luck.below(self.world.plan.pipelines))
    }

    pub(crate) fn nap(&mut self, first_ms: u64, last_ms: u64) -> impl Future<Output = ()> + Send + use<> {
        self.world.time.sleep(self.luck.between(first_ms, last_ms) * MS)
    }

    /// What the host's clock shows.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// How long it is until the host's clock shows this time, but at most five seconds.
    pub(crate) fn left_ms(&self, at_ms: i64) -> u64 {
        at_ms.saturating_sub(self.clock.now_ms()).clamp(1, 5_000).unsigned_abs()
    }

    /// Submits, often with a mark that stands in the journal if it was carried out.
    pub(crate) async fn ask(&mut self, pipeline: &str, mut commands: Vec<Command>) -> Told {
        if !self.luck.chance(400) {
            return self.submit(pipeline, commands, None, None, Freshness::Latest).await;
        }
        let number = self.world.next_in_order();
        let asked = commands.len();
        let mark = if self.luck.chance(700) {
            let mark = format!("mark-{number}");
            commands.push(ledger(&mark));
            mark
        } else {
            let name = format!("mark-{}-{}", self.place.host, self.place.number);
            let update =
                HwmUpdate { name: name.clone(), value: Value::Uint(number), cast: false, keys: Vec::new() };
            commands.push(Command::SetHwms(SetHwms { hwms: vec![update], holder: None }));
            format!("{name}={number}")
        };
        let mut told = self.submit(pipeline, commands, None, Some(&mark), Freshness::Latest).await;
        if let Some(Ok(answers)) = &mut told {
            answers.truncate(asked);
        }
        told
    }

    /// Submits one command that leaves no mark, and does not care for the answer.
    pub(crate) async fn ask_plain(&mut self, pipeline: &str, command: Command) {
        self.submit(pipeline, vec![command], None, None, Freshness::Latest).await;
    }

    /// Reads, with as fresh a state as luck wants.
    pub(crate) async fn read(&mut self, pipeline: &str, commands: Vec<Command>) -> Told {
        let freshness = if self.luck.chance(200) { Freshness::Local } else { Freshness::Latest };
        self.submit(pipeline, commands, None, None, freshness).await
    }

    /// Reads a moment of the past.
    pub(crate) async fn look_back(&mut self, pipeline: &str, commands: Vec<Command>, at: Moment) {
        let told = self.handle.read_at(pipeline, commands.clone(), at.clone()).await;
        self.world.note(&[u64::from(told.is_ok())], || {
            format!("{} looks back at {pipeline}, {at:?}: {told:?}", self.worker())
                .chars()
                .take(400)
                .collect()
        });
        let mut truth = lock(&self.world.truth);
        let was_bad = truth.journals.values().any(|journal| journal.was_bad);
        let journal = truth.journals.entry(pipeline.to_owned()).or_default();
        match told {
            Err(error) => self.world.check(check_error(&error, was_bad)),
            Ok(answers) => {
                self.world.check(check_upkeep(journal, &answers));
                if let Moment::Version(version) = at {
                    self.world.check(check_past(journal, version, &commands, &answers));
                }
            }
        }
    }

    pub(crate) async fn submit(
        &mut self,
        pipeline: &str,
        commands: Vec<Command>,
        dedupe_key: Option<String>,
        mark: Option<&str>,
        freshness: Freshness,
    ) -> Told {
        let asked_at = self.asked_at(pipeline, freshness);
        let mut operation = Operation {
            client: u32::try_from(self.place.life << 8 | self.place.number).unwrap_or(u32::MAX),
            pipeline: pipeline.to_owned(),
            commands,
            dedupe_key,
            freshness,
            invoked: self.world.next_in_order(),
            returned: None,
            now_ms: self.clock.now_ms(),
            result: None,
        };
        let place = self.world.submitted(&operation);
        self.note("asks", &operation);
        let result = self.wait(&operation).await;
        if result.is_some() {
            operation.returned = Some(self.world.next_in_order());
            operation.result = result;
            self.note("is told", &operation);
            self.world.answered(place, &operation);
            self.check(&operation, mark, asked_at);
        }
        operation.result
    }

    /// Waits for the answer, but not always to the end.
    async fn wait(&mut self, operation: &Operation) -> Told {
        let commands = operation.commands.clone();
        let submitted = self.handle.submit(
            &operation.pipeline,
            commands,
            operation.dedupe_key.clone(),
            operation.freshness,
        );
        if !(self.world.is_troubled(100) && self.world.strikes(Fault::GiveUp)) {
            return Some(submitted.await);
        }
        let patience = self.world.time.sleep(self.luck.between(0, 20) * MS);
        match select(pin!(submitted), pin!(patience)).await {
            Either::Left((result, _)) => Some(result),
            Either::Right(_) => None,
        }
    }

    fn asked_at(&self, pipeline: &str, freshness: Freshness) -> AskedAt {
        let may_be_stale = self.world.plan.faults.contains(&Fault::Stale);
        let truth = lock(&self.world.truth);
        let head = truth.journals.get(pipeline).map_or(0, |journal| journal.records.len() as u64);
        AskedAt::now(freshness, truth.told(self.place.life, pipeline), head, may_be_stale)
    }

    fn check(&self, operation: &Operation, mark: Option<&str>, asked_at: AskedAt) {
        let Some(result) = &operation.result else { return };
        let pipeline = &operation.pipeline;
        let mut truth = lock(&self.world.truth);
        let is_flipped = truth.flipped.contains(&(self.place.life, pipeline.clone()));
        // A fork reads the journal of another pipeline.
        let was_bad = truth.journals.values().any(|journal| journal.was_bad);
        if let Err(error) = result {
            self.world.check(check_error(error, is_flipped || was_bad));
        }
        if let Some(mark) = mark {
            let mut replies = lock(&self.world.replies);
            let is_keyed = operation.dedupe_key.is_some();
            self.world.check(replies.answered(&truth, pipeline, mark, is_keyed, result));
        }
        let Ok(answers) = result else { return };
        let journal = truth.journals.entry(pipeline.clone()).or_default();
        if answers.len() != operation.commands.len() {
            return self
                .world
                .check(Err(crate::invariants::Violation::new("one-reply", "an answer is missing")));
        }
        self.world.check(check_upkeep(journal, answers));
        self.world.check(check_told(&journal.audit, &operation.commands, answers));
        self.world.check(check_reports(&journal.audit, &operation.commands, answers));
        self.world.check(check_report(answers));
        self.world.check(check_applied(&mut journal.audit, &operation.commands, answers));
        self.world.check(check_backfills(journal, asked_at, &operation.commands, answers));
        if operation.commands.iter().all(is_read) {
            self.world.check(asked_at.answered(journal, &operation.commands, answers));
        }
        if let Some(key) = &operation.dedupe_key
            && !journal.was_bad
        {
            self.world.check(journal.audit.dedupe.answered(key, answers));
        }
    }

    fn note(&self, what: &str, operation: &Operation) {
        let is_well = operation.result.as_ref().map_or(2, |result| u64::from(result.is_ok()));
        let parts =
            [u64::from(operation.client), operation.invoked, operation.commands.len() as u64, is_well];
        self.world.note(&parts, || {
            let key =
                operation.dedupe_key.as_ref().map(|key| format!(" under key {key}")).unwrap_or_default();
            let words = match &operation.result {
                None => format!("{:?}", operation.commands),
                Some(Ok(answers)) => format!("{answers:?}"),
                Some(Err(error)) => error.to_string(),
            };
            let short: String = words.chars().take(400).collect();
            format!("{} {what} {}{key}: {short}", self.worker(), operation.pipeline)
        });
    }
}

/// A command that leaves this mark whenever it is carried out, and nothing else.
pub(crate) fn ledger(mark: &str) -> Command {
    Command::StartRun(StartRun {
        run: Some("ledger".to_owned()),
        worker: Some(mark.to_owned()),
        ..StartRun::default()
    })
}

fn is_read(command: &Command) -> bool {
    matches!(command, Command::GetHwm(_) | Command::DescribePipeline)
}
