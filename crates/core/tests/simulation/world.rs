//! Two engines, their hosts, and one store.

use std::collections::BTreeMap;

use highwater_core::answer::{Answer, Begun};
use highwater_core::command::*;
use highwater_core::input::*;
use highwater_core::output::*;
use highwater_core::{ConflictPolicy, Engine, Error, Options};
use highwater_format::value::Value;

use super::action::{Action, Ask};
use super::store::{Fate, Store};

/// What differs between simulations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) snapshot_min_bytes: u64,
    pub(crate) resident_pipelines: u32,
    pub(crate) tries: u32,
}

/// What the application knows of a submission.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) pipeline: String,
    pub(crate) commands: Vec<Command>,
    pub(crate) mark: Option<String>,
    pub(crate) key: Option<String>,
    /// Absent if the engine died before it answered.
    pub(crate) result: Option<Result<Vec<Answer>, Error>>,
}

#[derive(Debug)]
struct Seat {
    engine: Engine,
    pending: Vec<Request>,
    wake_at_ms: Option<i64>,
}

/// A simulation.
#[derive(Debug)]
pub(crate) struct World {
    setup: Setup,
    pub(crate) store: Store,
    seats: Vec<Seat>,
    /// Every engine that ever was has an identity of its own.
    born: u64,
    now_ms: i64,
    pub(crate) told: BTreeMap<u64, Told>,
    waiting: BTreeMap<u64, usize>,
    attempts: Vec<AttemptRef>,
    /// Everything that the engines said, in order.
    pub(crate) said: String,
}

impl World {
    pub(crate) fn new(setup: Setup) -> World {
        let mut world = World {
            setup,
            store: Store::default(),
            seats: Vec::new(),
            born: 0,
            now_ms: 1_800_000_000_000,
            told: BTreeMap::new(),
            waiting: BTreeMap::new(),
            attempts: Vec::new(),
            said: String::new(),
        };
        for _ in 0..2 {
            let seat = world.seat();
            world.seats.push(seat);
        }
        world
    }

    fn seat(&mut self) -> Seat {
        self.born += 1;
        let mut options = Options::new((self.setup.seed, self.born));
        options.snapshot_min_bytes = self.setup.snapshot_min_bytes;
        options.resident_pipelines = self.setup.resident_pipelines;
        options.conflict = ConflictPolicy { tries: self.setup.tries, ..ConflictPolicy::LOCAL };
        Seat { engine: Engine::new(options), pending: Vec::new(), wake_at_ms: None }
    }

    /// Lets one thing happen.
    pub(crate) fn act(&mut self, action: &Action) {
        match action {
            Action::Submit(ask) => self.submit(ask),
            Action::Perform { pick, fate } => {
                let busy: Vec<usize> =
                    (0..2).filter(|engine| !self.seats[*engine].pending.is_empty()).collect();
                if let Some(engine) = busy.get(pick % busy.len().max(1)).copied() {
                    self.perform(engine, *pick, *fate);
                }
            }
            Action::Clock(step_ms) => self.now_ms += step_ms,
            Action::LandLate => self.store.land_late(),
            Action::Crash { engine } => {
                let seat = self.seat();
                self.seats[*engine] = seat;
                self.waiting.retain(|_, waits_for| waits_for != engine);
            }
            Action::Wake { engine } => self.step(*engine, Vec::new()),
        }
    }

    fn submit(&mut self, ask: &Ask) {
        let ticket = self.told.len() as u64 + 1;
        let pipeline = format!("test/{}", ask.pipeline);
        let mut commands = ask.commands.clone();
        commands.iter_mut().for_each(|command| self.aim(command, ask.token));
        let mark = ask.marked.then(|| format!("mark-{ticket}"));
        if let Some(name) = &mark {
            let hwms = vec![HwmUpdate {
                name: name.clone(),
                value: Value::Uint(ticket),
                cast: false,
                keys: Vec::new(),
            }];
            commands.push(Command::SetHwms(SetHwms { hwms, holder: None }));
        }
        let key = ask.key.map(|key| format!("key-{key}"));
        if let Some(key) = &key {
            commands =
                vec![Command::StartRun(StartRun { trigger: Some(key.clone()), ..StartRun::default() })];
        }
        self.waiting.insert(ticket, ask.engine);
        let told = Told {
            pipeline: pipeline.clone(),
            commands: commands.clone(),
            mark,
            key: key.clone(),
            result: None,
        };
        self.told.insert(ticket, told);
        let freshness = if ask.local { Freshness::Local } else { Freshness::Latest };
        let submission = Submission { ticket, pipeline, commands, dedupe_key: key, freshness, at: None };
        self.step(ask.engine, vec![Input::Submission(submission)]);
    }

    /// Gives a command one of the last attempts that were begun.
    fn aim(&self, command: &mut Command, back: usize) {
        let Some(last) = self.attempts.len().checked_sub(back + 1).and_then(|at| self.attempts.get(at))
        else {
            return;
        };
        match command {
            Command::SucceedAttempt(command) => command.attempt = last.clone(),
            Command::FailAttempt(command) => command.attempt = last.clone(),
            Command::ReportProgress(command) => command.attempt = last.clone(),
            _ => {}
        }
    }

    fn perform(&mut self, engine: usize, pick: usize, fate: Fate) {
        let pending = &mut self.seats[engine].pending;
        let request = pending.remove(pick % pending.len());
        let outcome = self.store.perform(engine, &request, fate);
        self.step(engine, vec![Input::Completion(Completion { id: request.id, outcome })]);
    }

    fn step(&mut self, engine: usize, inputs: Vec<Input>) {
        let output =
            self.seats[engine].engine.step(self.now_ms, inputs).expect("the native engine never fails");
        self.said.push_str(&format!("{output:?}\n"));
        self.seats[engine].pending.extend(output.requests);
        self.seats[engine].wake_at_ms = output.wake_at_ms;
        for reply in output.replies {
            assert_eq!(
                self.waiting.remove(&reply.ticket),
                Some(engine),
                "ticket {} waits for it",
                reply.ticket
            );
            let told = self.told.get_mut(&reply.ticket).expect("the ticket was handed out");
            if let Ok(answers) = &reply.result {
                assert_eq!(answers.len(), told.commands.len(), "each command has its answer");
                for (command, answer) in told.commands.iter().zip(answers) {
                    if let (Command::BeginNode(begin), Answer::Begun(Begun::Run(go))) = (command, answer) {
                        let (run, node) = (begin.run.clone(), begin.node.clone());
                        self.attempts.push(AttemptRef { run, node, token: go.token });
                    }
                }
            }
            told.result = Some(reply.result);
        }
    }

    /// All faults are over: everybody gets an answer.
    pub(crate) fn settle(&mut self) {
        for _ in 0..20_000 {
            if self.waiting.is_empty() && self.seats.iter().all(|seat| seat.pending.is_empty()) {
                return;
            }
            match (0..2).find(|engine| !self.seats[*engine].pending.is_empty()) {
                Some(engine) => self.perform(engine, 0, Fate::Fine),
                None => {
                    let wake = self.seats.iter().filter_map(|seat| seat.wake_at_ms).min();
                    self.now_ms =
                        self.now_ms.max(wake.expect("somebody waits, so something must happen next"));
                    (0..2).for_each(|engine| self.step(engine, Vec::new()));
                }
            }
        }
        panic!("these tickets were never answered: {:?}", self.waiting);
    }
}
