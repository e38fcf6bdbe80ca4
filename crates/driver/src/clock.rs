//! Time, as the loop sees it.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::limits::SLEEP_MS;

/// Resolves at a time, or earlier.
pub type Until = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Says what time it is, and waits.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch. May jump either way, as wall clocks do.
    fn now_ms(&self) -> i64;

    /// Resolves when `now_ms` has reached `at_ms`, or earlier: whoever waits looks at the clock again.
    fn sleep_until(&self, at_ms: i64) -> Until;

    /// Time since some moment, on a clock that never runs backwards: what work took is measured with it.
    fn elapsed(&self) -> Duration {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGAN.elapsed()
    }
}

/// The wall clock of the system, with the timer of the tokio runtime that polls it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        }
    }

    fn sleep_until(&self, at_ms: i64) -> Until {
        let sleep_ms = at_ms.saturating_sub(self.now_ms()).clamp(0, SLEEP_MS);
        Box::pin(tokio::time::sleep(Duration::from_millis(sleep_ms.unsigned_abs())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_in_this_century() {
        let year_2020_ms = 1_577_836_800_000;
        assert!((year_2020_ms..year_2020_ms + 100 * 366 * 86_400_000).contains(&SystemClock.now_ms()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_sleep_looks_at_the_clock_in_between() {
        let began = tokio::time::Instant::now();
        SystemClock.sleep_until(i64::MAX).await;
        assert_eq!(began.elapsed().as_millis(), u128::from(SLEEP_MS.unsigned_abs()));
    }
}
