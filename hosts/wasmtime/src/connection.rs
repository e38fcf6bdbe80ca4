//! What everything that was opened together shares.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use highwater_core::answer::Answer;
use highwater_core::command::Command;
use highwater_core::input::Freshness;
use highwater_driver::Handle;

use crate::Error;
use crate::heart::Heart;
use crate::hold::Hold;
use crate::limits::{ASK_AGAIN, ASK_AGAIN_MIN};

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) handle: Handle,
    pub(crate) worker: Arc<str>,
    /// Length of leases for which no other is asked, in milliseconds.
    pub(crate) lease_ms: u64,
    heart: Heart,
}

impl Connection {
    pub(crate) fn new(
        handle: Handle,
        worker: String,
        place: &str,
        lease_ms: u64,
    ) -> Result<Connection, Error> {
        let heart = Heart::start(handle.clone(), &worker, place)?;
        Ok(Connection { handle, worker: worker.into(), lease_ms, heart })
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

    /// A lease that was granted; beats go on from here.
    pub(crate) fn hold(&self, pipeline: &Arc<str>, lease: String, token: u64, lease_ms: u64) -> Arc<Hold> {
        let hold = Arc::new(Hold::new(Arc::clone(pipeline), lease, token, lease_ms));
        self.heart.keep(&hold);
        hold
    }
}

/// Sleeps until there may be another answer.
pub(crate) async fn sleep_before_asking_again(until_ms: i64) {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());
    let until_ms = u128::from(until_ms.max(0).unsigned_abs());
    let left = Duration::from_millis(u64::try_from(until_ms.saturating_sub(now_ms)).unwrap_or(u64::MAX));
    tokio::time::sleep(left.clamp(ASK_AGAIN_MIN, ASK_AGAIN)).await;
}

/// Whole milliseconds, as the engine counts them.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
