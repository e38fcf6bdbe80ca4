//! What a guard and the heart know together about a lease.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use highwater_core::answer::StopAsked;
use tokio::sync::watch;

use crate::limits::BEATS_PER_LEASE;
use crate::{Error, ErrorKind};

const LIVE: u8 = 0;
/// A command that gives the lease back is under way: from here on, not holding it any more is no surprise.
const ENDING: u8 = 1;
const ENDED: u8 = 2;

/// A lease in our hands, as far as we know.
#[derive(Debug)]
pub(crate) struct Hold {
    pub(crate) pipeline: Arc<str>,
    pub(crate) lease: String,
    pub(crate) token: u64,
    lease_ms: u64,
    phase: AtomicU8,
    fenced: watch::Sender<bool>,
    stop: watch::Sender<Option<StopAsked>>,
}

impl Hold {
    pub(crate) fn new(pipeline: Arc<str>, lease: String, token: u64, lease_ms: u64) -> Hold {
        Hold {
            pipeline,
            lease,
            token,
            lease_ms,
            phase: AtomicU8::new(LIVE),
            fenced: watch::Sender::new(false),
            stop: watch::Sender::new(None),
        }
    }

    /// How often the worker must beat for this lease.
    pub(crate) fn beat_every(&self) -> Duration {
        Duration::from_millis(self.lease_ms) / BEATS_PER_LEASE
    }

    pub(crate) fn start_ending(&self) {
        self.phase.store(ENDING, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.phase.store(ENDED, Ordering::SeqCst);
    }

    /// Takes in what became of a command that was sent under this lease.
    pub(crate) fn learn<T>(&self, result: &Result<T, Error>, ends: bool) {
        match result {
            Ok(_) if ends => self.end(),
            Ok(_) => (),
            Err(error) => {
                if ends {
                    self.phase.store(LIVE, Ordering::SeqCst);
                }
                if error.kind() == ErrorKind::Fenced {
                    self.fence();
                }
            }
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == ENDED
    }

    /// False while and after it is given back.
    pub(crate) fn is_live(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == LIVE
    }

    pub(crate) fn fence(&self) {
        self.fenced.send_replace(true);
    }

    pub(crate) fn is_fenced(&self) -> bool {
        *self.fenced.borrow()
    }

    /// Takes in what a beat said: whether its holder is asked to let go of it.
    pub(crate) fn ask_to_stop(&self, asked: Option<StopAsked>) {
        self.stop.send_if_modified(|known| {
            let is_new = *known != asked;
            *known = asked;
            is_new
        });
    }

    pub(crate) fn stop_asked(&self) -> Option<StopAsked> {
        self.stop.borrow().clone()
    }

    /// Resolves when its holder is asked to let go of it, and otherwise never.
    pub(crate) fn stopping(&self) -> impl Future<Output = StopAsked> + Send + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            loop {
                if let Some(asked) = stop.borrow_and_update().clone() {
                    return asked;
                }
                if stop.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Resolves once it is fenced, and never if it ends otherwise.
    pub(crate) fn fenced(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut fenced = self.fenced.subscribe();
        async move {
            if fenced.wait_for(|fenced| *fenced).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
