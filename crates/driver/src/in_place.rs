//! Work on the thread of the submitter.
//!
//! Passing a submission to the driver's thread and the reply back wakes two threads, which can take half as long as the
//! commit itself. One who is alone, and whose thread has nothing else to do while it waits, does the work itself.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use highwater_core::Error;
use tokio::runtime::{self, RuntimeFlavor};

use crate::event_loop::EventLoop;
use crate::message::Submission;
use crate::stepper::Stepper;

/// A loop that is shared by the driver's thread, which waits for I/O and time, and by submitters.
pub(crate) struct Shared<S, F> {
    /// Absent once it has ended.
    event_loop: Mutex<Option<EventLoop<S, F>>>,
}

/// What a handle sees of it.
pub(crate) trait InPlace: Send + Sync {
    /// Carries out the submission on this thread if nothing else is going on, and gives it back otherwise.
    fn submit(&self, submission: Submission) -> Option<Submission>;
}

impl<S: Stepper, F: Fn() -> Result<S, Error> + Send> InPlace for Shared<S, F> {
    fn submit(&self, submission: Submission) -> Option<Submission> {
        // Taken means that the driver's thread is at work, and poisoned that it soon ends.
        let Ok(mut guard) = self.event_loop.try_lock() else { return Some(submission) };
        match guard.as_mut().filter(|event_loop| event_loop.is_idle()) {
            Some(event_loop) => {
                event_loop.submit_in_place(submission);
                None
            }
            None => Some(submission),
        }
    }
}

impl<S: Stepper, F: Fn() -> Result<S, Error>> Shared<S, F> {
    pub(crate) fn new(event_loop: EventLoop<S, F>) -> Shared<S, F> {
        Shared { event_loop: Mutex::new(Some(event_loop)) }
    }

    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        self.lock().as_mut().map_or(Poll::Ready(()), |event_loop| event_loop.poll(context))
    }

    pub(crate) fn drop_loop_at_end(shared: &Arc<Self>) -> DropLoop<S, F> {
        DropLoop(Arc::clone(shared))
    }
}

impl<S, F> Shared<S, F> {
    fn lock(&self) -> MutexGuard<'_, Option<EventLoop<S, F>>> {
        self.event_loop.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the loop with itself, also in a panic: handles that outlive it must not wait for replies that never come.
pub(crate) struct DropLoop<S, F>(Arc<Shared<S, F>>);

impl<S, F> Deref for DropLoop<S, F> {
    type Target = Shared<S, F>;

    fn deref(&self) -> &Shared<S, F> {
        &self.0
    }
}

impl<S, F> Drop for DropLoop<S, F> {
    fn drop(&mut self) {
        let event_loop = self.0.lock().take();
        drop(event_loop);
    }
}

/// How many wait for a reply, over all clones of a handle.
#[derive(Clone, Default)]
pub(crate) struct Submitters(Arc<AtomicUsize>);

/// One of them.
pub(crate) struct Here<'a>(&'a AtomicUsize);

impl Submitters {
    pub(crate) fn enter(&self) -> Here<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Here(&self.0)
    }

    /// Only a hint: whoever comes next finds the loop taken, and goes the other way.
    pub(crate) fn is_alone(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 1
    }

    /// Whether this thread belongs to nobody but us while we wait: the future of `block_on` in a multi-threaded runtime, whose
    /// tasks all run on other threads.
    pub(crate) fn may_block_here() -> bool {
        let is_task = tokio::task::try_id().is_some();
        let flavor = runtime::Handle::try_current().map(|runtime| runtime.runtime_flavor());
        !is_task && matches!(flavor, Ok(RuntimeFlavor::MultiThread))
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
