//! Is everything as it should be, and what if not.

use highwater_core::answer::{Integrity, Repaired, Validation};
use highwater_core::command::{Command, Repair};

use crate::call::reads;
use crate::{Call, Pipeline};

/// Checks and repair.
impl Pipeline {
    /// Checks the state against its own rules, for example that every attempt that runs holds its lease. A problem is a
    /// defect of Highwater, or a journal that somebody has edited.
    pub fn validate(&self) -> Call<(), Validation> {
        Call::new(self, (), |()| Command::Validate, reads!(Validation))
    }

    /// Reads everything that the store still holds of this pipeline and checks it: checksums, the chain of digests, gaps,
    /// snapshots against the records. Damage is in the answer; it works where the pipeline cannot be opened.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders")?;
    /// pipeline.hwm("loaded").set(7).await?;
    /// let integrity = pipeline.verify_integrity().await?;
    /// assert!(integrity.damage.is_empty());
    /// assert_eq!(integrity.records, 1);
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn verify_integrity(&self) -> Call<(), Integrity> {
        Call::new(self, (), |()| Command::VerifyIntegrity, reads!(Integrity))
    }

    /// Makes a damaged journal open again with what can still be read, snapshots and backups included. What cannot be kept
    /// is in the answer, and the damaged journal is set aside, not deleted. Where no repair is needed, nothing is done.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders")?;
    /// pipeline.hwm("loaded").set(7).await?;
    /// let plan = pipeline.repair("the disk was replaced").by("ada").dry_run().await?;
    /// assert!(!plan.needed);
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    pub fn repair(&self, reason: impl Into<String>) -> Call<Repair, Repaired> {
        let command = Repair { reason: reason.into(), ..Repair::default() };
        Call::new(self, command, Command::Repair, reads!(Repaired))
    }
}

impl Call<Repair, Repaired> {
    /// Who does it.
    pub fn by(self, actor: impl Into<String>) -> Self {
        self.edit(|command| command.actor = Some(actor.into()))
    }

    /// Only says what would happen.
    pub fn dry_run(self) -> Self {
        self.edit(|command| command.dry_run = true)
    }
}
