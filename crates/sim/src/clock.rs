//! The clock of a host: off by some time, and set back and forth while the host runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use highwater_driver::{Clock, Until};

use crate::time::{MS, Time};

/// The time at which every simulation begins: 2027-01-15T08:00:00Z.
pub(crate) const BEGAN_MS: i64 = 1_800_000_000_000;

/// Longest sleep without a look at the clock, in milliseconds, like that of the system's clock.
const SLEEP_MS: i64 = 5_000;

/// What a host takes for the time. Clones are the same clock.
#[derive(Clone, Debug)]
pub(crate) struct HostClock {
    time: Time,
    offset_ms: Arc<AtomicI64>,
}

impl HostClock {
    pub(crate) fn new(time: Time, offset_ms: i64) -> HostClock {
        HostClock { time, offset_ms: Arc::new(AtomicI64::new(offset_ms)) }
    }

    pub(crate) fn jump(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for HostClock {
    fn now_ms(&self) -> i64 {
        let since_ms = i64::try_from(self.time.now_us() / MS).unwrap_or(i64::MAX);
        BEGAN_MS + since_ms + self.offset_ms.load(Ordering::Relaxed)
    }

    fn sleep_until(&self, at_ms: i64) -> Until {
        let sleep_ms = at_ms.saturating_sub(self.now_ms()).clamp(0, SLEEP_MS);
        // The clock shows whole milliseconds: who wakes in the middle of one looks a moment too early.
        let from_us = self.time.now_us() / MS * MS;
        Box::pin(self.time.sleep_until(from_us + sleep_ms.unsigned_abs() * MS))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.time.now_us())
    }
}
