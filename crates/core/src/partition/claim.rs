//! Claims: which partitions an attempt works on. No partition has two, and a claim goes with its attempt, however that ends.

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{CoverageStatus, Fact, PartitionMark, PartitionsClaimed};

use super::name::{Divided, Place, check_count};
use super::{Touch, touch_one};
use crate::bug;
use crate::command::{BeginNode, PartitionsWanted};
use crate::coverage::Line;
use crate::coverage::claim::Hand;
use crate::decide::Context;
use crate::error::Error;
use crate::order::sorted;
use crate::row::{PartitionClaimRow, PartitionRow};
use crate::state::{At, State};
use crate::{limits, names, run};

/// Chooses which of the wanted partitions are handed out with this token.
pub(crate) fn choose(
    context: &mut Context<'_>,
    command: &BeginNode,
    wanted: &PartitionsWanted,
    (attempt, token): (u32, u64),
) -> Result<Hand<PartitionsClaimed>, Error> {
    names::check_optional_name("the fingerprint", wanted.fingerprint.as_ref())?;
    let state = context.state;
    let divided = Divided::find(state, &command.node)?;
    let again = command.force || wanted.restate;
    let most = if wanted.limit == 0 { limits::PARTITIONS_PER_COMMAND } else { wanted.limit as usize };
    let most = most.min(limits::PARTITIONS_PER_COMMAND);
    let (mut free, mut all, mut other) = (Vec::new(), 0_u64, None);
    each_wanted(&divided, wanted, &mut |place| {
        all += 1;
        if !again && is_done(state.partitions.get(place.key), wanted.fingerprint.as_ref()) {
            return true;
        }
        let claim = state.partition_claims.get(place.key);
        // The claims of this node in this run are those of an attempt that is over.
        match claim.filter(|claim| claim.run != command.run && !bug!(ClaimPartitionTwice)) {
            Some(claim) => other = other.or(Some(claim)),
            None => free.push(place.name.to_owned()),
        }
        free.len() < most
    })?;
    if free.is_empty() {
        return Ok(match other {
            Some(row) => Hand::Taken(format!(
                "run `{}` works on what is left of the partitions of node `{}`, for example `{}`",
                row.run, row.node, row.partition
            )),
            None if all == 0 => {
                Hand::Covered(format!("node `{}` has no such partition yet: add keys first", command.node))
            }
            None => Hand::Covered(match all {
                1 => "the one partition that was asked for is done".to_owned(),
                all => format!("all {all} partitions that were asked for are done"),
            }),
        });
    }
    let claims = state.partition_claims.len();
    context.check_bound("partitions that are worked on", claims, free.len(), limits::PARTITION_CLAIMS)?;
    context.check_bound("partitions", state.partitions.len(), free.len(), limits::PARTITIONS)?;
    let (run, node) = (command.run.clone(), command.node.clone());
    let fingerprint = wanted.fingerprint.clone();
    Ok(Hand::Work(PartitionsClaimed { run, node, attempt, token, partitions: free, fingerprint }))
}

/// Goes through what is wanted in the order of the keys, while `visit` says so.
fn each_wanted(
    divided: &Divided<'_>,
    wanted: &PartitionsWanted,
    visit: &mut dyn FnMut(&Place<'_>) -> bool,
) -> Result<(), Error> {
    if wanted.partitions.is_empty() {
        divided.walk(&[], &wanted.prefix, visit);
        return Ok(());
    }
    check_count("partitions", wanted.partitions.len())?;
    let named = wanted.partitions.iter().map(|name| Ok((divided.check(name)?, name)));
    let named: Vec<(Vec<u64>, &String)> = named.collect::<Result<_, Error>>()?;
    let mut named = sorted(named, Ord::cmp);
    named.dedup();
    for (numbers, name) in named.iter().filter(|(_, name)| name.starts_with(&wanted.prefix)) {
        let line = Line::new(&divided.row.node, Some(name));
        if !visit(&Place { key: line.name(), name, numbers }) {
            break;
        }
    }
    Ok(())
}

/// Whether it is done, and with this, if somebody says with what.
fn is_done(row: Option<&PartitionRow>, fingerprint: Option<&String>) -> bool {
    row.is_some_and(|row| {
        row.status == CoverageStatus::Done
            && fingerprint.is_none_or(|wanted| row.fingerprint.as_ref() == Some(wanted))
    })
}

/// Refuses a partition that somebody else works on.
pub(super) fn check_free(
    state: &State,
    node: &str,
    partition: &str,
    run: Option<&String>,
) -> Result<(), Error> {
    let claim = state.partition_claims.get(Line::new(node, Some(partition)).name());
    match claim.filter(|claim| Some(&claim.run) != run) {
        None => Ok(()),
        Some(row) => Err(Error::conflict(format!(
            "an attempt in run `{}` works on partition `{partition}` of node `{node}` (token {}); wait for its end, or take its lease away",
            row.run, row.token
        ))),
    }
}

/// The claims of a node, in byte order of the partitions.
pub(super) fn of_node<'a>(
    state: &'a State,
    node: &str,
) -> impl Iterator<Item = &'a PartitionClaimRow> + use<'a> {
    let (first, last) = Line::names_of(node);
    state.partition_claims.range(first..last).map(|(_, row)| row)
}

/// A run works on a partition no more.
pub(super) fn give_back(state: &mut State, node: &str, partition: &str, run: &str) {
    let name = Line::new(node, Some(partition)).shared_name();
    if state.partition_claims.get(&name).is_some_and(|row| row.run == run) {
        state.partition_claims.remove(&name);
    }
}

pub(super) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::PartitionsClaimed(claimed) => claim(state, claimed, extra, at),
        Fact::AttemptStarted(fact) => release(state, &fact.run, &fact.node, None, at),
        Fact::AttemptSucceeded(ended) => release(state, &ended.run, &ended.node, Some(fact), at),
        Fact::AttemptFailed(ended) => release(state, &ended.run, &ended.node, Some(fact), at),
        Fact::AttemptCrashed(ended) => release(state, &ended.run, &ended.node, None, at),
        Fact::AttemptHandedBack(ended) => release(state, &ended.run, &ended.node, None, at),
        Fact::RunCancelled(ended) => release_all(state, &ended.run, at),
        Fact::RunFinished(ended) => release_all(state, &ended.run, at),
        _ => {}
    }
}

fn claim(state: &mut State, fact: &PartitionsClaimed, extra: &Extra, at: At) {
    let node: Arc<str> = fact.node.as_str().into();
    for partition in &fact.partitions {
        let name = Line::new(&node, Some(partition)).shared_name();
        if state.partition_claims.get(&name).is_some() && !bug!(ClaimPartitionTwice) {
            continue;
        }
        let row = PartitionClaimRow {
            node: Arc::clone(&node),
            partition: partition.as_str().into(),
            run: fact.run.clone(),
            attempt: fact.attempt,
            token: fact.token,
            at_ms: at.at_ms,
            fingerprint: fact.fingerprint.clone(),
            extra: extra.clone(),
        };
        state.partition_claims.insert(name, row);
    }
}

/// The attempt is over: `ended` is the fact that says how, where that is one for its partitions too.
fn release(state: &mut State, run: &str, node: &str, ended: Option<&Fact>, at: At) {
    if state.partition_claims.len() == 0 {
        return;
    }
    let rows: Vec<PartitionClaimRow> = of_node(state, node).filter(|row| row.run == run).cloned().collect();
    for row in rows {
        state.partition_claims.remove(&Line::new(&row.node, Some(&row.partition)).shared_name());
        let Some(fact) = ended else { continue };
        let (extra, attempt) = (&Extra::default(), Some(row.attempt));
        let touch = Touch { fact, run: Some(&row.run), attempt, reason: None, actor: None, extra, at };
        let done = matches!(fact, Fact::AttemptSucceeded(_));
        let fingerprint = row.fingerprint.clone().filter(|_| done);
        let mark = PartitionMark { partition: row.partition.to_string(), rows: None, fingerprint };
        touch_one(state, &row.node, &mark, &touch);
    }
}

/// The run is over, and with it its attempts.
fn release_all(state: &mut State, run: &str, at: At) {
    if state.partition_claims.len() == 0 {
        return;
    }
    let nodes: Vec<String> = run::nodes_of(state, run).map(|row| row.node.clone()).collect();
    nodes.iter().for_each(|node| release(state, run, node, None, at));
}
