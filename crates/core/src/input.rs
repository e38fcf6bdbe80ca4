//! What goes into a step: commands of the application and results of the host's I/O.

use crate::command::Command;
use crate::moment::Moment;

/// One input of [`Engine::step`](crate::Engine::step).
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The application asks for something.
    Submission(Submission),
    /// The host has performed a request.
    Completion(Completion),
}

/// Commands for one pipeline that are carried out together: all or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Chosen by the host, unique among those without a reply; the reply carries it.
    pub ticket: u64,
    /// Id of the pipeline, for example `prod/orders_daily`.
    pub pipeline: String,
    /// The commands, in order. Their facts become durable together or not at all.
    pub commands: Vec<Command>,
    /// The same key again gets the same answers, without a second effect.
    pub dedupe_key: Option<String>,
    /// How fresh the state must be that reads rest on.
    pub freshness: Freshness,
    /// The moment that reads are answered from; absent means the head. With a moment, whatever would write is refused.
    pub at: Option<Moment>,
}

/// How fresh the state must be that an answer without facts rests on. An answer with facts always rests on the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// At least as fresh as the moment of the submission.
    #[default]
    Latest,
    /// Whatever is in memory; reads the store only if nothing is.
    Local,
}

/// The result of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Id of the request.
    pub id: u64,
    /// What came out.
    pub outcome: Outcome,
}

/// What came out of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Of `Read`: the newest snapshot and all records after it.
    Journal(Journal),
    /// Of `ReadFrom`: the records from the version asked for.
    Tail(Vec<Vec<u8>>),
    /// Of `ReadFrom`: some of the records asked for are gone; everything up to `floor` is.
    Trimmed(u64),
    /// Of `Append`: the record is durable.
    Appended,
    /// Of `Append`: that version was written before, by whomever.
    Taken,
    /// Of `PutSnapshot`, `Trim` and `Beat`.
    Done,
    /// Of `Beats`: the last beat of each worker, by worker.
    Beats(Vec<(String, Vec<u8>)>),
    /// It did not work.
    Failed(StoreFailure),
}

/// See [`Outcome::Journal`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// Bytes of the newest snapshot.
    pub snapshot: Option<Vec<u8>>,
    /// Records after the snapshot, without a gap.
    pub tail: Vec<Vec<u8>>,
    /// Damage that the store skipped without losing anything acknowledged that it knows of, in words.
    pub damage: Vec<String>,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFailure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What happened, where, and what to do next.
    pub message: String,
}

/// The kinds of failures of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It did not work this time, and nothing happened.
    Unavailable,
    /// It did not answer well, and an append may have happened all the same.
    Unknown,
    /// The store refuses us.
    Denied,
    /// Stored bytes are damaged.
    Corrupt,
    /// The store cannot do this, ever.
    Unsupported,
}
