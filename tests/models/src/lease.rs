//! Leases with fencing tokens.
//!
//! Stands for `crates/core/src`: `lease.rs` (`acquire`, `check_holder`, `hold`), `observe.rs` (`Watch::judge`), the same in
//! `begin.rs` (`contend`), `attempt.rs` (`check_held`), and for what `round.rs` and `flight.rs` make of a decision: an
//! append of the version after the state that it was decided on, decided anew when another has that version, sent again when
//! the store did not say what became of it.
//!
//! Each worker has a clock of its own, which moves whenever it likes and compares with no other. A worker may pause between any two
//! steps, for ever, and may die. Left out: the kinds of work under a lease, which all pass the same check, and the record
//! that holds several decisions, which is one append all the same.

mod world;

use stateright::{Model, Property};
pub use world::{Entry, State, Step, Worker};

/// Looks of an observer, on its own clock, that make a whole lease. Each look credits one.
pub const LEASE_LOOKS: u8 = 2;

/// The protocol, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As it is.
    Real,
    /// Work is committed without a look at the token.
    NoToken,
    /// A hand-over keeps the token.
    TokenStays,
    /// An append does not name the version that it was decided on.
    NoExpectedVersion,
    /// A lease expires a lease's time after it was granted, whatever the beat says.
    ComputedExpiry,
    /// Every look at a holder begins the observation anew.
    ForgetsLooks,
    /// An append whose outcome is not known is decided anew, without a look at what became of it.
    DecidesAnewWhenUnsure,
}

/// The bounds within which all states are visited.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// Workers that contend for one lease.
    pub workers: u8,
    /// Beats of each worker.
    pub beats: u8,
    /// Pieces of work that each worker commits under the lease.
    pub work: u8,
    /// Deaths, in all.
    pub deaths: u8,
    /// Appends whose outcome the store does not tell, in all.
    pub unsure: u8,
    /// What is checked.
    pub rule: Rule,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// A worker without the lease asks for it: it reads the journal and the beats, and decides.
    Ask(u8),
    /// A holder decides to commit work.
    Work(u8),
    /// An append reaches the store, and its worker learns what became of it.
    Land(u8),
    /// An append reaches the store, and its worker is told nothing.
    LandUnseen(u8),
    /// An append does not reach the store, and its worker is told nothing.
    Vanish(u8),
    /// A holder writes its beat.
    Beat(u8),
    /// A worker is gone.
    Die(u8),
}

impl Model for Lease {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (at, worker) in (0..).zip(&state.workers) {
            if worker.dead {
                continue;
            }
            match worker.step {
                Step::Wants if worker.looks > 0 => actions.push(Action::Ask(at)),
                Step::Holds(_) => {
                    if worker.work > 0 {
                        actions.push(Action::Work(at));
                    }
                    if worker.beats > 0 {
                        actions.push(Action::Beat(at));
                    }
                }
                Step::Appends { .. } => {
                    actions.push(Action::Land(at));
                    if state.unsure > 0 {
                        actions.extend([Action::LandUnseen(at), Action::Vanish(at)]);
                    }
                }
                Step::Wants | Step::Fenced => {}
            }
            if state.deaths > 0 {
                actions.push(Action::Die(at));
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Ask(at) => state.ask(self.rule, at),
            Action::Work(at) => state.work(self.rule, at),
            Action::Land(at) => state.land(self.rule, at, true),
            Action::LandUnseen(at) => {
                state.unsure -= 1;
                state.land(self.rule, at, false);
            }
            Action::Vanish(at) => {
                state.unsure -= 1;
                state.not_told(self.rule, at);
            }
            Action::Beat(at) => {
                state.worker(at).beats -= 1;
                state.beats[usize::from(at)] += 1;
                if state.holder().is_some_and(|(holder, _)| holder == at) {
                    state.still = [0; world::WORKERS];
                }
            }
            Action::Die(at) => {
                state.deaths -= 1;
                state.worker(at).dead = true;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("who commits holds the lease", |_, state: &State| {
                let mut holder = None;
                state.journal.iter().all(|entry| match *entry {
                    Entry::Acquired { worker, token } => {
                        holder = Some((worker, token));
                        true
                    }
                    Entry::Worked { worker, token, .. } => holder == Some((worker, token)),
                })
            }),
            Property::always("tokens grow, and each has one holder", |_, state: &State| {
                let tokens: Vec<u8> = state.journal.iter().filter_map(Entry::granted).collect();
                tokens.windows(2).all(|pair| pair[0] < pair[1])
            }),
            Property::always("no work is committed twice", |_, state: &State| {
                let mut seen = Vec::new();
                state.journal.iter().all(|entry| match entry {
                    Entry::Worked { worker, piece, .. } => {
                        let is_new = !seen.contains(&(*worker, *piece));
                        seen.push((*worker, *piece));
                        is_new
                    }
                    Entry::Acquired { .. } => true,
                })
            }),
            Property::always("who beats is not taken over", |_, state: &State| !state.robbed),
            Property::always("who is dead is replaced in the end", |model: &Lease, state: &State| {
                let mut actions = Vec::new();
                model.actions(state, &mut actions);
                let is_dead = |worker: u8| state.workers[usize::from(worker)].dead;
                let waits = |worker: &Worker| !worker.dead && worker.step == Step::Wants;
                !actions.is_empty()
                    || !state.holder().is_some_and(|(worker, _)| is_dead(worker))
                    || !state.workers.iter().any(waits)
            }),
            Property::sometimes("a holder is taken over while it is about to commit", |_, state: &State| {
                let fenced = |worker: &Worker| worker.step == Step::Fenced && !worker.dead;
                state.workers.iter().any(fenced)
            }),
        ]
    }
}
