//! Claims: which intervals an attempt works on. Two claims never overlap, and a claim goes with its attempt, however that ends.

use std::sync::Arc;

use highwater_format::Extra;
use highwater_format::fact::{BackfillOrder, CoverageClaimed, Fact, Interval, RunWindow};

use super::{Line, Touch, check_axis, check_room, keys_of, show, touch_pieces};
use crate::backfill::{self, Share};
use crate::bug;
use crate::cadence::{self, due::Due, due::Rest};
use crate::command::{BeginNode, Cover};
use crate::decide::Context;
use crate::error::Error;
use crate::hwm_derived::{self, Cause};
use crate::row::{BackfillRow, ClaimRow};
use crate::run_window::Wanted;
use crate::state::{At, State};
use crate::{extent, interval_set, limits, run, run_window, time};

/// What a worker that asks for intervals or partitions is handed.
pub(crate) enum Hand<T> {
    /// These, once the fact holds.
    Work(T),
    /// Nothing: all of it is done, in these words.
    Covered(String),
    /// Nothing: others work on what is left, in these words.
    Taken(String),
    /// Nothing: what is left is not due before this time, in these words.
    Later { at_ms: i64, words: String },
}

impl<T> Hand<T> {
    /// The same with other work.
    pub(crate) fn map<U>(self, of: impl FnOnce(T) -> U) -> Hand<U> {
        match self {
            Hand::Work(work) => Hand::Work(of(work)),
            Hand::Covered(words) => Hand::Covered(words),
            Hand::Taken(words) => Hand::Taken(words),
            Hand::Later { at_ms, words } => Hand::Later { at_ms, words },
        }
    }
}

/// Chooses what of the wanted intervals is handed out to this attempt, by its number and token.
pub(crate) fn choose(
    context: &mut Context<'_>,
    command: &BeginNode,
    cover: &Cover,
    (attempt, token): (u32, u64),
) -> Result<Hand<CoverageClaimed>, Error> {
    let line = Line::checked(&command.node, cover.partition.as_ref())?;
    if let Some(backfill) = &cover.backfill {
        run_window::check_no_backfill(context.state, &command.run, backfill)?;
    }
    let share = match backfill::share(context.state, &command.run, &command.node, cover)? {
        None => None,
        Some(Share::Of(row)) => Some(row),
        Some(Share::Later(words)) => return Ok(Hand::Taken(words)),
        Some(Share::Over(words)) => return Ok(Hand::Covered(words)),
    };
    let Wanted { intervals, bound, is_due } = match share {
        None => run_window::wanted(context.state, &command.run, &line, cover)?,
        Some(row) => {
            let is_due = cover.due || cadence::of(context.state, &command.node).is_some();
            Wanted { intervals: vec![row.interval], bound: None, is_due }
        }
    };
    let due = is_due.then(|| Due::of(context, &command.node, &intervals)).transpose()?;
    let wanted = due.as_ref().map_or(intervals, |due| due.within.clone());
    let state = context.state;
    let asked = share.map(|row| row.axis).or(cover.axis);
    let axis = match &due {
        None => check_axis(state, &command.node, asked.or(bound.map(|window| window.axis)))?,
        Some(due) => due.check_axis(state, &command.node, asked)?,
    };
    let again = command.force || cover.restate;
    let undone = if again { wanted.clone() } else { super::undone(state, &line, &wanted) };
    let waits = share.map_or_else(Vec::new, |row| backfill::not_ready(state, row, &line.node, &wanted));
    // The claims of this node in this run are those of an attempt that is over.
    let others =
        || wanted.iter().flat_map(|within| of(state, &line, *within)).filter(|it| it.run != command.run);
    let most = if cover.limit == 0 { limits::INTERVALS_PER_COMMAND } else { cover.limit as usize };
    let most = most.min(limits::INTERVALS_PER_COMMAND);
    let order = share.map(|row| row.order);
    let ready = interval_set::subtract(&undone, &waits);
    let free = match &due {
        // A window waits as a whole.
        Some(due) => due.choose(&ready, most, order, &|window| {
            interval_set::touches(&waits, window)
                || bound.is_some_and(|all| !run_window::has(&all, window))
                || !bug!(ClaimTwice) && of(state, &line, window).any(|it| it.run != command.run)
        }),
        None => {
            let taken: Vec<Interval> = others().map(interval).filter(|_| !bug!(ClaimTwice)).collect();
            limited(interval_set::subtract(&ready, &taken), most, order)
        }
    };
    if free.is_empty() {
        let held_up = held_up(&line, (&undone, &ready), others().next(), share);
        return Ok(held_up.unwrap_or_else(|| nothing_left(due.as_ref(), bound)));
    }
    context.check_bound("claims of intervals", state.claims.len(), free.len(), limits::CLAIMS)?;
    check_room(context, free.len())?;
    Ok(Hand::Work(CoverageClaimed {
        run: command.run.clone(),
        node: command.node.clone(),
        token,
        partition: cover.partition.clone(),
        axis,
        intervals: free,
        attempt: Some(attempt),
    }))
}

/// Why nothing of what is undone is handed out, if something is.
fn held_up(
    line: &Line,
    (undone, ready): (&[Interval], &[Interval]),
    other: Option<&ClaimRow>,
    share: Option<&BackfillRow>,
) -> Option<Hand<CoverageClaimed>> {
    match (other, share) {
        (Some(row), _) if !ready.is_empty() => Some(Hand::Taken(taken_words(line, row))),
        (_, Some(row)) if !undone.is_empty() => Some(Hand::Taken(backfill::words_not_ready(row, &line.node))),
        _ => None,
    }
}

/// Why nothing is handed out where all that could be is done.
fn nothing_left(due: Option<&Due<'_>>, bound: Option<RunWindow>) -> Hand<CoverageClaimed> {
    let Some(due) = due else {
        return Hand::Covered("all intervals that were asked for are done".to_owned());
    };
    match bound.map(|window| due.rest_of(run_window::interval(&window))) {
        None | Some(Rest::Over) => Hand::Covered(due.words()),
        Some(Rest::None) => {
            Hand::Covered("no window of its cadence lies in the window of the run".to_owned())
        }
        Some(Rest::Later(at_ms)) => {
            let at = time::readable(at_ms);
            let words = format!("what is due of the window of the run is done; more of it is due at {at}");
            Hand::Later { at_ms, words }
        }
    }
}

/// The first of these, or the last ones where a backfill wants the newest first.
fn limited(mut intervals: Vec<Interval>, most: usize, order: Option<BackfillOrder>) -> Vec<Interval> {
    match order {
        Some(BackfillOrder::NewestFirst) => drop(intervals.drain(..intervals.len().saturating_sub(most))),
        _ => intervals.truncate(most),
    }
    intervals
}

fn taken_words(line: &Line, row: &ClaimRow) -> String {
    let words = show::words(row.axis, interval(row));
    format!("run `{}` works on what is left of {}, for example {words}", row.run, line.words())
}

fn interval(row: &ClaimRow) -> Interval {
    Interval { start: row.start, end: row.end }
}

/// The claims that have something of the interval, in order.
pub(crate) fn of<'a>(
    state: &'a State,
    line: &Line,
    within: Interval,
) -> impl Iterator<Item = &'a ClaimRow> + use<'a> {
    let before = state.claims.range(line.keys(i64::MIN, within.start)).next_back();
    let first =
        before.map(|(_, row)| row).filter(|row| row.end > within.start).map_or(within.start, |row| row.start);
    let last = within.end.saturating_sub(1).max(first);
    let rows = state.claims.range(line.keys(first, last)).map(|(_, row)| row);
    rows.filter(move |row| row.start < within.end && row.end > within.start)
}

/// What of the interval somebody works on.
pub(crate) fn parts(state: &State, line: &Line, within: Interval) -> Vec<Interval> {
    let part = |row: &ClaimRow| Interval { start: row.start.max(within.start), end: row.end.min(within.end) };
    of(state, line, within).map(part).collect()
}

/// Refuses intervals that somebody else works on.
pub(crate) fn check_free(
    state: &State,
    line: &Line,
    intervals: &[Interval],
    run: Option<&String>,
) -> Result<(), Error> {
    let mut claims = intervals.iter().flat_map(|within| of(state, line, *within));
    match claims.find(|row| Some(&row.run) != run) {
        None => Ok(()),
        Some(row) => Err(Error::conflict(format!(
            "an attempt of {} in run `{}` works {} (token {}); wait for its end, or take its lease away",
            line.words(),
            row.run,
            show::words(row.axis, interval(row)),
            row.token
        ))),
    }
}

/// The claims of a node in a run, in all partitions.
pub(crate) fn of_attempt(state: &State, run: &str, node: &str) -> Vec<ClaimRow> {
    state.claims.range(keys_of(node)).map(|(_, row)| row).filter(|row| row.run == run).cloned().collect()
}

/// Takes the interval out of the claims of a run, or of all.
pub(crate) fn give_back(state: &mut State, line: &Line, run: Option<&str>, done: Interval) {
    let is_of_it = |row: &&ClaimRow| run.is_none_or(|run| row.run == run);
    let claims: Vec<ClaimRow> = of(state, line, done).filter(is_of_it).cloned().collect();
    for row in claims {
        state.claims.remove(&line.key(row.start));
        for left in interval_set::subtract(&[interval(&row)], &[done]) {
            let row = ClaimRow { start: left.start, end: left.end, ..row.clone() };
            state.claims.insert(line.key(row.start), row);
        }
    }
}

pub(crate) fn apply(state: &mut State, fact: &Fact, extra: &Extra, at: At) {
    match fact {
        Fact::CoverageClaimed(claimed) => claim(state, claimed, extra, at),
        Fact::AttemptStarted(fact) => release(state, &fact.run, &fact.node, None, at),
        Fact::AttemptSucceeded(ended) => release(state, &ended.run, &ended.node, Some(fact), at),
        Fact::AttemptFailed(ended) => release(state, &ended.run, &ended.node, Some(fact), at),
        Fact::AttemptCrashed(_) if bug!(ClaimOutlivesCrash) => {}
        Fact::AttemptCrashed(ended) => release(state, &ended.run, &ended.node, None, at),
        Fact::AttemptHandedBack(ended) => release(state, &ended.run, &ended.node, None, at),
        Fact::RunCancelled(ended) => release_all(state, &ended.run, at),
        Fact::RunFinished(ended) => release_all(state, &ended.run, at),
        _ => {}
    }
}

fn claim(state: &mut State, fact: &CoverageClaimed, extra: &Extra, at: At) {
    let line = Line::new(&fact.node, fact.partition.as_deref());
    for interval in &fact.intervals {
        if of(state, &line, *interval).next().is_some() && !bug!(ClaimTwice) {
            continue;
        }
        let row = ClaimRow {
            node: Arc::clone(&line.node),
            partition: Arc::clone(&line.partition),
            axis: fact.axis,
            start: interval.start,
            end: interval.end,
            run: fact.run.clone(),
            token: fact.token,
            at_ms: at.at_ms,
            attempt: fact.attempt,
            extra: extra.clone(),
        };
        state.claims.insert(line.key(row.start), row);
    }
}

/// The attempt is over: `ended` is the fact that says how, where that is one for the pieces too.
fn release(state: &mut State, run: &str, node: &str, ended: Option<&Fact>, at: At) {
    let rows = of_attempt(state, run, node);
    if matches!(ended, Some(Fact::AttemptSucceeded(_))) {
        extent::add_claims(state, &rows);
    }
    let mut from = None;
    for (place, row) in rows.iter().enumerate() {
        let line = Line::new(&row.node, Some(&row.partition));
        state.claims.remove(&line.key(row.start));
        let Some(fact) = ended else { continue };
        let (run, extra) = (Some(&row.run), &Extra::default());
        let touch = Touch { fact, axis: row.axis, run, reason: None, actor: None, extra, at };
        touch_pieces(state, &line, interval(row), &touch);
        // Those of a partition stand together, in order.
        let first = *from.get_or_insert(row.start);
        if rows.get(place + 1).is_none_or(|next| next.partition != row.partition) {
            let cause = Cause { from: Some(first), run: Some(&row.run), ..Cause::default() };
            hwm_derived::follow(state, &line, &cause, at);
            from = None;
        }
    }
}

/// The run is over, and with it its attempts.
fn release_all(state: &mut State, run: &str, at: At) {
    let nodes: Vec<String> = run::nodes_of(state, run).map(|row| row.node.clone()).collect();
    nodes.iter().for_each(|node| release(state, run, node, None, at));
}
