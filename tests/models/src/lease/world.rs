//! The journal, the beats, and the workers with what each of them knows.

use super::{LEASE_LOOKS, Lease, Rule};

/// Most workers of a model.
pub(super) const WORKERS: usize = 3;

/// A record of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// The lease was given to a worker, by asking or by taking over.
    Acquired {
        /// Who has it.
        worker: u8,
        /// Its token.
        token: u8,
    },
    /// Work was committed under a token.
    Worked {
        /// By whom.
        worker: u8,
        /// Under which token.
        token: u8,
        /// Which piece of this worker's work.
        piece: u8,
    },
}

impl Entry {
    /// The token that it gives out.
    pub fn granted(&self) -> Option<u8> {
        match self {
            Entry::Acquired { token, .. } => Some(*token),
            Entry::Worked { .. } => None,
        }
    }
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// It wants the lease.
    Wants,
    /// It believes that it holds the lease, with this token.
    Holds(u8),
    /// It has sent an append, decided on so many records.
    Appends {
        /// The records that it knew.
        known: usize,
        /// What it appends.
        entry: Entry,
        /// An earlier try of the same bytes may have landed.
        unsure: bool,
    },
    /// It was told that it is fenced, and has stopped.
    Fenced,
}

/// The holder as an observer knows it: `Seen` in `observe.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Seen {
    token: u8,
    beat: u8,
    still: u8,
}

/// A worker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Worker {
    /// What it is doing.
    pub step: Step,
    /// Looks that are left: enough for every beat that it may see, and a whole lease after the last.
    pub looks: u8,
    /// Beats that it may write still.
    pub beats: u8,
    /// Work that it has not committed yet.
    pub work: u8,
    /// It is gone.
    pub dead: bool,
    seen: Option<Seen>,
    /// Ticks of its own clock since the lease was granted, as far as it knows: for computed expiry alone.
    since_grant: u8,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// All records.
    pub journal: Vec<Entry>,
    /// The number of the last beat of each worker.
    pub beats: [u8; WORKERS],
    /// How many whole looks of each worker the holder's beat has truly stood still.
    pub still: [u8; WORKERS],
    /// The workers.
    pub workers: Vec<Worker>,
    /// Deaths that are left.
    pub deaths: u8,
    /// Appends without an answer that are left.
    pub unsure: u8,
    /// Somebody decided to take over from a holder that had beaten within the lease.
    pub robbed: bool,
}

impl State {
    /// Nobody holds anything.
    pub fn new(model: &Lease) -> State {
        let worker = Worker {
            step: Step::Wants,
            looks: (model.beats * (model.workers - 1) + model.workers) * (LEASE_LOOKS + 1) + model.unsure,
            beats: model.beats,
            work: model.work,
            dead: false,
            seen: None,
            since_grant: 0,
        };
        State {
            journal: Vec::new(),
            beats: [0; WORKERS],
            still: [0; WORKERS],
            workers: vec![worker; usize::from(model.workers)],
            deaths: model.deaths,
            unsure: model.unsure,
            robbed: false,
        }
    }

    /// A worker, to change it.
    pub fn worker(&mut self, at: u8) -> &mut Worker {
        &mut self.workers[usize::from(at)]
    }

    /// The holder and its token, as the whole journal has it.
    pub fn holder(&self) -> Option<(u8, u8)> {
        holder(&self.journal)
    }

    /// `acquire`, on a fresh state and fresh beats. The clock of the worker has moved on since its last look.
    pub fn ask(&mut self, rule: Rule, at: u8) {
        let known = self.journal.len();
        let last = self.journal.iter().filter_map(Entry::granted).max().unwrap_or(0);
        let held = self.holder();
        let token = if rule == Rule::TokenStays { last.max(1) } else { last + 1 };
        let append = Step::Appends { known, entry: Entry::Acquired { worker: at, token }, unsure: false };
        let Some((holder, held_token)) = held else {
            self.worker(at).step = append;
            return;
        };
        if holder == at {
            self.worker(at).step = Step::Holds(held_token);
            return;
        }
        let beat = self.beats[usize::from(holder)];
        let worker = self.worker(at);
        worker.looks -= 1;
        let seen = worker
            .seen
            .filter(|seen| seen.token == held_token && seen.beat == beat && rule != Rule::ForgetsLooks);
        let is_new_holder = worker.seen.is_none_or(|seen| seen.token != held_token);
        worker.since_grant = if is_new_holder { 0 } else { worker.since_grant + 1 };
        let still = seen.map_or(0, |seen| seen.still + 1);
        worker.seen = Some(Seen { token: held_token, beat, still: still.min(LEASE_LOOKS) });
        let is_over = match rule {
            Rule::ComputedExpiry => worker.since_grant >= LEASE_LOOKS,
            _ => still >= LEASE_LOOKS,
        };
        worker.since_grant = worker.since_grant.min(LEASE_LOOKS);
        // What is true: looks since the beat moved last, the first of which only begins the observation.
        let truly = &mut self.still[usize::from(at)];
        *truly = (*truly + 1).min(LEASE_LOOKS + 1);
        if is_over {
            self.robbed |= *truly <= LEASE_LOOKS;
            self.worker(at).step = append;
        }
    }

    /// `check_held` and the append of what follows from it, as soon as its state is that of the journal.
    pub fn work(&mut self, rule: Rule, at: u8) {
        let Step::Holds(token) = self.workers[usize::from(at)].step else { return };
        // An engine may know less than there is. Then its append names a version that is taken, and it is decided anew: the
        // same as if it had decided a moment earlier, before the others wrote.
        if self.holder() != Some((at, token)) && rule != Rule::NoToken {
            self.worker(at).step = Step::Fenced;
            return;
        }
        let known = self.journal.len();
        let worker = self.worker(at);
        let entry = Entry::Worked { worker: at, token, piece: worker.work };
        worker.step = Step::Appends { known, entry, unsure: false };
    }

    /// The store carries out an append: `land` when the worker is told, else it is not.
    pub fn land(&mut self, rule: Rule, at: u8, told: bool) {
        let Step::Appends { known, entry, unsure } = self.workers[usize::from(at)].step else { return };
        let is_free = self.journal.len() == known || rule == Rule::NoExpectedVersion;
        if is_free {
            self.journal.push(entry);
            if entry.granted().is_some() {
                self.still = [0; WORKERS];
            }
        }
        if !told {
            return self.not_told(rule, at);
        }
        // Taken: the version is read back, and it may be one's own (`resolved`).
        let ours = is_free || (unsure && self.journal.get(known) == Some(&entry));
        let worker = self.worker(at);
        worker.step = match (ours, entry) {
            (true, Entry::Acquired { token, .. }) => Step::Holds(token),
            (true, Entry::Worked { token, .. }) => {
                worker.work -= 1;
                Step::Holds(token)
            }
            (false, Entry::Acquired { .. }) => Step::Wants,
            (false, Entry::Worked { token, .. }) => Step::Holds(token),
        };
    }

    /// The worker does not know what became of its append: the same bytes go again.
    pub fn not_told(&mut self, rule: Rule, at: u8) {
        let worker = self.worker(at);
        let Step::Appends { known, entry, .. } = worker.step else { return };
        worker.step = match entry {
            Entry::Worked { token, .. } if rule == Rule::DecidesAnewWhenUnsure => Step::Holds(token),
            Entry::Acquired { .. } if rule == Rule::DecidesAnewWhenUnsure => Step::Wants,
            _ => Step::Appends { known, entry, unsure: true },
        };
    }
}

fn holder(journal: &[Entry]) -> Option<(u8, u8)> {
    journal.iter().rev().find_map(|entry| match *entry {
        Entry::Acquired { worker, token } => Some((worker, token)),
        Entry::Worked { .. } => None,
    })
}
