//! Snapshots: the state as rows, byte for byte the same whoever writes them.

use std::sync::Arc;

use highwater_format::{EntriesWriter, EntryOf, Extra, FormatError, Keyring, Snapshot, decode_entries};

use crate::batch;
use crate::bug;
use crate::checkpoint;
use crate::coverage::Line;
use crate::hwm;
use crate::hwm_spec;
use crate::partition;
use crate::remember;
use crate::row::{BatchRow, RememberedRow, Row, Said};
use crate::state::State;
use crate::table::ONLY;

/// The state as a snapshot frame.
pub(crate) fn encode(state: &State, keys: &Keyring) -> Result<Vec<u8>, FormatError> {
    let mut body = EntriesWriter::with_capacity(256 * (state.hwms.len() + state.attempts.len() + 4));
    each_row(state, &mut |row, extra| body.push(&row, extra))?;
    Snapshot { version: state.version, chain: state.digest, body: body.finish()? }.encode_with(keys)
}

/// Hands over every row of the state, kind by kind and in the order of their keys.
pub(crate) fn each_row<E>(
    state: &State,
    take: &mut dyn FnMut(Row, &Extra) -> Result<(), E>,
) -> Result<(), E> {
    for (_, row) in state.head.iter() {
        take(Row::HeadRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.graph.iter() {
        take(Row::GraphRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.runs.iter() {
        take(Row::RunRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.nodes.iter() {
        take(Row::NodeRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.attempts.iter() {
        take(Row::AttemptRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.hwms.iter() {
        take(Row::HwmRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.hwm_past.iter() {
        take(Row::HwmPastRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.hwm_specs.iter() {
        take(Row::HwmDeclared(row.fact.clone()), &row.extra)?;
    }
    for (_, row) in state.hwm_sources.iter() {
        take(Row::SourceObserved(row.fact.clone()), &row.extra)?;
    }
    for (_, row) in state.batches.iter().filter(|_| !bug!(DropBatches)) {
        take(Row::BatchRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.sinks.iter() {
        take(Row::SinkDeclared(row.fact.clone()), &row.extra)?;
    }
    for (_, row) in state.leases.iter().filter(|_| !bug!(DropLeases)) {
        take(Row::LeaseRow(row.clone()), &row.extra)?;
    }
    each_row_of_stream(state, take)?;
    for (_, row) in state.pieces.iter() {
        take(Row::PieceRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.claims.iter().filter(|_| !bug!(DropClaims)) {
        take(Row::ClaimRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.cadences.iter() {
        take(Row::CadenceDeclared(row.fact.clone()), &row.extra)?;
    }
    each_row_of_late(state, take)?;
    each_row_of_partitions(state, take)?;
    for (_, row) in state.backfills.iter().filter(|_| !bug!(DropBackfills)) {
        take(Row::BackfillRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.remembered.iter().filter(|_| !bug!(DropKeys)) {
        take(Row::RememberedRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.successes.iter() {
        take(Row::SuccessRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.dead_letters.iter().filter(|_| !bug!(DropLetters)) {
        take(Row::DeadLetterRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.stops.iter().filter(|_| !bug!(DropStops)) {
        take(Row::WorkerStopped(row.fact.clone()), &row.extra)?;
    }
    Ok(())
}

/// The same for late data.
fn each_row_of_late<E>(state: &State, take: &mut dyn FnMut(Row, &Extra) -> Result<(), E>) -> Result<(), E> {
    for (_, row) in state.late_rules.iter() {
        take(Row::LateRuleDeclared(row.fact.clone()), &row.extra)?;
    }
    for (_, row) in state.late.iter() {
        take(Row::LateRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.unseen.iter().filter(|_| !bug!(DropUnseen)) {
        take(Row::UnseenRow(row.clone()), &row.extra)?;
    }
    Ok(())
}

/// The same for partitions.
fn each_row_of_partitions<E>(
    state: &State,
    take: &mut dyn FnMut(Row, &Extra) -> Result<(), E>,
) -> Result<(), E> {
    for (_, row) in state.partitionings.iter() {
        take(Row::PartitioningRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.partition_keys.iter() {
        take(Row::PartitionKeyRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.partitions.iter() {
        take(Row::PartitionRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.partition_claims.iter().filter(|_| !bug!(DropPartitionClaims)) {
        take(Row::PartitionClaimRow(row.clone()), &row.extra)?;
    }
    Ok(())
}

/// The same for the rows of a stream.
fn each_row_of_stream<E>(state: &State, take: &mut dyn FnMut(Row, &Extra) -> Result<(), E>) -> Result<(), E> {
    for (_, row) in state.stream.iter() {
        take(Row::StreamRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.checkpoints.iter() {
        take(Row::CheckpointRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.acknowledgements.iter() {
        take(Row::AcknowledgementRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.transactions.iter().filter(|_| !bug!(DropTransactions)) {
        take(Row::TransactionRow(row.clone()), &row.extra)?;
    }
    for (_, row) in state.parts.iter().chain(state.reclaimable.iter()) {
        take(Row::StatePartRow(row.clone()), &row.extra)?;
    }
    Ok(())
}

/// The state that a snapshot frame holds.
pub(crate) fn decode(bytes: &[u8], keys: &Keyring) -> Result<State, FormatError> {
    let snapshot = Snapshot::decode_with(bytes, keys)?;
    let mut state = State {
        version: snapshot.version,
        digest: snapshot.chain,
        due_from_ms: i64::MIN,
        ..State::default()
    };
    for EntryOf { fact, extra } in decode_entries::<Row>(&snapshot.body)?.entries {
        place(&mut state, fact, extra, false);
    }
    state.settle();
    Ok(state)
}

/// Puts a row in place, and what is derived from it. `can_be_taken_back` is false while a snapshot is read.
pub(crate) fn place(state: &mut State, row: Row, extra: Extra, can_be_taken_back: bool) {
    match row {
        Row::HeadRow(mut row) => {
            row.extra = extra;
            state.head.put(ONLY, row, can_be_taken_back);
        }
        Row::GraphRow(mut row) => {
            row.extra = extra;
            state.graph.put(ONLY, row, can_be_taken_back);
        }
        Row::RunRow(mut row) => {
            row.extra = extra;
            state.runs_by_number.put(row.number, row.run.clone(), can_be_taken_back);
            if let Some(number) = row.finish_number {
                state.runs_by_finish.put(number, row.run.clone(), can_be_taken_back);
            }
            state.runs.put(row.run.clone(), row, can_be_taken_back);
        }
        Row::NodeRow(mut row) => {
            row.extra = extra;
            state.nodes.put((row.run.clone(), row.node.clone()), row, can_be_taken_back);
        }
        Row::AttemptRow(mut row) => {
            row.extra = extra;
            state.attempts.put((row.run.clone(), row.node.clone(), row.attempt), row, can_be_taken_back);
        }
        row @ (Row::HwmRow(_) | Row::HwmPastRow(_) | Row::HwmDeclared(_) | Row::SourceObserved(_)) => {
            place_of_hwms(state, row, extra, can_be_taken_back);
        }
        Row::BatchRow(row) => batch::place(state, BatchRow { extra, ..row }, can_be_taken_back),
        Row::SinkDeclared(fact) => {
            state.sinks.put(fact.node.as_str().into(), Said { fact, extra }, can_be_taken_back);
        }
        Row::LeaseRow(mut row) => {
            row.extra = extra;
            state.leases.put(row.name.clone(), row, can_be_taken_back);
        }
        row @ (Row::StreamRow(_)
        | Row::CheckpointRow(_)
        | Row::AcknowledgementRow(_)
        | Row::TransactionRow(_)
        | Row::StatePartRow(_)) => place_of_stream(state, row, extra, can_be_taken_back),
        row @ (Row::PieceRow(_) | Row::ClaimRow(_) | Row::CadenceDeclared(_) | Row::BackfillRow(_)) => {
            place_of_coverage(state, row, extra, can_be_taken_back);
        }
        row @ (Row::LateRuleDeclared(_) | Row::LateRow(_) | Row::UnseenRow(_)) => {
            place_of_late(state, row, extra, can_be_taken_back);
        }
        row @ (Row::PartitioningRow(_)
        | Row::PartitionKeyRow(_)
        | Row::PartitionRow(_)
        | Row::PartitionClaimRow(_)) => partition::place(state, row, extra, can_be_taken_back),
        row @ (Row::WorkerStopped(_) | Row::DeadLetterRow(_)) => {
            place_of_control(state, row, extra, can_be_taken_back);
        }
        Row::RememberedRow(row) => remember::place(state, RememberedRow { extra, ..row }, can_be_taken_back),
        Row::SuccessRow(mut row) => {
            row.extra = extra;
            state.successes_by_token.put(row.token, row.node.clone(), can_be_taken_back);
            state.successes.put(row.node.clone(), row, can_be_taken_back);
        }
    }
}

/// The same for HWMs.
fn place_of_hwms(state: &mut State, row: Row, extra: Extra, can_be_taken_back: bool) {
    match row {
        Row::HwmRow(mut row) => {
            row.extra = extra;
            state.hwms.put(Arc::clone(&row.name), row, can_be_taken_back);
        }
        Row::HwmPastRow(mut row) => {
            row.extra = extra;
            state.hwm_past.put((Arc::clone(&row.name), hwm::place(row.number)), row, can_be_taken_back);
        }
        Row::HwmDeclared(fact) => {
            hwm_spec::place(state, Said { fact, extra }, can_be_taken_back);
        }
        Row::SourceObserved(fact) => {
            state.hwm_sources.put(fact.name.as_str().into(), Said { fact, extra }, can_be_taken_back);
        }
        _ => {}
    }
}

/// The same for what is held up or put aside.
fn place_of_control(state: &mut State, row: Row, extra: Extra, can_be_taken_back: bool) {
    match row {
        Row::DeadLetterRow(mut row) => {
            row.extra = extra;
            state.dead_letters.put((row.node.clone(), row.key.clone()), row, can_be_taken_back);
        }
        Row::WorkerStopped(fact) => {
            state.stops.put(fact.worker.as_str().into(), Said { fact, extra }, can_be_taken_back);
        }
        _ => {}
    }
}

/// The same for the rows of coverage.
fn place_of_coverage(state: &mut State, row: Row, extra: Extra, can_be_taken_back: bool) {
    match row {
        Row::PieceRow(mut row) => {
            row.extra = extra;
            let key = Line::new(&row.node, Some(&row.partition)).key(row.start);
            state.pieces.put(key, row, can_be_taken_back);
        }
        Row::ClaimRow(mut row) => {
            row.extra = extra;
            let key = Line::new(&row.node, Some(&row.partition)).key(row.start);
            state.claims.put(key, row, can_be_taken_back);
        }
        Row::BackfillRow(mut row) => {
            row.extra = extra;
            state.backfills.put(row.backfill.clone(), row, can_be_taken_back);
        }
        Row::CadenceDeclared(fact) => {
            state.cadences.put(fact.node.as_str().into(), Said { fact, extra }, can_be_taken_back);
        }
        _ => {}
    }
}

/// The same for late data.
fn place_of_late(state: &mut State, row: Row, extra: Extra, can_be_taken_back: bool) {
    match row {
        Row::LateRuleDeclared(fact) => {
            state.late_rules.put(fact.node.as_str().into(), Said { fact, extra }, can_be_taken_back);
        }
        Row::LateRow(mut row) => {
            row.extra = extra;
            let name = Line::new(&row.node, Some(&row.partition)).shared_name();
            state.late.put(name, row, can_be_taken_back);
        }
        Row::UnseenRow(mut row) => {
            row.extra = extra;
            let key = Line::new(&row.node, Some(&row.partition)).key(row.start);
            state.unseen.put(key, row, can_be_taken_back);
        }
        _ => {}
    }
}

/// The same for the rows of a stream.
fn place_of_stream(state: &mut State, row: Row, extra: Extra, can_be_taken_back: bool) {
    match row {
        Row::StreamRow(mut row) => {
            row.extra = extra;
            state.stream.put(ONLY, row, can_be_taken_back);
        }
        Row::CheckpointRow(mut row) => {
            row.extra = extra;
            state.checkpoints.put(row.checkpoint, row, can_be_taken_back);
        }
        Row::AcknowledgementRow(mut row) => {
            row.extra = extra;
            let key = checkpoint::key(row.checkpoint, &row.operator, row.subtask);
            state.acknowledgements.put(key, row, can_be_taken_back);
        }
        Row::TransactionRow(mut row) => {
            row.extra = extra;
            let key = checkpoint::key(row.checkpoint, &row.operator, row.subtask);
            state.transactions.put(key, row, can_be_taken_back);
        }
        Row::StatePartRow(mut row) => {
            row.extra = extra;
            let table = if row.references > 0 { &mut state.parts } else { &mut state.reclaimable };
            table.put(row.part.name.clone(), row, can_be_taken_back);
        }
        _ => {}
    }
}
