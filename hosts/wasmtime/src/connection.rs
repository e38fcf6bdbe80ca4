//! What everything that was opened together shares.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;
use highwater_driver::{Clock, Handle};

use crate::Error;
use crate::heart::{Heart, Pace};
use crate::hold::Hold;
use crate::limits::{ASK_AGAIN, ASK_AGAIN_MIN};
use crate::worker::Worker;

pub(crate) struct Connection {
    pub(crate) handle: Handle,
    pub(crate) worker: Arc<str>,
    /// Length of leases for which no other is asked, in milliseconds.
    pub(crate) lease_ms: u64,
    heart: Heart,
    clock: Arc<dyn Clock>,
}

impl Connection {
    pub(crate) fn new(
        handle: Handle,
        worker: &Worker,
        lease_ms: u64,
        clock: Arc<dyn Clock>,
        pace: Pace,
    ) -> Result<Connection, Error> {
        let heart = Heart::start(handle.clone(), worker, pace)?;
        Ok(Connection { handle, worker: worker.name.as_str().into(), lease_ms, heart, clock })
    }

    /// Beats now, whatever is due, and says when the next beat is.
    pub(crate) async fn beat(&self) -> Option<Duration> {
        self.heart.beat().await
    }

    /// Now, milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Sleeps until there may be another answer.
    pub(crate) async fn sleep_before_asking_again(&self, until_ms: i64) {
        let now_ms = self.clock.now_ms();
        let earliest_ms = now_ms.saturating_add_unsigned(milliseconds(ASK_AGAIN_MIN));
        let latest_ms = now_ms.saturating_add_unsigned(milliseconds(ASK_AGAIN));
        self.clock.sleep_until(until_ms.clamp(earliest_ms, latest_ms)).await;
    }

    pub(crate) async fn submit(
        &self,
        pipeline: &str,
        commands: Vec<Command>,
        dedupe_key: Option<String>,
        freshness: Freshness,
    ) -> Result<Vec<Answer>, Error> {
        Ok(self.handle.submit(pipeline, commands, dedupe_key, freshness).await?)
    }

    pub(crate) async fn read_at(
        &self,
        pipeline: &str,
        commands: Vec<Command>,
        moment: Moment,
    ) -> Result<Vec<Answer>, Error> {
        Ok(self.handle.read_at(pipeline, commands, moment).await?)
    }

    /// A lease that was granted; beats go on from here.
    pub(crate) fn hold(&self, pipeline: &Arc<str>, lease: String, token: u64, lease_ms: u64) -> Arc<Hold> {
        let hold = Arc::new(Hold::new(Arc::clone(pipeline), lease, token, lease_ms));
        self.heart.keep(&hold);
        hold
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("handle", &self.handle)
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

/// Whole milliseconds, as the engine counts them.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
