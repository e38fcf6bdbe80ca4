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
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::hold::Hold;
use crate::worker::Worker;
use crate::{Error, ErrorKind};

/// When beats go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As often as the leases need it. By a timer that no wall clock can turn back.
    Timer,
    /// When they are asked for.
    ByHand,
}

/// Beats for one worker in all the pipelines where it holds something. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Heart {
    wishes: mpsc::UnboundedSender<Wish>,
}

enum Wish {
    Keep(Weak<Hold>),
    /// To beat now, and to say when the next beat is due.
    Beat(oneshot::Sender<Option<Duration>>),
}

impl Heart {
    /// On a thread of its own: an application that keeps its runtime busy must not lose its leases for that.
    pub(crate) fn start(handle: Handle, worker: &Worker, pace: Pace) -> Result<Heart, Error> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|e| no_thread(&e))?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let beat = Beat { worker: worker.name.clone(), place: worker.place.clone() };
        let rhythm = Rhythm {
            handle,
            beat,
            pace,
            wishes: receiver,
            waiting: Vec::new(),
            pipelines: BTreeMap::new(),
            under_way: FuturesUnordered::new(),
        };
        std::thread::Builder::new()
            .name("highwater-beats".to_owned())
            .spawn(move || runtime.block_on(rhythm.run()))
            .map_err(|e| no_thread(&e))?;
        Ok(Heart { wishes: sender })
    }

    /// Beats for this lease until it ends or is dropped.
    pub(crate) fn keep(&self, hold: &Arc<Hold>) {
        // The thread lives as long as the sender, so there is somebody to take it.
        let _ = self.wishes.send(Wish::Keep(Arc::downgrade(hold)));
    }

    /// Beats now. Gives the time until the next beat is due, or nothing if nothing is held.
    pub(crate) async fn beat(&self) -> Option<Duration> {
        let (answer_to, answer) = oneshot::channel();
        let _ = self.wishes.send(Wish::Beat(answer_to));
        answer.await.ok().flatten()
    }
}

struct Rhythm {
    handle: Handle,
    beat: Beat,
    pace: Pace,
    wishes: mpsc::UnboundedReceiver<Wish>,
    /// Who wants to know that all beats got through.
    waiting: Vec<oneshot::Sender<Option<Duration>>>,
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
            let due = self.due();
            tokio::select! {
                wish = self.wishes.recv() => match wish {
                    Some(Wish::Keep(hold)) => self.keep(&hold),
                    Some(Wish::Beat(answer_to)) => {
                        self.waiting.push(answer_to);
                        self.beat_where(|_| true);
                    }
                    None => break,
                },
                Some(beaten) = self.under_way.next() => self.learn(beaten),
                () = sleep_until(due) => self.beat_where(|due| due <= Instant::now()),
            }
            if self.under_way.is_empty() && !self.waiting.is_empty() {
                self.answer();
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

    fn due(&self) -> Option<Instant> {
        let idle = self.pipelines.values().filter(|pulse| !pulse.under_way);
        idle.map(|pulse| pulse.due).min().filter(|_| self.pace == Pace::Timer)
    }

    fn answer(&mut self) {
        let next = self.pipelines.values_mut().filter_map(|pulse| {
            let (every, live) = pulse.live_holds();
            (!live.is_empty()).then_some(every)
        });
        let next = next.min();
        for answer_to in self.waiting.drain(..) {
            // Whoever dropped the future does not want to know.
            let _ = answer_to.send(next);
        }
    }

    fn beat_where(&mut self, is_due: impl Fn(Instant) -> bool) {
        let now = Instant::now();
        let mut beats = Vec::new();
        self.pipelines.retain(|pipeline, pulse| {
            if pulse.under_way || !is_due(pulse.due) {
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
            let asked = answer.stop.iter().find(|asked| asked.holding.token == hold.token);
            hold.ask_to_stop(asked.cloned());
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
