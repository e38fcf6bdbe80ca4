//! What a sub-task writes at a barrier.

use std::collections::BTreeMap;
use std::sync::Arc;

use highwater_core::limits::NAME_BYTES;
use highwater_format::fact::{Acknowledgement, StatePart};
use highwater_format::{PartChange, PartEntry, PartWriter, part_digest};

use super::chain::Chain;
use super::part_store::unavailable;
use super::table::{Entry, NEVER, Table};
use super::{KeyedState, PartStore};
use crate::limits::KEYED_PART_BYTES;
use crate::{Error, ErrorKind};

/// What a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// Everything.
    Base,
    /// What has changed since the parts before it.
    Delta,
}

/// A snapshot whose checkpoint is under way.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) checkpoint: u64,
    /// The last epoch that is in it.
    pub(super) epoch: u64,
    /// The parts of the state with it.
    pub(super) chain: Chain,
}

/// What a sub-task has at a barrier: parts that are to be written, and what is handed over when they are.
#[derive(Debug)]
#[must_use = "a snapshot is only good when it is written and acknowledged"]
pub struct Snapshot {
    new: Vec<(StatePart, Vec<u8>)>,
    acknowledgement: Acknowledgement,
}

impl Snapshot {
    /// Bytes that are to be written.
    #[must_use]
    pub fn new_bytes(&self) -> u64 {
        self.new.iter().map(|(part, _)| part.size_bytes).sum()
    }

    /// Names of the parts that are to be written. If the checkpoint is never acknowledged, nobody else knows them.
    pub fn new_parts(&self) -> impl Iterator<Item = &str> {
        self.new.iter().map(|(part, _)| part.name.as_str())
    }

    /// Writes the parts, and gives what to acknowledge; positions and a transaction are put beside it.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::ErrorKind::Unavailable) with what the store says.
    pub async fn write<P: PartStore>(self, parts: &P) -> Result<Acknowledgement, Error> {
        for (part, bytes) in self.new {
            parts.put(&part.name, bytes).await.map_err(|error| unavailable("written", &part.name, &error))?;
        }
        Ok(self.acknowledgement)
    }
}

/// Takes one of everything that is to be written now.
pub(super) fn take(state: &mut KeyedState, checkpoint: u64) -> Result<Snapshot, Error> {
    let kind = state.chain.next();
    if kind == PartKind::Base {
        state.compact();
    }
    let now_ms = state.now_ms();
    let mut parts = Parts::new(state, kind, checkpoint);
    for (group, tables) in (state.groups.0..).zip(&state.tables) {
        for (name, table) in tables {
            match kind {
                PartKind::Base => parts.all(group, name, table)?,
                PartKind::Delta => parts.changed(group, name, table, now_ms)?,
            }
        }
    }
    let new = parts.finish()?;
    let chain = state.chain.with(kind, new.iter().map(|(part, _)| part.clone()));
    let acknowledgement = Acknowledgement {
        operator: state.operator.clone(),
        subtask: state.subtask,
        state: Some(chain.describe(state.groups).encode()),
        parts: chain.parts().cloned().collect(),
        ..Acknowledgement::default()
    };
    state.pending.push(Pending { checkpoint, epoch: state.epoch, chain });
    state.epoch += 1;
    Ok(Snapshot { new, acknowledgement })
}

/// Parts that are being written; when one is long enough, the next begins.
struct Parts {
    /// What their names begin with.
    stem: String,
    writer: PartWriter,
    done: Vec<(StatePart, Vec<u8>)>,
}

impl Parts {
    fn new(state: &KeyedState, kind: PartKind, checkpoint: u64) -> Parts {
        let word = match kind {
            PartKind::Base => "base",
            PartKind::Delta => "delta",
        };
        let stem = format!("{}/{}/{checkpoint}-{word}", state.operator, state.subtask);
        Parts { stem, writer: PartWriter::new(), done: Vec::new() }
    }

    fn all(&mut self, group: u32, name: &str, table: &Table) -> Result<(), Error> {
        table.entries.iter().try_for_each(|(key, entry)| self.push(group, name, key, Some(entry)))
    }

    fn changed(&mut self, group: u32, name: &Arc<str>, table: &Table, now_ms: i64) -> Result<(), Error> {
        let keys: &BTreeMap<_, _> = &table.unsaved;
        keys.keys().try_for_each(|key| self.push(group, name, key, table.get(key, now_ms)))
    }

    fn push(&mut self, group: u32, name: &str, key: &[u8], entry: Option<&Entry>) -> Result<(), Error> {
        let change = match entry {
            None => PartChange::Removed,
            Some(entry) if entry.expires_at_ms == NEVER => PartChange::Put(&entry.value),
            Some(entry) => PartChange::PutUntil { value: &entry.value, expires_at_ms: entry.expires_at_ms },
        };
        let entry = PartEntry { group, name, key, change };
        if self.writer.encoded_bytes() + entry.encoded_bytes() > KEYED_PART_BYTES {
            self.end_part()?;
        }
        self.writer.push(&entry).map_err(|error| Error::invalid(error.to_string()))
    }

    fn end_part(&mut self) -> Result<(), Error> {
        if self.writer.is_empty() {
            return Ok(());
        }
        let (bytes, checksum) = std::mem::take(&mut self.writer).finish();
        let name = format!("{}-{:016x}", self.stem, highwater_driver::seed()?.0);
        if name.len() > NAME_BYTES {
            return Err(Error::invalid(format!(
                "the name `{name}` of a part has {} bytes; at most {NAME_BYTES} are allowed, give the operator a shorter name",
                name.len()
            )));
        }
        let part = StatePart { name, size_bytes: bytes.len() as u64, digest: Some(part_digest(checksum)) };
        self.done.push((part, bytes));
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<(StatePart, Vec<u8>)>, Error> {
        self.end_part()?;
        Ok(self.done)
    }
}

/// Refuses what no part could hold.
pub(super) fn check_sizes(name: &str, key: &[u8], value: &[u8]) -> Result<(), Error> {
    use highwater_format::limits::{PART_KEY_BYTES, PART_NAME_BYTES, PART_VALUE_BYTES};
    let sizes = [
        ("name", name.len(), PART_NAME_BYTES),
        ("encoded key", key.len(), PART_KEY_BYTES),
        ("encoded value", value.len(), PART_VALUE_BYTES),
    ];
    match sizes.into_iter().find(|(_, size, most)| size > most) {
        None => Ok(()),
        Some((what, size, most)) => {
            let name: String = name.chars().take(64).collect();
            let message = format!("state `{name}`: the {what} has {size} bytes; at most {most} are allowed");
            Err(Error::new(ErrorKind::Invalid, message))
        }
    }
}
