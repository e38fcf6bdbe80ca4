//! A high-water mark.

use highwater_core::answer::{Answer, Done, HwmChange, HwmView, HwmsSet, Position, Rewound};
use highwater_core::command::{
    Command, DeleteHwm, GetHwm, GetPositions, HwmHistory, HwmSpec, HwmUpdate, ObserveSource, RewindHwm,
    SetHwms,
};
use highwater_format::value::Value;

use crate::call::reads;
use crate::{Call, Error, FromValue, IntoValue, LeaseGuard, Pipeline, Reader};

/// A high-water mark of a pipeline, by its name: a typed position in a source. Cheap to clone.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hw = highwater::open("memory:").await?;
/// let updated_at = hw.pipeline("prod/orders")?.hwm("orders.updated_at");
/// updated_at.set(1_709_164_800).await?;
/// assert_eq!(updated_at.get_as::<i64>().await?, Some(1_709_164_800));
///
/// // Backwards only on purpose, and it stays on record.
/// updated_at.rewind(1_709_078_400, "the source was restored from a backup").by("ada").await?;
/// let history = updated_at.history().await?;
/// assert_eq!(history[0].actor.as_deref(), Some("ada"));
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Hwm {
    pub(crate) pipeline: Pipeline,
    pub(crate) name: String,
}

impl Hwm {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands and who moved it there, or `None` if it does not exist.
    pub fn get(&self) -> Call<GetHwm, Option<HwmView>> {
        Call::new(&self.pipeline, GetHwm { name: self.name.clone() }, Command::GetHwm, reads!(Hwm))
    }

    /// Its value as a type of Rust, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if the value is of another type.
    pub async fn get_as<T: FromValue>(&self) -> Result<Option<T>, Error> {
        self.get().await?.map(|hwm| T::from_value(hwm.value)).transpose()
    }

    /// Makes it, or moves it forwards. The same value again changes nothing; a lower one, or one of another type, is refused.
    pub fn set(&self, value: impl IntoValue) -> Call<SetHwms, HwmsSet> {
        let call = Call::new(&self.pipeline, SetHwms::default(), Command::SetHwms, reads!(HwmsSet));
        call.hwm(self.name.clone(), value)
    }

    /// Moves it backwards on purpose. The value must be below the present one and of its type.
    pub fn rewind(&self, value: impl IntoValue, reason: impl Into<String>) -> Call<RewindHwm, Rewound> {
        let (name, reason) = (self.name.clone(), reason.into());
        let command = RewindHwm { name, value: Value::Bool(false), reason, actor: None, dry_run: false };
        let call = Call::new(&self.pipeline, command, Command::RewindHwm, reads!(Rewound));
        call.try_edit(|command| {
            command.value = value.into_value()?;
            Ok(())
        })
    }

    /// Declares how it is kept and read; what is not said is as if it had never been declared. The same again changes nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::time::Duration;
    /// use highwater::value::{Timestamp, ValueType};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let updated_at = hw.pipeline("prod/orders")?.hwm("orders.updated_at");
    /// let hour = Duration::from_secs(3_600);
    /// updated_at.declare().value_type(ValueType::Timestamp).read_back(hour).await?;
    /// updated_at.set(Timestamp::parse("2024-05-01T08:30:00Z")?).await?;
    /// let position = updated_at.position().await?;
    /// assert_eq!(position.from.unwrap().to_text(), "2024-05-01T07:30:00Z");
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn declare(&self) -> Call<HwmSpec, Done> {
        let spec = HwmSpec { name: self.name.clone(), ..HwmSpec::default() };
        Call::new(&self.pipeline, spec, Command::DeclareHwm, reads!(Done))
    }

    /// Says what its source has, so that [`Hwm::position`] tells when it has forgotten rows.
    pub fn observe_source(&self) -> Call<ObserveSource, Done> {
        let command = ObserveSource { name: self.name.clone(), ..ObserveSource::default() };
        Call::new(&self.pipeline, command, Command::ObserveSource, reads!(Done))
    }

    /// From where to where to read. Of an HWM that is kept per partition, where the one stands that is least far.
    pub fn position(&self) -> Call<GetPositions, Position> {
        let command = GetPositions { names: vec![self.name.clone()] };
        Call::new(&self.pipeline, command, Command::GetPositions, |_, answer| match answer {
            Answer::Positions(positions) => positions.into_iter().next(),
            _ => None,
        })
    }

    /// What tells new rows from rows that were loaded.
    ///
    /// # Errors
    ///
    /// As [`Hwm::position`].
    pub async fn reader(&self) -> Result<Reader, Error> {
        self.position().await.map(Reader::new)
    }

    /// The HWM of a partition, of one that was declared as kept per partition.
    #[must_use]
    pub fn partition(&self, key: impl std::fmt::Display) -> Hwm {
        Hwm { pipeline: self.pipeline.clone(), name: format!("{}[{key}]", self.name) }
    }

    /// Deletes it.
    pub fn delete(&self, reason: impl Into<String>) -> Call<DeleteHwm, Done> {
        let command = DeleteHwm { name: self.name.clone(), reason: reason.into(), actor: None };
        Call::new(&self.pipeline, command, Command::DeleteHwm, reads!(Done))
    }

    /// What happened to it, newest first.
    pub fn history(&self) -> Call<HwmHistory, Vec<HwmChange>> {
        let command = HwmHistory { name: self.name.clone() };
        Call::new(&self.pipeline, command, Command::HwmHistory, reads!(HwmHistory))
    }
}

/// Adds one move to those of a command.
pub(crate) fn update(
    updates: &mut Vec<HwmUpdate>,
    name: impl Into<String>,
    value: impl IntoValue,
) -> Result<(), Error> {
    updates.push(HwmUpdate { name: name.into(), value: value.into_value()?, cast: false, keys: Vec::new() });
    Ok(())
}

impl Call<SetHwms, HwmsSet> {
    /// Moves another HWM as well, all or none.
    pub fn hwm(self, name: impl Into<String>, value: impl IntoValue) -> Self {
        self.try_edit(|command| update(&mut command.hwms, name, value))
    }

    /// Allows the types of the HWMs to change, and records that they did.
    pub fn cast(self) -> Self {
        self.edit(|command| command.hwms.iter_mut().for_each(|hwm| hwm.cast = true))
    }

    /// Does it only if the lease is still ours: otherwise it is [`Fenced`](crate::ErrorKind::Fenced), and nothing moves.
    pub fn under_lease(self, lease: &LeaseGuard) -> Self {
        self.under(lease.hold(), false).edit(|command| command.holder = Some(lease.holder()))
    }
}

impl Call<RewindHwm, Rewound> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Only says what would happen.
    pub fn dry_run(self) -> Self {
        self.edit(|command| command.dry_run = true)
    }
}

impl Call<DeleteHwm, Done> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}
