//! **Replay equals live.** A snapshot is, byte for byte, what the records up to it fold to; all hosts write the same bytes for
//! the same version; and each snapshot with the records after it is what all records are.
//!
//! Why it matters: what an engine holds in memory after commits, losses and roll backs must be what a new engine would read.

use std::collections::BTreeMap;

use highwater_core::input::Journal;
use highwater_core::snapshot_of;
use highwater_format::{Snapshot, frame_digest};

use super::{Audit, Violation, snapshot_rows};
use crate::store::Journaled;

/// The snapshots of a journal so far.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    /// The newest that was held against the fold.
    newest: Option<(u64, Vec<u8>)>,
    digests: BTreeMap<u64, highwater_format::Digest>,
}

impl Snapshots {
    /// Looks at a snapshot that is put.
    pub(crate) fn observe(
        &mut self,
        version: u64,
        bytes: &[u8],
        floor: Option<(u64, Vec<u8>)>,
        records: &[Vec<u8>],
        audit: &Audit,
    ) -> Result<(), Violation> {
        if version == 0 || version > records.len() as u64 {
            let what = format!("a snapshot at version {version}, the last record is {}", records.len());
            return Err(Violation::new("replay-equals-live", what));
        }
        let digest = frame_digest(bytes);
        if self.digests.insert(version, digest).is_some_and(|before| before != digest) {
            return Err(Violation::new("same-snapshots", format!("version {version} has two snapshots")));
        }
        let base = self.newest.take().filter(|(base, _)| *base <= version).or(floor);
        let folded = fold(base.as_ref(), records, version)?;
        if folded != bytes {
            let what = format!("the engine's state at version {version} is not what the records fold to");
            return Err(Violation::new("replay-equals-live", what));
        }
        if version == records.len() as u64 {
            snapshot_rows::check(bytes, audit)?;
        }
        self.newest = Some((version, bytes.to_vec()));
        Ok(())
    }
}

/// What the records up to this version fold to, from a snapshot or from nothing.
fn fold(base: Option<&(u64, Vec<u8>)>, records: &[Vec<u8>], version: u64) -> Result<Vec<u8>, Violation> {
    let from = base.map_or(0, |(version, _)| *version);
    let tail = records[from as usize..version as usize].to_vec();
    let journal = Journal { snapshot: base.map(|(_, bytes)| bytes.clone()), tail, damage: Vec::new() };
    snapshot_of(&journal).map_err(|error| Violation::new("replay-equals-live", error.to_string()))
}

/// What the journal began anew with, before this version.
fn base(journal: &Journaled, version: u64) -> Option<(u64, Vec<u8>)> {
    journal.bases.range(..=version).next_back().map(|(version, bytes)| (*version, bytes.clone()))
}

/// Holds a backup against the records up to its version.
pub(crate) fn check_backup(bytes: &[u8], journal: &Journaled) -> Result<(), Violation> {
    let records = &journal.records;
    let refuse = |what: String| Err(Violation::new("backups-are-snapshots", what));
    let version = match Snapshot::decode(bytes) {
        Ok(snapshot) => snapshot.version,
        Err(error) => return refuse(error.to_string()),
    };
    if version > records.len() as u64 || fold(base(journal, version).as_ref(), records, version)? != bytes {
        return refuse(format!("a backup of version {version} is not what the records fold to"));
    }
    Ok(())
}

/// Holds the whole journal against its snapshots, and against what was audited.
pub(crate) fn at_the_end(journal: &Journaled) -> Result<(), Violation> {
    let head = journal.records.len() as u64;
    if head == 0 {
        return Ok(());
    }
    let whole = fold(base(journal, head).as_ref(), &journal.records, head)?;
    snapshot_rows::check(&whole, &journal.audit)?;
    for (version, bytes) in &journal.snapshots {
        let from = fold(Some(&(*version, bytes.clone())), &journal.records, head)?;
        if from != whole {
            let what = format!("the snapshot at {version} and its tail are not what all records are");
            return Err(Violation::new("snapshot-plus-tail", what));
        }
    }
    Ok(())
}
