//! Decide: commands against the state give facts and an answer, or a refusal. Nothing is changed here.

use std::collections::BTreeSet;

use highwater_format::Keyring;
use highwater_format::fact::Fact;

use crate::answer::{Answer, BackupInfo, Done, Repaired};
use crate::ask::Ask;
use crate::command::Command;
use crate::error::{Error, ErrorKind};
use crate::few::Few;
use crate::input::Outcome;
use crate::observe::Watch;
use crate::output::{Inspection, Notice, NoticeLevel};
use crate::past::Source;
use crate::rng::Rng;
use crate::state::State;
use crate::{
    acknowledge, backfill, backup, batch, cadence, checkpoint, coverage, dead_letter, diff, drift, fork,
    graph, hand_back, hwm, hwm_spec, late, lease, log, node, partition, pause, plan, position, repair,
    report, revert, run, sink, skip, state_part, stop, stream, success, time, transaction, trigger, validate,
    verify, why, worker,
};

/// What a decision may look at.
pub(crate) struct Context<'a> {
    pub(crate) state: &'a State,
    /// Time of the host, milliseconds since the Unix epoch.
    pub(crate) now_ms: i64,
    /// Version that a record made now will have.
    pub(crate) next_version: u64,
    /// Whether facts of this record stand in the state already.
    pub(crate) staged: bool,
    pub(crate) snapshot_version: u64,
    pub(crate) rng: &'a mut Rng,
    /// What this engine has seen of other workers, and what the host fetched for the submission.
    pub(crate) watch: &'a mut Watch,
    pub(crate) fetched: &'a mut Fetched,
    pub(crate) notices: &'a mut Vec<Notice>,
    pub(crate) pipeline: &'a str,
    pub(crate) keys: &'a Keyring,
}

/// What was read from the store on behalf of one submission, because its decision asked for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetched {
    /// The beats of all workers are in the watch, and fresh.
    pub(crate) beats: bool,
    /// The workers whose beats were written.
    pub(crate) beats_of: BTreeSet<String>,
    /// Records from each version that was asked for, or what is left of them.
    pub(crate) logs: Few<u64, Outcome>,
    /// What the store answered to maintenance.
    pub(crate) asked: Few<Ask, Outcome>,
    /// The state is one of the past.
    pub(crate) past: bool,
    /// The backup that is being made: its id was settled when it was begun.
    pub(crate) backup: Option<BackupInfo>,
    /// Versions above the last one that can be seen which the store says were written all the same.
    pub(crate) hidden: u64,
    /// The repair that was made and is not yet noted in the journal.
    pub(crate) repaired: Option<Repaired>,
}

/// A decision.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) facts: Vec<Fact>,
    pub(crate) answer: Draft,
}

/// An answer that may have to look at the state with the facts in it.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer is moved once; a box would cost every command an allocation"
)]
pub(crate) enum Draft {
    Ready(Answer),
    Run(String),
    RunStarted { run: String, resumed: bool },
}

/// Why there is no decision.
#[derive(Debug)]
pub(crate) enum Stop {
    /// There never will be one.
    Refused(Error),
    /// The host must do something first.
    Need(Need),
}

/// What a decision needs from the store.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Need {
    Beats,
    WriteBeat {
        worker: String,
        place: String,
    },
    Log {
        from_version: u64,
    },
    /// What maintenance asks about the journal of a pipeline, with the bytes that it writes.
    Ask {
        of: String,
        ask: Ask,
        bytes: Vec<u8>,
    },
    /// What an attempt has made outside. Others go on while the host looks.
    Inspect(Inspection),
    /// The journal is another one now, and must be opened anew.
    Reopen,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Refused(error)
    }
}

impl Decided {
    /// An answer that changes nothing.
    pub(crate) fn answer(answer: Answer) -> Result<Decided, Stop> {
        Ok(Decided { facts: Vec::new(), answer: Draft::Ready(answer) })
    }

    /// Facts and an answer.
    pub(crate) fn facts(facts: Vec<Fact>, answer: Answer) -> Result<Decided, Stop> {
        Ok(Decided { facts, answer: Draft::Ready(answer) })
    }
}

impl Context<'_> {
    /// The journal of this pipeline as the past of it is read.
    pub(crate) fn source(&self) -> Source<'_> {
        Source { pipeline: self.pipeline, fetched: self.fetched, keys: self.keys }
    }

    /// The id that somebody gave, or one that sorts by time.
    pub(crate) fn id(&mut self, given: Option<&String>) -> String {
        let made = || format!("{}-{:08x}", time::compact(self.now_ms), self.rng.next_u64() >> 32);
        given.cloned().unwrap_or_else(made)
    }

    /// Version at which an answer without facts of its own holds.
    pub(crate) fn version(&self) -> u64 {
        if self.staged { self.next_version } else { self.state.version }
    }

    /// The answer to a command that needs no more words.
    pub(crate) fn done(&self, facts: Vec<Fact>) -> Result<Decided, Stop> {
        let changed = !facts.is_empty();
        let version = if changed { self.next_version } else { self.version() };
        Decided::facts(facts, Answer::Done(Done { version, changed }))
    }

    /// Refuses what would go above a bound, and warns once when most of it is used.
    pub(crate) fn check_bound(
        &mut self,
        what: &str,
        present: usize,
        added: usize,
        limit: usize,
    ) -> Result<(), Error> {
        let wanted = present.saturating_add(added);
        if wanted > limit {
            return Err(Error::invalid(format!(
                "pipeline `{}` would have {wanted} {what}; at most {limit} are allowed",
                self.pipeline
            )));
        }
        let warn_at = limit / 100 * crate::limits::WARN_PERCENT;
        if present < warn_at && wanted >= warn_at {
            self.notices.push(Notice {
                level: NoticeLevel::Warn,
                pipeline: self.pipeline.to_owned(),
                code: "limit-near".to_owned(),
                message: format!("pipeline `{}` has {wanted} {what} of at most {limit}", self.pipeline),
            });
        }
        Ok(())
    }
}

/// Decides one command.
pub(crate) fn decide(context: &mut Context<'_>, command: &Command) -> Result<Decided, Stop> {
    match command {
        Command::DescribePipeline => graph::describe(context),
        Command::DeclareGraph(command) => graph::declare(context, command),
        Command::ReadLog(command) => log::read(context, command),
        Command::StartRun(command) => run::start(context, command),
        Command::ResumeRun(command) => run::resume(context, command),
        Command::FinishRun(command) => run::finish(context, command),
        Command::CancelRun(command) => run::cancel(context, command),
        Command::DescribeRun(command) => run::describe(context, command),
        Command::ReportRun(command) => report::report(context, command),
        Command::ListRuns(command) => run::list(context, command),
        Command::BeginNode(command) => node::begin(context, command),
        Command::ReportProgress(command) => node::progress(context, command),
        Command::SucceedAttempt(command) => node::succeed(context, command),
        Command::FailAttempt(command) => node::fail(context, command),
        Command::PrepareBatch(command) => batch::prepare(context, command),
        Command::CommitBatch(command) => batch::commit(context, command),
        Command::AbortBatch(command) => batch::abort(context, command),
        Command::ListBatches(command) => batch::list(context, command),
        Command::DeclareSink(command) => sink::declare(context, command),
        Command::ForceNode(command) => node::force(context, command),
        Command::ResetFailed(command) => node::reset_failed(context, command),
        Command::SkipNode(command) => skip::skip(context, command),
        Command::DescribeNode(command) => success::describe(context, command),
        Command::Why(command) => why::why(context, command),
        Command::GetHwm(command) => hwm::get(context, command),
        Command::SetHwms(command) => hwm::set(context, command),
        Command::RewindHwm(command) => hwm::rewind(context, command),
        Command::DeleteHwm(command) => hwm::delete(context, command),
        Command::ListHwms(command) => hwm::list(context, command),
        Command::HwmHistory(command) => hwm::history(context, command),
        Command::DeclareHwm(spec) => hwm_spec::declare(context, spec),
        Command::ObserveSource(command) => hwm_spec::observe(context, command),
        Command::GetPositions(command) => position::get(context, command),
        Command::AcquireLease(command) => lease::acquire(context, command),
        Command::ReleaseLease(command) => lease::release(context, command),
        Command::ForceUnlock(command) => lease::force_unlock(context, command),
        Command::ListLeases => lease::list(context),
        Command::Beat(command) => worker::beat(context, command),
        Command::ListWorkers => worker::list(context),
        Command::PauseRun(command) => pause::pause(context, command),
        Command::HandBackAttempt(command) => hand_back::hand_back(context, command),
        Command::StopWorker(command) => stop::stop(context, command),
        Command::AllowWorker(command) => stop::allow(context, command),
        Command::BuryItems(command) => dead_letter::bury(context, command),
        Command::ListDeadLetters(command) => dead_letter::list(context, command),
        Command::SettleDeadLetters(command) => dead_letter::settle(context, command),
        other => of_coverage(context, other),
    }
}

/// The same for intervals and windows.
fn of_coverage(context: &mut Context<'_>, command: &Command) -> Result<Decided, Stop> {
    match command {
        Command::DescribeCoverage(command) => coverage::show::describe(context, command),
        Command::ListCoverage(command) => coverage::show::list(context, command),
        Command::MarkCoverage(command) => coverage::mark(context, command),
        Command::DeclareCadence(command) => cadence::declare(context, command),
        Command::ListCadences(command) => cadence::show::list_cadences(context, command),
        Command::ListWindows(command) => cadence::show::list_windows(context, command),
        Command::FindWindow(command) => cadence::show::find(command),
        Command::ReportDrift(command) => drift::report(context, command),
        Command::DeclareLateRule(command) => late::declare(context, command),
        Command::ListLateRules(command) => late::list_rules(context, command),
        Command::ReportArrivals(command) => late::report(context, command),
        Command::DeclarePartitions(command) => partition::declare::declare(context, command),
        Command::ChangePartitionKeys(command) => partition::declare::change_keys(context, command),
        Command::MarkPartitions(command) => partition::mark::mark(context, command),
        Command::RekeyPartitions(command) => partition::rekey::rekey(context, command),
        Command::DescribePartitions(command) => partition::show::describe(context, command),
        Command::ListPartitions(command) => partition::show::list(context, command),
        Command::ListPartitionKeys(command) => partition::show::list_keys(context, command),
        Command::Plan(command) => plan::plan(context, command),
        Command::ApplyPlan(command) => plan::apply(context, command),
        Command::ListBackfills(command) => backfill::list(context, command),
        Command::ChangeBackfill(command) => backfill::change(context, command),
        other => of_stream(context, other),
    }
}

/// The same for streams.
fn of_stream(context: &mut Context<'_>, command: &Command) -> Result<Decided, Stop> {
    match command {
        Command::DeclareStream(command) => stream::declare(context, command),
        Command::DescribeStream => stream::describe(context),
        Command::RestoreStream(command) => stream::restore(context, command),
        Command::TriggerCheckpoint(command) => trigger::trigger(context, command),
        Command::AcknowledgeCheckpoint(command) => acknowledge::acknowledge(context, command),
        Command::AbortCheckpoint(command) => checkpoint::abort(context, command),
        Command::DescribeCheckpoint(command) => checkpoint::describe(context, command),
        Command::ListCheckpoints(command) => checkpoint::list(context, command),
        Command::DeleteCheckpoint(command) => checkpoint::delete(context, command),
        Command::SettleTransactions(command) => transaction::settle(context, command),
        Command::ReclaimState(command) => state_part::reclaim(context, command),
        other => of_maintenance(context, other),
    }
}

/// The same for maintenance and history.
fn of_maintenance(context: &mut Context<'_>, command: &Command) -> Result<Decided, Stop> {
    match command {
        Command::Validate => validate::validate(context),
        Command::VerifyIntegrity => verify::verify(context),
        Command::Repair(command) => repair::repair(context, command),
        Command::Backup(command) => backup::make(context, command),
        Command::ListBackups => backup::list(context),
        Command::DeleteBackup(command) => backup::delete(context, command),
        Command::Diff(command) => diff::diff(context, command),
        Command::Revert(command) => revert::revert(context, command),
        Command::Fork(command) => fork::fork(context, command),
        _ => Err(Error::new(ErrorKind::Internal, "nothing decides this command; please report it").into()),
    }
}
