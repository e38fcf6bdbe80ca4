//! Facts of coverage.

use highwater_format::Fact;
use highwater_format::fact::*;

use super::{some, text};

pub(super) fn samples() -> Vec<Fact> {
    [least(), most()].concat()
}

fn most() -> Vec<Fact> {
    use CoverageStatus::{Failed, Missing, Stale};
    vec![claimed(), marked(Missing), marked(Failed), marked(Stale)]
}

fn least() -> Vec<Fact> {
    let (partition, axis, intervals) = (None, Axis::Time, vec![Interval { start: 0, end: 86_400_000 }]);
    let claimed = CoverageClaimed {
        run: text("r1"),
        node: text("load"),
        token: 1,
        partition,
        axis,
        intervals,
        attempt: None,
    };
    let marked = CoverageMarked {
        node: text("load"),
        partition: None,
        axis: Axis::Time,
        status: CoverageStatus::Done,
        intervals: vec![Interval { start: i64::MIN, end: i64::MAX }],
        run: None,
        reason: None,
        actor: None,
        attempt: None,
    };
    vec![claimed.into(), marked.into()]
}

fn claimed() -> Fact {
    CoverageClaimed {
        run: text("r1"),
        node: text("load"),
        token: u64::MAX,
        partition: some("country=de"),
        axis: Axis::Integer,
        intervals: vec![Interval { start: -5, end: 5 }, Interval { start: 500, end: 1_000 }],
        attempt: None,
    }
    .into()
}

fn marked(status: CoverageStatus) -> Fact {
    CoverageMarked {
        node: text("load"),
        partition: some("country=de"),
        axis: Axis::Integer,
        status,
        intervals: vec![Interval { start: -5, end: 5 }, Interval { start: 500, end: 1_000 }],
        run: some("r1"),
        reason: some("loaded by hand"),
        actor: some("ada"),
        attempt: None,
    }
    .into()
}
