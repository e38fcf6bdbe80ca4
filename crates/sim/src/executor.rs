//! A single thread that polls one ready task after the other, in an order that luck decides.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

use crate::random::Random;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;
type Ready = Arc<Mutex<Vec<u64>>>;

struct Task {
    /// The host that it dies with.
    host: usize,
    is_client: bool,
    work: Work,
    bell: Arc<Bell>,
}

struct Bell {
    task: u64,
    /// It stands among the ready ones.
    rung: AtomicBool,
    ready: Ready,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            self.ready.lock().unwrap_or_else(PoisonError::into_inner).push(self.task);
        }
    }
}

/// All tasks of all hosts.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: BTreeMap<u64, Task>,
    ready: Ready,
    last: u64,
    /// Ready tasks of hosts that stand still.
    parked: BTreeMap<usize, Vec<u64>>,
}

impl Executor {
    pub(crate) fn spawn(&mut self, host: usize, is_client: bool, work: Work) {
        self.last += 1;
        let bell =
            Arc::new(Bell { task: self.last, rung: AtomicBool::new(false), ready: Arc::clone(&self.ready) });
        self.tasks.insert(self.last, Task { host, is_client, work, bell: Arc::clone(&bell) });
        bell.wake();
    }

    /// Polls one of the ready tasks, and gives its host. `None` if none is ready.
    pub(crate) fn turn(&mut self, luck: &mut Random) -> Option<usize> {
        loop {
            let picked = {
                let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
                if ready.is_empty() {
                    return None;
                }
                let at = luck.below(ready.len() as u64) as usize;
                ready.swap_remove(at)
            };
            let Some(task) = self.tasks.get_mut(&picked) else { continue };
            let host = task.host;
            if let Some(parked) = self.parked.get_mut(&host) {
                parked.push(picked);
                continue;
            }
            task.bell.rung.store(false, Ordering::Relaxed);
            let waker = Waker::from(Arc::clone(&task.bell));
            if task.work.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                self.tasks.remove(&picked);
            }
            return Some(host);
        }
    }

    /// From now on nothing of this host is polled.
    pub(crate) fn pause(&mut self, host: usize) {
        self.parked.entry(host).or_default();
    }

    pub(crate) fn resume(&mut self, host: usize) {
        let tasks = self.parked.remove(&host).unwrap_or_default();
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).extend(tasks);
    }

    /// Drops all tasks of a host, in the order of their birth.
    pub(crate) fn kill(&mut self, host: usize) {
        self.parked.remove(&host);
        let of_host = |(id, task): (&u64, &Task)| (task.host == host).then_some(*id);
        let dead: Vec<u64> = self.tasks.iter().filter_map(of_host).collect();
        for id in dead {
            self.tasks.remove(&id);
        }
    }

    /// Tasks of applications that have not ended.
    pub(crate) fn clients(&self) -> usize {
        self.tasks.values().filter(|task| task.is_client).count()
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}
