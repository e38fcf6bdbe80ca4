//! What becomes of rows that arrived: decided for each node and partition, and for the nodes after it.

use highwater_format::fact::{
    Axis, Cadence, CoverageStatus, Interval, LateAction, LateArrival, LateDataReported, LateRule,
};

use super::{of, unseen, worst};
use crate::answer::{Answer, Arrivals, Arrived};
use crate::cadence::{self, Windows};
use crate::command::{Arrival, ReportArrivals};
use crate::coverage::{self, Line, claim};
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::state::State;
use crate::{graph, interval_set, limits, names};

/// What was decided, and what is not done yet.
struct Judged {
    arrival: LateArrival,
    pending: Vec<Interval>,
}

pub(crate) fn report(context: &mut Context<'_>, command: &ReportArrivals) -> Result<Decided, Stop> {
    names::check_optional_name("the run id", command.run.as_ref())?;
    names::check_optional_name("the worker", command.worker.as_ref())?;
    check_count(command)?;
    let state = context.state;
    let working = unseen::working(state);
    let mut all: Vec<Judged> = Vec::with_capacity(command.arrivals.len());
    for arrival in &command.arrivals {
        let own = judge(state, &working, arrival, words(command))?;
        let after = match of(state, &arrival.node) {
            Some(rule) if rule.downstream => downstream(state, &working, &own.arrival),
            _ => Vec::new(),
        };
        all.push(own);
        all.extend(after);
    }
    check_room(context, &all)?;
    let arrivals: Vec<LateArrival> = all.iter().map(|it| &it.arrival).filter(is_told).cloned().collect();
    let version = if arrivals.is_empty() { context.version() } else { context.next_version };
    let answer =
        Answer::Arrivals(Arrivals { arrivals: all.into_iter().map(Judged::answer).collect(), version });
    if arrivals.is_empty() {
        return Decided::answer(answer);
    }
    let (run, worker) = (command.run.clone(), command.worker.clone());
    let token = state.head().token;
    Decided::facts(vec![LateDataReported { token, arrivals, run, worker }.into()], answer)
}

/// Whether anything has to be written down.
fn is_told(arrival: &&LateArrival) -> bool {
    worst(arrival).is_some() || !arrival.unseen.is_empty()
}

impl Judged {
    fn answer(self) -> Arrived {
        let LateArrival { node, partition, axis, reopened, recorded, refused, upstream, .. } = self.arrival;
        Arrived { node, partition, axis, reopened, recorded, refused, pending: self.pending, upstream }
    }
}

fn words(command: &ReportArrivals) -> String {
    match (&command.run, &command.worker) {
        (Some(run), _) => format!("late data, reported by run `{run}`"),
        (None, Some(worker)) => format!("late data, reported by {worker}"),
        (None, None) => "late data".to_owned(),
    }
}

fn check_count(command: &ReportArrivals) -> Result<(), Error> {
    let arrivals = command.arrivals.len();
    if arrivals == 0 || arrivals > limits::ARRIVALS_PER_COMMAND {
        return Err(Error::invalid(format!(
            "{arrivals} arrivals in one command; name 1 to {}",
            limits::ARRIVALS_PER_COMMAND
        )));
    }
    let places = command.arrivals.iter().map(|it| it.intervals.len()).sum();
    coverage::check_count(places)
}

/// The intervals of an arrival as a set, or why they are none.
fn asked(arrival: &Arrival) -> Result<Vec<Interval>, Error> {
    if arrival.intervals.is_empty() {
        return Err(Error::invalid(format!(
            "rows of node `{}` arrived nowhere; name an interval",
            arrival.node
        )));
    }
    coverage::check_intervals(&arrival.intervals)
}

fn judge(
    state: &State,
    working: &unseen::Working,
    arrival: &Arrival,
    reason: String,
) -> Result<Judged, Error> {
    let line = Line::checked(&arrival.node, arrival.partition.as_ref())?;
    let asked = asked(arrival)?;
    let axis = coverage::check_axis(state, &arrival.node, arrival.axis)?;
    let rule = of(state, &arrival.node).unwrap_or_default();
    let windows = Whole::of(state, &line, axis);
    let done = coverage::done(state, &line, &asked);
    let worked = asked.iter().flat_map(|within| claim::parts(state, &line, *within));
    let closed = interval_set::union(done.iter().copied().chain(worked).collect());
    let mut arrival = LateArrival {
        node: arrival.node.clone(),
        partition: arrival.partition.clone(),
        axis,
        rows: arrival.rows,
        ..LateArrival::default()
    };
    let mut reopen = Vec::new();
    for (action, part) in cut(state, &line, &rule, &windows, closed.clone()) {
        match action {
            LateAction::Reopen => reopen.extend(part),
            LateAction::Record => arrival.recorded.extend(part),
            LateAction::Refuse => arrival.refused.extend(part),
        }
    }
    let reopen = interval_set::union(reopen);
    arrival.recorded = interval_set::union(arrival.recorded);
    arrival.refused = interval_set::union(arrival.refused);
    let not_done = interval_set::subtract(&reopen, &done);
    let whole = windows.around(&interval_set::subtract(&reopen, &not_done));
    arrival.reopened = interval_set::union(coverage::done(state, &line, &whole));
    let open = interval_set::subtract(&asked, &closed).into_iter().chain(not_done);
    let pending = interval_set::union(open.collect());
    if working.contains(&arrival.node) {
        let missed = arrival.reopened.iter().chain(&pending).copied().collect();
        arrival.unseen = windows.around(&interval_set::union(missed));
    }
    if !arrival.reopened.is_empty() {
        arrival.reason = reason;
    }
    Ok(Judged { arrival, pending })
}

/// What may be late, by what happens to it: what is further behind than the rule allows, and what is not.
fn cut(
    state: &State,
    line: &Line,
    rule: &LateRule,
    windows: &Whole<'_>,
    closed: Vec<Interval>,
) -> [(LateAction, Vec<Interval>); 2] {
    let last = rule.allowed.and_then(|allowed| Some(front(state, line)?.saturating_sub_unsigned(allowed)));
    // A window is too old when it has ended by then.
    let Some(last) = last.map(|last| windows.start_of(last)) else {
        return [(rule.beyond, Vec::new()), (rule.action, closed)];
    };
    let within = interval_set::subtract(&closed, &[Interval { start: i64::MIN, end: last }]);
    [(rule.beyond, interval_set::subtract(&closed, &within)), (rule.action, within)]
}

/// Where what was done last ends, whether or not it has to be done again since.
fn front(state: &State, line: &Line) -> Option<i64> {
    let was_done = |status| matches!(status, CoverageStatus::Done | CoverageStatus::Stale);
    coverage::pieces_backwards(state, line).find(|row| was_done(row.status)).map(|row| row.end)
}

/// What the nodes after this one have done of the same intervals has to be done again.
fn downstream(state: &State, working: &unseen::Working, of: &LateArrival) -> Vec<Judged> {
    let changed = interval_set::union(of.reopened.iter().chain(&of.unseen).copied().collect());
    if changed.is_empty() {
        return Vec::new();
    }
    let judge = |node: String| {
        let line = Line::new(&node, of.partition.as_deref());
        if coverage::axis(state, &node) != Some(of.axis) {
            return None;
        }
        let windows = Whole::of(state, &line, of.axis);
        let reopened = windows.around(&interval_set::union(coverage::done(state, &line, &changed)));
        let reopened = interval_set::union(coverage::done(state, &line, &reopened));
        let unseen = if working.contains(&node) { windows.around(&changed) } else { Vec::new() };
        let arrival = LateArrival {
            node,
            partition: of.partition.clone(),
            axis: of.axis,
            reason: if reopened.is_empty() {
                String::new()
            } else {
                format!("late data of node `{}`", of.node)
            },
            reopened,
            unseen,
            upstream: Some(of.node.clone()),
            ..LateArrival::default()
        };
        is_told(&&arrival).then_some(Judged { arrival, pending: Vec::new() })
    };
    graph::downstream(state, [of.node.as_str()]).into_iter().filter_map(judge).collect()
}

/// Refuses what there is no room for.
fn check_room(context: &mut Context<'_>, all: &[Judged]) -> Result<(), Error> {
    let state = context.state;
    let touched = all.iter().map(|it| it.arrival.reopened.len() + it.arrival.unseen.len()).sum();
    if touched > limits::LATE_INTERVALS {
        return Err(Error::invalid(format!(
            "{touched} intervals would have to be done again, those of the nodes after it included; at most {} are allowed in one command, report less at once",
            limits::LATE_INTERVALS
        )));
    }
    if touched > 0 {
        coverage::check_room(context, touched)?;
        // An interval in the middle of one leaves two.
        let unseen: usize = all.iter().map(|it| it.arrival.unseen.len()).sum();
        context.check_bound(
            "intervals that attempts have not seen",
            state.unseen.len(),
            2 * unseen,
            limits::UNSEEN,
        )?;
    }
    let is_new = |it: &&Judged| {
        let line = Line::new(&it.arrival.node, it.arrival.partition.as_deref());
        worst(&it.arrival).is_some() && state.late.get(line.name()).is_none()
    };
    let new = all.iter().filter(is_new).count();
    context.check_bound("nodes and partitions with late data", state.late.len(), new, limits::LATE_LINES)
}

/// The windows of a node, if it has any.
struct Whole<'a>(Option<(Windows<'a>, &'a Cadence)>);

impl<'a> Whole<'a> {
    fn of(state: &'a State, line: &Line, axis: Axis) -> Whole<'a> {
        let cadence = cadence::of(state, &line.node).filter(|cadence| cadence.axis == axis);
        Whole(cadence.and_then(|cadence| Some((Windows::of(cadence).ok()?, cadence))))
    }

    /// The window that has this place in it.
    fn window_of(&self, at: i64) -> Option<Interval> {
        let (windows, cadence) = self.0.as_ref()?;
        let window = windows.starting_at(windows.floor(at)?)?;
        cadence.end.is_none_or(|end| window.end <= end).then_some(window)
    }

    /// Where it begins, or this place if there is none.
    fn start_of(&self, at: i64) -> i64 {
        self.window_of(at).map_or(at, |window| window.start.min(at))
    }

    /// Whole windows around the intervals. What no window has in it is left as it is.
    fn around(&self, intervals: &[Interval]) -> Vec<Interval> {
        let whole = |it: &Interval| Interval {
            start: self.start_of(it.start),
            end: self.window_of(it.end.saturating_sub(1)).map_or(it.end, |last| last.end.max(it.end)),
        };
        interval_set::union(intervals.iter().map(whole).collect())
    }
}
