//! A life, from the first host to the last check.

use std::collections::BTreeMap;
use std::sync::Arc;

use highwater_driver::Driver;

use crate::application::{self, Client};
use crate::bug::{Bug, Planted};
use crate::clock::HostClock;
use crate::executor::Executor;
use crate::fault::Fault;
use crate::figures::Figures;
use crate::invariants::{CALM_MS, Violation, at_the_end, stuck};
use crate::outputs::Outputs;
use crate::plan::Plan;
use crate::random::Random;
use crate::stepper::Watched;
use crate::store::Door;
use crate::time::{Due, MS};
use crate::world::{World, lock};

/// Longest simulated time until the faults stop, in milliseconds.
const TROUBLED_MS: u64 = 300_000;
/// Most turns of tasks in one life; a life that needs more goes round in circles.
const TURNS: u64 = 3_000_000;

/// What became of a life.
#[derive(Clone, Debug)]
pub struct End {
    /// What was violated, if something was.
    pub violation: Option<Violation>,
    /// What was in it.
    pub figures: Figures,
    /// All that happened, in one number.
    pub digest: u64,
    /// All that happened, in words, if it was kept.
    pub transcript: Vec<String>,
}

#[derive(Debug)]
struct Host {
    clock: HostClock,
    is_up: bool,
    is_paused: bool,
    /// Submissions that each of its applications has left.
    left: Vec<Arc<std::sync::atomic::AtomicU64>>,
}

/// What happens to hosts at a time.
#[derive(Clone, Copy, Debug)]
enum Appointment {
    Disturb,
    Start(usize),
    Resume(usize),
}

/// A life that is about to be lived.
#[derive(Debug)]
pub struct Simulation {
    world: Arc<World>,
    executor: Executor,
    hosts: Vec<Host>,
    agenda: BTreeMap<(u64, u64), Appointment>,
    booked: u64,
    /// Engines and doors so far; each has an identity of its own.
    lives: u64,
    order: Random,
    luck: Random,
}

impl Simulation {
    /// The life of this plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Simulation {
        let world = World::new(plan);
        let mut luck = Random::stream(plan.seed, "hosts", 0);
        let host = |_| {
            let offset_ms = i64::try_from(luck.below(240_000)).unwrap_or(0) - 120_000;
            let clock = HostClock::new(world.time.clone(), offset_ms);
            let left = (0..plan.clients).map(|_| Arc::new(plan.operations.into())).collect();
            Host { clock, is_up: false, is_paused: false, left }
        };
        let hosts: Vec<Host> = (0..plan.hosts).map(host).collect();
        let order = Random::stream(plan.seed, "order", 0);
        let (executor, agenda) = (Executor::default(), BTreeMap::new());
        let mut simulation = Simulation { world, executor, hosts, agenda, booked: 0, lives: 0, order, luck };
        for host in 0..simulation.hosts.len() {
            simulation.book(0, Appointment::Start(host));
        }
        for number in 0..plan.newer {
            let host = simulation.hosts.len() + number as usize;
            simulation.lives += 1;
            let door = Door::new(simulation.world(), host, simulation.lives);
            let work = application::write_as_newer(simulation.world(), door, number);
            simulation.executor.spawn(host, false, Box::pin(work));
        }
        simulation.book_disturbance();
        simulation
    }

    /// What is shared by all that is in it.
    pub(crate) fn world(&self) -> Arc<World> {
        Arc::clone(&self.world)
    }

    /// Keeps all that happens, in words.
    pub fn keep_transcript(&self) {
        self.world.keep_transcript();
    }

    /// Lives until everybody is done: first with faults, then without, then everything is held against everything.
    pub fn run(&mut self) -> End {
        let _planted = Planted::new(self.world.plan.bug);
        let mut turns = 0;
        self.live(&mut turns, TROUBLED_MS * MS, true);
        self.world.calm_down();
        self.world.close();
        self.recover();
        let calm_us = self.world.time.now_us() + CALM_MS * MS;
        self.live(&mut turns, calm_us, false);
        if !self.world.is_violated() && self.executor.clients() == 0 {
            self.finish_runs();
            self.live(&mut turns, calm_us, false);
        }
        if self.executor.clients() > 0 && !self.world.is_violated() {
            let why = if turns >= TURNS {
                "they go round in circles"
            } else {
                "nothing is due any more, or too late"
            };
            self.world.violated(stuck(self.executor.clients(), why));
        }
        if !self.world.is_violated() {
            self.world.check(self.check_all());
        }
        self.end()
    }

    fn end(&self) -> End {
        let world = &self.world;
        let (violation, figures) = (world.violation(), world.figures());
        End { violation, figures, digest: world.digest(), transcript: world.transcript() }
    }

    fn check_all(&self) -> Result<(), Violation> {
        let truth = lock(&self.world.truth);
        lock(&self.world.replies).at_the_end(&truth)?;
        truth
            .journals
            .iter()
            .try_for_each(|(key, journal)| at_the_end(journal).map_err(|violation| violation.of(key)))
    }

    /// Lets things happen until all applications have ended, the time is over, or nothing is due any more.
    fn live(&mut self, turns: &mut u64, until_us: u64, troubled: bool) {
        while *turns < TURNS && !self.world.is_violated() {
            if self.executor.turn(&mut self.order).is_some() {
                *turns += 1;
                while let Some(host) = self.world.take_doomed() {
                    self.crash(host);
                }
                continue;
            }
            if self.executor.clients() == 0 && (!troubled || self.is_spent()) {
                return;
            }
            let agenda = self.agenda.first_key_value().map(|((at_us, _), _)| *at_us);
            let Some(next) = agenda.into_iter().chain(self.world.time.next_us()).min() else { return };
            if next > until_us {
                return;
            }
            self.world.time.jump(next);
            self.happen(next);
        }
    }

    /// Everything that is due.
    fn happen(&mut self, now_us: u64) {
        while let Some(first) = self.agenda.first_entry()
            && first.key().0 <= now_us
        {
            match first.remove() {
                Appointment::Disturb => self.disturb(),
                Appointment::Start(host) => self.start(host),
                Appointment::Resume(host) => self.resume(host),
            }
        }
        while let Some(due) = self.world.time.pop() {
            match due {
                Due::Wake(waker) => waker.wake(),
                Due::Effect(number) => self.world.carry_out(number),
            }
        }
    }

    fn is_spent(&self) -> bool {
        let left = self.hosts.iter().flat_map(|host| &host.left);
        left.into_iter().all(|left| left.load(std::sync::atomic::Ordering::Relaxed) == 0)
    }

    fn book(&mut self, at_us: u64, appointment: Appointment) {
        self.booked += 1;
        self.agenda.insert((at_us, self.booked), appointment);
    }

    fn book_disturbance(&mut self) {
        let pause_ms = 60_000 / self.world.plan.trouble.max(1);
        let at_us = self.world.time.now_us() + self.luck.between(1, pause_ms.max(100)) * MS;
        self.book(at_us, Appointment::Disturb);
    }

    /// Something happens to a host.
    fn disturb(&mut self) {
        self.book_disturbance();
        self.rot();
        let host = self.luck.below(self.hosts.len() as u64) as usize;
        let faults =
            [Fault::Crash, Fault::Crash, Fault::PowerCut, Fault::Pause, Fault::Pause, Fault::ClockJump];
        let fault = *self.luck.pick(&faults);
        let (length_ms, jump_ms) = (self.luck.between(1, 2_000), self.luck.below(1_200_000));
        if !self.hosts[host].is_up || !self.world.strikes(fault) {
            return;
        }
        let now_us = self.world.time.now_us();
        self.world.note(&[host as u64, fault as u64], || format!("{fault} at host {host}"));
        match fault {
            Fault::Crash => self.crash(host),
            Fault::PowerCut => (0..self.hosts.len()).for_each(|host| self.crash(host)),
            Fault::Pause if !self.hosts[host].is_paused => {
                self.hosts[host].is_paused = true;
                self.executor.pause(host);
                self.book(now_us + length_ms * MS, Appointment::Resume(host));
            }
            Fault::ClockJump => {
                let by_ms = i64::try_from(jump_ms).unwrap_or(0) - 600_000;
                self.hosts[host].clock.jump(by_ms);
                lock(&self.world.truth).clocks_set_us.insert(host, now_us);
            }
            _ => {}
        }
    }

    /// Now and then a stored record goes bad.
    fn rot(&mut self) {
        let world = &self.world;
        if !world.plan.faults.contains(&Fault::Rot) || !self.luck.chance(100) {
            return;
        }
        let pipeline = format!("sim/p{}", self.luck.below(world.plan.pipelines));
        let mut truth = lock(&world.truth);
        let Some(journal) = truth.journals.get_mut(&pipeline).filter(|journal| journal.has_records()) else {
            return;
        };
        if world.strikes(Fault::Rot) {
            let version = journal.rot(&mut self.luck);
            drop(truth);
            world.note(&[version], || format!("version {version} of {pipeline} goes bad"));
        }
    }

    /// A host dies, and comes back after a while.
    fn crash(&mut self, host: usize) {
        if !self.hosts[host].is_up {
            return;
        }
        self.hosts[host].is_up = false;
        self.hosts[host].is_paused = false;
        self.executor.kill(host);
        self.world.orphan(host);
        if self.world.plan.bug == Some(Bug::LoseAcknowledged) {
            lock(&self.world.truth).lose_last();
        }
        self.world.count(|figures| figures.crashes += 1);
        self.world.note(&[host as u64], || format!("host {host} is dead"));
        let at_us = self.world.time.now_us() + self.luck.between(1, 1_500) * MS;
        self.book(at_us, Appointment::Start(host));
    }

    fn resume(&mut self, host: usize) {
        if std::mem::take(&mut self.hosts[host].is_paused) {
            self.executor.resume(host);
            self.world.note(&[host as u64], || format!("host {host} goes on"));
        }
    }

    fn start(&mut self, host: usize) {
        if self.hosts[host].is_up {
            return;
        }
        self.hosts[host].is_up = true;
        self.lives += 1;
        let life = self.lives;
        self.world.note(&[host as u64, life], || format!("host {host} begins its life {life}"));
        let door = Arc::new(Door::new(self.world(), host, life));
        let world = self.world();
        let clock = self.hosts[host].clock.clone();
        let identity = if self.world.plan.bug == Some(Bug::SameWriter) { host as u64 } else { life };
        let factory = move || Ok(Watched::new(Arc::clone(&world), host, identity));
        let driver = Driver::new(factory, door).inspector(Arc::new(Outputs(self.world())));
        let (handle, work) = match driver.clock(Arc::new(clock.clone())).local() {
            Ok(made) => made,
            Err(error) => unreachable!("the factory always makes an engine: {error}"),
        };
        self.executor.spawn(host, false, Box::pin(work));
        for (number, left) in self.hosts[host].left.iter().enumerate() {
            let place = application::Place { host, life, number: number as u64 };
            let client = Client::new(self.world(), handle.clone(), clock.clone(), place, Arc::clone(left));
            self.executor.spawn(host, true, Box::pin(application::work(client)));
        }
    }

    /// The faults are over: all hosts are up and go on.
    fn recover(&mut self) {
        self.agenda.clear();
        for host in 0..self.hosts.len() {
            self.resume(host);
            self.start(host);
        }
    }

    /// On host 0, somebody brings every run to its end.
    fn finish_runs(&mut self) {
        self.crash(0);
        self.agenda.clear();
        self.lives += 1;
        let (world, life) = (self.world(), self.lives);
        let door = Arc::new(Door::new(self.world(), 0, life));
        let clock = self.hosts[0].clock.clone();
        let factory = move || Ok(Watched::new(Arc::clone(&world), 0, life));
        let driver = Driver::new(factory, door).inspector(Arc::new(Outputs(self.world())));
        let driver = driver.clock(Arc::new(clock.clone())).local();
        let Ok((handle, work)) = driver else { return };
        self.executor.spawn(0, false, Box::pin(work));
        let place = application::Place { host: 0, life, number: 0 };
        let left = Arc::new(u64::MAX.into());
        let client = Client::new(self.world(), handle, clock, place, left);
        self.executor.spawn(0, true, Box::pin(application::finish_runs(client)));
    }
}
