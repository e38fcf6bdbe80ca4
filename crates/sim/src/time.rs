//! Simulated time: it stands still while anybody has something to do, and then jumps to the next appointment.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Microseconds in a millisecond.
pub(crate) const MS: u64 = 1_000;

/// What is due at a time.
#[derive(Debug)]
pub(crate) enum Due {
    /// Somebody slept until now.
    Wake(Waker),
    /// The store carries out one of its operations.
    Effect(u64),
}

#[derive(Debug, Default)]
struct Appointments {
    now_us: u64,
    booked: u64,
    due: BTreeMap<(u64, u64), Due>,
}

/// The one time of a simulation. Clones are the same time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Time(Arc<Mutex<Appointments>>);

impl Time {
    pub(crate) fn now_us(&self) -> u64 {
        self.lock().now_us
    }

    /// When something is due next.
    pub(crate) fn next_us(&self) -> Option<u64> {
        self.lock().due.first_key_value().map(|((at_us, _), _)| *at_us)
    }

    pub(crate) fn book(&self, at_us: u64, due: Due) {
        let mut times = self.lock();
        times.booked += 1;
        let key = (at_us.max(times.now_us), times.booked);
        times.due.insert(key, due);
    }

    /// Jumps to this time, which nothing that is due comes before.
    pub(crate) fn jump(&self, to_us: u64) {
        let mut times = self.lock();
        times.now_us = times.now_us.max(to_us);
    }

    /// What is due now, one after the other.
    pub(crate) fn pop(&self) -> Option<Due> {
        let mut times = self.lock();
        let first = times.due.first_entry()?;
        if first.key().0 > times.now_us {
            return None;
        }
        times.due.pop_first().map(|(_, due)| due)
    }

    pub(crate) fn sleep_until(&self, at_us: u64) -> Sleep {
        Sleep { time: self.clone(), at_us, is_booked: false }
    }

    pub(crate) fn sleep(&self, for_us: u64) -> Sleep {
        self.sleep_until(self.now_us() + for_us)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Appointments> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resolves at its time. It must be polled by one task only.
#[derive(Debug)]
pub(crate) struct Sleep {
    time: Time,
    at_us: u64,
    is_booked: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.time.now_us() >= self.at_us {
            return Poll::Ready(());
        }
        if !self.is_booked {
            self.is_booked = true;
            self.time.book(self.at_us, Due::Wake(context.waker().clone()));
        }
        Poll::Pending
    }
}
