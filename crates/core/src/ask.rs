//! What maintenance asks of the store, and what the store answered.
//!
//! A decision that misses an answer stops with [`Need::Ask`]; it is made again from the start when the answer is there. So a
//! command that takes many requests reads like one that takes none, and everything that it rests on is looked at again.

use crate::decide::{Fetched, Need, Stop};
use crate::input::{BackupFile, Outcome, Retained};
use crate::output::{Inspection, NamedBytes, Operation, Stored};
use crate::resident::{failure, failure_error};

/// A question to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// The journal as it would be opened.
    Journal,
    /// All that can still be read of it.
    Retained,
    Backups,
    ReadBackup(String),
    PutBackup(String),
    DeleteBackup(String),
    /// A new beginning at this version.
    Reset(u64),
    /// What an attempt has made. It is for the host, and stays as it was seen however often the decision is made again.
    Artifact(Inspection),
}

impl Ask {
    /// The request that asks it.
    pub(crate) fn operation(&self, bytes: Vec<u8>) -> Operation {
        match self {
            Ask::Journal => Operation::Read,
            Ask::Retained => Operation::ReadAll,
            Ask::Backups => Operation::Backups,
            Ask::ReadBackup(name) => Operation::ReadBackup(name.clone()),
            Ask::PutBackup(name) => Operation::PutBackup(NamedBytes { name: name.clone(), bytes }),
            Ask::DeleteBackup(name) => Operation::DeleteBackup(name.clone()),
            Ask::Artifact(inspection) => Operation::InspectArtifact(inspection.clone()),
            Ask::Reset(version) => Operation::Reset(Stored { version: *version, bytes }),
        }
    }
}

impl Fetched {
    /// After a lost append everything is looked at again, but a repair that was made stays made, and what the host has found
    /// outside does not depend on the journal.
    pub(crate) fn forget(&mut self) {
        let mut asked = std::mem::take(&mut self.asked);
        asked.retain(|ask| matches!(ask, Ask::Artifact(_)));
        *self = Fetched { repaired: self.repaired.take(), asked, ..Fetched::default() };
    }

    /// What the store answered to a question about the journal of `pipeline`.
    pub(crate) fn answer_to(&self, pipeline: &str, ask: Ask) -> Result<&Outcome, Stop> {
        match self.asked.get(&ask) {
            Some(outcome) => Ok(outcome),
            None => Err(Stop::Need(Need::Ask { of: pipeline.to_owned(), ask, bytes: Vec::new() })),
        }
    }

    /// All that can still be read of a journal.
    pub(crate) fn retained(&self, pipeline: &str) -> Result<&Retained, Stop> {
        match self.answer_to(pipeline, Ask::Retained)? {
            Outcome::Retained(retained) => Ok(retained),
            other => Err(unexpected(other)),
        }
    }

    /// The names of what is kept beside a journal.
    pub(crate) fn backup_files(&self, pipeline: &str) -> Result<&[BackupFile], Stop> {
        match self.answer_to(pipeline, Ask::Backups)? {
            Outcome::Backups(files) => Ok(files),
            other => Err(unexpected(other)),
        }
    }
}

/// The refusal that follows from a failure, or from the outcome of another operation.
pub(crate) fn unexpected(outcome: &Outcome) -> Stop {
    failure_error(&failure(outcome.clone()), "the journal was not changed").into()
}
