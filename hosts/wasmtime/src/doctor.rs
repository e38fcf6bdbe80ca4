//! A check-up of a whole store.

use highwater_core::answer::{Damaged, Integrity, LeaseView, WorkerView};

use crate::{Error, ErrorKind, Highwater, Pipeline};

/// What a [check-up](Highwater::doctor) found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkup {
    /// Pipelines that were looked at.
    pub pipelines: u64,
    /// What was found, worst first, then by pipeline; empty if there is nothing to do.
    pub findings: Vec<Finding>,
}

/// One thing that a check-up found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// Id of the pipeline.
    pub pipeline: String,
    /// What is wrong.
    pub what: String,
    /// Where: a file and an offset, a row of the state, the name of a lease; empty if it is the pipeline as a whole.
    pub place: String,
    /// What to do next.
    pub advice: String,
}

/// Kinds of findings, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// The journal is damaged and does not open: it needs a repair.
    Broken,
    /// The store refuses the pipeline, or cannot be reached.
    Unreadable,
    /// Bytes are damaged, and the journal opens all the same.
    Damaged,
    /// The state does not keep its own rules.
    Invalid,
    /// The holder of a lease shows no sign of life any more.
    StaleLease,
    /// Nothing is kept beside the journal.
    NoBackup,
}

impl FindingKind {
    /// The kind in lower case, as the command line shows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FindingKind::Broken => "broken",
            FindingKind::Unreadable => "unreadable",
            FindingKind::Damaged => "damaged",
            FindingKind::Invalid => "invalid",
            FindingKind::StaleLease => "stale-lease",
            FindingKind::NoBackup => "no-backup",
        }
    }
}

impl Checkup {
    /// The worst kind that was found.
    #[must_use]
    pub fn worst(&self) -> Option<FindingKind> {
        self.findings.iter().map(|finding| finding.kind).min()
    }
}

impl Highwater {
    /// Looks at every pipeline whose id starts with `prefix` (all for an empty one) and says what needs attention, worst
    /// first: damage, states that break their own rules, leases whose holders stand still, missing backups. It changes nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use highwater::FindingKind;
    ///
    /// let hw = highwater::open("memory:").await?;
    /// let pipeline = hw.pipeline("prod/orders")?;
    /// pipeline.hwm("loaded").set(7).await?;
    /// let checkup = hw.doctor("prod/").await?;
    /// assert_eq!(checkup.worst(), Some(FindingKind::NoBackup));
    ///
    /// pipeline.backup().await?;
    /// assert_eq!(hw.doctor("prod/").await?.worst(), None);
    /// # Ok::<(), highwater::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// What listing the pipelines says. What a pipeline says is a finding.
    pub async fn doctor(&self, prefix: impl Into<String>) -> Result<Checkup, Error> {
        let mut checkup = Checkup::default();
        let mut pipelines = self.pipelines(prefix);
        while let Some(id) = pipelines.next().await? {
            checkup.pipelines += 1;
            let mut patient = Patient { pipeline: self.pipeline(&id)?, findings: Vec::new() };
            if let Err(error) = patient.examine().await {
                patient.note_refusal(&error);
            }
            checkup.findings.extend(patient.findings);
        }
        // By kind alone: pipelines stay in their order, and what is wrong in one in the order it was found.
        checkup.findings.sort_by_key(|finding| finding.kind);
        Ok(checkup)
    }
}

/// A pipeline that is looked at.
struct Patient {
    pipeline: Pipeline,
    findings: Vec<Finding>,
}

impl Patient {
    async fn examine(&mut self) -> Result<(), Error> {
        let integrity = self.pipeline.verify_integrity().await?;
        if self.note_damage(&integrity).await? {
            return Ok(());
        }
        for problem in self.pipeline.validate().await?.problems {
            let advice = "the state came to this by a defect or by hand: keep a copy of the store, report it, and go back to a version or backup that is valid";
            self.note(FindingKind::Invalid, problem.what, problem.place, advice);
        }
        self.note_stale_leases().await?;
        if self.pipeline.backups().await?.is_empty() {
            let advice = "make one, and again from time to time";
            self.note(FindingKind::NoBackup, "it has no backup", "", advice);
        }
        Ok(())
    }

    /// True if the journal does not open.
    async fn note_damage(&mut self, integrity: &Integrity) -> Result<bool, Error> {
        if integrity.damage.is_empty() {
            return Ok(false);
        }
        let is_broken = match self.pipeline.describe().await {
            Ok(_) => false,
            Err(error) if error.kind() == ErrorKind::Corrupt => true,
            Err(error) => return Err(error),
        };
        let (kind, advice) = if is_broken {
            (FindingKind::Broken, "repair it: the plan says what is kept and what is lost")
        } else {
            let advice = "nothing is lost that is known of; a repair sets the damaged bytes aside; look after the disk if there was no crash";
            (FindingKind::Damaged, advice)
        };
        for Damaged { what, place, .. } in &integrity.damage {
            // What the place would only say again.
            let place = if what.contains(place.as_str()) { "" } else { place };
            self.note(kind, what, place, advice);
        }
        Ok(is_broken)
    }

    async fn note_stale_leases(&mut self) -> Result<(), Error> {
        let leases = self.pipeline.list_leases().await?;
        if leases.is_empty() {
            return Ok(());
        }
        let workers = self.pipeline.list_workers().await?;
        let now_ms = self.pipeline.connection.now_ms();
        for lease in leases {
            let still_ms = still_ms(&lease, &workers, now_ms);
            if still_ms > lease.lease_ms {
                let what = format!(
                    "worker `{}` showed no sign of life for {}s, by its own clock; its lease of {}s has run out",
                    lease.worker,
                    still_ms / 1_000,
                    lease.lease_ms.div_ceil(1_000)
                );
                let advice =
                    "whoever asks next takes over by itself; take the lease away only if nobody will";
                self.note(FindingKind::StaleLease, what, lease.name, advice);
            }
        }
        Ok(())
    }

    fn note_refusal(&mut self, error: &Error) {
        let (kind, advice) = match error.kind() {
            ErrorKind::Corrupt => {
                (FindingKind::Broken, "repair it: the plan says what is kept and what is lost")
            }
            _ => (FindingKind::Unreadable, "do what the error says, then look again"),
        };
        self.note(kind, error.message(), "", advice);
    }

    fn note(
        &mut self,
        kind: FindingKind,
        what: impl Into<String>,
        place: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let (pipeline, what) = (self.pipeline.id().to_owned(), what.into());
        self.findings.push(Finding { kind, pipeline, what, place: place.into(), advice: advice.into() });
    }
}

/// How long the holder of a lease has shown no sign of life: since its last beat, or since it got the lease.
fn still_ms(lease: &LeaseView, workers: &[WorkerView], now_ms: i64) -> u64 {
    let holder = workers.iter().find(|worker| worker.worker == lease.worker);
    let beat_at_ms = holder.and_then(|worker| worker.beat_at_ms).unwrap_or(lease.acquired_at_ms);
    let since_ms = beat_at_ms.max(lease.acquired_at_ms);
    u64::try_from(now_ms.saturating_sub(since_ms)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_as_still_as_its_last_sign_of_life() {
        let lease = LeaseView {
            name: "load".to_owned(),
            worker: "w".to_owned(),
            token: 1,
            lease_ms: 1_000,
            acquired_at_ms: 5_000,
            evidence: None,
        };
        let beaten =
            |at_ms| [WorkerView { worker: "w".to_owned(), beat_at_ms: Some(at_ms), ..WorkerView::default() }];
        assert_eq!(still_ms(&lease, &[], 9_000), 4_000);
        assert_eq!(still_ms(&lease, &beaten(8_500), 9_000), 500);
        assert_eq!(still_ms(&lease, &beaten(1_000), 9_000), 4_000, "an old beat is not older than the lease");
        assert_eq!(still_ms(&lease, &beaten(9_900), 9_000), 0, "a clock ahead of ours");
    }
}
