//! Moments of the past: what differs, and going back.

use highwater_core::answer::{self, Forked, Reverted};
use highwater_core::command::{Command, Diff, Fork, Revert};

use crate::call::reads;
use crate::{Call, IntoMoment, Pipeline};

/// History.
impl Pipeline {
    /// What differs between two moments.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::Moment;
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders")?;
    /// pipeline.hwm("loaded").set(7).await?;
    /// pipeline.hwm("loaded").set(9).await?;
    /// let diff = pipeline.diff(1, Moment::Head).await?;
    /// assert_eq!((diff.changes[0].kind.as_str(), diff.changes[0].key.as_str()), ("hwm", "loaded"));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn diff(&self, from: impl IntoMoment, to: impl IntoMoment) -> Call<Diff, answer::Diff> {
        let command = Diff { from: from.into_moment(), to: to.into_moment(), limit: 0 };
        Call::new(self, command, Command::Diff, reads!(Diff))
    }

    /// Puts the state back as it was at a moment, in one record: what was written since stays in the journal, nothing is
    /// rewritten. Whoever works now is fenced, tokens do not go back, and dedupe keys stay remembered.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders")?;
    /// pipeline.hwm("loaded").set(7).await?;
    /// pipeline.hwm("loaded").set(900).await?;
    /// let plan = pipeline.revert(1, "the source sent test data").dry_run().await?;
    /// assert_eq!(plan.changes.len(), 1);
    /// pipeline.revert(1, "the source sent test data").by("ada").await?;
    /// assert_eq!(pipeline.hwm("loaded").get_as::<i64>().await?, Some(7));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn revert(&self, to: impl IntoMoment, reason: impl Into<String>) -> Call<Revert, Reverted> {
        let (to, reason) = (to.into_moment(), reason.into());
        Call::new(self, Revert { to, reason, ..Revert::default() }, Command::Revert, reads!(Reverted))
    }

    /// Starts this pipeline, which must be empty, with the state that another one had at a moment. The other one is only read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::Moment;
    ///
    /// let hw = highwater::open("memory:").await?;
    /// hw.pipeline("prod/orders")?.hwm("loaded").set(7).await?;
    /// let copy = hw.pipeline("dev/orders")?;
    /// copy.fork_from("prod/orders", Moment::Head, "to try the new loader").by("ada").await?;
    /// assert_eq!(copy.hwm("loaded").get_as::<i64>().await?, Some(7));
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn fork_from(
        &self,
        source: impl Into<String>,
        at: impl IntoMoment,
        reason: impl Into<String>,
    ) -> Call<Fork, Forked> {
        let (source, at, reason) = (source.into(), at.into_moment(), reason.into());
        Call::new(self, Fork { source, at, reason, actor: None }, Command::Fork, reads!(Forked))
    }
}

impl Call<Diff, answer::Diff> {
    /// Lists so many changes at most.
    pub fn limit(self, changes: u32) -> Self {
        self.edit(|command| command.limit = changes)
    }
}

impl Call<Revert, Reverted> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Only says what would happen.
    pub fn dry_run(self) -> Self {
        self.edit(|command| command.dry_run = true)
    }
}

impl Call<Fork, Forked> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }
}
