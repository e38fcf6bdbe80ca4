//! The entries of one state in one key group, and which of them have changed.

use std::collections::BTreeMap;
use std::ops::Bound;

use highwater_format::PartChange;

use super::small_bytes::SmallBytes;

/// The time at which what has no end ends.
pub(super) const NEVER: i64 = i64::MAX;

/// What a key has.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: SmallBytes,
    /// From then on it is not there any more.
    pub(super) expires_at_ms: i64,
    /// The epoch of its last change.
    pub(super) epoch: u64,
}

/// Entries by key.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) entries: BTreeMap<SmallBytes, Entry>,
    /// Keys that have changed since the checkpoint that the next delta rests on, with the epoch of the last change. What is not among
    /// the entries was removed.
    pub(super) unsaved: BTreeMap<SmallBytes, u64>,
    /// Bytes of all keys and values.
    pub(super) bytes: u64,
}

impl Table {
    /// The entry, if it is there at this time.
    pub(super) fn get(&self, key: &[u8], now_ms: i64) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| now_ms < entry.expires_at_ms)
    }

    /// Puts an entry, and gives the one that was there. `track` remembers that it has changed.
    pub(super) fn put(&mut self, key: &[u8], entry: Entry, track: bool) -> Option<Entry> {
        let epoch = entry.epoch;
        self.bytes += entry.value.len() as u64;
        let before = match self.entries.get_mut(key) {
            Some(present) => Some(std::mem::replace(present, entry)),
            None => {
                self.bytes += key.len() as u64;
                self.entries.insert(key.into(), entry);
                None
            }
        };
        self.bytes -= before.as_ref().map_or(0, |before| before.value.len() as u64);
        // One that has changed in this epoch is remembered already.
        if track && before.as_ref().is_none_or(|before| before.epoch != epoch) {
            self.unsaved.insert(key.into(), epoch);
        }
        before
    }

    /// Removes an entry, and gives it.
    pub(super) fn remove(&mut self, key: &[u8], epoch: u64, track: bool) -> Option<Entry> {
        let before = self.entries.remove(key)?;
        self.bytes -= (key.len() + before.value.len()) as u64;
        if track {
            self.unsaved.insert(key.into(), epoch);
        }
        Some(before)
    }

    /// Does what a part says of a key.
    pub(super) fn read(&mut self, key: &[u8], change: PartChange<'_>) {
        let (value, expires_at_ms) = match change {
            PartChange::Removed => {
                self.remove(key, 0, false);
                return;
            }
            PartChange::Put(value) => (value, NEVER),
            PartChange::PutUntil { value, expires_at_ms } => (value, expires_at_ms),
        };
        self.put(key, Entry { value: value.into(), expires_at_ms, epoch: 0 }, false);
    }

    /// The entries whose keys begin with this, in order.
    pub(super) fn beginning_with<'a>(
        &'a self,
        prefix: &'a [u8],
    ) -> impl Iterator<Item = (&'a [u8], &'a Entry)> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let entries = self.entries.range::<[u8], _>(from).map(|(key, entry)| (&**key, entry));
        entries.take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// The last key that is not above this one.
    pub(super) fn last_up_to(&self, key: &[u8]) -> Option<&[u8]> {
        let to = (Bound::Unbounded, Bound::Included(key));
        self.entries.range::<[u8], _>(to).next_back().map(|(key, _)| &**key)
    }

    /// Keys that have expired.
    pub(super) fn expired(&self, now_ms: i64) -> Vec<SmallBytes> {
        let expired = self.entries.iter().filter(|(_, entry)| entry.expires_at_ms <= now_ms);
        expired.map(|(key, _)| key.clone()).collect()
    }
}
