//! A clock for tests.

use tokio::sync::watch;

use crate::clock::{Clock, Until};

/// A clock that stands still until it is moved. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now_ms: watch::Sender<i64>,
}

impl ManualClock {
    /// A clock that stands at this time, milliseconds since the Unix epoch.
    #[must_use]
    pub fn new(now_ms: i64) -> ManualClock {
        ManualClock { now_ms: watch::Sender::new(now_ms) }
    }

    /// Sets the time, forwards or backwards, and wakes who waited for it.
    pub fn set(&self, now_ms: i64) {
        self.now_ms.send_replace(now_ms);
    }

    /// Moves the time forwards.
    pub fn advance(&self, by_ms: i64) {
        self.now_ms.send_modify(|now_ms| *now_ms = now_ms.saturating_add(by_ms));
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        *self.now_ms.borrow()
    }

    fn sleep_until(&self, at_ms: i64) -> Until {
        let mut now_ms = self.now_ms.subscribe();
        Box::pin(async move {
            // The clock outlives its sleepers or the time never comes; either way there is nothing to report.
            if now_ms.wait_for(|now_ms| *now_ms >= at_ms).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
