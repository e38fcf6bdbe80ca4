//! Nodes of a run: the machine, decide and apply. What lets one begin is in `begin.rs`.

use highwater_format::Extra;
use highwater_format::fact::{
    AttemptFailed, AttemptProgressed, AttemptSucceeded, Counts, ErrorRecord, Fact, NodeForced, NodeReset,
    Reason, ReasonCode,
};
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Decision, Failed, Reset};
use crate::command::{FailAttempt, ForceNode, ReportProgress, ResetFailed, SucceedAttempt};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::rng::Rng;
use crate::row::{AttemptRow, NodeRow};
use crate::state::{At, NodeKey, State};
use crate::{
    artifact, attempt, batch, coverage, deadline, graph, hand_back, hwm, late, limits, names, partition,
    proposed, retry, run, time,
};

pub(crate) use crate::begin::begin;

/// Status of a node in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeStatus {
    /// Not tried yet, or made ready to be tried again.
    Pending,
    /// A worker holds an attempt.
    Running,
    /// Failed, and will be tried again.
    Waiting,
    /// Done.
    Succeeded,
    /// Failed for good, until somebody resets or forces it.
    Failed,
    /// Not tried because a node before it failed.
    UpstreamFailed,
    /// Not tried because its last success, in another run, stands for this one.
    Cached,
    /// Not tried because somebody said so, of it or of a node before it.
    Skipped,
    /// Stopped with its run.
    Cancelled,
}

use NodeStatus::{
    Cached, Cancelled, Failed as FailedStatus, Pending, Running, Skipped, Succeeded, UpstreamFailed, Waiting,
};

/// Every transition of a node: status before (none: never touched), fact, status after. Whatever is not here does not happen.
pub const TRANSITIONS: &[(Option<NodeStatus>, &str, NodeStatus)] = &[
    (None, "attempt-started", Running),
    (Some(Pending), "attempt-started", Running),
    (Some(Waiting), "attempt-started", Running),
    (Some(UpstreamFailed), "attempt-started", Running),
    (Some(Running), "attempt-succeeded", Succeeded),
    (Some(Running), "attempt-failed", Waiting),
    (Some(Running), "attempt-failed", FailedStatus),
    (Some(Running), "attempt-crashed", Pending),
    (Some(Running), "attempt-handed-back", Pending),
    (None, "node-skipped", UpstreamFailed),
    (Some(Pending), "node-skipped", UpstreamFailed),
    (Some(Waiting), "node-skipped", UpstreamFailed),
    (Some(UpstreamFailed), "node-skipped", UpstreamFailed),
    (None, "node-skipped", Cached),
    (Some(UpstreamFailed), "node-skipped", Cached),
    (None, "node-skipped", Skipped),
    (Some(Pending), "node-skipped", Skipped),
    (Some(Waiting), "node-skipped", Skipped),
    (Some(FailedStatus), "node-skipped", Skipped),
    (Some(UpstreamFailed), "node-skipped", Skipped),
    (Some(Skipped), "node-skipped", Skipped),
    (None, "node-skipped", Succeeded),
    (Some(Pending), "node-skipped", Succeeded),
    (Some(Waiting), "node-skipped", Succeeded),
    (Some(UpstreamFailed), "node-skipped", Succeeded),
    (Some(Succeeded), "node-skipped", Succeeded),
    (Some(FailedStatus), "node-skipped", FailedStatus),
    (None, "node-forced", Pending),
    (Some(Pending), "node-forced", Pending),
    (Some(Waiting), "node-forced", Pending),
    (Some(Succeeded), "node-forced", Pending),
    (Some(FailedStatus), "node-forced", Pending),
    (Some(UpstreamFailed), "node-forced", Pending),
    (Some(Cached), "node-forced", Pending),
    (Some(Skipped), "node-forced", Pending),
    (Some(FailedStatus), "node-reset", Pending),
    (Some(UpstreamFailed), "node-reset", Pending),
    (Some(Succeeded), "node-reset", Pending),
    (Some(Cached), "node-reset", Pending),
    (Some(Skipped), "node-reset", Pending),
    (Some(Pending), "run-cancelled", Cancelled),
    (Some(Running), "run-cancelled", Cancelled),
    (Some(Waiting), "run-cancelled", Cancelled),
    (Some(Pending), "run-finished", Cancelled),
    (Some(Running), "run-finished", Cancelled),
    (Some(Waiting), "run-finished", Cancelled),
];

impl NodeStatus {
    /// All statuses.
    pub const ALL: [NodeStatus; 9] =
        [Pending, Running, Waiting, Succeeded, FailedStatus, UpstreamFailed, Cancelled, Cached, Skipped];

    /// The status in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Pending => "pending",
            Running => "running",
            Waiting => "waiting",
            Succeeded => "succeeded",
            FailedStatus => "failed",
            UpstreamFailed => "upstream-failed",
            Cached => "cached",
            Skipped => "skipped",
            Cancelled => "cancelled",
        }
    }
}

/// The status after this fact; `None` if the fact changes nothing. Public so that tests hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: Option<NodeStatus>, fact: &Fact) -> Option<NodeStatus> {
    match (from, fact) {
        (None | Some(Pending | Waiting | UpstreamFailed), Fact::AttemptStarted(_)) => Some(Running),
        (Some(Running), Fact::AttemptSucceeded(_)) => Some(Succeeded),
        (Some(Running), Fact::AttemptFailed(fact)) if fact.retry_at_ms.is_some() => Some(Waiting),
        (Some(Running), Fact::AttemptFailed(_)) => Some(FailedStatus),
        (Some(Running), Fact::AttemptCrashed(_) | Fact::AttemptHandedBack(_)) => Some(Pending),
        (from, Fact::NodeSkipped(fact)) => match (from, fact.reason.code) {
            (None | Some(Pending | Waiting | UpstreamFailed), ReasonCode::UpstreamFailed) => {
                Some(UpstreamFailed)
            }
            (None | Some(UpstreamFailed), ReasonCode::Cached) => Some(Cached),
            (
                None | Some(Pending | Waiting | FailedStatus | UpstreamFailed | Skipped),
                ReasonCode::Skipped | ReasonCode::SkippedWithDownstream,
            ) => Some(Skipped),
            (None | Some(Pending | Waiting | UpstreamFailed), ReasonCode::AlreadyCovered)
            | (Some(Succeeded), ReasonCode::AlreadySucceeded) => Some(Succeeded),
            (Some(FailedStatus), ReasonCode::AttemptsExhausted) => Some(FailedStatus),
            _ => None,
        },
        (
            None | Some(Pending | Waiting | Succeeded | FailedStatus | UpstreamFailed | Cached | Skipped),
            Fact::NodeForced(_),
        ) => Some(Pending),
        (Some(FailedStatus | UpstreamFailed | Succeeded | Cached | Skipped), Fact::NodeReset(_)) => {
            Some(Pending)
        }
        (Some(Pending | Running | Waiting), Fact::RunCancelled(_) | Fact::RunFinished(_)) => Some(Cancelled),
        _ => None,
    }
}

pub(crate) fn progress(context: &mut Context<'_>, command: &ReportProgress) -> Result<Decided, Stop> {
    let row = attempt::check_held(context.state, &command.attempt)?;
    attempt::check_state(command.state.as_ref(), &row.node)?;
    attempt::check_moves_hwms(row, &command.hwms)?;
    let mut hwms = command.hwms.clone();
    let fact = AttemptProgressed {
        run: row.run.clone(),
        node: row.node.clone(),
        attempt: row.attempt,
        counts: command.counts,
        state: command.state.clone(),
        proposed: proposed::propose(context.state, row, &mut hwms)?,
    };
    let mut facts = vec![fact.into()];
    facts.extend(hwm::moves(context, &hwms, Some((&command.attempt.run, &command.attempt.node)))?);
    facts.extend(coverage::covered(context, row, &command.covered)?);
    facts.extend(partition::mark::outcomes(context, row, &command.partitions)?);
    facts.extend(late::unseen::stale(context.state, (&row.run, &row.node, row.token), &facts, false));
    context.done(facts)
}

pub(crate) fn succeed(context: &mut Context<'_>, command: &SucceedAttempt) -> Result<Decided, Stop> {
    let row = attempt::check_held(context.state, &command.attempt)?;
    if let Some(open) = batch::prepared_by(context.state, row) {
        return Err(Error::conflict(format!(
            "batch {} of node `{}` is prepared; commit or abort it before the attempt succeeds",
            open.batch, row.node
        ))
        .into());
    }
    let mut fact = AttemptSucceeded {
        run: row.run.clone(),
        node: row.node.clone(),
        attempt: row.attempt,
        counts: command.counts.unwrap_or(row.counts),
        artifacts: Vec::new(),
    };
    attempt::check_moves_hwms(row, &command.hwms)?;
    let hwms = proposed::with_proposed(context.state, row, &command.hwms);
    let mut facts = hwm::moves(context, &hwms, Some((&command.attempt.run, &command.attempt.node)))?;
    fact.artifacts = artifact::record(context, &command.artifacts)?;
    facts.extend(coverage::covered(context, row, &command.covered)?);
    facts.extend(partition::mark::outcomes(context, row, &command.partitions)?);
    facts.push(fact.into());
    facts.extend(late::unseen::stale(context.state, (&row.run, &row.node, row.token), &facts, true));
    context.done(facts)
}

pub(crate) fn fail(context: &mut Context<'_>, command: &FailAttempt) -> Result<Decided, Stop> {
    attempt::check_error(&command.error)?;
    let row = attempt::check_held(context.state, &command.attempt)?;
    let (counts, error) = (command.counts.unwrap_or(row.counts), command.error.clone());
    let fact = failed(context.state, row, counts, error, context.now_ms, context.rng);
    let (retry_at_ms, reason) = (fact.retry_at_ms, fact.reason.clone());
    let answer = Failed { retry_at_ms, attempts: row.attempt, reason };
    let mut facts = partition::mark::outcomes(context, row, &command.partitions)?;
    facts.push(fact.into());
    Decided::facts(facts, Answer::Failed(answer))
}

/// That an attempt failed, and what the retry policy of its node wants next.
pub(crate) fn failed(
    state: &State,
    row: &AttemptRow,
    counts: Counts,
    error: ErrorRecord,
    now_ms: i64,
    rng: &mut Rng,
) -> AttemptFailed {
    let (run, node) = (row.run.clone(), row.node.clone());
    let key = (run, node);
    let failures = state.nodes.get(&key).map_or(0, |node| node.failures).saturating_add(1);
    let policy = graph::retry_policy(state, &row.node);
    let next = retry::next_try(&policy, failures, &error, rng);
    let retry_at_ms = next.pause_ms.map(|pause| now_ms.saturating_add_unsigned(pause));
    let (run, node) = key;
    AttemptFailed { run, node, attempt: row.attempt, counts, error, retry_at_ms, reason: next.reason }
}

/// Refuses a node that a run has no room for.
pub(crate) fn check_room(context: &mut Context<'_>, key: &NodeKey) -> Result<(), Error> {
    if context.state.nodes.get(key).is_some() {
        return Ok(());
    }
    let present = run::nodes_of(context.state, &key.0).count();
    context.check_bound("nodes in one run", present, 1, limits::NODES)
}

pub(crate) fn force(context: &mut Context<'_>, command: &ForceNode) -> Result<Decided, Stop> {
    names::check_name("the name of the node", &command.node)?;
    names::check_reason(&command.reason, command.actor.as_ref())?;
    run::find_open(context.state, &command.run)?;
    let key = (command.run.clone(), command.node.clone());
    check_room(context, &key)?;
    let after = if command.downstream {
        graph::downstream(context.state, [command.node.as_str()])
    } else {
        Vec::new()
    };
    let status =
        |node: &String| context.state.nodes.get(&(command.run.clone(), node.clone())).map(|row| row.status);
    if let Some(node) =
        std::iter::once(&command.node).chain(&after).find(|node| status(node) == Some(Running))
    {
        return Err(Error::conflict(format!(
            "node `{node}` of run `{}` is running; wait for it, or take its lease away first",
            command.run
        ))
        .into());
    }
    let done = |node: &&String| {
        matches!(status(node), Some(Succeeded | FailedStatus | UpstreamFailed | Cached | Skipped))
    };
    let resets = after.iter().filter(done).map(|node| {
        let (run, node) = (command.run.clone(), node.clone());
        Fact::from(NodeReset { run, node, reason: command.reason.clone(), actor: command.actor.clone() })
    });
    let fact = NodeForced {
        run: command.run.clone(),
        node: command.node.clone(),
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    };
    context.done(std::iter::once(fact.into()).chain(resets).collect())
}

pub(crate) fn reset_failed(context: &Context<'_>, command: &ResetFailed) -> Result<Decided, Stop> {
    run::find_open(context.state, &command.run)?;
    let nodes: Vec<String> = run::nodes_of(context.state, &command.run)
        .filter(|row| matches!(row.status, FailedStatus | UpstreamFailed))
        .map(|row| row.node.clone())
        .collect();
    if command.dry_run {
        return Decided::answer(Answer::Reset(Reset { nodes, applied: false }));
    }
    names::check_reason(&command.reason, command.actor.as_ref())?;
    let reset = |node: &String| {
        let (run, node) = (command.run.clone(), node.clone());
        Fact::from(NodeReset { run, node, reason: command.reason.clone(), actor: command.actor.clone() })
    };
    Decided::facts(nodes.iter().map(reset).collect(), Answer::Reset(Reset { nodes, applied: true }))
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    let (run, node) = match fact {
        Fact::AttemptStarted(fact) => (&fact.run, &fact.node),
        Fact::AttemptSucceeded(fact) => (&fact.run, &fact.node),
        Fact::AttemptFailed(fact) => (&fact.run, &fact.node),
        Fact::AttemptCrashed(fact) => (&fact.run, &fact.node),
        Fact::AttemptHandedBack(fact) => (&fact.run, &fact.node),
        Fact::NodeSkipped(fact) => (&fact.run, &fact.node),
        Fact::NodeForced(fact) => (&fact.run, &fact.node),
        Fact::NodeReset(fact) => (&fact.run, &fact.node),
        Fact::RunCancelled(ended) => return apply_all(state, &ended.run, fact, at),
        Fact::RunFinished(ended) => return apply_all(state, &ended.run, fact, at),
        _ => return,
    };
    apply_one(state, &(run.clone(), node.clone()), fact, extra, at);
}

/// The end of a run is the end of what is unfinished in it.
fn apply_all(state: &mut State, run: &str, fact: &Fact, at: At) {
    let keys: Vec<NodeKey> =
        run::nodes_of(state, run).map(|row| (row.run.clone(), row.node.clone())).collect();
    keys.iter().for_each(|key| apply_one(state, key, fact, &Extra::default(), at));
}

fn apply_one(state: &mut State, key: &NodeKey, fact: &Fact, extra: &Extra, at: At) {
    let from = state.nodes.get(key).map(|row| row.status);
    let Some(status) = transition(from, fact) else { return };
    if from.is_none() {
        state.nodes.insert(key.clone(), fresh(key));
    }
    state.nodes.modify(key, |row| {
        row.status = status;
        row.extra.absorb(extra);
        change(row, fact, at);
        if let Some((what, why)) = decision(fact) {
            if row.decisions.len() == limits::DECISIONS_KEPT {
                row.decisions.remove(0);
            }
            row.decisions.push(Decision { version: at.version, at_ms: at.at_ms, what: what.to_owned(), why });
        }
    });
}

fn fresh(key: &NodeKey) -> NodeRow {
    NodeRow {
        run: key.0.clone(),
        node: key.1.clone(),
        status: Pending,
        attempts: 0,
        failures: 0,
        retry_at_ms: None,
        failed_at_ms: None,
        reason: None,
        next_reason: None,
        decisions: Vec::new(),
        extents: Vec::new(),
        extra: Extra::default(),
    }
}

/// What a fact changes beside the status.
fn change(row: &mut NodeRow, fact: &Fact, at: At) {
    row.retry_at_ms = None;
    row.failed_at_ms = None;
    match fact {
        Fact::AttemptStarted(fact) => {
            row.attempts = fact.attempt;
            row.reason = Some(fact.reason.clone());
            row.next_reason = None;
        }
        Fact::AttemptSucceeded(_) => row.failures = 0,
        Fact::AttemptFailed(fact) => {
            row.failures = row.failures.saturating_add(1);
            row.retry_at_ms = fact.retry_at_ms;
            row.failed_at_ms = Some(at.at_ms);
            row.reason = Some(fact.reason.clone());
        }
        Fact::AttemptCrashed(fact) => {
            row.next_reason =
                Some(Reason { code: ReasonCode::TookOver, message: attempt::crash_words(fact) });
            row.reason.clone_from(&row.next_reason);
        }
        Fact::AttemptHandedBack(fact) => {
            row.next_reason = Some(hand_back::reason(fact));
            row.reason.clone_from(&row.next_reason);
        }
        Fact::NodeSkipped(fact) => row.reason = Some(fact.reason.clone()),
        Fact::NodeForced(fact) => {
            row.failures = 0;
            row.next_reason = Some(by_hand(ReasonCode::Forced, "forced", &fact.reason, fact.actor.as_ref()));
            row.reason.clone_from(&row.next_reason);
        }
        Fact::NodeReset(fact) => {
            row.failures = 0;
            row.next_reason = Some(by_hand(ReasonCode::Reset, "reset", &fact.reason, fact.actor.as_ref()));
            row.reason.clone_from(&row.next_reason);
        }
        _ => {}
    }
}

fn by_hand(code: ReasonCode, what: &str, reason: &str, actor: Option<&String>) -> Reason {
    let by = actor.map(|actor| format!(" by {actor}")).unwrap_or_default();
    Reason { code, message: format!("{what}{by}: {reason}") }
}

/// What a fact leaves among the decisions of the node.
fn decision(fact: &Fact) -> Option<(&'static str, String)> {
    Some(match fact {
        Fact::AttemptStarted(fact) => {
            let until = fact.deadline_at_ms.map(|at_ms| format!("; it has until {}", time::readable(at_ms)));
            let (attempt, worker, why) = (fact.attempt, &fact.worker, &fact.reason.message);
            ("run", format!("attempt {attempt} on {worker}: {why}{}", until.unwrap_or_default()))
        }
        Fact::AttemptSucceeded(fact) => ("succeed", format!("attempt {} succeeded", fact.attempt)),
        Fact::AttemptFailed(fact) if fact.retry_at_ms.is_some() => ("retry", fact.reason.message.clone()),
        Fact::AttemptFailed(fact) => ("give-up", fact.reason.message.clone()),
        Fact::AttemptCrashed(fact) => ("crash", attempt::crash_words(fact)),
        Fact::AttemptHandedBack(fact) => ("hand-back", hand_back::reason(fact).message),
        Fact::NodeSkipped(fact) => ("skip", fact.reason.message.clone()),
        Fact::NodeForced(fact) => {
            ("force", by_hand(ReasonCode::Forced, "forced", &fact.reason, fact.actor.as_ref()).message)
        }
        Fact::NodeReset(fact) => {
            ("reset", by_hand(ReasonCode::Reset, "reset", &fact.reason, fact.actor.as_ref()).message)
        }
        Fact::RunCancelled(fact) => ("cancel", format!("the run was cancelled: {}", fact.reason)),
        Fact::RunFinished(fact) if deadline::is_deadline(fact.error.as_ref()) => {
            ("cancel", "the run ran into its deadline before the node was done".to_owned())
        }
        Fact::RunFinished(_) => ("cancel", "the run was ended before the node was done".to_owned()),
        _ => return None,
    })
}
