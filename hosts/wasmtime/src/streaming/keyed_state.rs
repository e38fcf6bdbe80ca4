//! The state of one sub-task of an operator, by key.
//!
//! Entries are in memory. Each change is remembered with its *epoch*, the number of the snapshot that will write it first. A delta writes
//! all that has changed since the last checkpoint that is known to be completed, and only the parts of that one are named again; so a
//! checkpoint that is aborted takes nothing with it:
//!
//! | what happens | chain of parts | what is remembered as changed |
//! |---|---|---|
//! | `snapshot` | stays | stays; the next epoch begins |
//! | `complete` | becomes that of the snapshot | loses what changed up to the snapshot's epoch |
//! | `abort` | stays | stays |
//! | `rebase` | none: the next snapshot writes everything | stays |

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::Codec;
use super::chain::Chain;
use super::small_bytes::SmallBytes;
use super::snapshot::{self, Pending, Snapshot};
use super::table::{Entry, NEVER, Table};
use crate::limits::{KEYED_STATES, SNAPSHOTS_IN_FLIGHT};
use crate::{Error, key_group};

/// The state of one sub-task, by key. It is read and written through [`ValueState`](super::ValueState),
/// [`ListState`](super::ListState) and [`MapState`](super::MapState).
///
/// It has the keys of a range of key groups and refuses all others: whoever sends records to sub-tasks chooses by
/// [`key_group`](crate::key_group) of [`key_bytes`](super::ValueState::key_bytes).
pub struct KeyedState {
    pub(super) operator: String,
    pub(super) subtask: u32,
    /// First and last key group.
    pub(super) groups: (u32, u32),
    key_groups: u32,
    clock: Box<dyn Fn() -> i64 + Send + Sync>,
    names: BTreeSet<Arc<str>>,
    /// By key group less the first one, then by name.
    pub(super) tables: Vec<BTreeMap<Arc<str>, Table>>,
    pub(super) epoch: u64,
    pub(super) chain: Chain,
    pub(super) pending: Vec<Pending>,
    expired: BTreeMap<Arc<str>, u64>,
    /// What to put back if the batch that is under way fails.
    undo: Option<Vec<Undo>>,
}

struct Undo {
    group: u32,
    name: Arc<str>,
    key: SmallBytes,
    before: Option<Entry>,
}

/// How large a state is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateStatistics {
    /// Entries: keys of a value state, elements of lists, keys within maps. Those that have expired and were not touched since are counted.
    pub entries: u64,
    /// Bytes of their keys and values, as they are encoded.
    pub bytes: u64,
    /// Entries that were dropped because they had expired.
    pub expired: u64,
    /// Entries that the next delta would write or remove.
    pub dirty: u64,
}

impl KeyedState {
    /// An empty state. Streams [restore](KeyedState::restore) theirs; this is for tests and for what lives without a stream.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if there is no such sub-task.
    pub fn new(
        operator: impl Into<String>,
        subtask: u32,
        parallelism: u32,
        key_groups: u32,
    ) -> Result<KeyedState, Error> {
        let operator = operator.into();
        if subtask >= parallelism || parallelism > key_groups {
            return Err(Error::invalid(format!(
                "there is no sub-task {subtask} of `{operator}` at parallelism {parallelism} with {key_groups} key groups; \
                 sub-tasks are counted from 0, and there are at most as many as key groups"
            )));
        }
        Ok(KeyedState::of_groups(
            operator,
            subtask,
            key_group::range(subtask, parallelism, key_groups),
            key_groups,
        ))
    }

    pub(super) fn of_groups(
        operator: String,
        subtask: u32,
        groups: (u32, u32),
        key_groups: u32,
    ) -> KeyedState {
        let tables = (groups.0..=groups.1).map(|_| BTreeMap::new()).collect();
        KeyedState {
            operator,
            subtask,
            groups,
            key_groups,
            clock: Box::new(system_clock),
            names: BTreeSet::new(),
            tables,
            epoch: 1,
            chain: Chain::default(),
            pending: Vec::new(),
            expired: BTreeMap::new(),
            undo: None,
        }
    }

    /// Takes the time from here, in milliseconds since the Unix epoch: from a test, or from the records, which makes expiry repeatable.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> KeyedState {
        self.clock = Box::new(clock);
        self
    }

    /// The operator that it belongs to.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// The sub-task, from 0.
    #[must_use]
    pub fn subtask(&self) -> u32 {
        self.subtask
    }

    /// First and last of its key groups.
    #[must_use]
    pub fn groups(&self) -> (u32, u32) {
        self.groups
    }

    /// Does several changes or none: if `work` fails, everything that it changed is as it was.
    ///
    /// ```
    /// use highwater::streaming::{KeyedState, ValueState};
    ///
    /// const BALANCE: ValueState<String, i64> = ValueState::new("balance");
    ///
    /// let mut state = KeyedState::new("accounts", 0, 1, 128)?;
    /// BALANCE.put(&mut state, "ada", &70)?;
    /// let paid = state.batch(|state| {
    ///     BALANCE.put(state, "bob", &100)?;
    ///     let left = BALANCE.get(state, "ada")?.unwrap_or(0) - 100;
    ///     if left < 0 { Err("ada has too little")? }
    ///     BALANCE.put(state, "ada", &left)?;
    ///     Ok::<(), Box<dyn std::error::Error>>(())
    /// });
    /// assert!(paid.is_err());
    /// assert_eq!(BALANCE.get(&mut state, "bob")?, None);
    /// # Ok::<(), highwater::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What `work` fails with.
    pub fn batch<T, E>(&mut self, work: impl FnOnce(&mut KeyedState) -> Result<T, E>) -> Result<T, E> {
        let outer = self.undo.replace(Vec::new());
        let done = work(self);
        let undo = std::mem::replace(&mut self.undo, outer).unwrap_or_default();
        match &done {
            // What is in a batch around this one goes with that.
            Ok(_) => self.undo.iter_mut().for_each(|outer| outer.extend(undo.iter().map(Undo::clone))),
            Err(_) => undo.into_iter().rev().for_each(|undo| self.put_back(undo)),
        }
        done
    }

    fn put_back(&mut self, undo: Undo) {
        let (epoch, track) = (self.epoch, self.tracks());
        let Some(table) = self.table_mut(undo.group, &undo.name) else { return };
        match undo.before {
            Some(before) => drop(table.put(&undo.key, Entry { epoch, ..before }, track)),
            None => drop(table.remove(&undo.key, epoch, track)),
        }
    }

    /// Gives what changed to the checkpoint with this number: [write](Snapshot::write) it, acknowledge it, and then say what became of
    /// the checkpoint with [`complete`](KeyedState::complete) or [`abort`](KeyedState::abort). Work may go on in between.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the checkpoint has one already, or if something is too large.
    pub fn snapshot(&mut self, checkpoint: u64) -> Result<Snapshot, Error> {
        if self.pending.iter().any(|pending| pending.checkpoint >= checkpoint) {
            return Err(Error::invalid(format!(
                "{}/{} has a snapshot for checkpoint {checkpoint} or a later one already; checkpoints only go up",
                self.operator, self.subtask
            )));
        }
        if self.pending.len() >= SNAPSHOTS_IN_FLIGHT {
            return Err(Error::invalid(format!(
                "{}/{} has {SNAPSHOTS_IN_FLIGHT} snapshots whose checkpoints nobody has completed or aborted; say what became of them",
                self.operator, self.subtask
            )));
        }
        snapshot::take(self, checkpoint)
    }

    /// The checkpoint is completed, and with it all earlier ones are over.
    pub fn complete(&mut self, checkpoint: u64) {
        let Some(at) = self.pending.iter().position(|pending| pending.checkpoint == checkpoint) else {
            return;
        };
        let done = self.pending.drain(..=at).next_back();
        let Some(Pending { epoch, chain, .. }) = done else { return };
        self.chain = chain;
        let tables = self.tables.iter_mut().flat_map(BTreeMap::values_mut);
        tables.for_each(|table| table.unsaved.retain(|_, changed| *changed > epoch));
    }

    /// The checkpoint was aborted, or could not be acknowledged. What it would have written goes into the next one.
    pub fn abort(&mut self, checkpoint: u64) {
        self.pending.retain(|pending| pending.checkpoint != checkpoint);
    }

    /// Lets go of all parts: the next snapshot writes everything. For when a part that is needed is gone.
    pub fn rebase(&mut self) {
        self.chain = Chain::default();
        self.pending.clear();
    }

    /// Drops what has expired, and says how much it was. This happens when a base is written, too.
    pub fn compact(&mut self) -> u64 {
        let now_ms = self.now_ms();
        let mut dropped = 0;
        for group in self.groups.0..=self.groups.1 {
            let tables = &self.tables[(group - self.groups.0) as usize];
            let expired: Vec<_> =
                tables.iter().map(|(name, table)| (name.clone(), table.expired(now_ms))).collect();
            for (name, keys) in expired {
                dropped += keys.len() as u64;
                keys.iter().for_each(|key| self.expire(group, &name, key));
            }
        }
        dropped
    }

    /// How large each state is, by name.
    #[must_use]
    pub fn statistics(&self) -> BTreeMap<String, StateStatistics> {
        let mut all: BTreeMap<String, StateStatistics> = BTreeMap::new();
        for (name, table) in self.tables.iter().flatten() {
            let it = all.entry(name.to_string()).or_default();
            let entries = table.entries.len() as u64;
            it.entries += entries;
            it.bytes += table.bytes;
            it.dirty += if self.chain.base.is_some() { table.unsaved.len() as u64 } else { entries };
        }
        for (name, expired) in &self.expired {
            all.entry(name.to_string()).or_default().expired = *expired;
        }
        all
    }

    pub(super) fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// The key group of an encoded key, which must be one of ours.
    pub(super) fn group(&self, key: &[u8]) -> Result<u32, Error> {
        let group = key_group::of(key, self.key_groups);
        if group < self.groups.0 || group > self.groups.1 {
            return Err(Error::invalid(format!(
                "the key {} falls into key group {group}, and {}/{} has the groups {} to {}; send it to the sub-task that \
                 `key_group::subtask` names",
                String::from_utf8_lossy(&key[..key.len().min(64)]),
                self.operator,
                self.subtask,
                self.groups.0,
                self.groups.1
            )));
        }
        Ok(group)
    }

    /// The key group of a user's key, which must be one of ours, and its bytes.
    pub(super) fn place<C: Codec, Q: Serialize + ?Sized>(&self, key: &Q) -> Result<(u32, Vec<u8>), Error> {
        let key = C::encode(key)?;
        Ok((self.group(&key)?, key))
    }

    pub(super) fn table(&self, group: u32, name: &str) -> Option<&Table> {
        self.tables.get((group - self.groups.0) as usize)?.get(name)
    }

    pub(super) fn table_mut(&mut self, group: u32, name: &str) -> Option<&mut Table> {
        self.tables.get_mut((group - self.groups.0) as usize)?.get_mut(name)
    }

    /// Whether changes are remembered one by one. Without a base the next snapshot writes everything anyway.
    fn tracks(&self) -> bool {
        self.chain.base.is_some() || !self.pending.is_empty()
    }

    /// The value of an entry, which is dropped if it has expired.
    pub(super) fn read(&mut self, group: u32, name: &str, key: &[u8]) -> Option<&[u8]> {
        let entry = self.table(group, name)?.entries.get(key)?;
        if entry.expires_at_ms != NEVER && entry.expires_at_ms <= self.now_ms() {
            self.expire(group, name, key);
            return None;
        }
        // A second look, because what is dropped above must not be borrowed.
        self.table(group, name)?.entries.get(key).map(|entry| &*entry.value)
    }

    pub(super) fn write(
        &mut self,
        group: u32,
        name: &str,
        key: &[u8],
        value: &[u8],
        expires_at_ms: i64,
    ) -> Result<(), Error> {
        snapshot::check_sizes(name, key, value)?;
        let name = self.intern(name)?;
        let entry = Entry { value: value.into(), expires_at_ms, epoch: self.epoch };
        let track = self.tracks();
        let tables = &mut self.tables[(group - self.groups.0) as usize];
        let table = match tables.get_mut(&name) {
            Some(table) => table,
            None => tables.entry(name.clone()).or_default(),
        };
        let before = table.put(key, entry, track);
        if let Some(undo) = &mut self.undo {
            undo.push(Undo { group, name, key: key.into(), before });
        }
        Ok(())
    }

    /// Removes an entry, and says whether it was there.
    pub(super) fn erase(&mut self, group: u32, name: &str, key: &[u8]) -> bool {
        let (now_ms, epoch, track) = (self.now_ms(), self.epoch, self.tracks());
        let Some(table) = self.table_mut(group, name) else { return false };
        let Some(before) = table.remove(key, epoch, track) else { return false };
        let was_there = now_ms < before.expires_at_ms;
        if let Some(undo) = &mut self.undo {
            undo.push(Undo { group, name: name.into(), key: key.into(), before: Some(before) });
        }
        was_there
    }

    /// Removes all entries of a state.
    pub(super) fn erase_all(&mut self, name: &str) {
        for group in self.groups.0..=self.groups.1 {
            let Some(table) = self.table(group, name) else { continue };
            let keys: Vec<_> = table.entries.keys().cloned().collect();
            for key in &keys {
                self.erase(group, name, key);
            }
        }
    }

    /// Drops an entry that has expired. It is gone for good, whatever becomes of a batch: the clock may be set back.
    fn expire(&mut self, group: u32, name: &str, key: &[u8]) {
        let (epoch, track) = (self.epoch, self.tracks());
        let Some(table) = self.table_mut(group, name) else { return };
        if table.remove(key, epoch, track).is_some()
            && let Some(name) = self.names.get(name)
        {
            *self.expired.entry(name.clone()).or_default() += 1;
        }
    }

    /// The one copy of a name.
    pub(super) fn intern(&mut self, name: &str) -> Result<Arc<str>, Error> {
        if let Some(known) = self.names.get(name) {
            return Ok(known.clone());
        }
        if self.names.len() >= KEYED_STATES {
            return Err(Error::invalid(format!(
                "{}/{} has {KEYED_STATES} states already, and `{name}` is one more; use fewer names, and more keys",
                self.operator, self.subtask
            )));
        }
        let name: Arc<str> = name.into();
        self.names.insert(name.clone());
        Ok(name)
    }
}

impl Clone for Undo {
    fn clone(&self) -> Undo {
        Undo {
            group: self.group,
            name: self.name.clone(),
            key: self.key.clone(),
            before: self.before.clone(),
        }
    }
}

impl fmt::Debug for KeyedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedState")
            .field("operator", &self.operator)
            .field("subtask", &self.subtask)
            .field("groups", &self.groups)
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

fn system_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(NEVER)
}
