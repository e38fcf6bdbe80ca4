//! An ordered table whose changes can be taken back.
//!
//! A record is decided on the state as it will be, before it is known whether the append wins. So each table remembers
//! what its rows were before, and forgets it when the record is durable ([`Table::settle`]) or puts it back when it lost
//! ([`Table::roll_back`]). That costs a copy of each row that changes, never of the table.
//!
//! Rows are shared: a state that is put aside or compared costs no copies of them. And all rows being of the same size
//! to the map, tables with the same kind of key have the same code, which a component carries once.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::RangeBounds;
use std::sync::Arc;

/// The key of the row in tables that have one row only.
pub(crate) const ONLY: u64 = 0;

/// An ordered map with undo.
#[derive(Clone, Debug)]
pub(crate) struct Table<K, V> {
    rows: BTreeMap<K, Arc<V>>,
    before: Vec<(K, Option<Arc<V>>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table { rows: BTreeMap::new(), before: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.rows.get(key).map(|row| &**row)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, row)| (key, &**row))
    }

    pub(crate) fn range<Q: Ord + ?Sized, R: RangeBounds<Q>>(
        &self,
        range: R,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.rows.range(range).map(|(key, row)| (key, &**row))
    }

    /// Puts a row in place for good, while a snapshot is read.
    pub(crate) fn load(&mut self, key: K, value: V) {
        self.rows.insert(key, Arc::new(value));
    }

    /// Puts a row in place, for good or so that it can be taken back.
    pub(crate) fn put(&mut self, key: K, value: V, can_be_taken_back: bool) {
        if can_be_taken_back { self.insert(key, value) } else { self.load(key, value) }
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        let old = self.rows.insert(key.clone(), Arc::new(value));
        self.before.push((key, old));
    }

    pub(crate) fn remove(&mut self, key: &K) {
        if let Some((key, old)) = self.rows.remove_entry(key) {
            self.before.push((key, Some(old)));
        }
    }

    /// Changes the row if there is one, and gives what `change` gives.
    pub(crate) fn modify<R>(&mut self, key: &K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let row = self.rows.get_mut(key)?;
        self.before.push((key.clone(), Some(Arc::clone(row))));
        Some(change(Arc::make_mut(row)))
    }

    /// How many changes can be taken back. Hand it to [`Table::roll_back`].
    pub(crate) fn mark(&self) -> usize {
        self.before.len()
    }

    /// Takes back all changes since the mark.
    pub(crate) fn roll_back(&mut self, mark: usize) {
        while self.before.len() > mark {
            match self.before.pop() {
                Some((key, Some(old))) => self.rows.insert(key, old),
                Some((key, None)) => self.rows.remove(&key),
                None => None,
            };
        }
    }

    /// Forgets how things were: all changes stand.
    pub(crate) fn settle(&mut self) {
        self.before.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn changes_are_taken_back_in_reverse_order() {
        let mut table: Table<&str, u32> = Table::default();
        table.insert("kept", 1);
        table.settle();
        let mark = table.mark();
        table.modify(&"kept", |row| *row = 2);
        table.insert("kept", 3);
        table.remove(&"kept");
        table.insert("new", 4);
        table.roll_back(mark);
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&"kept", &1)]);
    }

    #[test]
    fn settled_changes_stay() {
        let mut table: Table<&str, u32> = Table::default();
        table.insert("row", 1);
        table.settle();
        table.roll_back(0);
        assert_eq!(table.get("row"), Some(&1));
    }
}
