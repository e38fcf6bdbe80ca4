//! Starting a journal anew, against writers that make segments, and readers.
//!
//! Stands for `crates/store-file/src`: `reset.rs` (`reset`, `try_reset`, `decide`, `stop`), `pending.rs` (`withdraw`, `settle`,
//! `without_doubt`), `create.rs` (`make_segment`, `confirm`, `superseded`), `append.rs` (`append`, `claim`, `rotate`), `journal.rs`
//! (`open_last`, `adopt`), `read.rs` and `read_all.rs`; and for `npm/highwater/src/stores/file`, which does the same.
//!
//! Each look at the folder or at a file and each write, link, rename and unlink is a step of its own, and others come between any
//! two. Writers append to the segment that they have open, or make the next one with their record in it; each record is the last of its
//! segment. Processes die at any step, and leave what they have pending.
//!
//! Left out: power cuts (the model `append`, and the recorded system calls of resets in `tests/crash`), trims, a folder that is removed, damage of the
//! old journal, and how long a reader waits before it withdraws what is pending: here it may at once.

pub mod folder;
pub mod starter;
pub mod writer;

use std::collections::BTreeMap;

use folder::{File, Folder, Frame};
use starter::Starter;
use stateright::{Model, Property};
use writer::Writer;

/// The protocol, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As it is.
    Real,
    /// A segment is made without a record, as earlier versions did.
    MakesEmptySegments,
    /// Who gives a segment its name takes that for the end of it.
    LinkDecides,
    /// Who makes a segment looks whether the journal was started anew, and not whether somebody is about to.
    IgnoresPending,
    /// A reader hands out what it finds, also when something is pending.
    ReadsWhatIsPending,
    /// The old segments are not ended.
    StopsNothing,
    /// They are not read again when they are ended.
    LooksOnce,
    /// Who starts the journal anew leaves it to others who want to.
    KeepsOthers,
}

/// What must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broken {
    /// Two were told that they have one version.
    TwoWinners,
    /// A journal begins anew with something else than what others were told.
    BuiltOnOther,
}

/// The bounds within which all states are visited.
#[derive(Clone, Copy, Debug)]
pub struct Reset {
    /// Processes that append, and how many records each of them.
    pub writers: u8,
    /// Records of each.
    pub appends: u8,
    /// Processes that start the journal anew, once each.
    pub resets: u8,
    /// Processes that read, once each.
    pub readers: u8,
    /// Whether the last segment is sealed in the beginning. Otherwise the first writer has it open.
    pub sealed: bool,
    /// Deaths of processes, in all.
    pub crashes: u8,
    /// What is checked.
    pub rule: Rule,
}

/// The world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    folder: Folder,
    writers: Vec<Writer>,
    /// Those that start the journal anew, and then those that only read.
    starters: Vec<Starter>,
    /// What somebody was told: who has each version.
    told: BTreeMap<u8, u8>,
    broken: Option<Broken>,
    lost: bool,
    withdrew: bool,
    crashes: u8,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// A writer takes its next step.
    Write(u8),
    /// Another process does.
    Start(u8),
    /// A writer dies and is started again.
    CrashWriter(u8),
    /// Another process dies.
    CrashStarter(u8),
}

/// What a process says in one step, beside changing the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// Somebody may rely on this: the version is the owner's.
    Holds(u8, u8),
    /// The journal begins anew above this version, which was the owner's.
    Starts((u8, u8)),
    /// A record does not count, since the journal was started anew.
    Lost,
    /// What was pending was withdrawn.
    Withdrew,
    /// It did what must not be.
    Wrong(Broken),
}

impl Model for Reset {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut frames = vec![Frame::Record(1, 1)];
        frames.extend(self.sealed.then_some(Frame::Seal(2)));
        let folder =
            Folder { files: vec![File { first: 1, frames }], names: [(1, 0)].into(), ..Folder::default() };
        let mut writers: Vec<Writer> =
            (0..self.writers).map(|at| Writer::new(16 * (at + 1), self.appends)).collect();
        if let Some(first) = writers.first_mut().filter(|_| !self.sealed) {
            first.opens(&folder, 1);
        }
        let starters = (0..self.resets + self.readers)
            .map(|at| Starter::new(128 + at, at < self.resets, 1, 1))
            .collect();
        vec![State {
            folder,
            writers,
            starters,
            told: [(1, 1)].into(),
            broken: None,
            lost: false,
            withdrew: false,
            crashes: self.crashes,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.broken.is_some() {
            return;
        }
        for (at, writer) in (0..).zip(&state.writers) {
            let works = writer.step != writer::Step::Idle;
            if works || writer.left > 0 {
                actions.push(Action::Write(at));
            }
            if works && state.crashes > 0 {
                actions.push(Action::CrashWriter(at));
            }
        }
        for (at, starter) in (0..).zip(&state.starters) {
            let works = starter.step != starter::Step::Idle;
            if works || starter.left > 0 {
                actions.push(Action::Start(at));
            }
            if works && starter.resets && state.crashes > 0 {
                actions.push(Action::CrashStarter(at));
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Write(at) => {
                let writer = &mut state.writers[usize::from(at)];
                let said = writer.advance(&mut state.folder, self.rule);
                state.hear(said, 0);
            }
            Action::Start(at) => {
                let starter = &mut state.starters[usize::from(at)];
                let (said, owner) = (starter.advance(&mut state.folder, self.rule), starter.owner);
                state.hear(said, owner);
            }
            Action::CrashWriter(at) => {
                state.crashes -= 1;
                state.writers[usize::from(at)].restart();
            }
            Action::CrashStarter(at) => {
                state.crashes -= 1;
                state.starters[usize::from(at)].die();
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "what was told is there, or a later start was made of it",
                |_, state: &State| {
                    let start = state.folder.list().start;
                    let told = state.told.range(start.max(1)..);
                    told.into_iter().all(|(version, owner)| state.folder.owner_of(*version) == Some(*owner))
                },
            ),
            Property::always(
                "each version has one winner, and each start is made of what was told",
                |_, state: &State| state.broken.is_none(),
            ),
            Property::always("a record can follow", |_, state: &State| state.folder.goes_on()),
            Property::sometimes("a journal is started anew", |_, state: &State| {
                state.told.values().any(|owner| *owner >= 128)
            }),
            Property::sometimes("a record does not count", |_, state: &State| state.lost),
            Property::sometimes("a reset is withdrawn", |_, state: &State| state.withdrew),
            Property::sometimes("a record follows a start", |_, state: &State| {
                let start = state.folder.list().start;
                start > 0 && state.told.keys().any(|version| *version > start)
            }),
        ]
    }
}

impl State {
    fn hear(&mut self, said: Said, owner: u8) {
        match said {
            Said::Nothing => {}
            Said::Lost => self.lost = true,
            Said::Withdrew => self.withdrew = true,
            Said::Wrong(broken) => self.broken = Some(broken),
            Said::Holds(version, owner) => self.tell(version, owner),
            Said::Starts((version, base)) => {
                if self.told.get(&version).is_some_and(|told| *told != base) {
                    self.broken = Some(Broken::BuiltOnOther);
                }
                self.tell(version + 1, owner);
            }
        }
    }

    fn tell(&mut self, version: u8, owner: u8) {
        if *self.told.entry(version).or_insert(owner) != owner {
            self.broken = Some(Broken::TwoWinners);
        }
    }
}
