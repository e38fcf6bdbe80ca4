//! An append under way: what becomes of it, whatever the store says.

use highwater_format::{WriterId, decode_frame};

use crate::answer::Answer;
use crate::bug;
use crate::desk::Desk;
use crate::error::{Error, ErrorKind};
use crate::input::{FailureKind, Outcome, StoreFailure};
use crate::output::{NoticeLevel, Operation, Stored};
use crate::resident::{Io, Resident, Waiting, failure, failure_error};
use crate::state::Mark;

/// A record on its way to the store, and the replies that wait for it. Its facts stand in the state, and can be taken back.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) version: u64,
    /// With the writer id, this is how it is recognised when it is read back.
    pub(crate) sequence: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) held: Vec<Held>,
    /// Step that sent it: the state was the head then, if it wins.
    pub(crate) step: u64,
    /// Times that the store did not answer well.
    pub(crate) failures: u32,
    /// A try may have landed unseen.
    pub(crate) unsure: bool,
}

/// A submission that is decided; its result is true when the record is durable.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) waiting: Waiting,
    pub(crate) result: Result<Vec<Answer>, Error>,
}

/// What is said of a command when nobody can tell whether it happened.
const NOT_KNOWN: &str = "whether the command took effect is not known, read the state before you repeat it";

impl Flight {
    /// What a failure means to those who wait: an earlier try may have landed, whatever became of this one.
    fn failed(&self, failure: &StoreFailure) -> Error {
        if self.held.is_empty() {
            return failure_error(failure, "it stays due");
        }
        if !self.unsure || bug!(ForgetEarlierTries) {
            return failure_error(failure, "nothing was changed");
        }
        let error = failure_error(failure, NOT_KNOWN);
        match error.kind {
            ErrorKind::Corrupt => error,
            _ => Error::unavailable(error.message),
        }
    }
}

impl Resident {
    pub(crate) fn send(&mut self, desk: &mut Desk, flight: Flight) {
        let stored = Stored { version: flight.version, bytes: flight.bytes.clone() };
        let id = desk.request(&self.id, Operation::Append(stored));
        self.io = Some((id, Io::Append(flight)));
    }

    /// The store has answered an append.
    pub(crate) fn landed(&mut self, desk: &mut Desk, mut flight: Flight, outcome: Outcome) {
        match outcome {
            Outcome::Appended => self.confirm(desk, flight),
            Outcome::Taken => self.read_back(desk, flight),
            Outcome::Failed(failure) if failure.kind != FailureKind::Unknown || bug!(IgnoreAmbiguity) => {
                let error = flight.failed(&failure);
                match failure.kind {
                    FailureKind::Unavailable => self.try_again(desk, flight, &error),
                    _ => self.abandon(desk, flight, &error),
                }
            }
            // The store does not know, or the host mixed up its completions: the record may be there.
            _ => {
                flight.unsure = true;
                self.read_back(desk, flight);
            }
        }
    }

    /// Reads what stands at the version: the engine never guesses whose it is.
    fn read_back(&mut self, desk: &mut Desk, flight: Flight) {
        let id = desk.request(&self.id, Operation::ReadFrom(flight.version));
        self.io = Some((id, Io::Resolve(flight)));
    }

    /// The store has answered what stands at the version.
    pub(crate) fn resolved(&mut self, desk: &mut Desk, mut flight: Flight, outcome: Outcome) {
        match outcome {
            Outcome::Tail(records) if records.is_empty() && bug!(TrustEmptyRead) => {
                self.lose(desk, flight, &[]);
            }
            Outcome::Tail(records) if records.is_empty() => {
                // A stale read, if the version is taken; otherwise the record did not land yet. The same bytes again: whichever lands is ours.
                let error = Error::unavailable(format!(
                    "version {} of pipeline `{}` was written, and reading it back finds nothing; {NOT_KNOWN}",
                    flight.version, self.id
                ));
                self.try_again(desk, flight, &error);
            }
            Outcome::Tail(records) => match written_by(&records[0]) {
                Ok((writer, sequence))
                    if writer == desk.writer && sequence == flight.sequence || bug!(OwnByVersion) =>
                {
                    self.confirm(desk, flight);
                    self.follow(desk, &records[1..]);
                }
                Ok(_) => self.lose(desk, flight, &records),
                Err(error) => self.abandon(desk, flight, &error),
            },
            Outcome::Trimmed(_) if !flight.unsure => {
                self.live = None;
                self.requeue(desk, flight);
            }
            Outcome::Trimmed(floor) => {
                let error = Error::unavailable(format!(
                    "version {} of pipeline `{}` was trimmed (up to {floor}) before it was known who wrote it; read the state before you repeat the command",
                    flight.version, self.id
                ));
                self.abandon(desk, flight, &error);
            }
            outcome => {
                let failure = failure(outcome);
                flight.failures += 1;
                if flight.failures >= desk.options.conflict.tries {
                    let error = failure_error(&failure, NOT_KNOWN);
                    return self.abandon(desk, flight, &error);
                }
                // The same bytes again: the store says whether they are there, and they are ours whichever try landed.
                self.pause(desk, flight.failures);
                self.parked = Some(flight);
            }
        }
    }

    /// Sends the same bytes again after a pause, or gives up with this error.
    fn try_again(&mut self, desk: &mut Desk, mut flight: Flight, error: &Error) {
        flight.failures += 1;
        if flight.failures >= desk.options.conflict.tries {
            return self.abandon(desk, flight, error);
        }
        self.pause(desk, flight.failures);
        self.parked = Some(flight);
    }

    /// The record is durable: its facts stand, and its replies are true.
    fn confirm(&mut self, desk: &mut Desk, flight: Flight) {
        if let Some(live) = &mut self.live {
            if !bug!(KeepUndoLog) {
                live.state.settle();
            }
            live.state.version = flight.version;
            live.state.digest = highwater_format::frame_digest(&flight.bytes);
            live.fresh_step = if bug!(FreshWhenAnswered) { desk.step } else { flight.step };
            live.tail_bytes += flight.bytes.len() as u64;
        }
        for held in flight.held {
            if bug!(ReplyTwice) {
                desk.reply(held.waiting.submission.ticket, held.result.clone());
            }
            desk.reply(held.waiting.submission.ticket, held.result);
        }
        self.maintain(desk);
    }

    /// Another writer has the version: its records are folded, and everything is decided anew.
    fn lose(&mut self, desk: &mut Desk, flight: Flight, records: &[Vec<u8>]) {
        let message = format!("another writer won version {}; deciding again", flight.version);
        desk.notice(NoticeLevel::Info, &self.id, "append-taken", message);
        if let Some(live) = self.live.as_mut().filter(|_| !bug!(KeepLostFacts)) {
            live.state.roll_back(&Mark::START);
        }
        let step = flight.step;
        self.requeue(desk, flight);
        if self.follow(desk, records)
            && let Some(live) = &mut self.live
        {
            live.fresh_step = live.fresh_step.max(step);
        }
    }

    /// Puts the submissions of a lost record back in front, but those that lost too often.
    fn requeue(&mut self, desk: &mut Desk, flight: Flight) {
        let mut most = 0;
        for held in flight.held.into_iter().rev() {
            let mut waiting = held.waiting;
            waiting.lost += 1;
            if waiting.lost >= desk.options.conflict.tries {
                let error = Error::conflict(format!(
                    "other writers of pipeline `{}` were faster {} times in a row (last at version {}); try again, or let fewer write at once",
                    self.id, waiting.lost, flight.version
                ));
                desk.reply(waiting.submission.ticket, Err(error));
                continue;
            }
            most = most.max(waiting.lost);
            waiting.fetched.forget();
            self.queue.push_front(waiting);
        }
        if most > 0 {
            self.pause(desk, most);
        }
    }

    /// Gives up on a record: its facts are taken back, and the state is read anew before anything else is decided.
    fn abandon(&mut self, desk: &mut Desk, flight: Flight, error: &Error) {
        if flight.held.is_empty() {
            self.due_is_unwritten(desk, error.kind, &error.message);
        }
        for held in flight.held {
            desk.reply(held.waiting.submission.ticket, Err(error.clone()));
        }
        self.live = None;
    }

    /// What is due cannot be written now. Who only reads is answered all the same; who writes is told why it cannot be.
    pub(crate) fn due_is_unwritten(&mut self, desk: &mut Desk, kind: ErrorKind, why: &str) {
        let message = format!(
            "nothing was changed: what is due for pipeline `{}` has to be written before anything else, and cannot be: {why}",
            self.id
        );
        desk.notice(NoticeLevel::Warn, &self.id, "due-unwritten", message.clone());
        self.due_unwritten = Some(Error::new(kind, message));
    }
}

/// Who wrote a record.
fn written_by(bytes: &[u8]) -> Result<(WriterId, u64), Error> {
    let (header, _) =
        decode_frame(bytes).map_err(|error| Error::corrupt(format!("the record read back: {error}")))?;
    Ok((header.writer, header.sequence))
}
