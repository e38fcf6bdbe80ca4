//! What everybody in a simulation shares: time, the store's truth, luck with faults, and what was seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fault::Fault;
use crate::figures::Figures;
use crate::history::{History, Operation};
use crate::invariants::{Replies, Violation};
use crate::plan::Plan;
use crate::random::Random;
use crate::store::Truth;
use crate::time::Time;

/// Shared by all tasks. Only one thread ever runs, so no lock is ever waited for.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) time: Time,
    pub(crate) truth: Mutex<Truth>,
    pub(crate) replies: Mutex<Replies>,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    figures: Figures,
    /// Everything that happened, in one number.
    digest: u64,
    transcript: Option<Vec<String>>,
    history: Option<Vec<Operation>>,
    /// Submissions and replies so far.
    order: u64,
    violation: Option<Violation>,
    luck: Random,
    faults: u64,
    /// The faults are over.
    calm: bool,
    /// Applications end after the submission that they are at.
    closing: bool,
    /// The run of the day, by pipeline.
    days: BTreeMap<String, u64>,
    /// Hosts that die as soon as the task at work is done.
    doomed: Vec<usize>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(plan: &Plan) -> Arc<World> {
        let seen = Seen {
            figures: Figures::default(),
            digest: 0xcbf2_9ce4_8422_2325,
            transcript: None,
            history: None,
            order: 0,
            violation: None,
            luck: Random::stream(plan.seed, "faults", 0),
            faults: 0,
            calm: false,
            closing: false,
            days: BTreeMap::new(),
            doomed: Vec::new(),
        };
        Arc::new(World {
            plan: plan.clone(),
            time: Time::default(),
            truth: Mutex::new(Truth::new(plan.bug)),
            replies: Mutex::default(),
            seen: Mutex::new(seen),
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    /// Whether this fault, whose time has come, happens.
    pub(crate) fn strikes(&self, fault: Fault) -> bool {
        let mut seen = self.seen();
        if seen.calm || !self.plan.faults.contains(&fault) {
            return false;
        }
        seen.faults += 1;
        if seen.faults > self.plan.fault_limit {
            return false;
        }
        *seen.figures.faults.entry(fault).or_default() += 1;
        true
    }

    /// Whether something goes wrong, as often as the plan wants it, times `share` in a hundred.
    pub(crate) fn is_troubled(&self, share: u64) -> bool {
        let chance = self.plan.trouble * share / 100;
        self.seen().luck.chance(chance)
    }

    pub(crate) fn luck<R>(&self, draw: impl FnOnce(&mut Random) -> R) -> R {
        draw(&mut self.seen().luck)
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.seen().figures);
    }

    /// Takes down what happened: as a number always, in words if somebody reads them.
    pub(crate) fn note(&self, parts: &[u64], words: impl FnOnce() -> String) {
        let now_us = self.time.now_us();
        let mut seen = self.seen();
        for part in [now_us].iter().chain(parts) {
            seen.digest = (seen.digest ^ part).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        }
        if let Some(transcript) = &mut seen.transcript {
            transcript.push(format!("{:>8}.{:03} ms  {}", now_us / 1_000, now_us % 1_000, words()));
        }
    }

    /// Keeps the first violation; what follows from it is of no interest.
    pub(crate) fn violated(&self, violation: Violation) {
        self.note(&[], || format!("VIOLATED {violation}"));
        self.seen().violation.get_or_insert(violation);
    }

    pub(crate) fn check(&self, result: Result<(), Violation>) {
        if let Err(violation) = result {
            self.violated(violation);
        }
    }

    pub(crate) fn is_violated(&self) -> bool {
        self.seen().violation.is_some()
    }

    pub(crate) fn violation(&self) -> Option<Violation> {
        self.seen().violation.clone()
    }

    pub(crate) fn figures(&self) -> Figures {
        let mut figures = self.seen().figures.clone();
        figures.simulated_ms = self.time.now_us() / 1_000;
        figures
    }

    pub(crate) fn digest(&self) -> u64 {
        self.seen().digest
    }

    pub(crate) fn keep_transcript(&self) {
        self.seen().transcript.get_or_insert_default();
    }

    pub(crate) fn transcript(&self) -> Vec<String> {
        self.seen().transcript.clone().unwrap_or_default()
    }

    pub(crate) fn keep_history(&self) {
        self.seen().history.get_or_insert_default();
    }

    pub(crate) fn take_history(&self) -> History {
        let operations = self.seen().history.take().unwrap_or_default();
        let truth = lock(&self.truth);
        let landed = truth.journals.iter().map(|(key, journal)| (key.clone(), journal.landed.clone()));
        History { operations, journals: truth.all_records(), landed: landed.collect() }
    }

    /// The next number in the order of submissions and replies.
    pub(crate) fn next_in_order(&self) -> u64 {
        let mut seen = self.seen();
        seen.order += 1;
        seen.order
    }

    /// Submissions and replies so far.
    pub(crate) fn order(&self) -> u64 {
        self.seen().order
    }

    /// Keeps a submission, and gives its place in the history.
    pub(crate) fn submitted(&self, operation: &Operation) -> usize {
        let mut seen = self.seen();
        seen.figures.submissions += 1;
        seen.figures.commands += operation.commands.len() as u64;
        let Some(history) = &mut seen.history else { return 0 };
        history.push(operation.clone());
        history.len() - 1
    }

    pub(crate) fn answered(&self, place: usize, operation: &Operation) {
        let mut seen = self.seen();
        seen.figures.answered += u64::from(matches!(operation.result, Some(Ok(_))));
        if let Some(kept) = seen.history.as_mut().and_then(|history| history.get_mut(place)) {
            kept.clone_from(operation);
        }
    }

    /// The last version of a journal.
    pub(crate) fn head(&self, pipeline: &str) -> u64 {
        lock(&self.truth).journals.get(pipeline).map_or(0, |journal| journal.records.len() as u64)
    }

    /// The number of the run that is worked on.
    pub(crate) fn day(&self, pipeline: &str) -> u64 {
        self.seen().days.get(pipeline).copied().unwrap_or(0)
    }

    /// This run has ended: the next ones are worked on.
    pub(crate) fn next_day(&self, pipeline: &str, run: &str) {
        let mut seen = self.seen();
        let day = seen.days.entry(pipeline.to_owned()).or_default();
        if run.strip_prefix("day-").and_then(|run| run.parse().ok()) == Some(*day) {
            *day += 1;
        }
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn calm_down(&self) {
        self.seen().calm = true;
    }

    pub(crate) fn close(&self) {
        self.seen().closing = true;
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.seen().closing
    }

    pub(crate) fn doom(&self, host: usize) {
        self.seen().doomed.push(host);
    }

    pub(crate) fn take_doomed(&self) -> Option<usize> {
        self.seen().doomed.pop()
    }
}
