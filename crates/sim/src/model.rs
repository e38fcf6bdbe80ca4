//! A tiny sequential reference of the commands, and whether what concurrent clients were told can be explained by it.
//!
//! The reference is written from the documentation of the commands, and shares no line with the core: one pipeline, one
//! command after the other, plain maps. It knows no time: where an answer depends on clocks or beats (a back-off is over,
//! a holder has stood still) it takes either, as long as what follows from it is right.
//!
//! [`check`] holds a [`History`](crate::History) against it: is there an order of all operations, in which each takes effect at one moment
//! between its submission and its answer, and every answer is what the reference says? Each pipeline is looked at by itself.

mod answers;
mod backfills;
mod batches;
mod cached;
mod cadences;
mod check;
mod control;
mod coverage;
mod derived;
mod due;
mod effect;
mod hwms;
mod late;
mod leases;
mod letters;
pub mod linear;
mod local;
mod nodes;
mod partitions;
mod plans;
mod positions;
mod reports;
mod runs;
mod streams;
mod views;
mod windows;

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::ErrorKind;
use highwater_core::answer::{
    Answer, BatchView, Beaten, DeadLetter, Done, Holding, Log, Pause, PipelineView,
};
use highwater_core::attempt::AttemptStatus;
use highwater_core::command::{Command, HwmSpec, ObserveSource};
use highwater_core::node::NodeStatus;
use highwater_core::run::RunStatus;
use highwater_format::fact::{Cadence, Counts, ErrorRecord, Fingerprint, NodeSpec, ReasonCode, SinkKind};
use highwater_format::value::Value;

pub use check::{Checked, check, check_pipeline};

/// A pipeline as the reference knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    version: u64,
    token: u64,
    graph: Vec<NodeSpec>,
    /// In the order of their start.
    runs: Vec<Run>,
    /// All changes of each, oldest first.
    hwms: BTreeMap<String, Vec<highwater_core::answer::HwmChange>>,
    specs: BTreeMap<String, HwmSpec>,
    sources: BTreeMap<String, ObserveSource>,
    /// Keys of rows at the present values.
    keys: BTreeMap<String, BTreeSet<String>>,
    batches: BTreeMap<u64, BatchView>,
    sinks: BTreeMap<String, SinkKind>,
    /// By node; the one of all nodes has no name.
    cadences: BTreeMap<String, Cadence>,
    leases: BTreeMap<String, Lease>,
    stops: BTreeMap<String, control::Stopped>,
    letters: BTreeMap<(String, String), DeadLetter>,
    successes: BTreeMap<String, cached::Success>,
    covers: coverage::Covers,
    backfills: BTreeMap<String, backfills::Backfill>,
    stream: streams::Stream,
    /// Known from the whole history.
    bases: plans::Bases,
    late: late::Late,
    partitions: partitions::Partitions,
    remembered: BTreeMap<String, (Vec<Command>, Vec<Answer>)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Run {
    name: String,
    status: RunStatus,
    restarts: u32,
    started: highwater_core::command::StartRun,
    worker: Option<String>,
    error: Option<ErrorRecord>,
    cancelled: Option<(String, Option<String>)>,
    pause: Option<Pause>,
    /// It ran into its deadline.
    is_late: bool,
    nodes: BTreeMap<String, Node>,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    status: NodeStatus,
    failures: u32,
    reason: Option<ReasonCode>,
    next_reason: Option<ReasonCode>,
    /// What was said when it was skipped by hand.
    skipped_as: String,
    attempts: Vec<Attempt>,
    extents: windows::Extents,
    /// Version, what, and what tells one skip from another.
    decisions: Vec<(u64, &'static str, String)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Attempt {
    status: AttemptStatus,
    worker: String,
    token: u64,
    counts: Counts,
    state: Option<Vec<u8>>,
    error: Option<ErrorRecord>,
    reason: ReasonCode,
    /// What it would move if it succeeded.
    proposed: BTreeMap<String, (Value, BTreeSet<String>)>,
    fingerprint: Option<Fingerprint>,
    /// The backfill that it has a share of.
    backfill: Option<String>,
    has_deadline: bool,
    /// It ran into its deadline.
    is_late: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Lease {
    worker: String,
    token: u64,
    lease_ms: u64,
    /// Run and node, when it is that of an attempt.
    attempt: Option<(String, String)>,
}

/// A refusal.
type Refused<T> = Result<T, ErrorKind>;

/// What a submission comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The pipeline afterwards.
    pub after: Pipeline,
    /// The answers, but for times and words; or the refusal.
    pub result: Result<Vec<Answer>, ErrorKind>,
    /// What it leaves in the journal, one word of `effect` for each fact.
    pub effects: Vec<String>,
}

/// A submission that is being carried out.
struct Trial {
    pipeline: Pipeline,
    /// The version that its facts have.
    next: u64,
    effects: Vec<String>,
    /// One bit for each question that only a clock can answer: is it over?
    clock: u32,
    questions: u32,
}

impl Pipeline {
    /// Everything that this submission can come to, if its facts have the version `next`.
    ///
    /// `told` is what was answered, where it is known: the name of a run that was asked for without one stands there.
    #[must_use]
    pub fn submit(
        &self,
        commands: &[Command],
        key: Option<&String>,
        next: u64,
        told: Option<&[Answer]>,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let (mut clock, mut most) = (0, 0);
        loop {
            let trial = Trial { pipeline: self.clone(), next, effects: Vec::new(), clock, questions: 0 };
            let (outcome, questions) = trial.carry_out(self, commands, key, told);
            outcomes.push(outcome);
            clock += 1;
            // A clock that would say yes to a question that was never asked says nothing new. How many are asked may hang on what it
            // said to the first ones.
            most = questions.min(8).max(most);
            if clock >> most != 0 {
                return outcomes;
            }
        }
    }

    fn run(&self, name: &str) -> Refused<&Run> {
        self.runs.iter().find(|run| run.name == name).ok_or(ErrorKind::Invalid)
    }
}

impl Trial {
    fn carry_out(
        mut self,
        before: &Pipeline,
        commands: &[Command],
        key: Option<&String>,
        told: Option<&[Answer]>,
    ) -> (Outcome, u32) {
        let result = self.all(commands, key, told);
        if result.is_err() {
            self.effects.clear();
        }
        let mut after = if self.effects.is_empty() { before.clone() } else { self.pipeline };
        if !self.effects.is_empty() {
            after.version = self.next;
        }
        (Outcome { after, result, effects: self.effects }, self.questions)
    }

    fn all(
        &mut self,
        commands: &[Command],
        key: Option<&String>,
        told: Option<&[Answer]>,
    ) -> Refused<Vec<Answer>> {
        if let Some(key) = key {
            let has_none = |command: &Command| {
                let is_report = matches!(command, Command::ReportRun(_) | Command::ReportDrift(_));
                is_report || command.is_about_stream()
            };
            if commands.iter().any(has_none) {
                return Err(ErrorKind::Invalid);
            }
            is_named(key)?;
            if let Some((asked, answers)) = self.pipeline.remembered.get(key) {
                return if asked == commands { Ok(answers.clone()) } else { Err(ErrorKind::Conflict) };
            }
        }
        let mut answers = Vec::new();
        for (at, command) in commands.iter().enumerate() {
            let answer = self.one(command, told.and_then(|told| told.get(at)))?;
            self.forget_seen();
            answers.push(answer);
        }
        if let Some(key) = key {
            self.effects.push(effect::remembered(key));
            self.pipeline.remembered.insert(key.clone(), (commands.to_vec(), answers.clone()));
        }
        Ok(answers)
    }

    fn one(&mut self, command: &Command, told: Option<&Answer>) -> Refused<Answer> {
        match command {
            Command::DescribePipeline => Ok(self.describe()),
            Command::DeclareGraph(command) => self.declare(&command.nodes),
            Command::StartRun(command) => self.start(command, told),
            Command::ResumeRun(command) => self.resume(command),
            Command::FinishRun(command) => self.finish(command),
            Command::CancelRun(command) => self.cancel(command),
            Command::DescribeRun(command) => self.pipeline.view(&command.run, true).map(Answer::Run),
            Command::ReportRun(command) => self.report(&command.run),
            Command::ReportDrift(command) => self.report_drift(command),
            Command::ListRuns(command) => self.list_runs(command),
            Command::BeginNode(command) => self.begin(command),
            Command::ReportProgress(command) => self.progress(command),
            Command::SucceedAttempt(command) => self.succeed(command),
            Command::FailAttempt(command) => self.fail(command),
            Command::PrepareBatch(command) => self.prepare(command),
            Command::CommitBatch(command) => self.commit(command),
            Command::AbortBatch(command) => self.abort(command),
            Command::ListBatches(command) => Ok(self.list_batches(command)),
            Command::DeclareSink(command) => self.declare_sink(command),
            Command::ForceNode(command) => self.force(command),
            Command::ResetFailed(command) => self.reset(command),
            Command::SkipNode(command) => self.skip_node(command),
            Command::DescribeNode(command) => self.describe_node(&command.node),
            Command::Why(command) => self.why(command),
            Command::GetHwm(command) => self.get_hwm(&command.name),
            Command::SetHwms(command) => self.set_hwms(command),
            Command::RewindHwm(command) => self.rewind(command),
            Command::DeleteHwm(command) => self.delete(command),
            Command::ListHwms(command) => Ok(self.list_hwms(command)),
            Command::HwmHistory(command) => self.hwm_history(&command.name),
            Command::DeclareHwm(spec) => self.declare_hwm(spec),
            Command::ObserveSource(command) => self.observe_source(command),
            Command::GetPositions(command) => self.positions(&command.names),
            Command::AcquireLease(command) => self.acquire(command),
            Command::ReleaseLease(command) => self.release(&command.holder),
            Command::ForceUnlock(command) => self.force_unlock(command),
            Command::ListLeases => Ok(self.list_leases()),
            Command::Beat(command) => {
                let leases = self.pipeline.held_by(&command.worker);
                let stop = self.pipeline.asked_to_stop(&command.worker);
                Ok(Answer::Beaten(Beaten { leases, stop }))
            }
            Command::ListWorkers => Ok(self.list_workers()),
            Command::PauseRun(command) => self.pause(command),
            Command::HandBackAttempt(command) => self.hand_back(command),
            Command::StopWorker(command) => self.stop(command),
            Command::AllowWorker(command) => self.allow(command),
            Command::BuryItems(command) => self.bury(command),
            Command::ListDeadLetters(command) => Ok(self.list_letters(command)),
            Command::SettleDeadLetters(command) => self.settle(command),
            // What stands in the journal is held against the reference word by word, and not by way of this.
            Command::ReadLog(_) => Ok(Answer::Log(Log::default())),
            other => self.of_coverage(other, told),
        }
    }

    /// The same for intervals, windows and plans.
    fn of_coverage(&mut self, command: &Command, told: Option<&Answer>) -> Refused<Answer> {
        match command {
            Command::DescribeCoverage(command) => self.describe_coverage(command),
            Command::ListCoverage(command) => Ok(self.list_coverage(command)),
            Command::MarkCoverage(command) => self.mark_coverage(command),
            Command::DeclareCadence(command) => self.declare_cadence(command),
            Command::ListCadences(command) => Ok(self.list_cadences(command)),
            Command::ListWindows(command) => self.list_windows(command),
            Command::DeclareLateRule(command) => self.declare_late_rule(command),
            Command::ListLateRules(command) => Ok(self.list_late_rules(command)),
            Command::ReportArrivals(command) => self.report_arrivals(command),
            Command::DeclarePartitions(command) => self.declare_partitions(command),
            Command::ChangePartitionKeys(command) => self.change_partition_keys(command),
            Command::MarkPartitions(command) => self.mark_partitions(command),
            Command::RekeyPartitions(command) => self.rekey_partitions(command),
            Command::DescribePartitions(command) => self.describe_partitions(command),
            Command::ListPartitions(command) => self.list_partitions(command),
            Command::ListPartitionKeys(command) => self.list_partition_keys(command),
            Command::Plan(command) => self.plan(command, told),
            Command::ApplyPlan(command) => self.apply_plan(command, told),
            Command::ListBackfills(command) => self.list_backfills(command),
            Command::ChangeBackfill(command) => self.change_backfill(command),
            other => self.of_stream(other),
        }
    }

    /// The same for streams.
    fn of_stream(&mut self, command: &Command) -> Refused<Answer> {
        match command {
            Command::DeclareStream(command) => self.declare_stream(command),
            Command::TriggerCheckpoint(command) => self.trigger(command),
            Command::AcknowledgeCheckpoint(command) => self.acknowledge(command),
            Command::AbortCheckpoint(command) => self.abort_checkpoint(command),
            Command::DescribeCheckpoint(command) => self.describe_checkpoint(command),
            Command::ListCheckpoints(command) => Ok(self.list_checkpoints(command)),
            Command::DeleteCheckpoint(command) => self.delete_checkpoint(command),
            Command::SettleTransactions(command) => self.settle_transactions(command),
            other => {
                unreachable!("the reference has no {other:?}; teach it, or leave it out of the histories")
            }
        }
    }

    /// Asks what only a clock knows.
    fn is_over(&mut self) -> bool {
        self.questions += 1;
        self.clock >> (self.questions - 1) & 1 == 1
    }

    fn leave(&mut self, effect: String) {
        self.effects.push(effect);
    }

    /// The version at which an answer holds.
    fn version(&self) -> u64 {
        if self.effects.is_empty() { self.pipeline.version } else { self.next }
    }

    /// The answer to what left `effects` in the journal, if any.
    fn done(&mut self, effects: Vec<String>) -> Answer {
        let changed = !effects.is_empty();
        self.effects.extend(effects);
        Answer::Done(Done { version: self.version(), changed })
    }

    fn describe(&self) -> Answer {
        let pipeline = &self.pipeline;
        let open = pipeline.runs.iter().filter(|run| !run.status.is_final());
        let has_value = |changes: &&Vec<highwater_core::answer::HwmChange>| value_of(changes).is_some();
        Answer::Pipeline(PipelineView {
            version: pipeline.version,
            digest: String::new(),
            graph: pipeline.graph.clone(),
            runs: pipeline.runs.len() as u64,
            open_runs: open.map(|run| run.name.clone()).collect(),
            hwms: pipeline.hwms.values().filter(has_value).count() as u64,
            leases: pipeline.leases.len() as u64,
            snapshot_version: 0,
            in_doubt: pipeline.doubts(),
            guarantees: pipeline.guarantees(),
        })
    }
}

impl Pipeline {
    fn held_by(&self, worker: &str) -> Vec<Holding> {
        let held = self.leases.iter().filter(|(_, lease)| lease.worker == worker);
        held.map(|(name, lease)| Holding { lease: name.clone(), token: lease.token }).collect()
    }
}

fn value_of(changes: &[highwater_core::answer::HwmChange]) -> Option<&Value> {
    changes.last().and_then(|change| change.value.as_ref())
}

fn is_named(name: &str) -> Refused<()> {
    if name.is_empty() { Err(ErrorKind::Invalid) } else { Ok(()) }
}

fn is_explained(reason: &str) -> Refused<()> {
    if reason.trim().is_empty() { Err(ErrorKind::Invalid) } else { Ok(()) }
}
