//! A bar that shows at one look what is done.

use highwater::answer::{Coverage, Span};
use highwater::{CoverageStatus, Interval};

use crate::console::Console;
use crate::paint::Paint;

/// Columns of the bar, at most.
const COLUMNS: i128 = 60;

/// What a column shows: the worst of what lies in it, so that no gap is too small to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Done,
    Busy,
    Stale,
    Missing,
    Failed,
}

impl Look {
    fn of(span: &Span) -> Look {
        match span.status {
            CoverageStatus::Done => Look::Done,
            CoverageStatus::Stale => Look::Stale,
            CoverageStatus::Missing => Look::Missing,
            CoverageStatus::Failed => Look::Failed,
        }
    }

    fn symbol(self, console: &Console) -> (&'static str, Paint) {
        match self {
            Look::Done => (console.either("█", "#"), Paint::Good),
            Look::Busy => (console.either("▓", ">"), Paint::Busy),
            Look::Stale => (console.either("▒", "~"), Paint::Warn),
            Look::Missing => (console.either("░", "."), Paint::Faint),
            Look::Failed => (console.either("✗", "x"), Paint::Bad),
        }
    }
}

/// The bar of what is shown, from end to end.
pub(super) fn bar(console: &Console, coverage: &Coverage) -> String {
    let (Some(first), Some(last)) = (coverage.spans.first(), coverage.spans.last()) else {
        return String::new();
    };
    let looks = looks(coverage, Interval { start: first.start, end: last.end });
    let mut bar = String::new();
    for same in looks.chunk_by(|a, b| a == b) {
        let (symbol, paint) = same[0].symbol(console);
        bar.push_str(&console.data.paint(paint, &symbol.repeat(same.len())));
    }
    bar
}

fn looks(coverage: &Coverage, all: Interval) -> Vec<Look> {
    let length = i128::from(all.end) - i128::from(all.start);
    let columns = length.clamp(1, COLUMNS);
    let mut looks = vec![Look::Done; usize::try_from(columns).unwrap_or(1)];
    // The columns that have something of the interval.
    let within = |start: i64, end: i64| {
        let column = |at: i64| (i128::from(at) - i128::from(all.start)).clamp(0, length) * columns;
        let (from, to) = (column(start) / length.max(1), (column(end) + length.max(1) - 1) / length.max(1));
        usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0)
    };
    for span in &coverage.spans {
        for look in looks.get_mut(within(span.start, span.end)).into_iter().flatten() {
            *look = (*look).max(Look::of(span));
        }
    }
    for claim in &coverage.claims {
        for look in looks.get_mut(within(claim.start, claim.end)).into_iter().flatten() {
            *look = Look::Busy;
        }
    }
    looks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: i64, end: i64, status: CoverageStatus) -> Span {
        Span { start, end, status, ..Span::default() }
    }

    #[test]
    fn a_small_gap_is_seen_in_a_long_bar() {
        use CoverageStatus::{Done, Missing};
        let spans =
            vec![span(0, 500_000, Done), span(500_000, 500_001, Missing), span(500_001, 1_000_000, Done)];
        let coverage = Coverage { spans, ..Coverage::default() };
        let looks = looks(&coverage, Interval { start: 0, end: 1_000_000 });
        assert_eq!(looks.len(), 60);
        assert_eq!(looks.iter().filter(|look| **look == Look::Missing).count(), 1);
    }

    #[test]
    fn a_short_axis_has_a_column_for_each_number() {
        use CoverageStatus::{Done, Failed};
        let coverage = Coverage { spans: vec![span(0, 3, Done), span(3, 5, Failed)], ..Coverage::default() };
        let looks = looks(&coverage, Interval { start: 0, end: 5 });
        assert_eq!(looks, [Look::Done, Look::Done, Look::Done, Look::Failed, Look::Failed]);
    }
}
