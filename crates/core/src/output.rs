//! What comes out of a step: I/O to perform, replies, and when to step again.

use crate::answer::Answer;
use crate::error::Error;

/// The result of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// I/O to perform, in any order and at the same time. Each gets exactly one completion.
    pub requests: Vec<Request>,
    /// Answers. What they say is durable.
    pub replies: Vec<Reply>,
    /// Step again at this time at the latest, milliseconds since the Unix epoch; absent if only an input can change anything.
    pub wake_at_ms: Option<i64>,
    /// For logs and metrics. Nothing depends on them.
    pub notices: Vec<Notice>,
}

/// I/O that the host performs for the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Id that the completion carries.
    pub id: u64,
    /// Key of the journal in the store: the id of the pipeline.
    pub pipeline: String,
    /// What to do.
    pub operation: Operation,
}

/// The operations of the store contract.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Read the newest snapshot and the records after it.
    Read,
    /// Read the records from this version on.
    ReadFrom(u64),
    /// Append these bytes as this version, if it was never written.
    Append(Stored),
    /// Keep these bytes as the snapshot at this version.
    PutSnapshot(Stored),
    /// Drop versions up to this one; they stay taken for ever.
    Trim(u64),
    /// Overwrite the beat of a worker.
    Beat(WorkerBeat),
    /// Read the beats of all workers.
    Beats,
    /// Read all that is retained, damaged or not.
    ReadAll,
    /// Start the journal anew with these bytes as the snapshot at this version, and set aside what it had.
    Reset(Stored),
    /// Keep these bytes beside the journal, by name.
    PutBackup(NamedBytes),
    /// Read the names of what is kept beside the journal.
    Backups,
    /// Read what is kept beside the journal by this name.
    ReadBackup(String),
    /// Drop what is kept beside the journal by this name.
    DeleteBackup(String),
    /// Look at what an attempt has made. It is for the host and not for the store.
    InspectArtifact(Inspection),
}

/// See [`Operation::InspectArtifact`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Where the artifact is.
    pub uri: String,
    /// Whether the digest of its content is wanted: all of it is read for that.
    pub with_digest: bool,
}

/// Bytes that have a name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedBytes {
    /// The name: 1 to 200 bytes of `[A-Za-z0-9._-]`, not starting with a dot.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Bytes that belong to a version.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The version.
    pub version: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// See [`Operation::Beat`].
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerBeat {
    /// The worker.
    pub worker: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The one answer to a submission: an answer for each of its commands, or the error that stopped all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Ticket of the submission.
    pub ticket: u64,
    /// What came of it.
    pub result: Result<Vec<Answer>, Error>,
}

/// Something worth a line in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub level: NoticeLevel,
    /// Pipeline that it is about; empty if none.
    pub pipeline: String,
    /// What it is, for programs, for example `append-taken`, `limit-near`, `damage`, `snapshot`, `unknown-completion`.
    pub code: String,
    /// What it is, for people.
    pub message: String,
}

/// How bad a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeLevel {
    /// Part of normal work.
    Info,
    /// Somebody should look at it.
    Warn,
}
