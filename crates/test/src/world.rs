//! A store, a clock and chance: all that outlives a process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use highwater::{EngineKind, Error, Highwater, OpenOptions};
use highwater_store::{MemoryStore, Store};

use crate::clock::TestClock;
use crate::limits::LEASE;

/// When every world begins: a Tuesday in November 2023.
const BEGIN_MS: i64 = 1_700_000_000_000;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) clock: TestClock,
    seed: u64,
    engines: Arc<AtomicU64>,
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        World { store: MemoryStore::new(), clock: TestClock::new(BEGIN_MS), seed, engines: Arc::default() }
    }

    /// Opens it through this store, which leads to ours.
    pub(crate) fn open(&self, worker: &str, store: Arc<dyn Store>) -> Result<Highwater, Error> {
        let (seed, engines) = (self.seed, Arc::clone(&self.engines));
        OpenOptions::new()
            .engine(EngineKind::Native)
            .worker(worker)
            .lease(LEASE)
            .clock(Arc::new(self.clock.clone()))
            .seeds(move || (seed, engines.fetch_add(1, Ordering::SeqCst)))
            .open_store(store)
    }

    /// Whether there was something to do and nothing is left: there were runs, and all of them have ended.
    pub(crate) async fn is_finished(&self) -> Result<bool, Error> {
        let highwater = self.open("onlooker", Arc::new(self.store.clone()))?;
        let (mut runs, mut open_runs) = (0, 0);
        for id in highwater.pipelines("").all().await? {
            let pipeline = highwater.pipeline(id)?.describe().await?;
            open_runs += pipeline.open_runs.len();
            runs += pipeline.runs;
        }
        highwater.close().await;
        Ok(runs > 0 && open_runs == 0)
    }
}
