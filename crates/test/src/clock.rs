//! Time that passes when somebody waits for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use highwater::Highwater;
use highwater_driver::{Clock, Until};

use crate::limits::{BEATS_PER_WAIT, PAUSE_MS};

/// A clock that stands still until somebody waits, and then jumps: waiting takes no time. All workers on it beat as they would in
/// that time. Clones are the same clock.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<Shared>);

struct Shared {
    now_ms: AtomicI64,
    /// Who beats, by the name of the worker.
    hearts: Mutex<BTreeMap<String, Highwater>>,
}

impl TestClock {
    pub(crate) fn new(now_ms: i64) -> TestClock {
        TestClock(Arc::new(Shared { now_ms: AtomicI64::new(now_ms), hearts: Mutex::default() }))
    }

    /// From now on this worker beats.
    pub(crate) fn start_heart(&self, highwater: &Highwater) {
        self.hearts().insert(highwater.worker().to_owned(), highwater.clone());
    }

    /// It died, or its process stands still.
    pub(crate) fn stop_heart(&self, highwater: &Highwater) {
        self.hearts().remove(highwater.worker());
    }

    pub(crate) fn stop_all_hearts(&self) {
        self.hearts().clear();
    }

    pub(crate) async fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.advance_to(self.now_ms().saturating_add(by_ms)).await;
    }

    /// In steps, so that beats come when they are due. In a long time most of them are left out: nobody is there to see them.
    async fn advance_to(&self, at_ms: i64) {
        let longest_ms = at_ms.saturating_sub(self.now_ms()) / BEATS_PER_WAIT;
        while self.now_ms() < at_ms {
            let due = self.beat_all().await;
            let due_ms = due.map_or(i64::MAX, |due| i64::try_from(due.as_millis()).unwrap_or(i64::MAX));
            let next_ms = self.now_ms().saturating_add(due_ms.max(longest_ms).max(1));
            self.0.now_ms.fetch_max(next_ms.min(at_ms), Ordering::SeqCst);
        }
    }

    /// Gives the time until the next beat is due.
    async fn beat_all(&self) -> Option<Duration> {
        let hearts: Vec<Highwater> = self.hearts().values().cloned().collect();
        let mut next: Option<Duration> = None;
        for heart in hearts {
            next = next.into_iter().chain(heart.beat().await).min();
        }
        next
    }

    fn hearts(&self) -> MutexGuard<'_, BTreeMap<String, Highwater>> {
        self.0.hearts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.now_ms.load(Ordering::SeqCst)
    }

    fn sleep_until(&self, at_ms: i64) -> Until {
        let clock = self.clone();
        Box::pin(async move {
            if at_ms.saturating_sub(clock.now_ms()) > PAUSE_MS {
                clock.advance_to(at_ms).await;
            } else {
                // A beat would have to wait for the very pause that is slept here.
                clock.0.now_ms.fetch_max(at_ms, Ordering::SeqCst);
            }
        })
    }
}

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestClock").field(&self.now_ms()).finish()
    }
}
