//! Late data made readable.

use std::ops::Bound;

use highwater_format::fact::LateRuleDeclared;

use crate::answer::{Answer, LateData, LateLine, LateReport, LateRuleView, LateRules};
use crate::command::ListLateRules;
use crate::coverage::Line;
use crate::decide::{Context, Decided, Stop};
use crate::row::{LateEntry, LateRow};
use crate::state::State;
use crate::view::NodeOf;
use crate::{limits, page};

pub(crate) fn list_rules(context: &Context<'_>, command: &ListLateRules) -> Result<Decided, Stop> {
    let limit = page::limit(command.limit);
    let from = command.cursor.as_deref().unwrap_or_default();
    let rows = context.state.late_rules.range::<str, _>((Bound::Included(from), Bound::Unbounded));
    let mut rows = rows.map(|(_, said)| &said.fact);
    let view = |fact: &LateRuleDeclared| LateRuleView {
        node: (!fact.node.is_empty()).then(|| fact.node.clone()),
        rule: fact.rule.clone().unwrap_or_default(),
    };
    let rules = rows.by_ref().take(limit).map(view).collect();
    let next = rows.next().map(|fact| fact.node.clone());
    Decided::answer(Answer::LateRules(LateRules { rules, next }))
}

/// The late data of a node and partition; absent if there never was any.
pub(crate) fn data(state: &State, line: &Line) -> Option<LateData> {
    let row = state.late.get(line.name())?;
    Some(LateData {
        reopened: row.reopened,
        recorded: row.recorded,
        refused: row.refused,
        last: row.last.iter().rev().map(entry).collect(),
    })
}

/// How often late data of a node and partition was reported.
pub(crate) fn reports(state: &State, line: &Line) -> u64 {
    let row = state.late.get(line.name());
    row.map_or(0, |row| {
        [row.reopened, row.recorded, row.refused]
            .iter()
            .fold(0, |sum, count| sum.saturating_add(count.reports))
    })
}

fn entry(entry: &LateEntry) -> LateReport {
    LateReport {
        version: entry.version,
        at_ms: entry.at_ms,
        action: entry.action,
        start: entry.start,
        end: entry.end,
        rows: entry.rows,
        run: entry.run.clone(),
        worker: entry.worker.clone(),
        upstream: entry.upstream.clone(),
    }
}

fn view(row: &LateRow) -> LateLine {
    LateLine {
        node: row.node.to_string(),
        partition: Line::new(&row.node, Some(&row.partition)).partition(),
        reopened: row.reopened,
        recorded: row.recorded,
        refused: row.refused,
    }
}

/// The late data of the nodes of a run, up to a page of it.
pub(crate) fn lines_of_run<'a>(state: &State, nodes: impl Iterator<Item = &'a NodeOf<'a>>) -> Vec<LateLine> {
    let of_node = |node: &NodeOf<'_>| {
        let (first, last) = Line::names_of(node.name());
        state.late.range(first..last).map(|(_, row)| view(row)).collect::<Vec<_>>()
    };
    nodes.flat_map(of_node).take(limits::PAGE).collect()
}
