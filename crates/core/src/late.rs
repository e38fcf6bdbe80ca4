//! Late data: rows that come for an interval after it was done. What a node does about it is declared; what came is reported.
//!
//! What is *reopened* becomes stale, so that the next worker that asks what to cover is handed it again. What is *recorded* or
//! *refused* is counted and stays done. What is not done yet is *pending*: there is nothing to do, because it will be done.
//!
//! An attempt that began before a report may not have read the rows, whatever it says later. So what is reopened or pending is
//! *unseen* by all attempts that run at that time, and what such an attempt marks as done is stale in the same record: `unseen.rs`.

pub(crate) mod check;
mod judge;
mod show;
pub(crate) mod unseen;

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{Fact, LateAction, LateArrival, LateDataReported, LateRule, LateRuleDeclared};

use crate::answer::LateCount;
use crate::command::DeclareLateRule;
use crate::coverage::{self, Line, Touch};
use crate::decide::{Context, Decided, Stop};
use crate::hwm_derived::Cause;
use crate::row::{LateEntry, LateRow, Said};
use crate::state::{At, State};
use crate::{hwm_derived, limits, names};

pub(crate) use judge::report;
pub(crate) use show::{data, lines_of_run, list_rules, reports};

/// What a node does about late data: its own rule, or that of all nodes. Where there is none, it is recorded.
pub(crate) fn of(state: &State, node: &str) -> Option<LateRule> {
    let said = state.late_rules.get(node).or_else(|| state.late_rules.get(""));
    said.and_then(|said| said.fact.rule.clone())
}

pub(crate) fn declare(context: &mut Context<'_>, command: &DeclareLateRule) -> Result<Decided, Stop> {
    names::check_optional_name("the name of the node", command.node.as_ref())?;
    let node = command.node.clone().unwrap_or_default();
    let before = context.state.late_rules.get(node.as_str()).and_then(|said| said.fact.rule.as_ref());
    if before == command.rule.as_ref() {
        return context.done(Vec::new());
    }
    let (added, present) = (usize::from(before.is_none()), context.state.late_rules.len());
    context.check_bound("declared rules of late data", present, added, limits::NODES)?;
    context.done(vec![LateRuleDeclared { node, rule: command.rule.clone() }.into()])
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::LateRuleDeclared(fact) => declared(state, fact, extra),
        Fact::LateDataReported(reported) => {
            for arrival in &reported.arrivals {
                let line = Line::new(&arrival.node, arrival.partition.as_deref());
                reopen(state, &line, fact, arrival, extra, at);
                count(state, &line, reported, arrival, extra, at);
                unseen::note(state, &line, &arrival.unseen, reported.token, extra);
            }
        }
        _ => unseen::apply(state, fact),
    }
}

fn declared(state: &mut State, fact: &LateRuleDeclared, extra: &Extra) {
    let node: Arc<str> = fact.node.as_str().into();
    match &fact.rule {
        None => state.late_rules.remove(&node),
        Some(_) => state.late_rules.insert(node, Said { fact: fact.clone(), extra: extra.clone() }),
    }
}

fn reopen(state: &mut State, line: &Line, fact: &Fact, arrival: &LateArrival, extra: &Extra, at: At) {
    let reason = (!arrival.reason.is_empty()).then_some(&arrival.reason);
    let touch = Touch { fact, axis: arrival.axis, run: None, reason, actor: None, extra, at };
    arrival.reopened.iter().for_each(|interval| coverage::touch_pieces(state, line, *interval, &touch));
    if let Some(first) = arrival.reopened.first() {
        let cause = Cause { from: Some(first.start), reason, ..Cause::default() };
        hwm_derived::follow(state, line, &cause, at);
    }
}

/// The worst that happened to a part of it; none if nothing of it was late.
fn worst(arrival: &LateArrival) -> Option<LateAction> {
    match (arrival.refused.is_empty(), arrival.recorded.is_empty(), arrival.reopened.is_empty()) {
        (false, _, _) => Some(LateAction::Refuse),
        (_, false, _) => Some(LateAction::Record),
        (_, _, false) => Some(LateAction::Reopen),
        _ => None,
    }
}

fn count(
    state: &mut State,
    line: &Line,
    reported: &LateDataReported,
    arrival: &LateArrival,
    extra: &Extra,
    at: At,
) {
    let Some(action) = worst(arrival) else { return };
    let late = || arrival.refused.iter().chain(&arrival.recorded).chain(&arrival.reopened);
    let entry = LateEntry {
        version: at.version,
        at_ms: at.at_ms,
        action,
        start: late().map(|it| it.start).min().unwrap_or_default(),
        end: late().map(|it| it.end).max().unwrap_or_default(),
        rows: arrival.rows,
        run: reported.run.clone(),
        worker: reported.worker.clone(),
        upstream: arrival.upstream.clone(),
    };
    let key = line.shared_name();
    let mut row = state.late.get(&key).cloned().unwrap_or_else(|| LateRow {
        node: Arc::clone(&line.node),
        partition: Arc::clone(&line.partition),
        axis: arrival.axis,
        reopened: LateCount::default(),
        recorded: LateCount::default(),
        refused: LateCount::default(),
        last: Vec::new(),
        extra: Extra::default(),
    });
    let count = match action {
        LateAction::Reopen => &mut row.reopened,
        LateAction::Record => &mut row.recorded,
        LateAction::Refuse => &mut row.refused,
    };
    count.reports = count.reports.saturating_add(1);
    count.rows = count.rows.saturating_add(arrival.rows);
    if row.last.len() >= limits::LATE_REPORTS_KEPT {
        row.last.remove(0);
    }
    row.last.push(entry);
    row.extra.absorb(extra);
    state.late.insert(key, row);
}
