//! The lock-free append of the file store.
//!
//! Stands for `crates/store-file/src`: `append.rs` (`append`, `claim`, `rotate`), `journal.rs` (`catch_up`, `open_last`, `adopt`,
//! `make_durable`), `create.rs` (`make_segment`, `confirm`, `overtaken`), `segment.rs` (`catch_up`, `look_until`), the
//! removal of segments in `trim.rs`, and for `scan` of `highwater-format`.
//!
//! Each look at the folder or at a file and each write, flush, link and unlink is a step of its own, and others come
//! between any two. A process may die before and after each of them. At a power cut each frame that was not flushed is there or
//! is not, whatever became of those before and behind it, and so is each name that was not flushed.
//!
//! Left out: starting a journal anew (the model `reset`), a folder that is removed, flushes that fail (`heal`; the README says what is promised then), files that somebody else changes, rights,
//! the digest chain, partial visibility of a write to readers that do not write (`wait_for_writers`), how a snapshot is
//! made (the model `snapshot` has it: here one appears when all that it stands for is durable).

pub mod disk;
pub mod writer;

use std::collections::BTreeMap;

use disk::Disk;
use stateright::{Model, Property};
use writer::{Said, Step, Writer};

/// The protocol, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As it is.
    Real,
    /// The caller is told before the flush.
    AnswersBeforeFlush,
    /// What others wrote is looked at before the own frame is written, and not after.
    LooksBeforeItWrites,
    /// A segment ends without a seal.
    NoSeal,
    /// What others wrote, a seal above all, is not flushed before something is built on it.
    BuildsOnUnflushed,
    /// A segment is used without a listing after it was opened.
    NoSecondListing,
    /// Who gives a segment its name takes that for the end of it.
    LinkDecides,
    /// The folder is never flushed.
    NamesNotFlushed,
}

/// What must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broken {
    /// Two callers were told different things about one version.
    TwoWinners,
    /// A writer takes its own record for that of another.
    WinnerNotTold,
    /// A caller is told that there is a gap, although it was told of the version before.
    Gap,
    /// A writer finds a version whose predecessor is missing.
    Damage,
    /// A journal looks as if nobody had ever written to it.
    Empty,
}

/// Where the checker starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// There is no journal yet.
    Empty,
    /// Three processes: one made the first three segments, one is about to make the second, one has just found that in the folder.
    LateWriters,
}

/// The bounds within which all states are visited.
#[derive(Clone, Copy, Debug)]
pub struct Append {
    /// Processes.
    pub writers: u8,
    /// Versions that they append.
    pub versions: u8,
    /// Records after which a segment is sealed.
    pub per_segment: u8,
    /// Deaths of processes, in all.
    pub crashes: u8,
    /// Power cuts.
    pub cuts: u8,
    /// Writes that stop half-way.
    pub tears: u8,
    /// Where it starts.
    pub start: Start,
    /// What is checked.
    pub rule: Rule,
}

/// The world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    disk: Disk,
    writers: Vec<Writer>,
    /// What callers rely on: who won each version.
    told: BTreeMap<u8, u8>,
    broken: Option<Broken>,
    crashes: u8,
    cuts: u8,
    tears: u8,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A process takes its next step.
    Step(u8),
    /// It takes a step that writes, and the write stops half-way.
    Tear(u8),
    /// It dies and is started again.
    Crash(u8),
    /// It puts a snapshot of what it knows.
    Snapshot(u8),
    /// The oldest segment is removed.
    Trim,
    /// The power fails; the bits say what had reached the disk.
    Cut(u32),
}

impl Model for Append {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let writers = (0..self.writers).map(Writer::new).collect();
        let mut state = State {
            disk: Disk::default(),
            writers,
            told: BTreeMap::new(),
            broken: None,
            crashes: self.crashes,
            cuts: self.cuts,
            tears: self.tears,
        };
        if self.start == Start::LateWriters {
            state.bring_late_writers(self);
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.broken.is_some() {
            return;
        }
        for (at, writer) in (0..).zip(&state.writers) {
            let works = writer.step != Step::Idle;
            if works || writer.told < self.versions {
                actions.push(Action::Step(at));
            }
            if state.tears > 0 && matches!(writer.step, Step::Write { .. }) {
                actions.push(Action::Tear(at));
            }
            if state.crashes > 0 && works {
                actions.push(Action::Crash(at));
            }
            let covered = state.disk.snapshot.len() as u8;
            let durable = |tail: &writer::Tail| tail.durable_end >= tail.end && tail.name_durable;
            if !works && writer.tail.as_ref().is_some_and(|tail| tail.head > covered && durable(tail)) {
                actions.push(Action::Snapshot(at));
            }
        }
        if state.disk.names.keys().nth(1).is_some_and(|next| *next <= state.disk.snapshot.len() as u8 + 1) {
            actions.push(Action::Trim);
        }
        if state.cuts > 0 {
            actions.extend((0..1 << state.disk.open_questions()).map(Action::Cut));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Step(at) => state.step(self, at, false),
            Action::Tear(at) => {
                state.tears -= 1;
                state.step(self, at, true);
            }
            Action::Crash(at) => {
                state.crashes -= 1;
                state.writers[usize::from(at)].restart();
            }
            Action::Snapshot(at) => {
                let tail = state.writers[usize::from(at)].tail.clone()?;
                let mut owners = state.disk.read(self.sealed())?;
                owners.truncate(usize::from(tail.head));
                state.disk.snapshot = owners;
                state.disk.sync_names();
            }
            Action::Trim => {
                state.disk.sync_names();
                state.disk.names.pop_first();
            }
            Action::Cut(kept) => {
                state.cuts -= 1;
                state.disk.cut(kept);
                state.writers.iter_mut().for_each(Writer::restart);
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("what callers were told is in the journal", |model: &Append, state: &State| {
                let Some(owners) = state.disk.read(model.sealed()) else { return false };
                let owner = |version: u8| owners.get(usize::from(version) - 1);
                state.told.iter().all(|(version, told)| owner(*version) == Some(told))
            }),
            Property::always("one winner, who knows it, and no gap", |_, state: &State| {
                state.broken.is_none()
            }),
            Property::sometimes("all versions are written", |model: &Append, state: &State| {
                state.writers.iter().all(|writer| writer.told == model.versions)
            }),
            Property::sometimes(
                "a segment is removed while a process has it open",
                |model: &Append, state: &State| {
                    let gone =
                        |tail: &writer::Tail| !state.disk.names.values().any(|file| *file == tail.file());
                    let removed = state.writers.iter().any(|writer| writer.tail.as_ref().is_some_and(gone));
                    // Where all records are in the first segment, there is no other.
                    removed || model.versions <= model.per_segment
                },
            ),
        ]
    }
}

impl Append {
    /// Whether a segment is sealed before the next one begins.
    fn sealed(&self) -> bool {
        self.rule != Rule::NoSeal
    }
}

impl State {
    fn bring_late_writers(&mut self, model: &Append) {
        let mut until = |at: u8, stands: &dyn Fn(&Writer) -> bool| {
            self.step(model, at, false);
            while !stands(&self.writers[usize::from(at)]) {
                self.step(model, at, false);
            }
        };
        let was_told =
            |version: u8| move |writer: &Writer| writer.told == version && writer.step == Step::Idle;
        until(0, &was_told(1));
        // Both are told of the first version; the second time they find it sealed.
        until(1, &was_told(1));
        until(2, &was_told(1));
        until(1, &|writer| writer.step == Step::Make(2));
        until(0, &was_told(2));
        until(2, &|writer| writer.step == Step::Open(2));
        until(0, &was_told(3));
    }

    fn step(&mut self, model: &Append, at: u8, torn: bool) {
        let writer = &mut self.writers[usize::from(at)];
        match writer.advance(&mut self.disk, model.rule, model.per_segment, torn) {
            Said::Nothing => {}
            Said::Wrong(broken) => self.broken = Some(broken),
            Said::Holds(version, owner) => {
                if *self.told.entry(version).or_insert(owner) != owner {
                    self.broken = Some(Broken::TwoWinners);
                }
            }
        }
    }
}
