//! Snapshots: the state as rows, byte for byte the same whoever writes them.

use std::sync::Arc;

use highwater_format::{EntriesWriter, EntryOf, FormatError, Keyring, Snapshot, decode_entries};

use crate::hwm;
use crate::row::Row;
use crate::state::State;
use crate::table::Table;

/// The state as a snapshot frame.
pub(crate) fn encode(state: &State, keys: &Keyring) -> Result<Vec<u8>, FormatError> {
    let mut body = EntriesWriter::with_capacity(256 * (state.hwms.len() + state.attempts.len() + 4));
    write(&mut body, &state.head, |row| (Row::HeadRow(row.clone()), &row.extra))?;
    write(&mut body, &state.graph, |row| (Row::GraphRow(row.clone()), &row.extra))?;
    write(&mut body, &state.runs, |row| (Row::RunRow(row.clone()), &row.extra))?;
    write(&mut body, &state.nodes, |row| (Row::NodeRow(row.clone()), &row.extra))?;
    write(&mut body, &state.attempts, |row| (Row::AttemptRow(row.clone()), &row.extra))?;
    write(&mut body, &state.hwms, |row| (Row::HwmRow(row.clone()), &row.extra))?;
    write(&mut body, &state.hwm_past, |row| (Row::HwmPastRow(row.clone()), &row.extra))?;
    write(&mut body, &state.leases, |row| (Row::LeaseRow(row.clone()), &row.extra))?;
    write(&mut body, &state.remembered, |row| (Row::RememberedRow(row.clone()), &row.extra))?;
    Snapshot { version: state.version, chain: state.digest, body: body.finish()? }.encode_with(keys)
}

fn write<'a, K: Ord + Clone + 'a, V: Clone + 'a>(
    body: &mut EntriesWriter,
    table: &'a Table<K, V>,
    row: impl Fn(&'a V) -> (Row, &'a highwater_format::Extra),
) -> Result<(), FormatError> {
    table.iter().try_for_each(|(_, value)| {
        let (row, extra) = row(value);
        body.push(&row, extra)
    })
}

/// The state that a snapshot frame holds.
pub(crate) fn decode(bytes: &[u8], keys: &Keyring) -> Result<State, FormatError> {
    let snapshot = Snapshot::decode_with(bytes, keys)?;
    let mut state = State { version: snapshot.version, digest: snapshot.chain, ..State::default() };
    for EntryOf { fact, extra } in decode_entries::<Row>(&snapshot.body)?.entries {
        insert(&mut state, fact, extra);
    }
    state.settle();
    Ok(state)
}

fn insert(state: &mut State, row: Row, extra: highwater_format::Extra) {
    match row {
        Row::HeadRow(mut row) => {
            row.extra = extra;
            state.head.load((), row);
        }
        Row::GraphRow(mut row) => {
            row.extra = extra;
            state.graph.load((), row);
        }
        Row::RunRow(mut row) => {
            row.extra = extra;
            state.runs_by_number.load(row.number, row.run.clone());
            if let Some(number) = row.finish_number {
                state.runs_by_finish.load(number, row.run.clone());
            }
            state.runs.load(row.run.clone(), row);
        }
        Row::NodeRow(mut row) => {
            row.extra = extra;
            state.nodes.load((row.run.clone(), row.node.clone()), row);
        }
        Row::AttemptRow(mut row) => {
            row.extra = extra;
            state.attempts.load((row.run.clone(), row.node.clone(), row.attempt), row);
        }
        Row::HwmRow(mut row) => {
            row.extra = extra;
            state.hwms.load(Arc::clone(&row.name), row);
        }
        Row::HwmPastRow(mut row) => {
            row.extra = extra;
            state.hwm_past.load((Arc::clone(&row.name), hwm::place(row.number)), row);
        }
        Row::LeaseRow(mut row) => {
            row.extra = extra;
            state.leases.load(row.name.clone(), row);
        }
        Row::RememberedRow(mut row) => {
            row.extra = extra;
            state.remembered_by_number.load(row.number, row.key.clone());
            state.remembered.load(row.key.clone(), row);
        }
    }
}
