//! A map for each key.

use std::borrow::{Borrow, Cow};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::small_bytes::SmallBytes;
use super::table::{Entry, NEVER};
use super::{Codec, Json, KeyedState};
use crate::Error;

/// A state with a map for each key, of which an entry costs what it is.
///
/// ```
/// use highwater::streaming::{KeyedState, MapState};
///
/// const STOCK: MapState<u64, String, u32> = MapState::new("stock");
///
/// let mut state = KeyedState::new("warehouse", 0, 1, 128)?;
/// STOCK.put(&mut state, &7, "apples", &12)?;
/// STOCK.put(&mut state, &7, "pears", &3)?;
/// STOCK.remove(&mut state, &7, "pears")?;
/// assert_eq!(STOCK.entries(&state, &7)?, [("apples".to_owned(), 12)]);
/// # Ok::<(), highwater::Error>(())
/// ```
#[derive(Debug)]
pub struct MapState<K, S, V, C = Json> {
    name: Cow<'static, str>,
    types: PhantomData<fn(K, S, V, C)>,
}

impl<K, S, V> MapState<K, S, V> {
    /// The state with this name, in JSON.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        MapState::coded(name)
    }
}

impl<K, S, V, C> MapState<K, S, V, C> {
    /// The state with this name, in the codec of the type.
    #[must_use]
    pub const fn coded(name: &'static str) -> Self {
        MapState { name: Cow::Borrowed(name), types: PhantomData }
    }

    /// The state with a name that is made while the program runs.
    pub fn named(name: impl Into<String>) -> Self {
        MapState { name: Cow::Owned(name.into()), types: PhantomData }
    }
}

impl<K, S, V, C> MapState<K, S, V, C>
where
    K: Serialize + DeserializeOwned,
    S: Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
    C: Codec,
{
    /// The value of a key within the map of a key.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task, [`Corrupt`](crate::ErrorKind::Corrupt) if the value is of another type.
    pub fn get<Q, R>(&self, state: &mut KeyedState, key: &Q, within: &R) -> Result<Option<V>, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
        S: Borrow<R>,
        R: Serialize + ?Sized,
    {
        let (group, key) = self.place(state, key, within)?;
        state.read(group, &self.name, &key).map(C::decode).transpose()
    }

    /// Gives a key within the map of a key a value.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task, or if something is too large.
    pub fn put<Q, R>(&self, state: &mut KeyedState, key: &Q, within: &R, value: &V) -> Result<(), Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
        S: Borrow<R>,
        R: Serialize + ?Sized,
    {
        let (group, key) = self.place(state, key, within)?;
        state.write(group, &self.name, &key, &C::encode(value)?, NEVER)
    }

    /// Removes a key within the map of a key, and says whether it was there.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task.
    pub fn remove<Q, R>(&self, state: &mut KeyedState, key: &Q, within: &R) -> Result<bool, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
        S: Borrow<R>,
        R: Serialize + ?Sized,
    {
        let (group, key) = self.place(state, key, within)?;
        Ok(state.erase(group, &self.name, &key))
    }

    /// The map of a key, in the order of its encoded keys.
    ///
    /// # Errors
    ///
    /// As [`get`](MapState::get).
    pub fn entries<Q>(&self, state: &KeyedState, key: &Q) -> Result<Vec<(S, V)>, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        let prefix = prefix(&key);
        let entries = state.living_under(group, &self.name, &prefix);
        entries.map(|(key, entry)| Ok((C::decode(&key[prefix.len()..])?, C::decode(&entry.value)?))).collect()
    }

    /// Removes the map of a key, and says whether there was one.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task.
    pub fn remove_map<Q>(&self, state: &mut KeyedState, key: &Q) -> Result<bool, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        Ok(state.erase_beginning_with(group, &self.name, &prefix(&key)))
    }

    /// Removes all maps of this sub-task.
    pub fn clear(&self, state: &mut KeyedState) {
        state.erase_all(&self.name);
    }

    fn place<Q, R>(&self, state: &KeyedState, key: &Q, within: &R) -> Result<(u32, Vec<u8>), Error>
    where
        Q: Serialize + ?Sized,
        R: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        let mut place = prefix(&key);
        place.extend(C::encode(within)?);
        Ok((group, place))
    }
}

/// What the keys of all elements of a list or map begin with, and no others: the length of the user's key, and that key.
pub(super) fn prefix(key: &[u8]) -> Vec<u8> {
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes(), key].concat()
}

impl KeyedState {
    /// The entries whose keys begin with this, in order, without those that have expired: TypeScript has lists and maps that do.
    pub(super) fn living_under<'a>(
        &'a self,
        group: u32,
        name: &str,
        prefix: &'a [u8],
    ) -> impl Iterator<Item = (&'a [u8], &'a Entry)> {
        let now_ms = self.now_ms();
        let entries = self.table(group, name).into_iter().flat_map(|table| table.beginning_with(prefix));
        entries.filter(move |(_, entry)| now_ms < entry.expires_at_ms)
    }

    /// Removes the entries whose keys begin with this, and says whether there were some.
    pub(super) fn erase_beginning_with(&mut self, group: u32, name: &str, prefix: &[u8]) -> bool {
        let Some(table) = self.table(group, name) else { return false };
        let keys: Vec<SmallBytes> = table.beginning_with(prefix).map(|(key, _)| key.into()).collect();
        for key in &keys {
            self.erase(group, name, key);
        }
        !keys.is_empty()
    }
}
