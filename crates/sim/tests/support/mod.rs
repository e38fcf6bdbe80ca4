//! One engine over a store in memory, asked one thing after the other.

pub(crate) mod choices;
pub(crate) mod coverage;
pub(crate) mod late;
pub(crate) mod partitions;
pub(crate) mod streams;
mod windows;

use std::collections::BTreeMap;

use highwater_core::answer::{Answer, Begun, CheckpointTrigger, LeaseAnswer};
use highwater_core::command::{Command, Holder, PlanOf, PlanRange};
use highwater_core::input::{Completion, Found, Freshness, Input, Inspected, Journal, Outcome, Submission};
use highwater_core::output::{Operation, Request};
use highwater_core::{Engine, Error, Options};
use highwater_format::fact::OperatorSpec;

/// A host without faults.
pub(crate) struct Host {
    engine: Engine,
    seed: u64,
    lives: u64,
    /// Submissions so far.
    pub(crate) tickets: u64,
    /// Its clock.
    pub(crate) now_ms: i64,
    /// The last token that it gave out.
    pub(crate) last_token: u64,
    pub(crate) last_batch: u64,
    /// The token of the attempt that it let somebody begin last.
    pub(crate) last_attempt: Option<u64>,
    /// The run and node that it let somebody begin last.
    pub(crate) last_begun: Option<(String, String)>,
    /// The lease that it granted last, and the worker that it stopped.
    pub(crate) last_lease: Option<Holder>,
    pub(crate) last_stopped: Option<String>,
    /// The stream as it was declared last, and its last checkpoint.
    pub(crate) last_operators: Vec<OperatorSpec>,
    pub(crate) last_checkpoint: u64,
    /// What it planned last, with its basis.
    pub(crate) last_plan: Option<(PlanOf, String)>,
    /// The backfill that it made last, its nodes and its partition.
    pub(crate) last_backfill: Option<String>,
    pub(crate) last_nodes: Vec<String>,
    pub(crate) last_partition: Option<String>,
    /// The journal, nothing of which is ever dropped.
    pub(crate) records: Vec<Vec<u8>>,
    snapshots: BTreeMap<u64, Vec<u8>>,
    beats: BTreeMap<String, Vec<u8>>,
}

impl Host {
    /// A host whose engine snapshots early.
    pub(crate) fn new(seed: u64) -> Host {
        Host {
            engine: engine(seed, 0),
            seed,
            lives: 0,
            tickets: 0,
            now_ms: 1_700_000_000_000,
            last_token: 0,
            last_batch: 0,
            last_attempt: None,
            last_begun: None,
            last_lease: None,
            last_stopped: None,
            last_operators: Vec::new(),
            last_checkpoint: 0,
            last_plan: None,
            last_backfill: None,
            last_nodes: Vec::new(),
            last_partition: None,
            records: Vec::new(),
            snapshots: BTreeMap::new(),
            beats: BTreeMap::new(),
        }
    }

    /// Another engine takes its place, which knows only what is stored.
    pub(crate) fn restart(&mut self) {
        self.lives += 1;
        self.engine = engine(self.seed, self.lives);
    }

    /// Submits, and goes on until there is a reply.
    pub(crate) fn submit(
        &mut self,
        commands: Vec<Command>,
        dedupe_key: Option<String>,
    ) -> Result<Vec<Answer>, Error> {
        self.tickets += 1;
        let ticket = self.tickets;
        let pipeline = "p".to_owned();
        let freshness = Freshness::Latest;
        let asked = commands.clone();
        let submission = Submission { ticket, pipeline, commands, dedupe_key, freshness, at: None };
        let mut inputs = vec![Input::Submission(submission)];
        let mut result = None;
        while result.is_none() || !inputs.is_empty() {
            let output =
                self.engine.step(self.now_ms, std::mem::take(&mut inputs)).expect("the engine works");
            for request in &output.requests {
                let outcome = self.perform(request);
                inputs.push(Input::Completion(Completion { id: request.id, outcome }));
            }
            result = result.or_else(|| output.replies.into_iter().next().map(|reply| reply.result));
        }
        let result = result.expect("there is a reply");
        result.iter().flatten().for_each(|answer| self.note_token(answer));
        result.iter().flatten().zip(&asked).for_each(|(answer, command)| self.note_told(command, answer));
        result
    }

    fn note_token(&mut self, answer: &Answer) {
        match answer {
            Answer::Begun(Begun::Run(go)) => {
                self.last_token = go.token;
                self.last_attempt = Some(go.token);
                let names = go.lease.strip_prefix("node:").and_then(|names| names.split_once('/'));
                self.last_begun = names.map(|(run, node)| (run.to_owned(), node.to_owned()));
            }
            Answer::Prepared(prepared) => self.last_batch = prepared.batch,
            Answer::Lease(LeaseAnswer::Granted(granted)) => self.last_token = granted.token,
            _ => {}
        }
    }

    fn note_told(&mut self, command: &Command, answer: &Answer) {
        match (command, answer) {
            (Command::Plan(plan), Answer::Plan(told)) => {
                self.last_plan = Some((plan.of.clone(), told.basis.clone()));
                if let PlanOf::Backfill(PlanRange { partition, .. })
                | PlanOf::Restatement(PlanRange { partition, .. }) = &plan.of
                {
                    self.last_nodes = told.steps.iter().map(|step| step.node.clone()).collect();
                    self.last_partition.clone_from(partition);
                }
            }
            (Command::ApplyPlan(_), Answer::PlanApplied(applied)) if applied.backfill.is_some() => {
                self.last_backfill.clone_from(&applied.backfill);
            }
            (Command::AcquireLease(acquire), Answer::Lease(LeaseAnswer::Granted(granted))) => {
                self.last_lease = Some(Holder { lease: acquire.name.clone(), token: granted.token });
            }
            (Command::DeclareStream(stream), Answer::Done(_)) => {
                self.last_operators.clone_from(&stream.operators);
            }
            (_, Answer::CheckpointTrigger(CheckpointTrigger::Triggered(triggered))) => {
                self.last_checkpoint = triggered.checkpoint;
            }
            (Command::StopWorker(stop), Answer::WorkerStop(_)) => {
                self.last_stopped = Some(stop.worker.clone());
            }
            _ => {}
        }
    }

    fn perform(&mut self, request: &Request) -> Outcome {
        match &request.operation {
            Operation::Read => {
                let snapshot = self.snapshots.last_key_value();
                let covered = snapshot.map_or(0, |(version, _)| *version as usize);
                let tail = self.records[covered..].to_vec();
                Outcome::Journal(Journal {
                    snapshot: snapshot.map(|(_, bytes)| bytes.clone()),
                    tail,
                    damage: Vec::new(),
                })
            }
            Operation::ReadFrom(version) => {
                Outcome::Tail(self.records.iter().skip(*version as usize - 1).cloned().collect())
            }
            Operation::Append(stored) => {
                assert_eq!(stored.version as usize, self.records.len() + 1, "nobody else writes");
                self.records.push(stored.bytes.clone());
                Outcome::Appended
            }
            Operation::PutSnapshot(stored) => {
                self.snapshots.insert(stored.version, stored.bytes.clone());
                Outcome::Done
            }
            Operation::Beat(beat) => {
                self.beats.insert(beat.worker.clone(), beat.bytes.clone());
                Outcome::Done
            }
            Operation::Beats => Outcome::Beats(self.beats.clone().into_iter().collect()),
            Operation::Trim(_) => Outcome::Done,
            // What is outside changes without anybody being asked.
            Operation::InspectArtifact(_) => Outcome::Artifact(match request.id % 5 {
                0 => Inspected::Missing,
                1 => Inspected::Unknown("the network is down".to_owned()),
                id => Inspected::Found(Found { size_bytes: Some(8), digest: Some(format!("d{}", id / 4)) }),
            }),
            other => panic!("no command of the test wants {other:?}"),
        }
    }
}

fn engine(seed: u64, life: u64) -> Engine {
    Engine::new(Options { snapshot_min_bytes: 2_000, ..Options::new((seed, life)) })
}
