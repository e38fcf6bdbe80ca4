//! Beats, as long as guards live.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use highwater_core::answer::Answer;
use highwater_core::command::{Beat, Command};
use highwater_core::input::Freshness;
use highwater_driver::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::hold::Hold;
use crate::{Error, ErrorKind};

/// Beats for one worker in all the pipelines where it holds something. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Heart {
    holds: mpsc::UnboundedSender<Weak<Hold>>,
}

impl Heart {
    /// On a thread of its own: an application that keeps its runtime busy must not lose its leases for that.
    pub(crate) fn start(handle: Handle, worker: &str, place: &str) -> Result<Heart, Error> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|e| no_thread(&e))?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let beat = Beat { worker: worker.to_owned(), place: place.to_owned() };
        let rhythm = Rhythm {
            handle,
            beat,
            holds: receiver,
            pipelines: BTreeMap::new(),
            under_way: FuturesUnordered::new(),
        };
        std::thread::Builder::new()
            .name("highwater-beats".to_owned())
            .spawn(move || runtime.block_on(rhythm.run()))
            .map_err(|e| no_thread(&e))?;
        Ok(Heart { holds: sender })
    }

    /// Beats for this lease until it ends or is dropped.
    pub(crate) fn keep(&self, hold: &Arc<Hold>) {
        // The thread lives as long as the sender, so there is somebody to take it.
        let _ = self.holds.send(Arc::downgrade(hold));
    }
}

struct Rhythm {
    handle: Handle,
    beat: Beat,
    holds: mpsc::UnboundedReceiver<Weak<Hold>>,
    pipelines: BTreeMap<Arc<str>, Pulse>,
    under_way: FuturesUnordered<BoxFuture<'static, Beaten>>,
}

/// The beats in one pipeline.
struct Pulse {
    holds: Vec<Weak<Hold>>,
    due: Instant,
    under_way: bool,
}

/// What a beat brought back.
struct Beaten {
    pipeline: Arc<str>,
    /// What we held when the beat was sent: it says nothing about what came later.
    holds: Vec<Arc<Hold>>,
    result: Result<Vec<Answer>, highwater_core::Error>,
}

impl Rhythm {
    async fn run(mut self) {
        loop {
            let due = self.pipelines.values().filter(|pulse| !pulse.under_way).map(|pulse| pulse.due).min();
            tokio::select! {
                hold = self.holds.recv() => match hold {
                    Some(hold) => self.keep(&hold),
                    None => break,
                },
                Some(beaten) = self.under_way.next() => self.learn(beaten),
                () = sleep_until(due) => self.beat_where_due(),
            }
        }
    }

    fn keep(&mut self, weak: &Weak<Hold>) {
        let Some(hold) = weak.upgrade() else { return };
        let first = Instant::now() + hold.beat_every();
        let pulse = self.pipelines.entry(Arc::clone(&hold.pipeline)).or_insert_with(|| Pulse {
            holds: Vec::new(),
            due: first,
            under_way: false,
        });
        pulse.due = pulse.due.min(first);
        pulse.holds.push(Weak::clone(weak));
    }

    fn beat_where_due(&mut self) {
        let now = Instant::now();
        let mut beats = Vec::new();
        self.pipelines.retain(|pipeline, pulse| {
            if pulse.under_way || pulse.due > now {
                return true;
            }
            let (every, holds) = pulse.live_holds();
            if holds.is_empty() {
                return false;
            }
            pulse.due = now + every;
            pulse.under_way = true;
            beats.push((Arc::clone(pipeline), holds));
            true
        });
        for (pipeline, holds) in beats {
            let (handle, beat) = (self.handle.clone(), Command::Beat(self.beat.clone()));
            self.under_way.push(Box::pin(async move {
                let result = handle.submit(&pipeline, vec![beat], None, Freshness::Latest).await;
                Beaten { pipeline, holds, result }
            }));
        }
    }

    fn learn(&mut self, beaten: Beaten) {
        if let Some(pulse) = self.pipelines.get_mut(&beaten.pipeline) {
            pulse.under_way = false;
        }
        // A beat that failed is tried again at the next one: whether we are fenced, it does not say.
        let Ok([Answer::Beaten(answer)]) = beaten.result.as_deref() else { return };
        for hold in beaten.holds {
            let held = answer.leases.iter().any(|held| held.lease == hold.lease && held.token == hold.token);
            if !held && hold.is_live() {
                hold.fence();
            }
        }
    }
}

impl Pulse {
    /// Forgets what has ended; what is left, and how often it needs a beat.
    fn live_holds(&mut self) -> (Duration, Vec<Arc<Hold>>) {
        let live: Vec<Arc<Hold>> =
            self.holds.iter().filter_map(Weak::upgrade).filter(|hold| !hold.has_ended()).collect();
        self.holds = live.iter().map(Arc::downgrade).collect();
        let every = live.iter().map(|hold| hold.beat_every()).min().unwrap_or_default();
        (every, live)
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn no_thread(error: &std::io::Error) -> Error {
    let message = format!("the thread for beats could not be started ({error}); free some memory or threads");
    Error::new(ErrorKind::Unavailable, message)
}
