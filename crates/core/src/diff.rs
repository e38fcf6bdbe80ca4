//! Diff: what differs between two states, for people. Counters, histories and dedupe keys are left out: they tell how a
//! state came about, not what it is.

use highwater_format::fact::{Cadence, CadenceDeclared, RowKey};
use highwater_format::{Extra, FactTable, fact_json};

use crate::answer::{Answer, Change, Diff};
use crate::command;
use crate::decide::{Context, Decided, Stop};
use crate::error::Error;
use crate::row::{
    DimensionEntry, HwmEvent, HwmPoint, HwmRow, NodeRow, PartitionRow, PartitioningRow, PieceRow, Row,
};
use crate::rows::{self, Rows};
use crate::state::State;
use crate::{coverage, moment, page};

pub(crate) fn diff(context: &Context<'_>, command: &command::Diff) -> Result<Decided, Stop> {
    let open = |at| moment::open(context.source(), at, Some(context.state));
    let (from, to) = (open(&command.from)?.state, open(&command.to)?.state);
    let (changes, truncated) = changes(&from, &to, page::limit(command.limit))?;
    let (from_version, to_version) = (from.version, to.version);
    Decided::answer(Answer::Diff(Diff { from_version, to_version, changes, truncated }))
}

/// What differs, up to a limit, and whether there is more.
pub(crate) fn changes(before: &State, after: &State, limit: usize) -> Result<(Vec<Change>, bool), Error> {
    let (before, after) = (readable(before), readable(after));
    let keys = rows::different(&before, &after);
    let json = |rows: &Rows, key: &RowKey| rows.get(key).map(|(row, _)| json(row)).transpose();
    let mut changes = Vec::new();
    for key in keys.iter().take(limit) {
        changes.push(Change {
            kind: key.table.clone(),
            key: words(key),
            before: json(&before, key)?,
            after: json(&after, key)?,
        });
    }
    Ok((changes, keys.len() > limit))
}

fn words(key: &RowKey) -> String {
    let names = key.names.join("/");
    if matches!(key.table.as_str(), "coverage" | "claim") {
        let start = coverage::start_of(key.number);
        return format!("{}/{start}", names.trim_end_matches('/'));
    }
    if key.number == 0 { names } else { format!("{names}/{}", key.number) }
}

/// The rows without what is not compared.
fn readable(state: &State) -> Rows {
    let mut readable = Rows::new();
    for (key, (row, _)) in rows::of(state) {
        if let Some(row) = bare(row) {
            readable.insert(key, (row, Extra::default()));
        }
    }
    readable
}

fn bare(row: Row) -> Option<Row> {
    match row {
        Row::HeadRow(_) | Row::HwmPastRow(_) | Row::RememberedRow(_) => None,
        Row::NodeRow(row) => Some(Row::NodeRow(NodeRow { decisions: Vec::new(), ..row })),
        Row::HwmRow(row) => {
            row.last.value.as_ref()?;
            let last = HwmPoint {
                run: None,
                node: None,
                reason: None,
                actor: None,
                version: 0,
                at_ms: 0,
                what: HwmEvent::Set,
                ..row.last
            };
            Some(Row::HwmRow(HwmRow { changes: 0, last, keys: Vec::new(), ..row }))
        }
        // Who works on something is no part of what is done, and when it was done tells how it came about.
        Row::ClaimRow(_) | Row::UnseenRow(_) | Row::LateRow(_) | Row::PartitionClaimRow(_) => None,
        Row::PieceRow(row) => Some(Row::PieceRow(PieceRow { version: 0, at_ms: 0, run: None, ..row })),
        Row::PartitionRow(row) => {
            Some(Row::PartitionRow(PartitionRow { version: 0, at_ms: 0, run: None, attempt: None, ..row }))
        }
        Row::PartitioningRow(row) => {
            let bare = |entry: DimensionEntry| DimensionEntry { next: 0, ..entry };
            let dimensions = row.dimensions.into_iter().map(bare).collect();
            Some(Row::PartitioningRow(PartitioningRow { dimensions, version: 0, at_ms: 0, ..row }))
        }
        // Which zone it is says its name.
        Row::CadenceDeclared(row) => {
            let bare = |cadence| Cadence { zone_rules: None, ..cadence };
            Some(Row::CadenceDeclared(CadenceDeclared { cadence: row.cadence.map(bare), ..row }))
        }
        row => Some(row),
    }
}

fn json(row: &Row) -> Result<String, Error> {
    let json = match row {
        Row::HwmRow(row) => fact_json::to_json(&row.last.value),
        row => row.json_fields(),
    };
    json.map_err(|error| Error::invalid(format!("a row cannot be shown: {error}")))
}
