//! One value for each key.

use std::borrow::{Borrow, Cow};
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::table::NEVER;
use super::{Codec, Json, KeyedState};
use crate::Error;

/// A state with one value for each key. It is only its name and its types: the values are in the [`KeyedState`].
///
/// ```
/// use std::time::Duration;
/// use highwater::streaming::{KeyedState, ValueState};
///
/// const LAST_SEEN: ValueState<String, i64> = ValueState::new("last-seen");
///
/// let mut state = KeyedState::new("sessions", 0, 1, 128)?;
/// LAST_SEEN.put_with_ttl(&mut state, "ada", &17, Duration::from_secs(1_800))?;
/// assert_eq!(LAST_SEEN.get(&mut state, "ada")?, Some(17));
/// LAST_SEEN.remove(&mut state, "ada")?;
/// assert!(!LAST_SEEN.contains(&mut state, "ada")?);
/// # Ok::<(), highwater::Error>(())
/// ```
#[derive(Debug)]
pub struct ValueState<K, V, C = Json> {
    name: Cow<'static, str>,
    types: PhantomData<fn(K, V, C)>,
}

impl<K, V> ValueState<K, V> {
    /// The state with this name, in JSON.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        ValueState::coded(name)
    }
}

impl<K, V, C> ValueState<K, V, C> {
    /// The state with this name, in the codec of the type.
    #[must_use]
    pub const fn coded(name: &'static str) -> Self {
        ValueState { name: Cow::Borrowed(name), types: PhantomData }
    }

    /// The state with a name that is made while the program runs.
    pub fn named(name: impl Into<String>) -> Self {
        ValueState { name: Cow::Owned(name.into()), types: PhantomData }
    }
}

impl<K, V, C> ValueState<K, V, C>
where
    K: Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
    C: Codec,
{
    /// The bytes of a key, of which [`key_group::of`](crate::key_group::of) makes its key group.
    ///
    /// # Errors
    ///
    /// What the codec refuses.
    pub fn key_bytes<Q>(&self, key: &Q) -> Result<Vec<u8>, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        C::encode(key)
    }

    /// The value of a key.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task, [`Corrupt`](crate::ErrorKind::Corrupt) if the value is of another type.
    pub fn get<Q>(&self, state: &mut KeyedState, key: &Q) -> Result<Option<V>, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        state.read(group, &self.name, &key).map(C::decode).transpose()
    }

    /// Whether the key has a value.
    ///
    /// # Errors
    ///
    /// As [`get`](ValueState::get).
    pub fn contains<Q>(&self, state: &mut KeyedState, key: &Q) -> Result<bool, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        Ok(state.read(group, &self.name, &key).is_some())
    }

    /// Gives the key a value, which stays until it is replaced or removed.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task, or if something is too large.
    pub fn put<Q>(&self, state: &mut KeyedState, key: &Q, value: &V) -> Result<(), Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        state.write(group, &self.name, &key, &C::encode(value)?, NEVER)
    }

    /// Gives the key a value that is gone after this time, by the clock of the state.
    ///
    /// # Errors
    ///
    /// As [`put`](ValueState::put).
    pub fn put_with_ttl<Q>(
        &self,
        state: &mut KeyedState,
        key: &Q,
        value: &V,
        ttl: Duration,
    ) -> Result<(), Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let expires_at_ms = state.now_ms().saturating_add_unsigned(ttl_ms);
        state.write(group, &self.name, &key, &C::encode(value)?, expires_at_ms)
    }

    /// Removes the value of a key, and says whether there was one.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task.
    pub fn remove<Q>(&self, state: &mut KeyedState, key: &Q) -> Result<bool, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        Ok(state.erase(group, &self.name, &key))
    }

    /// Removes all values of this sub-task.
    pub fn clear(&self, state: &mut KeyedState) {
        state.erase_all(&self.name);
    }

    /// All keys and values of this sub-task, in the order of key groups and then of encoded keys.
    ///
    /// # Errors
    ///
    /// [`Corrupt`](crate::ErrorKind::Corrupt) if something is of another type.
    pub fn entries(&self, state: &KeyedState) -> Result<Vec<(K, V)>, Error> {
        let now_ms = state.now_ms();
        let tables = state.tables.iter().filter_map(|tables| tables.get(&*self.name));
        let entries =
            tables.flat_map(|table| &table.entries).filter(|(_, entry)| now_ms < entry.expires_at_ms);
        entries.map(|(key, entry)| Ok((C::decode(key)?, C::decode(&entry.value)?))).collect()
    }
}
