//! A host with one engine over a store in memory, of which any record or snapshot can be damaged.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::answer::Answer;
use highwater_core::command::*;
use highwater_core::input::*;
use highwater_core::moment::Moment;
use highwater_core::output::*;
use highwater_core::{Engine, Error, Options};

#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) snapshots: BTreeMap<u64, Vec<u8>>,
    pub(crate) records: BTreeMap<u64, Vec<u8>>,
    pub(crate) backups: BTreeMap<String, Vec<u8>>,
    pub(crate) bad_records: BTreeSet<u64>,
    pub(crate) bad_snapshots: BTreeSet<u64>,
    /// Versions up to this one are taken.
    taken: u64,
}

pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) journals: BTreeMap<String, Stored>,
    pub(crate) now_ms: i64,
    seed: u64,
    snapshot_min_bytes: u64,
}

fn versioned(bytes: &BTreeMap<u64, Vec<u8>>, bad: &BTreeSet<u64>) -> Vec<highwater_core::output::Stored> {
    let whole = bytes.iter().filter(|(version, _)| !bad.contains(version));
    whole.map(|(&version, bytes)| highwater_core::output::Stored { version, bytes: bytes.clone() }).collect()
}

impl Stored {
    fn journal(&self) -> Journal {
        let whole = self.snapshots.iter().rev().find(|(version, _)| !self.bad_snapshots.contains(version));
        let after = whole.map_or(0, |(version, _)| *version);
        let tail = self.records.range(after + 1..).map(|(version, bytes)| {
            let mut bytes = bytes.clone();
            if self.bad_records.contains(version) {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
            bytes
        });
        Journal { snapshot: whole.map(|(_, bytes)| bytes.clone()), tail: tail.collect(), damage: Vec::new() }
    }

    fn retained(&self) -> Retained {
        let bad = |what: &str, versions: &BTreeSet<u64>| {
            let damage = |version: &u64| Damage {
                what: format!("{what} {version} is damaged"),
                place: format!("{what} {version}"),
            };
            versions.iter().map(damage).collect::<Vec<_>>()
        };
        Retained {
            last_version: self.taken,
            snapshots: versioned(&self.snapshots, &self.bad_snapshots),
            records: versioned(&self.records, &self.bad_records),
            damage: [bad("record", &self.bad_records), bad("snapshot", &self.bad_snapshots)].concat(),
        }
    }

    fn reset(&mut self, version: u64, bytes: Vec<u8>) -> Outcome {
        if version <= self.taken {
            return Outcome::Taken;
        }
        *self = Stored {
            snapshots: BTreeMap::from([(version, bytes)]),
            backups: std::mem::take(&mut self.backups),
            taken: version,
            ..Stored::default()
        };
        Outcome::Reset(Some("aside".to_owned()))
    }

    fn perform(&mut self, operation: Operation) -> Outcome {
        match operation {
            Operation::Read => Outcome::Journal(self.journal()),
            Operation::ReadFrom(version) => {
                Outcome::Tail(self.records.range(version..).map(|(_, bytes)| bytes.clone()).collect())
            }
            Operation::Append(it) if it.version == self.taken + 1 => {
                self.taken = it.version;
                self.records.insert(it.version, it.bytes);
                Outcome::Appended
            }
            Operation::Append(_) => Outcome::Taken,
            Operation::PutSnapshot(it) => {
                self.snapshots.insert(it.version, it.bytes);
                Outcome::Done
            }
            // Everything is retained, as in a store that trims whole segments only.
            Operation::Trim(_) | Operation::Beat(_) => Outcome::Done,
            Operation::Beats => Outcome::Beats(Vec::new()),
            Operation::InspectArtifact(_) => Outcome::Artifact(Inspected::Missing),
            Operation::ReadAll => Outcome::Retained(self.retained()),
            Operation::Reset(it) => self.reset(it.version, it.bytes),
            Operation::PutBackup(it) => {
                self.backups.insert(it.name, it.bytes);
                Outcome::Done
            }
            Operation::Backups => {
                let file = |(name, bytes): (&String, &Vec<u8>)| BackupFile {
                    name: name.clone(),
                    size_bytes: bytes.len() as u64,
                };
                Outcome::Backups(self.backups.iter().map(file).collect())
            }
            Operation::ReadBackup(name) => Outcome::Backup(self.backups.get(&name).cloned()),
            Operation::DeleteBackup(name) => {
                self.backups.remove(&name);
                Outcome::Done
            }
        }
    }
}

impl Host {
    pub(crate) fn new(snapshot_min_bytes: u64) -> Host {
        let mut host = Host {
            engine: Engine::new(Options::new((0, 0))),
            journals: BTreeMap::new(),
            now_ms: 1_800_000_000_000,
            seed: 0,
            snapshot_min_bytes,
        };
        host.restart();
        host
    }

    /// A new engine, which knows only what the store has.
    pub(crate) fn restart(&mut self) {
        self.seed += 1;
        let options = Options::new((self.seed, self.seed));
        self.engine = Engine::new(Options { snapshot_min_bytes: self.snapshot_min_bytes, ..options });
    }

    pub(crate) fn ask(&mut self, pipeline: &str, command: Command) -> Result<Answer, Error> {
        self.submit(pipeline, command, None, None)
    }

    pub(crate) fn at(&mut self, moment: Moment, command: Command) -> Result<Answer, Error> {
        self.submit("p", command, None, Some(moment))
    }

    pub(crate) fn submit(
        &mut self,
        pipeline: &str,
        command: Command,
        dedupe_key: Option<String>,
        at: Option<Moment>,
    ) -> Result<Answer, Error> {
        self.now_ms += 1_000;
        let mut inputs = vec![Input::Submission(Submission {
            ticket: 1,
            pipeline: pipeline.to_owned(),
            commands: vec![command],
            dedupe_key,
            freshness: Freshness::Latest,
            at,
        })];
        let mut answer = None;
        // What comes after the reply is upkeep, which is carried out too.
        while answer.is_none() || !inputs.is_empty() {
            let output = self.engine.step(self.now_ms, inputs).expect("the engine never fails");
            if let Some(reply) = output.replies.into_iter().next() {
                answer = Some(reply.result.map(|mut answers| answers.remove(0)));
            }
            inputs = Vec::new();
            for Request { id, pipeline, operation } in output.requests {
                let outcome = self.journals.entry(pipeline).or_default().perform(operation);
                inputs.push(Input::Completion(Completion { id, outcome }));
            }
            if inputs.is_empty() && answer.is_none() {
                self.now_ms = output.wake_at_ms.expect("something must happen next");
            }
        }
        answer.expect("a reply")
    }
}
