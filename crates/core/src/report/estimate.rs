//! When a run is done, if each of its nodes takes as long as it mostly did in the runs before.
//!
//! A node begins when those before it in the graph are done. What it takes is the median of its successes in the last finished
//! runs, so that one run that stood still for a night does not count; what it has lasted already is taken off.

use std::collections::BTreeMap;

use super::{Part, length_ms, took_ms};
use crate::answer::Estimate;
use crate::attempt;
use crate::order::sorted;
use crate::row::RunRow;
use crate::run::RunStatus;
use crate::state::State;
use crate::{graph, limits, run};

pub(super) fn estimate(state: &State, row: &RunRow, parts: &[Part<'_>], now_ms: i64) -> Option<Estimate> {
    if row.status != RunStatus::Running {
        return None;
    }
    let (runs, took) = former(state);
    // As long as a run is not over, its first parts are the nodes of the graph.
    let graph = graph::nodes(state);
    let places: BTreeMap<&str, usize> = parts.iter().map(|part| part.node.name()).zip(0..).collect();
    let mut found = Estimate { runs, ..Estimate::default() };
    // When each part is done, from now on.
    let (mut ends, mut known): (Vec<u64>, usize) = (Vec::with_capacity(parts.len()), 0);
    for (place, part) in parts.iter().enumerate() {
        if !part.is_open() {
            ends.push(0);
            continue;
        }
        let after = graph.get(place).map_or(&[][..], |spec| &spec.after);
        let upstream = after.iter().filter_map(|name| places.get(name.as_str()));
        let begins = upstream.filter_map(|place| ends.get(*place)).max().copied().unwrap_or(0);
        let name = part.node.name();
        let Some(takes) = median(&took, name) else {
            found.unknown.push(name.to_owned());
            ends.push(begins);
            continue;
        };
        known += 1;
        let retry_at_ms = part.node.row().and_then(|row| row.retry_at_ms);
        let waits = retry_at_ms.map_or(0, |at_ms| length_ms(now_ms, at_ms));
        let running = part.last.filter(|last| last.finished_at_ms.is_none());
        let lasted = running.map_or(0, |last| length_ms(last.started_at_ms, now_ms));
        if lasted > takes {
            found.late.push(name.to_owned());
        }
        ends.push(begins.max(waits).saturating_add(takes.saturating_sub(lasted)));
    }
    let left_ms = ends.iter().max().copied().filter(|_| known > 0)?;
    found.finish_at_ms = now_ms.saturating_add_unsigned(left_ms);
    let missed_ms = row.deadline_at_ms.map_or(0, |at_ms| length_ms(at_ms, found.finish_at_ms));
    found.misses_deadline_by_ms = Some(missed_ms).filter(|missed_ms| *missed_ms > 0);
    found.rests_on = format!(
        "what {known} of its {} open nodes took, as medians of their successes in the last {runs} finished runs",
        known + found.unknown.len()
    );
    Some(found)
}

/// How long nodes took that succeeded in the last finished runs, in order, and how many runs those are.
fn former(state: &State) -> (u32, Vec<(&str, u64)>) {
    let mut took: Vec<(&str, u64)> = Vec::new();
    let mut runs = 0;
    for (_, run) in state.runs_by_finish.iter().rev().take(limits::ESTIMATE_RUNS) {
        runs += 1;
        took.extend(
            run::nodes_of(state, run)
                .filter_map(|node| Some((node.node.as_str(), took_ms(attempt::last(state, node)?)?))),
        );
    }
    (runs, sorted(took, Ord::cmp))
}

/// The median of what a node took; the longer one of two.
fn median(took: &[(&str, u64)], node: &str) -> Option<u64> {
    let first = took.partition_point(|(name, _)| *name < node);
    let end = took.partition_point(|(name, _)| *name <= node);
    took.get(first..end)?.get((end - first) / 2).map(|(_, took)| *took)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::median;

    proptest! {
        #[test]
        fn as_many_took_less_as_took_more(a in prop::collection::vec(0_u64..9, 0..9), b in prop::collection::vec(0_u64..9, 0..9)) {
            let mut took: Vec<(&str, u64)> = a.iter().map(|ms| ("a", *ms)).chain(b.iter().map(|ms| ("b", *ms))).collect();
            took.sort_unstable();
            let Some(middle) = median(&took, "b") else {
                prop_assert!(b.is_empty());
                return Ok(());
            };
            let less = b.iter().filter(|ms| **ms < middle).count();
            let more = b.iter().filter(|ms| **ms > middle).count();
            prop_assert!(less <= b.len() / 2 && more <= b.len() / 2, "{middle} of {b:?}");
            prop_assert_eq!(median(&took, "c"), None);
        }
    }
}
