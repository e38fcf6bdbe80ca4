//! Snapshots, and trimming what they stand for.
//!
//! Stands for `crates/store-file/src`: `snapshots.rs` (`put_snapshot`, `remove_old_snapshots`, `newest_snapshot`, `trimmable`),
//! `trim.rs` (`try_trim`), `read.rs` (`try_read`, `collect`, `end_with`), and for `crates/core/src`: `upkeep.rs` (`maintain`,
//! `snapshot_kept`), and what `resident.rs` does with records that it reads (`loaded`, `refreshed`).
//!
//! Each look at the folder and each change of it is a step of its own. A listing of a folder is no moment either: snapshots and log may
//! be seen one before the other, in either order. Writers are workers of an engine each, which fold, append, snapshot and trim
//! beside each other; they crash at any step. At a power cut each name that was made or removed without a flush is there
//! or is not. One snapshot may be damaged at any moment.
//!
//! Left out: how an append finds its winner (the model `append` has it; here it is one step), segments of several records, and
//! the bytes: a fold is the list of the records in it.

mod folder;
mod worker;

pub use folder::{Folder, Presence};
use stateright::{Model, Property};
pub use worker::Worker;

/// The protocol, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As it is.
    Real,
    /// The log goes as soon as a snapshot has its name, which is not on the disk yet.
    TrimsBeforeDurable,
    /// Older snapshots go although another worker has just named the newest one, which is not on the disk yet.
    RemovesBeforeDurable,
    /// The log goes up to the newest snapshot, so that nothing stands in for it.
    TrimsUpToNewest,
    /// A version whose record was trimmed counts as free.
    ForgetsFloor,
    /// A snapshot is made of facts that are not in the journal yet.
    SnapshotOfStaged,
    /// A reader takes a file that went away since the listing for one that never was.
    GoesOnWithoutFile,
    /// A hole in one listing counts, although what is listed first and what is listed last are of different moments.
    BelievesOneListing,
    /// Who is told that records were trimmed goes on with those that are left.
    FoldsOverGap,
}

/// The bounds within which all states are visited.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// Workers.
    pub workers: u8,
    /// Versions that are written.
    pub versions: u8,
    /// Deaths of workers, in all.
    pub crashes: u8,
    /// Power cuts.
    pub cuts: u8,
    /// Snapshots that go bad.
    pub damages: u8,
    /// What is checked.
    pub rule: Rule,
}

/// The world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// What is in the folder.
    pub folder: Folder,
    /// Every record that was ever won, by version. Nobody looks at it but the properties.
    pub truth: Vec<u8>,
    workers: Vec<Worker>,
    given_twice: bool,
    refused: bool,
    stale: bool,
    started_over: bool,
    crashes: u8,
    cuts: u8,
    damages: u8,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// A worker appends a record to what it knows.
    Append(u8),
    /// It reads what is new.
    CatchUp(u8),
    /// It takes the next step of reading everything.
    Read(u8),
    /// It begins a listing with the log instead of the snapshots.
    ReadLogFirst(u8),
    /// It begins a snapshot, or takes the next step of one, or of a trim.
    Upkeep(u8),
    /// It dies and is started again.
    Crash(u8),
    /// A snapshot goes bad.
    Damage(u8),
    /// The power fails; the bits say which names had reached the disk.
    Cut(u32),
}

impl Model for Snapshot {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            folder: Folder::default(),
            truth: Vec::new(),
            workers: vec![Worker::default(); usize::from(self.workers)],
            given_twice: false,
            refused: false,
            stale: false,
            started_over: false,
            crashes: self.crashes,
            cuts: self.cuts,
            damages: self.damages,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.given_twice || state.refused || state.stale {
            return;
        }
        for (at, worker) in (0..).zip(&state.workers) {
            if worker.is_ready() {
                if state.truth.len() < usize::from(self.versions) {
                    actions.push(Action::Append(at));
                }
                if worker.known() < state.truth.len() {
                    actions.push(Action::CatchUp(at));
                }
            } else {
                actions.push(Action::Read(at));
                if worker.begins_to_read() {
                    actions.push(Action::ReadLogFirst(at));
                }
            }
            if worker.has_upkeep() {
                actions.push(Action::Upkeep(at));
            }
            if state.crashes > 0 && worker.known() > 0 {
                actions.push(Action::Crash(at));
            }
        }
        if state.damages > 0 {
            actions.extend(state.folder.whole_snapshots().map(Action::Damage));
        }
        if state.cuts > 0 {
            actions.extend((0..1 << state.folder.open_questions()).map(Action::Cut));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Append(at) => state.append(self, at),
            Action::CatchUp(at) => {
                let State { folder, workers, .. } = &mut state;
                workers[usize::from(at)].catch_up(folder, self.rule);
            }
            Action::Read(at) => state.read(self, at, false),
            Action::ReadLogFirst(at) => state.read(self, at, true),
            Action::Upkeep(at) => {
                let State { folder, workers, .. } = &mut state;
                workers[usize::from(at)].upkeep(folder, self.rule);
            }
            Action::Crash(at) => {
                state.crashes -= 1;
                state.workers[usize::from(at)] = Worker::default();
            }
            Action::Damage(version) => {
                state.damages -= 1;
                state.folder.damage(version);
            }
            Action::Cut(kept) => {
                state.cuts -= 1;
                state.folder.cut(kept);
                state.workers.fill(Worker::default());
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("what is read is the fold of all records", |_, state: &State| {
                state.workers.iter().all(|worker| state.truth.starts_with(worker.state())) && !state.stale
            }),
            Property::always("every journal can be read", |_, state: &State| !state.refused),
            Property::always("a version is given out once", |_, state: &State| !state.given_twice),
            Property::sometimes("records are trimmed", |_, state: &State| state.folder.floor() > 1),
            Property::sometimes("a reader starts over", |_, state: &State| state.started_over),
        ]
    }
}

impl State {
    /// One step, because who wins is not the question here: the version after what the worker knows is free, or taken.
    fn append(&mut self, model: &Snapshot, at: u8) {
        let worker = &mut self.workers[usize::from(at)];
        let version = worker.known();
        let is_free = version == self.truth.len();
        let seems_free = model.rule == Rule::ForgetsFloor && !self.folder.has_record(version as u8 + 1);
        if is_free {
            let record = version as u8 * 16 + at;
            self.truth.push(record);
            self.folder.records.push((record, Presence::Durable));
            worker.append(record);
        } else if seems_free {
            self.given_twice = true;
        } else {
            worker.catch_up(&self.folder, model.rule);
        }
    }

    fn read(&mut self, model: &Snapshot, at: u8, log_first: bool) {
        let head = self.truth.len();
        let worker = &mut self.workers[usize::from(at)];
        match worker.read(&self.folder, model.rule, head, log_first) {
            worker::Came::On => {}
            worker::Came::Over => self.started_over = true,
            worker::Came::ToHole => self.refused = true,
            worker::Came::ToEnd { head_at_begin } => self.stale = worker.known() < head_at_begin,
        }
    }
}
