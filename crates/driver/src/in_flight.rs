//! The I/O that is under way.

use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};

use crate::clock::Clock;
use crate::perform::Performed;

/// What came out of one piece of I/O: a completion for the engine, or nothing if the answer went elsewhere.
pub(crate) type Work = BoxFuture<'static, Option<Performed>>;

/// Work that goes on side by side. A single piece, the common case, is polled without any bookkeeping.
#[derive(Default)]
pub(crate) struct InFlight {
    single: Option<Work>,
    others: FuturesUnordered<Work>,
}

/// One piece of work that ended, and how long its last poll held the thread.
pub(crate) struct Ended {
    pub(crate) performed: Option<Performed>,
    pub(crate) held: Duration,
}

impl InFlight {
    pub(crate) fn is_empty(&self) -> bool {
        self.single.is_none() && self.others.is_empty()
    }

    pub(crate) fn push(&mut self, work: Work) {
        if self.is_empty() {
            self.single = Some(work);
        } else {
            self.others.push(work);
        }
    }

    /// Gives up on all of it. What it was about to do may happen or not.
    pub(crate) fn clear(&mut self) {
        self.single = None;
        self.others.clear();
    }

    /// Polls until one piece of work ends, so that its reply does not wait for the I/O of the others.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>, clock: &dyn Clock) -> Poll<Ended> {
        if self.is_empty() {
            return Poll::Pending;
        }
        let began = clock.elapsed();
        if let Some(single) = &mut self.single
            && let Poll::Ready(performed) = single.as_mut().poll(context)
        {
            self.single = None;
            return Poll::Ready(Ended { performed, held: clock.elapsed().saturating_sub(began) });
        }
        match self.others.poll_next_unpin(context) {
            Poll::Ready(Some(performed)) => {
                Poll::Ready(Ended { performed, held: clock.elapsed().saturating_sub(began) })
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
