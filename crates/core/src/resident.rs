//! A pipeline in memory: what waits for it, what I/O it has under way, and its state.
//!
//! A pipeline has at most one read or append under way. While it is, submissions wait; when it ends they are decided
//! together and become one record (group commit). Snapshots and trims run beside that.

use std::collections::{BTreeMap, VecDeque};

use crate::ask::Ask;
use crate::bug;
use crate::decide::{Fetched, Need};
use crate::desk::Desk;
use crate::error::{Error, ErrorKind};
use crate::few::Few;
use crate::flight::Flight;
use crate::input::{FailureKind, Outcome, StoreFailure, Submission};
use crate::limits;
use crate::observe::{SeenBeat, Watch};
use crate::output::{Inspection, NoticeLevel, Operation, WorkerBeat};
use crate::state::State;
use crate::upkeep::Upkeep;

#[derive(Debug)]
pub(crate) struct Resident {
    pub(crate) id: String,
    /// Absent while the journal was not read, or after it could not be trusted any more.
    pub(crate) live: Option<Live>,
    pub(crate) queue: VecDeque<Waiting>,
    /// The request under way that decisions wait for.
    pub(crate) io: Option<(u64, Io)>,
    /// An append that is sent again when the pause is over.
    pub(crate) parked: Option<Flight>,
    /// Nothing is started before this time on the engine's own clock.
    pub(crate) paused_until: Option<u64>,
    /// Failed reads in a row.
    pub(crate) read_failures: u32,
    /// So many submissions are decided one by one, because together they were too large for a record.
    pub(crate) alone: usize,
    pub(crate) watch: Watch,
    /// Why what is due could not be written. Reads are answered without it then, as long as others wait; nothing else is.
    pub(crate) due_unwritten: Option<Error>,
    pub(crate) upkeep: Few<u64, Upkeep>,
    /// Submissions whose artifacts the host looks at. That may take long, so nobody waits for them.
    pub(crate) inspecting: Vec<(u64, Inspection, Waiting)>,
    /// Order of use among the pipelines of the engine.
    pub(crate) used: u64,
    pub(crate) registered_wake: Option<u64>,
}

/// A state and how far it can be trusted.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(crate) state: State,
    /// The state is at least as fresh as the store was when this step ended.
    pub(crate) fresh_step: u64,
    /// Bytes of records since the last snapshot.
    pub(crate) tail_bytes: u64,
    pub(crate) snapshot_bytes: u64,
    pub(crate) snapshot_version: u64,
    pub(crate) snapshot_under_way: bool,
}

/// A submission that has no reply yet.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) submission: Submission,
    /// Step that brought it.
    pub(crate) arrived: u64,
    /// Appends of it that were lost to other writers.
    pub(crate) lost: u32,
    pub(crate) fetched: Fetched,
}

/// The I/O under way.
#[derive(Debug)]
pub(crate) enum Io {
    Load {
        step: u64,
    },
    Refresh {
        step: u64,
    },
    Append(Flight),
    /// Reads back what became of an append.
    Resolve(Flight),
    Beats,
    WriteBeat {
        worker: String,
    },
    Log {
        from_version: u64,
    },
    Ask(Ask),
}

impl Resident {
    pub(crate) fn new(id: String) -> Self {
        Resident {
            id,
            live: None,
            queue: VecDeque::new(),
            io: None,
            parked: None,
            paused_until: None,
            read_failures: 0,
            alone: 0,
            watch: Watch::default(),
            due_unwritten: None,
            upkeep: Few::default(),
            inspecting: Vec::new(),
            used: 0,
            registered_wake: None,
        }
    }

    /// Whether it may be forgotten.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty()
            && self.io.is_none()
            && self.parked.is_none()
            && self.upkeep.is_empty()
            && self.inspecting.is_empty()
    }

    /// When it wants to be looked at again, on the engine's own clock.
    pub(crate) fn wake(&self, desk: &Desk) -> Option<u64> {
        if self.io.is_some() {
            return None;
        }
        if self.parked.is_some() || !self.queue.is_empty() {
            return self.paused_until;
        }
        let live = self.live.as_ref().filter(|_| self.due_unwritten.is_none())?;
        let due_at_ms = Some(live.state.due_from_ms).filter(|due_at_ms| *due_at_ms < i64::MAX)?;
        let left_ms = u64::try_from(due_at_ms.saturating_sub(desk.now_ms)).unwrap_or(0);
        Some(desk.elapsed_ms.saturating_add(left_ms).max(self.paused_until.unwrap_or(0)))
    }

    /// Starts whatever can be started.
    pub(crate) fn pump(&mut self, desk: &mut Desk) {
        self.watch.elapsed_ms = desk.elapsed_ms;
        if self.paused_until.is_some_and(|until| until > desk.elapsed_ms) {
            return;
        }
        self.paused_until = None;
        if self.io.is_some() {
            return;
        }
        if let Some(flight) = self.parked.take() {
            return self.send(desk, flight);
        }
        while self.io.is_none()
            && self.paused_until.is_none()
            && (!self.queue.is_empty() || self.is_due(desk))
        {
            if self.queue.front().is_some_and(Waiting::is_offline) {
                self.offline_round(desk);
            } else if self.live.is_none() {
                let id = desk.request(&self.id, Operation::Read);
                self.io = Some((id, Io::Load { step: desk.step }));
            } else {
                self.round(desk);
            }
        }
    }

    /// Asks the host for what the decision about the first submission needs.
    pub(crate) fn fetch(&mut self, desk: &mut Desk, need: Need) {
        let mut of = None;
        let (operation, io) = match need {
            Need::Reopen => {
                self.live = None;
                return;
            }
            Need::Ask { of: pipeline, ask, bytes } => {
                of = Some(pipeline);
                (ask.operation(bytes), Io::Ask(ask))
            }
            Need::Inspect(inspection) => {
                return if let Some(waiting) = self.queue.pop_front() {
                    self.inspect(desk, inspection, waiting);
                };
            }
            Need::Beats => (Operation::Beats, Io::Beats),
            Need::Log { from_version } => (Operation::ReadFrom(from_version), Io::Log { from_version }),
            Need::WriteBeat { worker, place } => match self.beat_bytes(desk, &worker, place) {
                Ok(bytes) => {
                    (Operation::Beat(WorkerBeat { worker: worker.clone(), bytes }), Io::WriteBeat { worker })
                }
                Err(error) => return self.refuse_first(desk, error),
            },
        };
        let id = desk.request_about(of.as_deref().unwrap_or(&self.id), &self.id, operation);
        self.io = Some((id, io));
    }

    /// Puts a submission aside while the host looks at what an attempt has made.
    pub(crate) fn inspect(&mut self, desk: &mut Desk, inspection: Inspection, waiting: Waiting) {
        let id = desk.request(&self.id, Operation::InspectArtifact(inspection.clone()));
        self.inspecting.push((id, inspection, waiting));
    }

    /// The next beat of a worker. Numbers are times where possible, so that they grow across restarts too. None is given
    /// twice, not even after a beat of which nobody knows whether it landed: an observer takes the same number for no sign
    /// of life.
    fn beat_bytes(&mut self, desk: &Desk, worker: &str, place: String) -> Result<Vec<u8>, Error> {
        let number_in =
            |beats: &BTreeMap<String, Box<SeenBeat>>| beats.get(worker).map_or(0, |beat| beat.number);
        let last = number_in(&self.watch.beats).max(number_in(&self.watch.written));
        let number = u64::try_from(desk.now_ms).unwrap_or(0).max(last.saturating_add(1));
        let seen = SeenBeat { number, at_ms: desk.now_ms, place: place.clone() };
        self.watch.written.insert(worker.to_owned(), Box::new(seen.clone()));
        self.watch.beats.insert(worker.to_owned(), Box::new(seen));
        let leases =
            self.live.as_ref().map(|live| crate::worker::held_by(&live.state, worker)).unwrap_or_default();
        let beat = highwater_format::Beat {
            worker: worker.to_owned(),
            sequence: number,
            at_ms: desk.now_ms,
            leases: leases.into_iter().take(limits::BEAT_LEASES).map(|holding| holding.lease).collect(),
            host: place,
            pid: 0,
        };
        beat.encode().map_err(|error| Error::invalid(format!("the beat of worker `{worker}`: {error}")))
    }

    /// Takes the result of one of its requests.
    pub(crate) fn complete(&mut self, desk: &mut Desk, id: u64, outcome: Outcome) {
        if let Some(upkeep) = self.upkeep.remove(&id) {
            return self.upkeep_done(desk, upkeep, outcome);
        }
        if let Some(at) = self.inspecting.iter().position(|(expected, ..)| *expected == id) {
            let (_, inspection, mut waiting) = self.inspecting.remove(at);
            waiting.fetched.asked.insert(Ask::Artifact(inspection), outcome);
            // The outcome of a request that is under way goes to the first in the queue, so that one stays the first.
            let place = usize::from(self.io.is_some()).min(self.queue.len());
            return self.queue.insert(place, waiting);
        }
        let io = match self.io.take() {
            Some((expected, io)) if expected == id => io,
            other => {
                self.io = other;
                return;
            }
        };
        match (io, outcome) {
            (Io::Load { step }, Outcome::Journal(journal)) => self.loaded(desk, step, &journal),
            (Io::Refresh { step }, Outcome::Tail(records)) => self.refreshed(desk, step, &records),
            (Io::Refresh { step }, Outcome::Trimmed(_)) if bug!(SkipFloor) => self.refreshed(desk, step, &[]),
            (Io::Refresh { .. }, Outcome::Trimmed(_)) => self.live = None,
            (Io::Append(flight), outcome) => self.landed(desk, flight, outcome),
            (Io::Resolve(flight), outcome) => self.resolved(desk, flight, outcome),
            (Io::Beats, Outcome::Beats(beats)) => self.saw_beats(desk, &beats),
            (Io::WriteBeat { worker }, Outcome::Done) => {
                self.first_fetched(|fetched| {
                    fetched.beats_of.insert(worker);
                });
            }
            (Io::Log { from_version }, outcome @ (Outcome::Tail(_) | Outcome::Trimmed(_))) => {
                self.first_fetched(|fetched| {
                    fetched.logs.insert(from_version, outcome);
                });
            }
            // Whatever it is: the decision about the command knows what to make of it.
            (Io::Ask(ask), outcome) => self.first_fetched(|fetched| {
                fetched.asked.insert(ask, outcome);
            }),
            (Io::Load { .. } | Io::Refresh { .. }, outcome) => self.read_failed(desk, &failure(outcome)),
            (Io::Beats | Io::WriteBeat { .. } | Io::Log { .. }, outcome) => {
                let error = failure_error(&failure(outcome), "nothing was changed");
                self.refuse_first(desk, error);
            }
        }
    }

    fn first_fetched(&mut self, note: impl FnOnce(&mut Fetched)) {
        if let Some(waiting) = self.queue.front_mut() {
            note(&mut waiting.fetched);
        }
    }

    fn saw_beats(&mut self, desk: &mut Desk, beats: &[(String, Vec<u8>)]) {
        self.watch.beats.clear();
        for (worker, bytes) in beats {
            match highwater_format::Beat::decode(bytes) {
                Ok(beat) => {
                    let seen = SeenBeat { number: beat.sequence, at_ms: beat.at_ms, place: beat.host };
                    self.watch.beats.insert(worker.clone(), Box::new(seen));
                }
                Err(error) => {
                    let message =
                        format!("the beat of worker `{worker}` cannot be read and counts as none: {error}");
                    desk.notice(NoticeLevel::Warn, &self.id, "damage", message);
                }
            }
        }
        self.first_fetched(|fetched| fetched.beats = true);
    }

    fn refuse_first(&mut self, desk: &mut Desk, error: Error) {
        if let Some(waiting) = self.queue.pop_front() {
            desk.reply(waiting.submission.ticket, Err(error));
        }
    }

    /// Nothing can be decided on the state: everybody who waits for it is told why, and the next one starts from the store again.
    pub(crate) fn refuse_all(&mut self, desk: &mut Desk, error: &Error) {
        self.live = None;
        self.read_failures = 0;
        for waiting in std::mem::take(&mut self.queue) {
            if waiting.is_offline() {
                self.queue.push_back(waiting);
            } else {
                desk.reply(waiting.submission.ticket, Err(error.clone()));
            }
        }
    }

    fn read_failed(&mut self, desk: &mut Desk, failure: &StoreFailure) {
        self.read_failures += 1;
        let transient = matches!(failure.kind, FailureKind::Unavailable | FailureKind::Unknown);
        if transient && self.read_failures < desk.options.conflict.tries {
            return self.pause(desk, self.read_failures);
        }
        self.refuse_all(desk, &failure_error(failure, "nothing was changed"));
    }

    pub(crate) fn pause(&mut self, desk: &mut Desk, tries: u32) {
        self.paused_until = Some(desk.elapsed_ms.saturating_add(desk.pause_ms(tries)));
    }
}

/// The failure behind an outcome that is not the awaited one.
pub(crate) fn failure(outcome: Outcome) -> StoreFailure {
    match outcome {
        Outcome::Failed(failure) => failure,
        _ => StoreFailure {
            kind: FailureKind::Unsupported,
            message: "the host completed a request with the outcome of another operation; this is a defect of the host"
                .to_owned(),
        },
    }
}

/// A store's failure as an error for the application. `effect` says what became of the command.
pub(crate) fn failure_error(failure: &StoreFailure, effect: &str) -> Error {
    let kind = match failure.kind {
        FailureKind::Corrupt => ErrorKind::Corrupt,
        FailureKind::Unsupported => ErrorKind::Invalid,
        FailureKind::Unavailable | FailureKind::Unknown | FailureKind::Denied => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("{} ({effect})", failure.message))
}
