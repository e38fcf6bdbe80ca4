//! Last successes of nodes, over all runs: whether one stands for the attempt that is asked for now.
//!
//! A success is remembered with what it worked on and what it made. It stands for another attempt while all of that is the
//! same: the parts that the application names, the successes of the nodes before it, and the artifacts, which the host looks
//! at. As soon as another attempt starts it stands for nothing, because that one may overwrite what it left, until that one
//! succeeds. Wherever anything is not known, the node runs.

use std::collections::BTreeMap;

use highwater_format::Extra;
use highwater_format::fact::{Artifact, AttemptSucceeded, Fact, Fingerprint, Reason, ReasonCode};

use crate::answer::{Answer, NodeSummary, SuccessView};
use crate::attempt::AttemptStatus;
use crate::bug;
use crate::command::{BeginNode, DescribeNode};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::node::NodeStatus;
use crate::row::SuccessRow;
use crate::state::{At, State};
use crate::{artifact, attempt, graph, limits, names};

/// What a last success is to an attempt that is asked for.
pub(crate) enum Standing {
    /// There is none to compare with.
    None,
    /// It stands for the attempt.
    Same { token: u64, reason: Reason },
    /// It does not, for this reason.
    Changed(Reason),
}

/// What the attempt would work on; absent if the command does not say.
pub(crate) fn fingerprint(state: &State, command: &BeginNode) -> Result<Option<Fingerprint>, Error> {
    let Some(parts) = &command.fingerprint else { return Ok(None) };
    if parts.len() > limits::FINGERPRINT_PARTS {
        return Err(Error::invalid(format!(
            "a fingerprint of {} parts; at most {} are allowed: take a digest of several",
            parts.len(),
            limits::FINGERPRINT_PARTS
        )));
    }
    for (name, part) in parts {
        names::check_name("the name of the part of the fingerprint", name)?;
        names::check_length("the part of the fingerprint", part, limits::NAME_BYTES)?;
    }
    let after = graph::find(state, &command.node).map_or(&[][..], |spec| &spec.after);
    let token = |upstream: &String| (upstream.clone(), token_of(state, &command.run, upstream));
    Ok(Some(Fingerprint { parts: parts.clone(), upstream: after.iter().map(token).collect() }))
}

/// The token of the success that a node has left, as this run sees it; 0 if there is none.
fn token_of(state: &State, run: &str, node: &String) -> u64 {
    let row = state.nodes.get(&(run.to_owned(), node.clone()));
    let here = match row.map(|row| (row.status, attempt::last(state, row))) {
        Some((NodeStatus::Succeeded, Some(last))) => last.token,
        // All that it was asked for was done before, by whatever run; which rows that are, no token says. So it never looks the same.
        Some((NodeStatus::Succeeded, None)) => return u64::MAX - state.version,
        Some((NodeStatus::Cached, _)) => 0,
        _ => return 0,
    };
    state.successes.get(node).map_or(here, |success| success.token.max(here))
}

/// Compares the last success of the node with what the attempt would work on, cheapest first.
pub(crate) fn compare(
    context: &Context<'_>,
    command: &BeginNode,
    fingerprint: &Fingerprint,
) -> Result<Standing, Stop> {
    let Some(row) = context.state.successes.get(&command.node) else { return Ok(Standing::None) };
    let Some(known) = &row.fingerprint else { return Ok(Standing::None) };
    let changed = |what: String| {
        let message = format!("{what} since its last success, in run `{}`", row.run);
        Ok(Standing::Changed(Reason { code: ReasonCode::Changed, message }))
    };
    if let Some(token) = row.overtaken_by.filter(|_| !bug!(CacheOvertaken)) {
        return changed(format!("another attempt has started, with token {token},"));
    }
    if let Some(what) = difference(known, fingerprint).filter(|_| !bug!(CacheChanged)) {
        return changed(what);
    }
    for artifact in &row.artifacts {
        if let Some(what) = artifact::difference(context, artifact, command.trust_unknown)? {
            return changed(what);
        }
    }
    let message = format!("nothing has changed since its success in run `{}`", row.run);
    Ok(Standing::Same { token: row.token, reason: Reason { code: ReasonCode::Cached, message } })
}

/// The first part that differs, in words.
fn difference(known: &Fingerprint, now: &Fingerprint) -> Option<String> {
    if let Some((name, before, after)) = differs(&known.parts, &now.parts) {
        let word = |part: Option<&String>| part.map_or("absent".to_owned(), |part| format!("`{part}`"));
        return Some(format!("`{name}` has changed from {} to {}", word(before), word(after)));
    }
    let (name, before, after) = differs(&known.upstream, &now.upstream)?;
    Some(match (before, after) {
        (Some(_), Some(_)) => format!("node `{name}` before it has run again"),
        (None, _) => format!("node `{name}` was put before it"),
        (_, None) => format!("node `{name}` is not before it any more"),
    })
}

fn differs<'a, V: PartialEq>(
    before: &'a BTreeMap<String, V>,
    after: &'a BTreeMap<String, V>,
) -> Option<(&'a String, Option<&'a V>, Option<&'a V>)> {
    let names = before.keys().chain(after.keys());
    let mut pairs = names.map(|name| (name, before.get(name), after.get(name)));
    pairs.find(|(_, before, after)| before != after)
}

pub(crate) fn describe(context: &Context<'_>, command: &DescribeNode) -> Result<Decided, Stop> {
    names::check_name("the name of the node", &command.node)?;
    let success = context.state.successes.get(&command.node).map(view);
    Decided::answer(Answer::Node(NodeSummary { node: command.node.clone(), success }))
}

fn view(row: &SuccessRow) -> SuccessView {
    SuccessView {
        run: row.run.clone(),
        attempt: row.attempt,
        token: row.token,
        version: row.version,
        at_ms: row.at_ms,
        fingerprint: row.fingerprint.clone(),
        artifacts: row.artifacts.clone(),
        overtaken_by: row.overtaken_by,
    }
}

/// Must see the attempt as it was before the fact.
pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::AttemptStarted(fact) => {
            state.successes.modify(&fact.node, |row| row.overtaken_by = Some(fact.token));
        }
        Fact::AttemptSucceeded(fact) => succeeded(state, fact, extra, at),
        _ => {}
    }
}

fn succeeded(state: &mut State, fact: &AttemptSucceeded, extra: &Extra, at: At) {
    let attempt = state.attempts.get(&(fact.run.clone(), fact.node.clone(), fact.attempt));
    let Some(attempt) = attempt.filter(|row| row.status == AttemptStatus::Running) else { return };
    let (token, fingerprint) = (attempt.token, attempt.fingerprint.clone());
    forget(state, &fact.node);
    if fingerprint.is_none() && fact.artifacts.is_empty() {
        return;
    }
    let row = SuccessRow {
        node: fact.node.clone(),
        run: fact.run.clone(),
        attempt: fact.attempt,
        token,
        version: at.version,
        at_ms: at.at_ms,
        fingerprint,
        artifacts: fact.artifacts.clone(),
        overtaken_by: None,
        extra: extra.clone(),
    };
    state.successes_by_token.insert(token, row.node.clone());
    state.successes.insert(row.node.clone(), row);
    let oldest = state.successes_by_token.iter().next().map(|(_, node)| node.clone());
    if let Some(oldest) = oldest.filter(|_| state.successes.len() > limits::SUCCESSES_KEPT) {
        forget(state, &oldest);
    }
}

/// Without its last success, a node runs.
pub(crate) fn forget(state: &mut State, node: &String) {
    if let Some(token) = state.successes.get(node).map(|row| row.token) {
        state.successes_by_token.remove(&token);
        state.successes.remove(node);
    }
}

/// Bytes of artifacts in a record, about.
pub(crate) fn estimate_bytes(artifacts: &[Artifact]) -> usize {
    artifacts.iter().map(|it| 128 + it.uri.len() + it.digest.as_ref().map_or(0, String::len)).sum()
}
