//! The two directions, and how they go through options, lists, maps and results.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Problem;

/// A type of the core that is made from what came across the boundary.
pub(crate) trait FromWit<W>: Sized {
    fn from_wit(wit: W) -> Result<Self, Problem>;

    /// Types that are the same on both sides hand the list on as it is.
    fn list_from_wit(list: Vec<W>) -> Result<Vec<Self>, Problem> {
        let mut index = 0;
        let convert = |item| {
            let converted = Self::from_wit(item).map_err(|problem| problem.in_item(index));
            index += 1;
            converted
        };
        list.into_iter().map(convert).collect()
    }
}

/// A type of the boundary that is made from one of the core.
pub(crate) trait FromCore<C>: Sized {
    fn from_core(core: C) -> Self;

    /// Types that are the same on both sides hand the list on as it is.
    fn list_from_core(list: Vec<C>) -> Vec<Self> {
        list.into_iter().map(Self::from_core).collect()
    }
}

macro_rules! the_same_on_both_sides {
    ($($Type:ty),* $(,)?) => {
        $(
            impl FromWit<$Type> for $Type {
                fn from_wit(wit: $Type) -> Result<Self, Problem> {
                    Ok(wit)
                }

                fn list_from_wit(list: Vec<$Type>) -> Result<Vec<Self>, Problem> {
                    Ok(list)
                }
            }

            impl FromCore<$Type> for $Type {
                fn from_core(core: $Type) -> Self {
                    core
                }

                fn list_from_core(list: Vec<$Type>) -> Vec<Self> {
                    list
                }
            }
        )*
    };
}

the_same_on_both_sides!(bool, u8, u32, u64, i64, String, (u64, u64), (String, Vec<u8>));

impl<W, C: FromWit<W>> FromWit<Option<W>> for Option<C> {
    fn from_wit(wit: Option<W>) -> Result<Self, Problem> {
        wit.map(C::from_wit).transpose()
    }
}

impl<C, W: FromCore<C>> FromCore<Option<C>> for Option<W> {
    fn from_core(core: Option<C>) -> Self {
        core.map(W::from_core)
    }
}

impl<W, C: FromWit<W>> FromWit<Vec<W>> for Vec<C> {
    fn from_wit(wit: Vec<W>) -> Result<Self, Problem> {
        C::list_from_wit(wit)
    }
}

impl<C, W: FromCore<C>> FromCore<Vec<C>> for Vec<W> {
    fn from_core(core: Vec<C>) -> Self {
        W::list_from_core(core)
    }
}

/// The boundary has no maps: they cross as lists of names and what they stand for.
impl<W, C: FromWit<W>> FromWit<Vec<(String, W)>> for BTreeMap<String, C> {
    fn from_wit(wit: Vec<(String, W)>) -> Result<Self, Problem> {
        let mut map = BTreeMap::new();
        for (name, value) in wit {
            match map.entry(name) {
                Entry::Vacant(entry) => {
                    let value = C::from_wit(value).map_err(|problem| problem.in_entry(entry.key()))?;
                    entry.insert(value);
                }
                Entry::Occupied(entry) => {
                    let message = "this name is given twice; give each name once";
                    return Err(Problem::new(message).in_entry(entry.key()));
                }
            }
        }
        Ok(map)
    }
}

impl<C, W: FromCore<C>> FromCore<BTreeMap<String, C>> for Vec<(String, W)> {
    fn from_core(core: BTreeMap<String, C>) -> Self {
        core.into_iter().map(|(name, value)| (name, W::from_core(value))).collect()
    }
}

impl<W, E, C: FromWit<W>, F: FromWit<E>> FromWit<Result<W, E>> for Result<C, F> {
    fn from_wit(wit: Result<W, E>) -> Result<Self, Problem> {
        match wit {
            Ok(value) => C::from_wit(value).map(Ok),
            Err(error) => F::from_wit(error).map(Err),
        }
    }
}

impl<C, F, W: FromCore<C>, E: FromCore<F>> FromCore<Result<C, F>> for Result<W, E> {
    fn from_core(core: Result<C, F>) -> Self {
        core.map(W::from_core).map_err(E::from_core)
    }
}
