//! Runs that have a window, and coverage that counts for the attempt that did it.

use highwater_format::Fact;
use highwater_format::fact::*;

use super::{some, text};

pub(super) fn samples() -> Vec<Fact> {
    let started = |axis| RunStarted {
        run: text("r1"),
        window: Some(RunWindow { axis, start: -86_400_000, end: 86_400_000 }),
        ..RunStarted::default()
    };
    let claimed = CoverageClaimed {
        run: text("r1"),
        node: text("load"),
        token: 1,
        partition: None,
        axis: Axis::Time,
        intervals: vec![Interval { start: 0, end: 86_400_000 }],
        attempt: Some(u32::MAX),
    };
    let marked = CoverageMarked {
        node: text("load"),
        partition: None,
        axis: Axis::Time,
        status: CoverageStatus::Done,
        intervals: vec![Interval { start: 0, end: 86_400_000 }],
        run: some("r1"),
        reason: None,
        actor: None,
        attempt: Some(1),
    };
    vec![started(Axis::Time).into(), started(Axis::Integer).into(), claimed.into(), marked.into()]
}
