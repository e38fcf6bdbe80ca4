//! A list for each key.

use std::borrow::{Borrow, Cow};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::map_state::prefix;
use super::table::NEVER;
use super::{Codec, Json, KeyedState};
use crate::Error;

/// A state with a list for each key, of which an element costs what it is: appending does not write the list again.
///
/// ```
/// use highwater::streaming::{KeyedState, ListState};
///
/// const PAGES: ListState<String, String> = ListState::new("pages");
///
/// let mut state = KeyedState::new("visits", 0, 1, 128)?;
/// PAGES.append(&mut state, "ada", &"/".to_owned())?;
/// PAGES.append(&mut state, "ada", &"/prices".to_owned())?;
/// assert_eq!(PAGES.get(&state, "ada")?, ["/", "/prices"]);
/// # Ok::<(), highwater::Error>(())
/// ```
#[derive(Debug)]
pub struct ListState<K, V, C = Json> {
    name: Cow<'static, str>,
    types: PhantomData<fn(K, V, C)>,
}

impl<K, V> ListState<K, V> {
    /// The state with this name, in JSON.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        ListState::coded(name)
    }
}

impl<K, V, C> ListState<K, V, C> {
    /// The state with this name, in the codec of the type.
    #[must_use]
    pub const fn coded(name: &'static str) -> Self {
        ListState { name: Cow::Borrowed(name), types: PhantomData }
    }

    /// The state with a name that is made while the program runs.
    pub fn named(name: impl Into<String>) -> Self {
        ListState { name: Cow::Owned(name.into()), types: PhantomData }
    }
}

impl<K, V, C> ListState<K, V, C>
where
    K: Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
    C: Codec,
{
    /// The list of a key, which is empty if there is none.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task, [`Corrupt`](crate::ErrorKind::Corrupt) if a value is of another type.
    pub fn get<Q>(&self, state: &KeyedState, key: &Q) -> Result<Vec<V>, Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        let prefix = prefix(&key);
        state.living_under(group, &self.name, &prefix).map(|(_, entry)| C::decode(&entry.value)).collect()
    }

    /// Adds a value at the end.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the key belongs to another sub-task, or if something is too large.
    pub fn append<Q>(&self, state: &mut KeyedState, key: &Q, value: &V) -> Result<(), Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let (group, key) = state.place::<C, _>(key)?;
        let prefix = prefix(&key);
        let last = state.table(group, &self.name).and_then(|table| table.last_up_to(&at(&prefix, u64::MAX)));
        let last = last.and_then(|key| key.strip_prefix(&prefix[..])?.try_into().ok());
        let next = last.map_or(0, |last| u64::from_be_bytes(last) + 1);
        state.write(group, &self.name, &at(&prefix, next), &C::encode(value)?, NEVER)
    }

    /// Puts other values in the place of the list.
    ///
    /// # Errors
    ///
    /// As [`append`](ListState::append); then the list is as it was.
    pub fn replace<Q>(&self, state: &mut KeyedState, key: &Q, values: &[V]) -> Result<(), Error>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        state.batch(|state| {
            self.remove(state, key)?;
            values.iter().try_for_each(|value| self.append(state, key, value))
        })
    }

    /// Removes the list of a key, and says whether there was one.
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
        Ok(state.erase_beginning_with(group, &self.name, &prefix(&key)))
    }

    /// Removes all lists of this sub-task.
    pub fn clear(&self, state: &mut KeyedState) {
        state.erase_all(&self.name);
    }
}

/// The key of an element.
fn at(prefix: &[u8], index: u64) -> Vec<u8> {
    [prefix, &index.to_be_bytes()].concat()
}
