//! Facts of backfills.

use highwater_format::Fact;
use highwater_format::fact::*;

use super::{some, text};

pub(super) fn samples() -> Vec<Fact> {
    use BackfillAction::{Cancel, Delete, Pause, Resume};
    let least = BackfillCreated {
        backfill: text("b1"),
        nodes: vec![text("load")],
        partition: None,
        axis: Axis::Time,
        interval: Interval { start: 0, end: 86_400_000 },
        order: BackfillOrder::OldestFirst,
        max_concurrent: 0,
        reason: text("a new column"),
        actor: None,
    };
    let most = BackfillCreated {
        partition: some("country=de"),
        axis: Axis::Integer,
        interval: Interval { start: i64::MIN, end: i64::MAX },
        order: BackfillOrder::NewestFirst,
        max_concurrent: u32::MAX,
        actor: some("ada"),
        ..least.clone()
    };
    let changed = |action, actor| {
        Fact::from(BackfillChanged { backfill: text("b1"), action, reason: text("enough"), actor })
    };
    let mut facts: Vec<Fact> = vec![least.into(), most.into()];
    facts.extend([Pause, Resume, Cancel, Delete].map(|action| changed(action, some("ada"))));
    facts.push(changed(Pause, None));
    facts
}
