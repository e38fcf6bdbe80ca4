//! What is asked about coverage.

use highwater_core::command::*;
use highwater_core::coverage;
use highwater_format::fact::Interval;

use super::choices::{axis, intervals, partition, reason};

pub(crate) fn command(which: u8, node: String, (c, d, e): (u8, u8, u8), actor: Option<String>) -> Command {
    match which {
        60..=62 => Command::MarkCoverage(MarkCoverage {
            node,
            partition: partition(e),
            axis: axis(e),
            // Now and then more than any plan is of.
            intervals: if d >= 220 { vec![Interval { start: 0, end: 32 }] } else { intervals(d) },
            status: coverage::STATUSES[usize::from(c)],
            reason: reason(e),
            actor,
            dry_run: e & 12 == 12,
        }),
        63 => Command::ListCoverage(ListCoverage { cursor: None, limit: u32::from(d % 3) }),
        _ => Command::DescribeCoverage(DescribeCoverage {
            node,
            partition: partition(e),
            from: (d & 4 == 4).then(|| i64::from(d % 16)),
            to: (d & 8 == 8).then(|| i64::from(e % 24)),
            gaps: c & 1 == 1,
            limit: u32::from(d % 3),
        }),
    }
}
