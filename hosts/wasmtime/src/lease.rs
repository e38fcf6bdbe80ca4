//! Leases by name.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use highwater_core::answer::{Answer, Done, Granted, Held, LeaseAnswer};
use highwater_core::command::{AcquireLease, Command, Holder, ReleaseLease};
use highwater_core::input::Freshness;

use crate::call::{reads, unexpected};
use crate::connection::milliseconds;
use crate::hold::Hold;
use crate::{Call, Error, Pipeline};

/// A lease of a pipeline, by its name: the right to do something alone, until it lapses. Cheap to clone.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hw = highwater::open("memory:").await?;
/// let pipeline = hw.pipeline("prod/orders")?;
/// let compaction = pipeline.lease("compaction").acquire().await?;
/// pipeline.hwm("compacted").set(7).under_lease(&compaction).await?;
/// compaction.release().await?;
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Lease {
    pipeline: Pipeline,
    name: String,
    lease_ms: u64,
}

/// What became of the wish for a lease.
#[derive(Debug)]
pub enum Acquire {
    /// It is ours.
    Granted(LeaseGuard),
    /// Somebody else holds it.
    Held(Held),
}

impl Lease {
    pub(crate) fn new(pipeline: &Pipeline, name: String) -> Lease {
        Lease { pipeline: pipeline.clone(), name, lease_ms: pipeline.connection.lease_ms }
    }

    /// How long its holder may show no sign of life before another one takes over, instead of the
    /// [default](crate::OpenOptions::lease). Beats go out by themselves.
    #[must_use]
    pub fn length(mut self, length: Duration) -> Self {
        self.lease_ms = milliseconds(length);
        self
    }

    /// Asks for it once.
    ///
    /// If this future is dropped half-way, the lease may be held by nobody until it lapses.
    ///
    /// # Errors
    ///
    /// What the engine refuses, for example a name that is too long ([`Invalid`](crate::ErrorKind::Invalid)).
    pub async fn try_acquire(&self) -> Result<Acquire, Error> {
        let worker = self.pipeline.connection.worker.to_string();
        let command = AcquireLease { name: self.name.clone(), worker, lease_ms: self.lease_ms };
        match self.pipeline.submit_one(Command::AcquireLease(command), None, Freshness::Latest).await? {
            Answer::Lease(LeaseAnswer::Granted(granted)) => {
                Ok(Acquire::Granted(LeaseGuard::new(&self.pipeline, &self.name, granted)))
            }
            Answer::Lease(LeaseAnswer::Held(held)) => Ok(Acquire::Held(held)),
            _ => Err(unexpected()),
        }
    }

    /// Asks for it until it is ours.
    ///
    /// # Errors
    ///
    /// As [`Lease::try_acquire`].
    pub async fn acquire(&self) -> Result<LeaseGuard, Error> {
        loop {
            match self.try_acquire().await? {
                Acquire::Granted(guard) => return Ok(guard),
                Acquire::Held(held) => {
                    self.pipeline.connection.sleep_before_asking_again(held.until_ms).await;
                }
            }
        }
    }
}

/// A lease that is ours. Beats go out as long as it lives; dropping it gives the lease back, in the background and as well
/// as it can: if the process ends before that got through, the lease lapses.
#[derive(Debug)]
#[must_use = "dropping a lease gives it back"]
pub struct LeaseGuard {
    pipeline: Pipeline,
    granted: Granted,
    hold: Arc<Hold>,
}

impl LeaseGuard {
    fn new(pipeline: &Pipeline, name: &str, granted: Granted) -> LeaseGuard {
        let hold = pipeline.connection.hold(&pipeline.id, name.to_owned(), granted.token, granted.lease_ms);
        LeaseGuard { pipeline: pipeline.clone(), granted, hold }
    }

    pub(crate) fn hold(&self) -> &Arc<Hold> {
        &self.hold
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.hold.lease
    }

    /// Its fencing token, larger than that of every holder before.
    #[must_use]
    pub fn token(&self) -> u64 {
        self.granted.token
    }

    /// Worker that lost it to us, if its time ran out.
    #[must_use]
    pub fn taken_from(&self) -> Option<&str> {
        self.granted.taken_from.as_deref()
    }

    /// True once it is known that it is not ours any more. Stop then.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.hold.is_fenced()
    }

    /// Resolves when [`LeaseGuard::is_fenced`] becomes true, and otherwise never: to be raced against the work.
    pub fn fenced(&self) -> impl Future<Output = ()> + Send + use<> {
        self.hold.fenced()
    }

    /// Gives it back, and says when that is durable.
    pub fn release(&self) -> Call<ReleaseLease, Done> {
        let command = ReleaseLease { holder: self.holder() };
        Call::new(&self.pipeline, command, Command::ReleaseLease, reads!(Done)).under(&self.hold, true)
    }

    /// Drops it without a word, as if the process had died here: it is held until it lapses.
    pub fn abandon(self) {
        self.hold.end();
    }

    pub(crate) fn holder(&self) -> Holder {
        Holder { lease: self.hold.lease.clone(), token: self.granted.token }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        if self.hold.has_ended() || self.hold.is_fenced() {
            return;
        }
        self.hold.end();
        let command = Command::ReleaseLease(ReleaseLease { holder: self.holder() });
        self.pipeline.connection.handle.submit_detached(&self.pipeline.id, vec![command]);
    }
}
