//! Backfills: ranges of windows that are worked off beside the daily runs. The machine, and what is handed out of one.
//!
//! Only what people decide is stored. How far a backfill is follows from the coverage and the claims of its nodes.

use highwater_format::Extra;
use highwater_format::fact::{BackfillAction, Fact, Interval};
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, BackfillView, Backfills, WindowStatus};
use crate::bug;
use crate::cadence::{self, Windows, show};
use crate::command::{ChangeBackfill, Cover, ListBackfills};
use crate::coverage::Line;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::plan::each_window;
use crate::row::BackfillRow;
use crate::state::{At, State};
use crate::{attempt, coverage, graph, interval_set, limits, names, page};

/// Status of a backfill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackfillStatus {
    /// Its windows are handed out.
    Running,
    /// Nothing of it is handed out until somebody resumes it.
    Paused,
    /// Nothing of it is handed out any more.
    Cancelled,
    /// All of its windows are done. It is never stored: if coverage is taken back, there is work again.
    Done,
}

use BackfillStatus::{Cancelled, Paused, Running};

/// Every transition of a backfill: status before, fact, status after. A deleted one is none. Whatever is not here does not happen.
pub const TRANSITIONS: &[(Option<BackfillStatus>, &str, Option<BackfillStatus>)] = &[
    (None, "backfill-created", Some(Running)),
    (Some(Running), "backfill-changed", Some(Paused)),
    (Some(Running), "backfill-changed", Some(Cancelled)),
    (Some(Running), "backfill-changed", None),
    (Some(Paused), "backfill-changed", Some(Running)),
    (Some(Paused), "backfill-changed", Some(Cancelled)),
    (Some(Paused), "backfill-changed", None),
    (Some(Cancelled), "backfill-changed", None),
];

impl BackfillStatus {
    /// All statuses that are stored.
    pub const STORED: [BackfillStatus; 3] = [Running, Paused, Cancelled];

    /// The status in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Running => "running",
            Paused => "paused",
            Cancelled => "cancelled",
            BackfillStatus::Done => "done",
        }
    }
}

/// What becomes of a backfill; `None` if the fact changes nothing, and nothing inside if there is none any more. Public so that tests
/// hold it against [`TRANSITIONS`].
#[doc(hidden)]
#[must_use]
pub fn transition(from: Option<BackfillStatus>, fact: &Fact) -> Option<Option<BackfillStatus>> {
    match (from, fact) {
        (None, Fact::BackfillCreated(_)) => Some(Some(Running)),
        (Some(from), Fact::BackfillChanged(fact)) => match (from, fact.action) {
            (_, BackfillAction::Delete) => Some(None),
            (Running, BackfillAction::Pause) => Some(Some(Paused)),
            (Paused, BackfillAction::Resume) => Some(Some(Running)),
            (Running | Paused, BackfillAction::Cancel) => Some(Some(Cancelled)),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn check_room(context: &mut Context<'_>) -> Result<(), Error> {
    context.check_bound("backfills", context.state.backfills.len(), 1, limits::BACKFILLS)
}

fn find<'a>(state: &'a State, backfill: &String) -> Result<&'a BackfillRow, Error> {
    names::check_name("the id of the backfill", backfill)?;
    state.backfills.get(backfill).ok_or_else(|| {
        Error::invalid(format!("there is no backfill `{backfill}`; list them to see which there are"))
    })
}

pub(crate) fn change(context: &Context<'_>, command: &ChangeBackfill) -> Result<Decided, Stop> {
    names::check_reason(&command.reason, command.actor.as_ref())?;
    let row = find(context.state, &command.backfill)?;
    let fact = Fact::BackfillChanged(highwater_format::fact::BackfillChanged {
        backfill: command.backfill.clone(),
        action: command.action,
        reason: command.reason.clone(),
        actor: command.actor.clone(),
    });
    let is_so = matches!(
        (row.status, command.action),
        (Running, BackfillAction::Resume)
            | (Paused, BackfillAction::Pause)
            | (Cancelled, BackfillAction::Cancel)
    );
    match transition(Some(row.status), &fact) {
        Some(_) => context.done(vec![fact]),
        None if is_so => context.done(Vec::new()),
        None => Err(Error::conflict(format!(
            "backfill `{}` is {} for good; make another one",
            row.backfill,
            row.status.name()
        ))
        .into()),
    }
}

/// What is handed out of a backfill to an attempt.
pub(crate) enum Share<'a> {
    /// Windows of this.
    Of(&'a BackfillRow),
    /// Nothing now, in these words.
    Later(String),
    /// Nothing any more, in these words.
    Over(String),
}

/// Whether an attempt of a node in a run may have a share in a backfill.
pub(crate) fn share<'a>(
    state: &'a State,
    run: &str,
    node: &str,
    cover: &Cover,
) -> Result<Option<Share<'a>>, Error> {
    let Some(backfill) = &cover.backfill else { return Ok(None) };
    let row = find(state, backfill)?;
    if !row.nodes.iter().any(|known| known == node) {
        return Err(Error::invalid(format!(
            "backfill `{backfill}` is not for node `{node}`; it is for {}",
            row.nodes.join(", ")
        )));
    }
    if row.partition != cover.partition {
        return Err(Error::invalid(format!(
            "backfill `{backfill}` is for another partition; it is for {:?}",
            row.partition
        )));
    }
    let words = |what: &str| format!("backfill `{backfill}` is {what}: {}", row.reason);
    Ok(Some(match row.status {
        Cancelled if !bug!(ShareOfCancelled) => Share::Over(words("cancelled")),
        Paused => Share::Later(words("paused")),
        _ => {
            let most = if bug!(ForgetBackfillLimit) { 0 } else { row.max_concurrent as usize };
            let busy = if most > 0 { workers(state, row, (run, node)) } else { 0 };
            if most > 0 && busy >= most {
                Share::Later(format!(
                    "{busy} attempts work on backfill `{backfill}`, which is the most that it allows"
                ))
            } else {
                Share::Of(row)
            }
        }
    }))
}

/// The attempts that work on a backfill, but for this one. One that has said that all of its windows are done works until it ends.
fn workers(state: &State, row: &BackfillRow, but: (&str, &str)) -> usize {
    let held = state.leases.iter().filter_map(|(_, lease)| lease.attempt.as_ref());
    let others = held.filter(|(run, node)| (run.as_str(), node.as_str()) != but);
    let is_of_it = |key: &&(String, String)| {
        let last = state.nodes.get(*key).and_then(|node| attempt::last(state, node));
        last.is_some_and(|last| last.backfill.as_ref() == Some(&row.backfill))
    };
    others.filter(is_of_it).count()
}

/// What of the intervals cannot be worked off yet, because a node of the backfill that comes before has not done it. Where that node
/// has no window of its own in the backfill, there is nothing to wait for: the backfill would never do it.
pub(crate) fn not_ready(
    state: &State,
    row: &BackfillRow,
    node: &str,
    intervals: &[Interval],
) -> Vec<Interval> {
    let after = graph::find(state, node).map_or(&[][..], |spec| &spec.after);
    let mut open: Vec<Interval> = Vec::new();
    if bug!(ForgetNodesBefore) {
        return open;
    }
    for before in after.iter().filter(|before| row.nodes.contains(before)) {
        let Some(own) = share_of(state, row, before) else { continue };
        let line = Line::new(before, row.partition.as_deref());
        let clip = |it: &Interval| Interval { start: it.start.max(own.start), end: it.end.min(own.end) };
        let its: Vec<Interval> = intervals.iter().map(clip).filter(interval_set::is_whole).collect();
        open.extend(coverage::undone(state, &line, &its));
    }
    interval_set::union(open)
}

/// What a node does of a backfill: the windows of its cadence that lie in it whole, or all of it.
fn share_of(state: &State, row: &BackfillRow, node: &str) -> Option<Interval> {
    match cadence::of(state, node) {
        None => Some(row.interval),
        Some(cadence) => Windows::of(cadence).ok()?.whole(row.interval),
    }
}

/// The same in words.
pub(crate) fn words_not_ready(row: &BackfillRow, node: &str) -> String {
    format!("the nodes before `{node}` have not done their part of backfill `{}`", row.backfill)
}

pub(crate) fn list(context: &Context<'_>, command: &ListBackfills) -> Result<Decided, Stop> {
    let state = context.state;
    if let Some(backfill) = &command.backfill {
        let backfills = vec![view(context, find(state, backfill)?)?];
        return Decided::answer(Answer::Backfills(Backfills { backfills, next: None }));
    }
    let limit = page::limit(command.limit);
    let from = command.cursor.clone().unwrap_or_default();
    let mut rows = state.backfills.range(from..).map(|(_, row)| row);
    let backfills = rows.by_ref().take(limit).map(|row| view(context, row)).collect::<Result<_, _>>()?;
    let next = rows.next().map(|row| row.backfill.clone());
    Decided::answer(Answer::Backfills(Backfills { backfills, next }))
}

fn view(context: &Context<'_>, row: &BackfillRow) -> Result<BackfillView, Error> {
    let mut view = BackfillView {
        backfill: row.backfill.clone(),
        status: row.status,
        nodes: row.nodes.clone(),
        partition: row.partition.clone(),
        axis: row.axis,
        interval: row.interval,
        order: row.order,
        max_concurrent: row.max_concurrent,
        windows: 0,
        done: 0,
        running: 0,
        failed: 0,
        created_at_ms: row.created_at_ms,
        reason: row.reason.clone(),
        actor: row.actor.clone(),
    };
    for node in &row.nodes {
        let line = Line::new(node, row.partition.as_deref());
        each_window(context.state, node, row.interval, &mut |window: Interval| {
            if view.windows as usize >= limits::PLAN_WINDOWS {
                return Ok(false);
            }
            view.windows = view.windows.saturating_add(1);
            match show::status(context, &line, window) {
                WindowStatus::Done => view.done += 1,
                WindowStatus::Partial if bug!(DoneInPart) => view.done += 1,
                WindowStatus::Running => view.running += 1,
                WindowStatus::Failed => view.failed += 1,
                _ => {}
            }
            Ok(true)
        })?;
    }
    if view.status == Running && view.windows > 0 && view.done == view.windows {
        view.status = BackfillStatus::Done;
    }
    Ok(view)
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    let backfill = match fact {
        Fact::BackfillCreated(fact) => &fact.backfill,
        Fact::BackfillChanged(fact) => &fact.backfill,
        _ => return,
    };
    let from = state.backfills.get(backfill).map(|row| row.status);
    match (transition(from, fact), fact) {
        (Some(None), _) => state.backfills.remove(backfill),
        (Some(Some(_)), Fact::BackfillCreated(fact)) => {
            state.backfills.insert(backfill.clone(), BackfillRow::of(fact, at.at_ms, extra));
        }
        (Some(Some(status)), Fact::BackfillChanged(fact)) => {
            state.backfills.modify(backfill, |row| {
                row.status = status;
                row.reason.clone_from(&fact.reason);
                row.actor.clone_from(&fact.actor);
                row.extra.absorb(extra);
            });
        }
        _ => {}
    }
}
