//! Which rows are new.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use highwater_core::answer::{Done, HwmsSet, Position};
use highwater_core::command::{HwmUpdate, ReportProgress, SetHwms, SucceedAttempt};
use highwater_format::fact::{HwmBound, HwmFunction, LagMode, NullPolicy};
use highwater_format::value::Value;

use crate::{Call, Error, FromValue, IntoValue};

/// Tells rows that are new from rows that were loaded, and knows where the HWM stands once they are loaded.
///
/// [`Reader::position`] says from where to where to read: that is the WHERE clause. Then each row that came is shown to
/// [`Reader::admit`], in any order: it says whether the row is to be loaded. In the end the attempt succeeds
/// [up to](Call::up_to) where the reader came.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use highwater::HwmBound;
///
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders")?;
/// let day = pipeline.hwm("orders.day");
/// day.declare().boundary_keys(100).await?;
///
/// // Two orders of one day.
/// let mut reader = day.reader().await?;
/// assert_eq!(reader.from_as::<i64>()?, None);
/// assert!(reader.admit(7, "order-1")? && reader.admit(7, "order-2")?);
/// pipeline.set_hwms([("other", 1)]).up_to(&reader).await?;
///
/// // The day is read again, because a third one may have come.
/// let mut reader = day.reader().await?;
/// assert_eq!((reader.from_as::<i64>()?, reader.position().lower), (Some(7), HwmBound::Closed));
/// let new: Vec<&str> = ["order-1", "order-2", "order-3"]
///     .into_iter()
///     .filter_map(|key| reader.admit(7, key).map(|is_new| is_new.then_some(key)).transpose())
///     .collect::<Result<_, _>>()?;
/// assert_eq!(new, ["order-3"]);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    position: Position,
    known: BTreeSet<String>,
    /// The furthest value so far.
    furthest: Option<Value>,
    /// Keys of new rows at it.
    edge: BTreeSet<String>,
    admitted: u64,
    dropped: u64,
}

impl Reader {
    /// A reader from this position. [`Hwm::reader`](crate::Hwm::reader) asks for it.
    #[must_use]
    pub fn new(mut position: Position) -> Reader {
        let known = std::mem::take(&mut position.keys).into_iter().collect();
        let holds_back = position.spec.lag.is_some_and(|lag| lag.mode == LagMode::HoldBack);
        let furthest = position.value.clone().filter(|_| !holds_back);
        Reader { position, known, furthest, edge: BTreeSet::new(), admitted: 0, dropped: 0 }
    }

    /// From where to where to read, but for the keys of rows to be dropped, which the reader took.
    #[must_use]
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Where reading begins as a type of Rust; `None` means at the first row.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if it is of another type.
    pub fn from_as<T: FromValue>(&self) -> Result<Option<T>, Error> {
        self.position.from.clone().map(T::from_value).transpose()
    }

    /// Whether a row with this value and this key is new: false if it was loaded, or lies outside of what is to be read.
    /// The key is what tells rows with one value apart, the primary key for example; it counts only where boundary keys
    /// were declared.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if the value is of another type than it must be, or more rows have one value than keys
    /// are kept.
    pub fn admit(&mut self, value: impl IntoValue, key: impl Into<String>) -> Result<bool, Error> {
        let value = self.typed(value.into_value()?)?;
        let key = key.into();
        let is_new = self.is_within(&value)? && self.take(value, key)?;
        self.count(is_new);
        Ok(is_new)
    }

    /// Whether a row without a value is to be loaded, which the declaration says.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) unless it was declared what to do with such rows.
    pub fn admit_null(&mut self) -> Result<bool, Error> {
        let is_new = match self.position.spec.nulls {
            NullPolicy::Include => true,
            NullPolicy::Exclude => false,
            NullPolicy::Raise => {
                return Err(Error::invalid(format!(
                    "a row has no value for HWM `{}`, and cannot be told from rows that were loaded; declare that such rows are included or excluded, or give them a value",
                    self.position.name
                )));
            }
        };
        self.count(is_new);
        Ok(is_new)
    }

    /// Rows that were new.
    #[must_use]
    pub fn admitted(&self) -> u64 {
        self.admitted
    }

    /// Rows that were not.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The move of the HWM once all admitted rows are loaded; `None` if it stays.
    #[must_use]
    pub fn update(&self) -> Option<HwmUpdate> {
        let value = self.furthest.clone()?;
        if self.position.value.as_ref() == Some(&value) && self.edge.is_empty() {
            return None;
        }
        let keys = self.edge.iter().cloned().collect();
        Some(HwmUpdate { name: self.position.name.clone(), value, cast: false, keys })
    }

    fn count(&mut self, is_new: bool) {
        self.admitted += u64::from(is_new);
        self.dropped += u64::from(!is_new);
    }

    fn typed(&self, value: Value) -> Result<Value, Error> {
        let Some(value_type) = self.position.spec.value_type else { return Ok(value) };
        value.convert(value_type).ok_or_else(|| self.wrong_type(&value))
    }

    fn wrong_type(&self, value: &Value) -> Error {
        let present = self.position.from.as_ref().map(Value::value_type);
        let wanted = self.position.spec.value_type.or(present).map(|it| it.to_string()).unwrap_or_default();
        Error::invalid(format!(
            "a row has {} of type {} where HWM `{}` is of type {wanted}; convert it",
            value.to_text(),
            value.value_type(),
            self.position.name
        ))
    }

    /// How two values follow each other on the way of the reader.
    fn order(&self, a: &Value, b: &Value) -> Result<Ordering, Error> {
        let order = a.compare(b).ok_or_else(|| self.wrong_type(b))?;
        Ok(if self.position.spec.function == HwmFunction::Min { order.reverse() } else { order })
    }

    /// Whether the row lies between the bounds.
    fn is_within(&self, value: &Value) -> Result<bool, Error> {
        let spec = &self.position.spec;
        if spec.function == HwmFunction::Last {
            return Ok(true);
        }
        let begins = match &self.position.from {
            Some(from) => self.order(from, value)?.then(edge(self.position.lower, Ordering::Less)),
            None => Ordering::Less,
        };
        let ends = match &spec.end {
            Some(end) => self.order(value, end)?.then(edge(spec.upper, Ordering::Less)),
            None => Ordering::Less,
        };
        Ok(begins.is_lt() && ends.is_lt())
    }

    /// Remembers how far a row within the bounds is, unless it was seen.
    fn take(&mut self, value: Value, key: String) -> Result<bool, Error> {
        let at_known = self.position.value.as_ref().map(|known| self.order(known, &value)).transpose()?;
        if at_known == Some(Ordering::Equal) && self.known.contains(&key) {
            return Ok(false);
        }
        let order = match &self.furthest {
            _ if self.position.spec.function == HwmFunction::Last => Ordering::Less,
            Some(furthest) => self.order(furthest, &value)?,
            None => Ordering::Less,
        };
        let most = self.position.spec.boundary_keys as usize;
        match order {
            Ordering::Greater => return Ok(true),
            Ordering::Less => {
                self.edge.clear();
                self.furthest = Some(value);
            }
            Ordering::Equal => {}
        }
        if most == 0 {
            return Ok(true);
        }
        let is_new = self.edge.insert(key);
        let known = if at_known == Some(Ordering::Equal) { self.known.len() } else { 0 };
        if self.edge.len() + known > most {
            return Err(Error::invalid(format!(
                "more than {most} rows have one value of HWM `{}`, and it keeps the keys of {most}: declare more, or use a finer cursor, because without the keys they would be loaded twice",
                self.position.name
            )));
        }
        Ok(is_new)
    }
}

/// What being equal to an edge comes to.
fn edge(bound: HwmBound, inside: Ordering) -> Ordering {
    if bound == HwmBound::Closed { inside } else { Ordering::Equal }
}

macro_rules! up_to {
    ($($Command:ty => $Answer:ty),*) => {$(
        impl Call<$Command, $Answer> {
            /// Moves the HWM of a reader to where it came, in the same record.
            pub fn up_to(self, reader: &Reader) -> Self {
                self.edit(|command| command.hwms.extend(reader.update()))
            }
        }
    )*};
}

up_to!(ReportProgress => Done, SucceedAttempt => Done, SetHwms => HwmsSet);
