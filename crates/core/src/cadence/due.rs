//! What is handed out where a cadence says what is wanted.

use highwater_format::fact::{Axis, BackfillOrder, Cadence, Interval};

use super::show::{due_at_ms, no_end};
use super::{Windows, needed};
use crate::decide::Context;
use crate::error::Error;
use crate::state::State;
use crate::{coverage, limits, time};

/// The windows of a node that are due.
pub(crate) struct Due<'a> {
    cadence: &'a Cadence,
    windows: Windows<'a>,
    /// From the start of the first window wanted to the end of the last one that is due.
    pub(crate) within: Vec<Interval>,
    newest: Option<Interval>,
}

/// How far the windows of an interval are due.
pub(crate) enum Rest {
    /// None of them lies in it.
    None,
    /// All of them.
    Over,
    /// The next one at this time, in milliseconds since the Unix epoch.
    Later(i64),
}

impl<'a> Due<'a> {
    /// Those that lie in one of the intervals, or anywhere if there are none.
    pub(crate) fn of(context: &Context<'a>, node: &str, intervals: &[Interval]) -> Result<Due<'a>, Error> {
        let cadence = needed(context.state, node)?;
        let windows = Windows::of(cadence)?;
        let last = match cadence.axis {
            Axis::Time => context.now_ms.saturating_sub_unsigned(cadence.lag_ms),
            Axis::Integer => {
                let end = cadence.end.or_else(|| intervals.last().map(|last| last.end));
                end.ok_or_else(|| no_end(node))?
            }
        };
        let newest = windows.last_ended_by(last);
        let all = newest.and_then(|newest| Some(Interval { start: windows.first()?, end: newest.end }));
        let asked = |all: Interval| match intervals {
            [] => vec![all],
            some => some.iter().filter_map(|one| windows.whole(clip(*one, all))).collect(),
        };
        Ok(Due { cadence, within: all.map(asked).unwrap_or_default(), windows, newest })
    }

    /// The axis of the cadence, or why the node is on another one.
    pub(crate) fn check_axis(&self, state: &State, node: &str, asked: Option<Axis>) -> Result<Axis, Error> {
        let axis = self.cadence.axis;
        if asked.is_some_and(|asked| asked != axis) {
            return Err(Error::invalid(format!(
                "the cadence of node `{node}` is on another axis; leave the axis out"
            )));
        }
        coverage::check_axis(state, node, Some(axis))
    }

    /// The windows that have something of the undone intervals and that nobody works on, oldest first, up to `most`; with the
    /// newest one come those that are looked back at. A backfill may want the newest first, and looks at nothing else.
    pub(crate) fn choose(
        &self,
        undone: &[Interval],
        most: usize,
        backfill: Option<BackfillOrder>,
        is_taken: &dyn Fn(Interval) -> bool,
    ) -> Vec<Interval> {
        let mut chosen = match backfill {
            Some(BackfillOrder::NewestFirst) => self.last(undone, most, is_taken),
            _ => self.first(undone, most, is_taken),
        };
        if backfill.is_none() && self.newest.is_some_and(|newest| chosen.last() == Some(&newest)) {
            self.look_back(&mut chosen, is_taken);
        }
        chosen
    }

    fn first(&self, undone: &[Interval], most: usize, is_taken: &dyn Fn(Interval) -> bool) -> Vec<Interval> {
        let mut chosen: Vec<Interval> = Vec::new();
        for gap in undone {
            self.windows.each(*gap, &mut |window| {
                let is_new = chosen.last().is_none_or(|last| last.end <= window.start);
                if is_new && !is_taken(window) {
                    chosen.push(window);
                }
                chosen.len() < most
            });
            if chosen.len() >= most {
                break;
            }
        }
        chosen
    }

    /// The same from the end on; they are in the order of the axis all the same.
    fn last(&self, undone: &[Interval], most: usize, is_taken: &dyn Fn(Interval) -> bool) -> Vec<Interval> {
        let mut chosen: Vec<Interval> = Vec::new();
        for gap in undone.iter().rev() {
            let last = self.windows.floor(gap.end.saturating_sub(1));
            let mut next = last.and_then(|start| self.windows.starting_at(start));
            while let Some(window) = next.filter(|window| window.end > gap.start && chosen.len() < most) {
                let is_new = chosen.last().is_none_or(|last| window.end <= last.start);
                if is_new && !is_taken(window) {
                    chosen.push(window);
                }
                next = self.windows.before(window.start);
            }
        }
        chosen.reverse();
        chosen
    }

    fn look_back(&self, chosen: &mut Vec<Interval>, is_taken: &dyn Fn(Interval) -> bool) {
        let mut next = self.newest;
        for _ in 0..self.cadence.lookback {
            if chosen.len() >= limits::INTERVALS_PER_COMMAND {
                return;
            }
            next = next.and_then(|window| self.windows.before(window.start));
            let Some(window) = next else { return };
            let place = chosen.partition_point(|one| one.start < window.start);
            if chosen.get(place) != Some(&window) && !is_taken(window) {
                chosen.insert(place, window);
            }
        }
    }

    /// What of an interval is not due yet.
    pub(crate) fn rest_of(&self, within: Interval) -> Rest {
        let Some(whole) = self.windows.whole(within) else { return Rest::None };
        let from = self.newest.map_or(whole.start, |newest| newest.end.max(whole.start));
        let next = self.windows.starting_at(from).filter(|window| window.end <= whole.end);
        next.and_then(|window| due_at_ms(self.cadence, window)).map_or(Rest::Over, Rest::Later)
    }

    /// Why there is nothing to do, and when there will be.
    pub(crate) fn words(&self) -> String {
        let next = match self.newest {
            Some(newest) => Some(newest.end),
            None => self.windows.first(),
        };
        let next = next.and_then(|start| self.windows.starting_at(start));
        let next = next.filter(|window| self.cadence.end.is_none_or(|end| window.end <= end));
        match next.and_then(|window| due_at_ms(self.cadence, window)) {
            Some(at) => {
                format!("all windows that are due are done; the next one is due at {}", time::readable(at))
            }
            None => "all windows that are due are done".to_owned(),
        }
    }
}

fn clip(one: Interval, all: Interval) -> Interval {
    Interval { start: one.start.max(all.start), end: one.end.min(all.end) }
}
