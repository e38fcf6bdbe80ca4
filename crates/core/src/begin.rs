//! Begin: may this worker work on this node now? Answers run, skip or wait, and always why.

use highwater_format::fact::{
    AttemptCrashed, AttemptStarted, Fact, Fingerprint, Interval, NodeForced, NodeSkipped, Reason, ReasonCode,
};

use crate::answer::{Answer, BatchView, Begun, Go, Wait};
use crate::attempt::{self, AttemptStatus};
use crate::batch::{self, BatchStatus};
use crate::bug;
use crate::command::BeginNode;
use crate::coverage::claim::{self, Hand};
use crate::decide::{Context, Decided, Need, Stop};
use crate::error::Error;
use crate::lease;
use crate::node::NodeStatus;
use crate::observe::Holding;
use crate::row::NodeRow;
use crate::state::{NodeKey, State};
use crate::success::{self, Standing};
use crate::{deadline, graph, names, node, partition, pause, run, skip, stop, time};

/// How long a worker waits before it asks again about a node before this one, in milliseconds.
const ASK_AGAIN_MS: i64 = 1_000;

pub(crate) fn begin(context: &mut Context<'_>, command: &BeginNode) -> Result<Decided, Stop> {
    names::check_name("the name of the node", &command.node)?;
    names::check_name("the worker", &command.worker)?;
    let lease_ms = lease::length(command.lease_ms)?;
    let of_run = run::find_open(context.state, &command.run)?;
    stop::check_allowed(context.state, &command.worker)?;
    if let Some(Reason { code, message }) = pause::holds_up(of_run) {
        return wait(context.now_ms, ASK_AGAIN_MS, code, message);
    }
    let key = (command.run.clone(), command.node.clone());
    let row = context.state.nodes.get(&key).cloned();
    node::check_room(context, &key)?;
    let status = row.as_ref().map_or(NodeStatus::Pending, |row| row.status);
    let force = command.force;
    match (status, row) {
        (NodeStatus::Running, Some(row)) => contend(context, command, &row, lease_ms),
        (NodeStatus::Succeeded, Some(row)) if !force => {
            record_skip(&key, Some(&row), already_succeeded(context.state, &row))
        }
        (NodeStatus::Cached | NodeStatus::Skipped, Some(NodeRow { reason: Some(reason), .. })) if !force => {
            Decided::answer(Answer::Begun(Begun::Skip(reason)))
        }
        (NodeStatus::Failed, Some(row)) if !force => record_skip(&key, Some(&row), exhausted(&row)),
        (NodeStatus::Cancelled, _) => Err(Error::conflict(format!(
            "node `{}` was cancelled with its run `{}`; start a new run",
            command.node, command.run
        ))
        .into()),
        (_, row) => {
            let pushed = force || was_forced(row.as_ref());
            if let (false, Some(upstream)) = (pushed, blocking(context.state, &key)) {
                return held_back(context, &key, row.as_ref(), upstream);
            }
            if let (NodeStatus::Waiting, Some(row), false) = (status, &row, force) {
                let wait_ms = context.watch.backoff_left(row, context.now_ms);
                if wait_ms > 0 {
                    let why = row.reason.as_ref().map_or_else(String::new, |reason| reason.message.clone());
                    return wait(context.now_ms, wait_ms, ReasonCode::RetryBackoff, why);
                }
            }
            let fingerprint = success::fingerprint(context.state, command)?;
            // Where there are intervals or partitions, they say what is left to do.
            let why = match fingerprint
                .as_ref()
                .filter(|_| !force && !asks_for_a_share(command) && is_first(row.as_ref()))
            {
                None => None,
                Some(fingerprint) => match success::compare(context, command, fingerprint)? {
                    Standing::None => None,
                    Standing::Changed(reason) => Some(reason),
                    Standing::Same { token, reason } => return cached(key, fingerprint, token, reason),
                },
            };
            let facts = if force { vec![forced(command)] } else { Vec::new() };
            go(context, command, row.as_ref(), lease_ms, facts, why, fingerprint)
        }
    }
}

/// Whether nothing has happened to the node in this run that is a reason to run it.
fn is_first(row: Option<&NodeRow>) -> bool {
    row.is_none_or(|row| row.next_reason.is_none() && row.attempts == 0)
}

fn cached(key: NodeKey, fingerprint: &Fingerprint, token: u64, reason: Reason) -> Result<Decided, Stop> {
    let fact = NodeSkipped {
        run: key.0,
        node: key.1,
        reason: reason.clone(),
        fingerprint: Some(fingerprint.clone()),
        success: Some(token),
        actor: None,
    };
    Decided::facts(vec![fact.into()], Answer::Begun(Begun::Skip(reason)))
}

/// The node is running: it is ours only if its holder's beat stood still for the whole lease.
fn contend(
    context: &mut Context<'_>,
    command: &BeginNode,
    row: &NodeRow,
    lease_ms: u64,
) -> Result<Decided, Stop> {
    let name = attempt::lease_name(&row.run, &row.node);
    let Some(held) = context.state.leases.get(&name).cloned() else {
        let fingerprint = success::fingerprint(context.state, command)?;
        return go(context, command, Some(row), lease_ms, Vec::new(), None, fingerprint);
    };
    if held.worker == command.worker {
        return Err(Error::conflict(format!(
            "worker `{}` holds node `{}` of run `{}` already; end that attempt first, or use another worker name for another process",
            held.worker, row.node, row.run
        ))
        .into());
    }
    if !context.fetched.beats {
        return Err(Stop::Need(Need::Beats));
    }
    match context.watch.judge(&held, &command.worker) {
        Holding::Still(evidence) => {
            let crashed = AttemptCrashed {
                run: row.run.clone(),
                node: row.node.clone(),
                attempt: row.attempts,
                evidence: Some(evidence),
                reason: None,
                actor: None,
            };
            let words = attempt::crash_words(&crashed);
            let reason = Reason { code: ReasonCode::TookOver, message: words };
            let fingerprint = success::fingerprint(context.state, command)?;
            go(context, command, Some(row), lease_ms, vec![crashed.into()], Some(reason), fingerprint)
        }
        Holding::Alive { ask_again_ms, left_ms } => {
            let why = format!(
                "worker `{}` holds it with token {} since {}; it may be taken over if its beat stands still for {left_ms} ms more",
                held.worker,
                held.token,
                time::readable(held.acquired_at_ms)
            );
            wait(context.now_ms, ask_again_ms, ReasonCode::Held, why)
        }
    }
}

fn go(
    context: &mut Context<'_>,
    command: &BeginNode,
    row: Option<&NodeRow>,
    lease_ms: u64,
    mut facts: Vec<Fact>,
    why: Option<Reason>,
    fingerprint: Option<Fingerprint>,
) -> Result<Decided, Stop> {
    let attempt = row.map_or(0, |row| row.attempts).saturating_add(1);
    let token = context.state.head().token.saturating_add(u64::from(!bug!(SameToken)));
    let share = match share(context, command, (attempt, token))? {
        Hand::Work(share) => share,
        Hand::Covered(words) => return all_covered(command, words, crashes(facts)),
        Hand::Taken(words) => {
            return wait_with(context.now_ms, ASK_AGAIN_MS, crashes(facts), ReasonCode::Held, words);
        }
        Hand::Later { at_ms, words } => {
            let wait_ms = at_ms.saturating_sub(context.now_ms);
            return wait_with(context.now_ms, wait_ms, crashes(facts), ReasonCode::NotDue, words);
        }
    };
    let reason = match why {
        Some(reason) => reason,
        None if command.force => reason_forced(),
        None => next_reason(row),
    };
    let last = row.and_then(|row| attempt::last(context.state, row));
    // One of an attempt that is over only now counts too.
    let open = batch::open_of(context.state, &command.node);
    let in_doubt = open.filter(|open| open.status == BatchStatus::InDoubt || open.run == command.run);
    let in_doubt = in_doubt.map(|open| BatchView { status: BatchStatus::InDoubt, ..batch::view(open) });
    let spec = graph::find(context.state, &command.node);
    let deadline_at_ms = deadline::at_ms(context.now_ms, spec.and_then(|spec| spec.deadline_ms));
    let of_run = context.state.runs.get(&command.run).and_then(|run| run.deadline_at_ms);
    let go = Go {
        deadline_at_ms: deadline_at_ms.into_iter().chain(of_run).min(),
        attempt,
        token,
        lease: attempt::lease_name(&command.run, &command.node),
        reason: reason.clone(),
        state: last.and_then(|last| last.state.clone()),
        previous: last.map(|last| last.counts),
        in_doubt: in_doubt.collect(),
        intervals: share.intervals,
        partitions: share.partitions,
    };
    let started = AttemptStarted {
        run: command.run.clone(),
        node: command.node.clone(),
        attempt,
        token,
        worker: command.worker.clone(),
        lease_ms,
        reason,
        fingerprint,
        backfill: command.cover.as_ref().and_then(|cover| cover.backfill.clone()),
        deadline_at_ms,
    };
    facts.push(started.into());
    facts.extend(share.fact);
    Decided::facts(facts, Answer::Begun(Begun::Run(go)))
}

/// What an attempt is handed, and the fact that says so.
#[derive(Default)]
struct Share {
    fact: Option<Fact>,
    intervals: Vec<Interval>,
    partitions: Vec<String>,
}

fn asks_for_a_share(command: &BeginNode) -> bool {
    command.cover.is_some() || command.partitions.is_some()
}

/// Chooses what the attempt is handed: intervals, partitions or nothing.
fn share(
    context: &mut Context<'_>,
    command: &BeginNode,
    (attempt, token): (u32, u64),
) -> Result<Hand<Share>, Error> {
    match (&command.cover, &command.partitions) {
        (None, None) => Ok(Hand::Work(Share::default())),
        (Some(_), Some(_)) => Err(Error::invalid(format!(
            "node `{}` is asked for intervals and for partitions at once; ask for the intervals of one partition, or for partitions",
            command.node
        ))),
        (Some(cover), None) => Ok(claim::choose(context, command, cover, (attempt, token))?.map(|claim| {
            Share { intervals: claim.intervals.clone(), fact: Some(claim.into()), ..Share::default() }
        })),
        (None, Some(wanted)) => {
            let claim = partition::claim::choose(context, command, wanted, (attempt, token))?;
            Ok(claim.map(|claim| Share {
                partitions: claim.partitions.clone(),
                fact: Some(claim.into()),
                ..Share::default()
            }))
        }
    }
}

/// Who takes over from a dead worker says so even if there is nothing to do, so that the node is nobody's.
fn crashes(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts.retain(|fact| matches!(fact, Fact::AttemptCrashed(_)));
    facts
}

/// All that it was to cover is done: for its run, the node is done.
fn all_covered(command: &BeginNode, message: String, mut facts: Vec<Fact>) -> Result<Decided, Stop> {
    let reason = Reason { code: ReasonCode::AlreadyCovered, message };
    let (run, node) = (command.run.clone(), command.node.clone());
    let (fingerprint, success, actor) = (None, None, None);
    facts.push(NodeSkipped { run, node, reason: reason.clone(), fingerprint, success, actor }.into());
    Decided::facts(facts, Answer::Begun(Begun::Skip(reason)))
}

fn next_reason(row: Option<&NodeRow>) -> Reason {
    let first =
        || Reason { code: ReasonCode::FirstAttempt, message: "it has not been tried in this run".to_owned() };
    let Some(row) = row else { return first() };
    match (&row.next_reason, row.status) {
        (Some(reason), _) => reason.clone(),
        (None, NodeStatus::Waiting) => Reason {
            code: ReasonCode::Retry,
            message: format!("attempt {} failed, and its back-off is over", row.attempts),
        },
        _ => first(),
    }
}

fn forced(command: &BeginNode) -> Fact {
    NodeForced {
        run: command.run.clone(),
        node: command.node.clone(),
        reason: reason_forced().message,
        actor: Some(command.worker.clone()),
    }
    .into()
}

fn reason_forced() -> Reason {
    Reason { code: ReasonCode::Forced, message: "begun with force".to_owned() }
}

/// Whether somebody forced the node since its last attempt: then it does not wait for the nodes before it either.
fn was_forced(row: Option<&NodeRow>) -> bool {
    row.and_then(|row| row.next_reason.as_ref()).is_some_and(|reason| reason.code == ReasonCode::Forced)
}

/// The first node before this one that is not done, with its status.
fn blocking(state: &State, key: &NodeKey) -> Option<(String, NodeStatus)> {
    let spec = graph::find(state, &key.1)?;
    spec.after.iter().find_map(|upstream| {
        let row = state.nodes.get(&(key.0.clone(), upstream.clone()));
        let status = row.map_or(NodeStatus::Pending, |row| row.status);
        (!row.is_some_and(skip::is_done)).then(|| (upstream.clone(), status))
    })
}

fn held_back(
    context: &Context<'_>,
    key: &NodeKey,
    row: Option<&NodeRow>,
    (upstream, status): (String, NodeStatus),
) -> Result<Decided, Stop> {
    let message = format!("node `{upstream}` before it is {}", status.name());
    if status == NodeStatus::Skipped {
        return record_skip(key, row, Reason { code: ReasonCode::SkippedWithDownstream, message });
    }
    if !matches!(status, NodeStatus::Failed | NodeStatus::UpstreamFailed | NodeStatus::Cancelled) {
        return wait(context.now_ms, ASK_AGAIN_MS, ReasonCode::UpstreamPending, message);
    }
    let reason = Reason { code: ReasonCode::UpstreamFailed, message };
    record_skip(key, row, reason)
}

/// Records the decision if it is new, so that asking again and again does not grow the journal.
fn record_skip(key: &NodeKey, row: Option<&NodeRow>, reason: Reason) -> Result<Decided, Stop> {
    let known = row.is_some_and(|row| {
        row.decisions.last().is_some_and(|last| last.what == "skip" && last.why == reason.message)
    });
    let answer = Answer::Begun(Begun::Skip(reason.clone()));
    if known {
        return Decided::answer(answer);
    }
    let (run, node) = key.clone();
    let fact = NodeSkipped { run, node, reason, fingerprint: None, success: None, actor: None };
    Decided::facts(vec![fact.into()], answer)
}

fn already_succeeded(state: &State, row: &NodeRow) -> Reason {
    let last = attempt::last(state, row).filter(|last| last.status == AttemptStatus::Succeeded);
    let message = match last {
        Some(last) => format!("it succeeded in this run with attempt {}", last.attempt),
        None => "it succeeded in this run: the intervals that it was asked for first were done".to_owned(),
    };
    Reason { code: ReasonCode::AlreadySucceeded, message }
}

fn exhausted(row: &NodeRow) -> Reason {
    let why = row.reason.as_ref().map_or("it failed", |reason| reason.message.as_str());
    let why = why.strip_prefix("it failed for good: ").unwrap_or(why);
    let why = why.strip_suffix("; reset or force it to try again").unwrap_or(why);
    let message = format!("it failed for good: {why}; reset or force it to try again");
    Reason { code: ReasonCode::AttemptsExhausted, message }
}

fn wait(now_ms: i64, wait_ms: i64, code: ReasonCode, message: String) -> Result<Decided, Stop> {
    Decided::answer(waiting(now_ms, wait_ms, code, message))
}

fn wait_with(
    now_ms: i64,
    wait_ms: i64,
    facts: Vec<Fact>,
    code: ReasonCode,
    message: String,
) -> Result<Decided, Stop> {
    Decided::facts(facts, waiting(now_ms, wait_ms, code, message))
}

fn waiting(now_ms: i64, wait_ms: i64, code: ReasonCode, message: String) -> Answer {
    let until_ms = now_ms.saturating_add(wait_ms.max(1));
    Answer::Begun(Begun::Wait(Wait { until_ms, reason: Reason { code, message } }))
}
