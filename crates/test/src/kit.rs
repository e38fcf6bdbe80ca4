//! Tests of leases, retries and back-off without sleeping.

use std::sync::Arc;
use std::time::Duration;

use highwater::{Error, Highwater};
use highwater_driver::Clock;

use crate::world::World;

/// A store in memory and a clock that stands still, for as many workers as a test wants.
///
/// Time passes when a test says so, and when a call waits (`begin_or_wait`, `acquire`, the pauses of the engine): the clock jumps,
/// nobody sleeps. Whoever holds something beats meanwhile, as it would in a process of its own.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use highwater::{Acquire, ErrorKind};
/// use highwater_test::TestKit;
///
/// let kit = TestKit::new();
/// let (first, second) = (kit.open("first")?, kit.open("second")?);
/// let lease = first.pipeline("dev/orders")?.lease("compaction").acquire().await?;
///
/// // Whoever lives keeps it, for days.
/// let wanted = second.pipeline("dev/orders")?.lease("compaction");
/// assert!(matches!(wanted.try_acquire().await?, Acquire::Held(_)));
/// kit.advance(Duration::from_secs(86_400)).await;
/// assert!(matches!(wanted.try_acquire().await?, Acquire::Held(_)));
///
/// // Whoever stands still loses it.
/// kit.stop_beats(&first);
/// let taken = wanted.acquire().await?;
/// assert!(taken.token() > lease.token());
/// assert_eq!(lease.release().await.unwrap_err().kind(), ErrorKind::Fenced);
/// # Ok::<(), highwater::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct TestKit {
    world: World,
}

impl Default for TestKit {
    fn default() -> Self {
        TestKit::new()
    }
}

impl TestKit {
    /// With an empty store.
    #[must_use]
    pub fn new() -> TestKit {
        TestKit::with_seed(0)
    }

    /// With other chances: ids that are made up, and jitter.
    #[must_use]
    pub fn with_seed(seed: u64) -> TestKit {
        TestKit { world: World::new(seed) }
    }

    /// A worker of this name, which no other one has, as in a process of its own, on the store and the clock of the kit.
    ///
    /// # Errors
    ///
    /// As [`OpenOptions::open_store`](highwater::OpenOptions::open_store).
    pub fn open(&self, worker: &str) -> Result<Highwater, Error> {
        let highwater = self.world.open(worker, Arc::new(self.world.store.clone()))?;
        self.world.clock.start_heart(&highwater);
        Ok(highwater)
    }

    /// Lets so much time pass, with all beats in it. Nobody sleeps.
    pub async fn advance(&self, by: Duration) {
        self.world.clock.advance(by).await;
    }

    /// What time it is, milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.world.clock.now_ms()
    }

    /// From now on this worker gives no sign of life, as if its process stood still: others may take over what it holds.
    pub fn stop_beats(&self, highwater: &Highwater) {
        self.world.clock.stop_heart(highwater);
    }
}

impl Drop for TestKit {
    fn drop(&mut self) {
        // What was opened knows the clock, and the clock knows what was opened.
        self.world.clock.stop_all_hearts();
    }
}
