//! Coverage followed fact by fact with the transition function alone: bound by bound, as simply as it can be done.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::coverage::{STATUSES, transition};
use highwater_core::row::Row;
use highwater_format::fact::*;
use highwater_format::{Fact, FactTable, decode_entries};

type Taken = BTreeSet<(CoverageStatus, &'static str, CoverageStatus)>;
/// Node and partition.
type Line = (String, String);

/// Every fact of coverage, with every content that the machine looks at.
pub(crate) fn facts() -> Vec<Fact> {
    STATUSES.map(marked).into_iter().chain([claimed(), LateDataReported::default().into()]).collect()
}

fn marked(status: CoverageStatus) -> Fact {
    let (node, partition, axis, intervals) = (String::new(), None, Axis::Time, Vec::new());
    CoverageMarked {
        node,
        partition,
        axis,
        status,
        intervals,
        run: None,
        reason: None,
        actor: None,
        attempt: None,
    }
    .into()
}

fn claimed() -> Fact {
    let (run, node, partition, axis, intervals) =
        (String::new(), String::new(), None, Axis::Time, Vec::new());
    CoverageClaimed { run, node, token: 1, partition, axis, intervals, attempt: None }.into()
}

/// How the axes of all nodes stand.
#[derive(Default)]
pub(crate) struct Coverage {
    /// From each bound on up to the next one; missing before the first.
    lines: BTreeMap<Line, BTreeMap<i64, CoverageStatus>>,
    /// Run, line and interval.
    claims: Vec<(String, Line, Interval)>,
}

fn line(node: &str, partition: Option<&String>) -> Line {
    (node.to_owned(), partition.cloned().unwrap_or_default())
}

fn status_at(bounds: &BTreeMap<i64, CoverageStatus>, at: i64) -> CoverageStatus {
    bounds.range(..=at).next_back().map_or(CoverageStatus::Missing, |(_, status)| *status)
}

impl Coverage {
    pub(crate) fn fold(&mut self, fact: &Fact, taken: &mut Taken) {
        match fact {
            Fact::CoverageClaimed(claimed) => {
                let line = line(&claimed.node, claimed.partition.as_ref());
                let claim = |interval: &Interval| (claimed.run.clone(), line.clone(), *interval);
                self.claims.extend(claimed.intervals.iter().map(claim));
            }
            Fact::CoverageMarked(marked) => {
                let line = line(&marked.node, marked.partition.as_ref());
                for interval in &marked.intervals {
                    self.touch(&line, *interval, fact, taken);
                    if let Some(run) = &marked.run {
                        self.give_back(run, &line, *interval);
                    }
                }
            }
            Fact::LateDataReported(reported) => {
                for arrival in &reported.arrivals {
                    let line = line(&arrival.node, arrival.partition.as_ref());
                    arrival.reopened.iter().for_each(|interval| self.touch(&line, *interval, fact, taken));
                }
            }
            Fact::AttemptSucceeded(ended) => self.end(&ended.run, Some(&ended.node), Some(fact), taken),
            Fact::AttemptFailed(ended) => self.end(&ended.run, Some(&ended.node), Some(fact), taken),
            Fact::AttemptCrashed(ended) => self.end(&ended.run, Some(&ended.node), None, taken),
            Fact::AttemptHandedBack(ended) => self.end(&ended.run, Some(&ended.node), None, taken),
            Fact::RunFinished(ended) => self.end(&ended.run, None, None, taken),
            Fact::RunCancelled(ended) => self.end(&ended.run, None, None, taken),
            _ => {}
        }
    }

    /// Another state takes the place of this one. No transition is taken for that, and nobody works on anything.
    pub(crate) fn replace(&mut self, fact: &StateReplaced) {
        self.claims.clear();
        let start = |place: u64| (place ^ (1 << 63)).cast_signed();
        for key in fact.rows_removed.iter().filter(|key| key.table == "coverage") {
            let line = (key.names[0].clone(), key.names[1].clone());
            if let Some(bounds) = self.lines.get_mut(&line) {
                bounds.insert(start(key.number), CoverageStatus::Missing);
            }
        }
        for entry in decode_entries::<Row>(&fact.rows_put).expect("rows").entries {
            if let Row::PieceRow(row) = entry.fact {
                let bounds = self.lines.entry((row.node.to_string(), row.partition.to_string())).or_default();
                set(bounds, Interval { start: row.start, end: row.end }, |_| row.status);
            }
        }
    }

    fn end(&mut self, run: &str, node: Option<&String>, fact: Option<&Fact>, taken: &mut Taken) {
        let is_its =
            |claim: &(String, Line, Interval)| claim.0 == run && node.is_none_or(|node| claim.1.0 == *node);
        let (its, others) = std::mem::take(&mut self.claims).into_iter().partition(is_its);
        self.claims = others;
        let its: Vec<(String, Line, Interval)> = its;
        for (_, line, interval) in its {
            if let Some(fact) = fact {
                self.touch(&line, interval, fact, taken);
            }
        }
    }

    fn touch(&mut self, line: &Line, interval: Interval, fact: &Fact, taken: &mut Taken) {
        set(self.lines.entry(line.clone()).or_default(), interval, |from| match transition(from, fact) {
            Some(to) => {
                taken.insert((from, fact.name(), to));
                to
            }
            None => from,
        });
    }

    fn give_back(&mut self, run: &str, line: &Line, done: Interval) {
        let mut left = Vec::new();
        for (owner, place, claim) in std::mem::take(&mut self.claims) {
            if owner != run || place != *line {
                left.push((owner, place, claim));
                continue;
            }
            let before = Interval { start: claim.start, end: claim.end.min(done.start) };
            let after = Interval { start: claim.start.max(done.end), end: claim.end };
            let parts = [before, after].into_iter().filter(|part| part.start < part.end);
            left.extend(parts.map(|part| (owner.clone(), place.clone(), part)));
        }
        self.claims = left;
    }
}

/// Changes all that lies in the interval.
fn set(
    bounds: &mut BTreeMap<i64, CoverageStatus>,
    within: Interval,
    mut change: impl FnMut(CoverageStatus) -> CoverageStatus,
) {
    for bound in [within.start, within.end] {
        let status = status_at(bounds, bound);
        bounds.insert(bound, status);
    }
    for (_, status) in bounds.range_mut(within.start..within.end) {
        *status = change(*status);
    }
}
