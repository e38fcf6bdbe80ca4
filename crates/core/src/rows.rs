//! All rows of a state side by side, so that two states can be compared.

use std::collections::BTreeMap;
use std::convert::Infallible;

use highwater_format::fact::RowKey;
use highwater_format::{Extra, FactTable};

use crate::order::sorted;
use crate::row::Row;
use crate::state::State;
use crate::{coverage, hwm, snapshot};

/// Rows by their keys.
pub(crate) type Rows = BTreeMap<RowKey, (Row, Extra)>;

/// All rows of a state.
pub(crate) fn of(state: &State) -> Rows {
    let mut rows = Rows::new();
    let Ok(()) = snapshot::each_row::<Infallible>(state, &mut |row, extra| {
        rows.insert(key(&row), (row, extra.clone()));
        Ok(())
    });
    rows
}

/// The keys of the rows that differ, in their order.
pub(crate) fn different<'a>(before: &'a Rows, after: &'a Rows) -> Vec<&'a RowKey> {
    let gone_or_changed =
        before.iter().filter(|(key, row)| after.get(*key) != Some(*row)).map(|(key, _)| key);
    let new = after.keys().filter(|key| !before.contains_key(*key));
    sorted(gone_or_changed.chain(new).collect(), Ord::cmp)
}

/// What tells a row from all others.
pub(crate) fn key(row: &Row) -> RowKey {
    let (names, number) = match row {
        Row::HeadRow(_) | Row::GraphRow(_) | Row::StreamRow(_) => (Vec::new(), 0),
        Row::RunRow(row) => (vec![row.run.clone()], 0),
        Row::NodeRow(row) => (vec![row.run.clone(), row.node.clone()], 0),
        Row::AttemptRow(row) => (vec![row.run.clone(), row.node.clone()], u64::from(row.attempt)),
        Row::HwmRow(row) => (vec![row.name.to_string()], 0),
        Row::HwmPastRow(row) => (vec![row.name.to_string()], hwm::place(row.number)),
        Row::HwmDeclared(row) => (vec![row.name.clone()], 0),
        Row::SourceObserved(row) => (vec![row.name.clone()], 0),
        Row::BatchRow(row) => (Vec::new(), row.batch),
        Row::SinkDeclared(row) => (vec![row.node.clone()], 0),
        Row::LeaseRow(row) => (vec![row.name.clone()], 0),
        Row::CheckpointRow(row) => (Vec::new(), row.checkpoint),
        Row::AcknowledgementRow(row) => of_checkpoint(row.checkpoint, &row.operator, row.subtask),
        Row::TransactionRow(row) => of_checkpoint(row.checkpoint, &row.operator, row.subtask),
        Row::StatePartRow(row) => (vec![row.part.name.clone()], 0),
        Row::PieceRow(row) => {
            (vec![row.node.to_string(), row.partition.to_string()], coverage::place(row.start))
        }
        Row::ClaimRow(row) => {
            (vec![row.node.to_string(), row.partition.to_string()], coverage::place(row.start))
        }
        Row::UnseenRow(row) => {
            (vec![row.node.to_string(), row.partition.to_string()], coverage::place(row.start))
        }
        Row::LateRow(row) => (vec![row.node.to_string(), row.partition.to_string()], 0),
        Row::PartitioningRow(row) => (vec![row.node.clone()], 0),
        Row::PartitionKeyRow(row) => (vec![row.node.clone(), row.dimension.clone()], row.number),
        Row::PartitionRow(row) => (vec![row.node.to_string(), row.partition.to_string()], 0),
        Row::PartitionClaimRow(row) => (vec![row.node.to_string(), row.partition.to_string()], 0),
        Row::LateRuleDeclared(row) => (vec![row.node.clone()], 0),
        Row::CadenceDeclared(row) => (vec![row.node.clone()], 0),
        Row::BackfillRow(row) => (vec![row.backfill.clone()], 0),
        Row::RememberedRow(row) => (vec![row.key.clone()], 0),
        Row::SuccessRow(row) => (vec![row.node.clone()], 0),
        Row::WorkerStopped(row) => (vec![row.worker.clone()], 0),
        Row::DeadLetterRow(row) => (vec![row.node.clone(), row.key.clone()], 0),
    };
    RowKey { table: row.name().to_owned(), names, number }
}

fn of_checkpoint(checkpoint: u64, operator: &str, subtask: u32) -> (Vec<String>, u64) {
    (vec![format!("{checkpoint:020}"), operator.to_owned()], u64::from(subtask))
}
