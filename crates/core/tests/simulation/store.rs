//! One store for all engines: the journals, and everything that may go wrong on the way there and back.

use std::collections::BTreeMap;

use highwater_core::input::*;
use highwater_core::output::*;
use highwater_core::snapshot_of;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is carried out.
    Fine,
    /// It is not carried out, and the store knows.
    Unavailable,
    /// It is not carried out, and the store does not know.
    UnknownLost,
    /// It is carried out, and the store does not know.
    UnknownLanded,
    /// The store does not know, and it is carried out some time later.
    UnknownLate,
    /// The store refuses.
    Denied,
    /// A read answers from the past, but not from before what this engine was told.
    Stale,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Journaled {
    /// All records that ever landed.
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) snapshots: BTreeMap<u64, Vec<u8>>,
    trimmed: u64,
    beats: BTreeMap<String, Vec<u8>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) journals: BTreeMap<String, Journaled>,
    late: Vec<(String, Stored)>,
    /// Versions that each engine was told to be there.
    told: BTreeMap<(usize, String), usize>,
}

impl Store {
    pub(crate) fn perform(&mut self, engine: usize, request: &Request, fate: Fate) -> Outcome {
        let failed = |kind| Outcome::Failed(StoreFailure { kind, message: "the store failed".to_owned() });
        match fate {
            Fate::Unavailable => failed(FailureKind::Unavailable),
            Fate::UnknownLost => failed(FailureKind::Unknown),
            Fate::Denied => failed(FailureKind::Denied),
            Fate::UnknownLanded => {
                self.carry_out(engine, request, false);
                failed(FailureKind::Unknown)
            }
            Fate::UnknownLate => {
                if let Operation::Append(stored) = &request.operation {
                    self.late.push((request.pipeline.clone(), stored.clone()));
                }
                failed(FailureKind::Unknown)
            }
            Fate::Fine => self.carry_out(engine, request, false),
            Fate::Stale => self.carry_out(engine, request, true),
        }
    }

    /// An append that was under way all the time arrives.
    pub(crate) fn land_late(&mut self) {
        if let Some((pipeline, stored)) = self.late.pop() {
            self.append(&pipeline, &stored);
        }
    }

    fn append(&mut self, pipeline: &str, stored: &Stored) -> Outcome {
        let journal = self.journals.entry(pipeline.to_owned()).or_default();
        let head = journal.records.len() as u64;
        if stored.version <= head {
            return Outcome::Taken;
        }
        assert_eq!(stored.version, head + 1, "an engine never leaves a gap");
        journal.records.push(stored.bytes.clone());
        Outcome::Appended
    }

    fn carry_out(&mut self, engine: usize, request: &Request, stale: bool) -> Outcome {
        let told = self.told.entry((engine, request.pipeline.clone())).or_default();
        if let Operation::Append(stored) = &request.operation {
            *told = (*told).max(stored.version as usize);
            return self.append(&request.pipeline, stored);
        }
        let journal = self.journals.entry(request.pipeline.clone()).or_default();
        let visible = if stale { (*told).max(journal.trimmed as usize) } else { journal.records.len() };
        match &request.operation {
            Operation::Read => {
                *told = visible;
                let snapshot =
                    journal.snapshots.iter().rev().find(|(version, _)| **version as usize <= visible);
                let from = snapshot.map_or(0, |(version, _)| *version as usize);
                let tail = journal.records[from..visible].to_vec();
                Outcome::Journal(Journal {
                    snapshot: snapshot.map(|it| it.1.clone()),
                    tail,
                    damage: Vec::new(),
                })
            }
            Operation::ReadFrom(version) if *version <= journal.trimmed => Outcome::Trimmed(journal.trimmed),
            Operation::ReadFrom(version) => {
                *told = visible;
                let from = (*version as usize - 1).min(visible);
                Outcome::Tail(journal.records[from..visible].to_vec())
            }
            Operation::PutSnapshot(stored) => {
                journal.put_snapshot(stored);
                Outcome::Done
            }
            Operation::Trim(up_to) => {
                let covered = journal.snapshots.keys().next_back().copied().unwrap_or(0);
                journal.trimmed = journal.trimmed.max((*up_to).min(covered));
                Outcome::Done
            }
            Operation::Beat(beat) => {
                journal.beats.insert(beat.worker.clone(), beat.bytes.clone());
                Outcome::Done
            }
            Operation::Beats => Outcome::Beats(journal.beats.clone().into_iter().collect()),
            Operation::Append(_) => unreachable!("appends were carried out above"),
            Operation::InspectArtifact(_) => Outcome::Artifact(Inspected::Missing),
            Operation::ReadAll => Outcome::Retained(journal.retained()),
            operation => unreachable!("no command of the simulation asks for {operation:?}"),
        }
    }
}

impl Journaled {
    fn retained(&self) -> Retained {
        let stored = |(version, bytes): (u64, &Vec<u8>)| Stored { version, bytes: bytes.clone() };
        let snapshots = self.snapshots.iter().map(|(version, bytes)| stored((*version, bytes)));
        let records = (1..).zip(&self.records).filter(|(version, _)| *version > self.trimmed).map(stored);
        let last_version = self.records.len() as u64;
        Retained {
            snapshots: snapshots.collect(),
            records: records.collect(),
            last_version,
            damage: Vec::new(),
        }
    }

    /// Whoever writes a snapshot writes what the journal folds to, byte for byte.
    fn put_snapshot(&mut self, stored: &Stored) {
        let tail = self.records[..stored.version as usize].to_vec();
        let folded = snapshot_of(&Journal { tail, ..Journal::default() }).expect("the journal can be read");
        assert!(
            folded == stored.bytes,
            "the state of the engine differs from the fold of version {}",
            stored.version
        );
        self.snapshots.insert(stored.version, stored.bytes.clone());
    }
}
