//! How HWMs are declared, and what their sources have.

use std::time::Duration;

use highwater_core::answer::Done;
use highwater_core::command::{HwmSpec, ObserveSource};
use highwater_format::fact::{HwmBound, HwmCoverage, HwmFunction, HwmLag, LagMode, NullPolicy};
use highwater_format::value::ValueType;

use crate::{Call, IntoValue};

/// How far back a lag reaches: a [`Duration`] for timestamps, days as a number for dates, units for whole numbers.
pub trait IntoLag {
    /// Milliseconds, days or units.
    fn into_lag(self) -> u64;
}

impl IntoLag for u64 {
    fn into_lag(self) -> u64 {
        self
    }
}

impl IntoLag for Duration {
    /// In whole milliseconds, rounded up: rather one row too many.
    fn into_lag(self) -> u64 {
        u64::try_from(self.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

impl Call<HwmSpec, Done> {
    /// Which of the values that were seen it stands at; the greatest if nothing is said.
    pub fn function(self, function: HwmFunction) -> Self {
        self.edit(|spec| spec.function = function)
    }

    /// Converts its values to this type, where that loses nothing; others are refused.
    pub fn value_type(self, value_type: ValueType) -> Self {
        self.edit(|spec| spec.value_type = Some(value_type))
    }

    /// Begins so much before it, because rows may come late. Rows within the lag are read again each time, so the sink must
    /// take them twice.
    pub fn read_back(self, lag: impl IntoLag) -> Self {
        self.edit(|spec| spec.lag = Some(HwmLag { mode: LagMode::ReadBack, amount: lag.into_lag() }))
    }

    /// Lets it stand so much before what was seen, because rows may come late.
    pub fn hold_back(self, lag: impl IntoLag) -> Self {
        self.edit(|spec| spec.lag = Some(HwmLag { mode: LagMode::HoldBack, amount: lag.into_lag() }))
    }

    /// Whether rows equal to it are read again; they are not if nothing is said.
    pub fn lower(self, bound: HwmBound) -> Self {
        self.edit(|spec| spec.lower = bound)
    }

    /// Reads the rows equal to it again, and keeps the keys of those that were loaded, so that none is loaded twice and
    /// none that came later is missed. More than `most` rows with one value are refused.
    pub fn boundary_keys(self, most: u32) -> Self {
        self.edit(|spec| {
            spec.lower = HwmBound::Closed;
            spec.boundary_keys = most;
        })
    }

    /// What to do with rows that have no value there; they are an error if nothing is said.
    pub fn nulls(self, policy: NullPolicy) -> Self {
        self.edit(|spec| spec.nulls = policy)
    }

    /// Where reading begins at first; rows equal to it are read.
    pub fn initial(self, value: impl IntoValue) -> Self {
        self.try_edit(|spec| {
            spec.initial = Some(value.into_value()?);
            Ok(())
        })
    }

    /// Where reading ends. Rows equal to it are read if the bound is closed.
    pub fn end(self, value: impl IntoValue, bound: HwmBound) -> Self {
        self.try_edit(|spec| {
            spec.end = Some(value.into_value()?);
            spec.upper = bound;
            Ok(())
        })
    }

    /// The source gives rows in any order: the HWM moves when the attempt succeeds, not with its reports.
    pub fn unordered(self) -> Self {
        self.edit(|spec| spec.unordered = true)
    }

    /// Keeps one for each partition; see [`Hwm::partition`](crate::Hwm::partition).
    pub fn partitioned(self) -> Self {
        self.edit(|spec| spec.partitioned = true)
    }

    /// Lets it follow the coverage of a node, of its [partition](Call::of_partition) if that is said: it stands up to where everything is
    /// done, from the initial value on, or else from the start of the cadence of the node, and nothing else moves it. Reading begins at it, so
    /// its lower bound is closed. Declare it without, and it stays where it is.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::{Axis, CoverageStatus};
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders")?;
    /// let loaded = pipeline.hwm("orders.loaded");
    /// loaded.declare().initial(0_i64).from_coverage("load").await?;
    /// let load = pipeline.coverage("load");
    /// load.mark(CoverageStatus::Done, [0..100, 200..300], "loaded by hand").axis(Axis::Integer).await?;
    /// assert_eq!(loaded.get_as::<i64>().await?, Some(100)); // from 100 up to 200 nobody has done
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn from_coverage(self, node: impl Into<String>) -> Self {
        self.edit(|spec| spec.coverage = Some(HwmCoverage { node: node.into(), partition: None }))
    }

    /// The partition of the coverage that it follows.
    pub fn of_partition(self, partition: impl Into<String>) -> Self {
        self.edit(|spec| spec.coverage.get_or_insert_default().partition = Some(partition.into()))
    }
}

impl Call<ObserveSource, Done> {
    /// The least value that it still has.
    pub fn earliest(self, value: impl IntoValue) -> Self {
        self.try_edit(|command| {
            command.earliest = Some(value.into_value()?);
            Ok(())
        })
    }

    /// The greatest value that it has.
    pub fn latest(self, value: impl IntoValue) -> Self {
        self.try_edit(|command| {
            command.latest = Some(value.into_value()?);
            Ok(())
        })
    }
}
