//! What goes into a step: commands of the application and results of the host's I/O.

use crate::command::Command;
use crate::moment::Moment;
use crate::output::Stored;

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
    /// Of `Append`: that version was written before, by whomever. Of `Reset`: that version or a later one was.
    Taken,
    /// Of `PutSnapshot`, `Trim`, `Beat`, `PutBackup` and `DeleteBackup`.
    Done,
    /// Of `Beats`: the last beat of each worker, by worker.
    Beats(Vec<(String, Vec<u8>)>),
    /// Of `ReadAll`: all that can still be read, and what cannot.
    Retained(Retained),
    /// Of `Reset`: the new journal is durable, and this is where the old one was set aside; absent if there was none.
    Reset(Option<String>),
    /// Of `Backups`: what is kept beside the journal, in byte order of name.
    Backups(Vec<BackupFile>),
    /// Of `ReadBackup`: the bytes, if there is something by that name.
    Backup(Option<Vec<u8>>),
    /// Of `InspectArtifact`: what is there.
    Artifact(Inspected),
    /// It did not work.
    Failed(StoreFailure),
}

/// What a host says about an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspected {
    /// Nothing is there.
    Missing,
    /// Something is there, empty or not.
    Found(Found),
    /// Nobody can look there, and this is why.
    Unknown(String),
}

/// See [`Inspected::Found`]. What the host cannot say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Bytes of the file, or of all files in the folder.
    pub size_bytes: Option<u64>,
    /// Digest of the content, if it was asked for.
    pub digest: Option<String>,
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

/// See [`Outcome::Retained`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retained {
    /// The whole snapshots, by version, ascending.
    pub snapshots: Vec<Stored>,
    /// The records, by version, ascending: of each version the one that won. Where there is damage there may be gaps.
    pub records: Vec<Stored>,
    /// The last version that was ever taken, as far as the store can tell: names of files, for example, say more than
    /// their content when that is damaged. At least the version of everything above; 0 of an unknown key.
    pub last_version: u64,
    /// What cannot be read.
    pub damage: Vec<Damage>,
}

/// Bytes of a store that are damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// What is damaged and what it most likely is.
    pub what: String,
    /// Where: a file and an offset, a row, an object.
    pub place: String,
}

/// Something that is kept beside a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFile {
    /// Its name.
    pub name: String,
    /// How much it is.
    pub size_bytes: u64,
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
