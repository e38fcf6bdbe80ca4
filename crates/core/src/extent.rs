//! What the nodes of a run have done in it. Pieces of coverage tell who did them last, and join what several runs did, so each run counts up
//! for itself what its attempts did, as far as its facts name the attempt.

use highwater_format::fact::{Axis, Interval};

use crate::coverage::Line;
use crate::order::sorted;
use crate::row::{ClaimRow, Extent};
use crate::state::State;
use crate::{interval_set, limits};

/// An attempt of the run has done these.
pub(crate) fn add(state: &mut State, run: &str, line: &Line, axis: Axis, intervals: &[Interval]) {
    let key = (run.to_owned(), line.node.to_string());
    state.nodes.modify(&key, |row| {
        let place = row.extents.partition_point(|known| *known.partition < *line.partition);
        if row.extents.get(place).is_none_or(|known| known.partition != *line.partition) {
            if row.extents.len() >= limits::EXTENTS {
                return;
            }
            let extent = Extent { partition: line.partition.to_string(), axis, intervals: Vec::new() };
            row.extents.insert(place, extent);
        }
        let Some(extent) = row.extents.get_mut(place) else { return };
        if extent.axis != axis {
            *extent = Extent { axis, intervals: Vec::new(), ..extent.clone() };
        }
        let all = [extent.intervals.as_slice(), intervals].concat();
        extent.intervals = few(interval_set::union(all));
    });
}

/// The attempt that these are claims of has succeeded. They stand by partition.
pub(crate) fn add_claims(state: &mut State, rows: &[ClaimRow]) {
    for rows in rows.chunk_by(|a, b| a.partition == b.partition) {
        let counted = rows.iter().filter(|row| row.attempt.is_some());
        let intervals: Vec<Interval> =
            counted.map(|row| Interval { start: row.start, end: row.end }).collect();
        let Some(row) = rows.first().filter(|_| !intervals.is_empty()) else { continue };
        let line = Line::new(&row.node, Some(&row.partition));
        add(state, &row.run, &line, row.axis, &intervals);
    }
}

/// As many as are kept: the narrowest holes are filled first, of those that are as wide the first ones.
fn few(mut set: Vec<Interval>) -> Vec<Interval> {
    let more = set.len().saturating_sub(limits::EXTENT_INTERVALS);
    if more == 0 {
        return set;
    }
    let holes: Vec<(u64, usize)> =
        set.windows(2).enumerate().map(|(at, pair)| (pair[0].end.abs_diff(pair[1].start), at)).collect();
    let mut filled = vec![false; holes.len()];
    sorted(holes, Ord::cmp).iter().take(more).for_each(|(_, at)| filled[*at] = true);
    let mut at = 0;
    set.dedup_by(|next, last| {
        let joins = filled[at];
        at += 1;
        if joins {
            last.end = next.end;
        }
        joins
    });
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval((start, end): (i64, i64)) -> Interval {
        Interval { start, end }
    }

    #[test]
    fn of_too_many_the_nearest_are_joined() {
        let most = limits::EXTENT_INTERVALS as i64;
        let apart: Vec<Interval> = (0..most).map(|at| interval((100 * at, 100 * at + 50))).collect();
        assert_eq!(few(apart.clone()), apart);
        let near = [interval((100 * most, 100 * most + 99)), interval((100 * most + 100, 100 * most + 101))];
        let joined = few([&apart[..], &near[..]].concat());
        assert_eq!(joined.len(), limits::EXTENT_INTERVALS);
        assert_eq!(joined[0], interval((0, 150)), "the first of the holes that are as wide");
        assert_eq!(joined.last(), Some(&interval((100 * most, 100 * most + 101))));
    }
}
