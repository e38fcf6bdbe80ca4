//! Several inputs into one operator, aligned at the barriers of checkpoints.
//!
//! | while | a record comes | a barrier comes | an abort comes |
//! |---|---|---|---|
//! | nothing is aligned | it goes on | its input waits, and the alignment begins | it goes on |
//! | an alignment, from an input without the barrier | it goes on | the same: its input waits; a newer one: the alignment is given up for it | the alignment is given up |
//! | an alignment, from an input with the barrier | it waits | it waits | of this checkpoint: the alignment is given up; otherwise it waits |
//!
//! When all inputs that have not ended have the barrier, it goes on, and then what has waited. What is over is not begun again.

use std::collections::VecDeque;
use std::fmt;

use crate::Error;
use crate::limits::{ALIGNED_INPUTS, ALIGNED_WAITING};

/// What an input gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<T> {
    /// A record.
    Record(T),
    /// The barrier of a checkpoint: what is before it belongs to the checkpoint.
    Barrier(u64),
    /// The checkpoint was aborted: its barrier will not come, or counts no longer.
    Abort(u64),
    /// Nothing will follow.
    End,
}

/// What the operator gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aligned<T> {
    /// A record of an input.
    Record {
        /// The input, from 0.
        input: usize,
        /// The record.
        record: T,
    },
    /// All inputs have given what is before the barrier, and nothing of what is behind it: take the snapshot now.
    Barrier(u64),
    /// The checkpoint will not be completed: pass it on, and let go of what was prepared for it.
    Abort(u64),
    /// All inputs have ended.
    End,
}

/// Several inputs into one operator. It does no I/O: [`offer`](AlignedInput::offer) it what comes, and take from it what is
/// [`next`](AlignedInput::next).
///
/// ```
/// use highwater::streaming::{Aligned, AlignedInput, Event};
///
/// let mut inputs = AlignedInput::new(2)?;
/// for (input, event) in [(0, Event::Record("a")), (0, Event::Barrier(1)), (0, Event::Record("b")), (1, Event::Record("c"))] {
///     inputs.offer(input, event)?;
/// }
/// assert_eq!(inputs.next(), Some(Aligned::Record { input: 0, record: "a" }));
/// assert_eq!(inputs.next(), Some(Aligned::Record { input: 1, record: "c" }));
/// assert_eq!(inputs.next(), None, "`b` is behind the barrier, which the other input has not given yet");
/// inputs.offer(1, Event::Barrier(1))?;
/// assert_eq!(inputs.next(), Some(Aligned::Barrier(1)));
/// assert_eq!(inputs.next(), Some(Aligned::Record { input: 0, record: "b" }));
/// # Ok::<(), highwater::Error>(())
/// ```
pub struct AlignedInput<T> {
    inputs: Vec<Input<T>>,
    /// The checkpoint that is being aligned.
    aligning: Option<u64>,
    /// The last checkpoint that went on or was given up. It and those before it are over.
    over: u64,
    ready: VecDeque<Aligned<T>>,
    has_ended: bool,
    most_waiting: usize,
}

struct Input<T> {
    waiting: VecDeque<Event<T>>,
    /// It has given the barrier that is being aligned.
    is_at_barrier: bool,
    has_ended: bool,
}

impl<T> AlignedInput<T> {
    /// So many inputs.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if there are none, or too many.
    pub fn new(inputs: usize) -> Result<AlignedInput<T>, Error> {
        if inputs == 0 || inputs > ALIGNED_INPUTS {
            return Err(Error::invalid(format!(
                "{inputs} inputs cannot be aligned; 1 to {ALIGNED_INPUTS} can"
            )));
        }
        let input = || Input { waiting: VecDeque::new(), is_at_barrier: false, has_ended: false };
        Ok(AlignedInput {
            inputs: (0..inputs).map(|_| input()).collect(),
            aligning: None,
            over: 0,
            ready: VecDeque::new(),
            has_ended: false,
            most_waiting: ALIGNED_WAITING,
        })
    }

    /// How many events of one input may wait, instead of [`ALIGNED_WAITING`].
    #[must_use]
    pub fn most_waiting(mut self, events: usize) -> AlignedInput<T> {
        self.most_waiting = events.clamp(1, ALIGNED_WAITING);
        self
    }

    /// Whether an input must not be read now: as much of it waits as may, and only the others can bring the barrier on; or as much as may
    /// has not been taken with [`next`](AlignedInput::next).
    #[must_use]
    pub fn is_full(&self, input: usize) -> bool {
        let waiting = self.inputs.get(input).map_or(0, |input| input.waiting.len());
        waiting >= self.most_waiting || self.ready.len() >= ALIGNED_WAITING
    }

    /// The checkpoint that some inputs have given the barrier of, and others not yet.
    #[must_use]
    pub fn aligning(&self) -> Option<u64> {
        self.aligning
    }

    /// Takes what came from an input.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) if there is no such input, if it has ended, or if it [is full](AlignedInput::is_full).
    pub fn offer(&mut self, input: usize, event: Event<T>) -> Result<(), Error> {
        let (count, is_full) = (self.inputs.len(), self.is_full(input));
        let Some(from) = self.inputs.get_mut(input) else {
            return Err(Error::invalid(format!("there is no input {input}; they are 0 to {}", count - 1)));
        };
        if from.has_ended || from.waiting.back().is_some_and(|last| matches!(last, Event::End)) {
            return Err(Error::invalid(format!("input {input} has ended; nothing can follow")));
        }
        match event {
            // This one overtakes what waits for it.
            Event::Abort(checkpoint) if from.is_at_barrier && self.aligning == Some(checkpoint) => {
                self.give_up(checkpoint);
            }
            _ if is_full => {
                return Err(Error::invalid(format!(
                    "input {input} is full: {} events of it wait, and {} are not taken; ask `is_full` before reading it",
                    from.waiting.len(),
                    self.ready.len()
                )));
            }
            event => from.waiting.push_back(event),
        }
        self.go_on();
        Ok(())
    }

    /// The checkpoint was aborted, says whoever triggered it.
    pub fn abort(&mut self, checkpoint: u64) {
        self.give_up(checkpoint);
        self.go_on();
    }

    /// What the operator gets next; `None` until more is offered.
    #[expect(clippy::should_implement_trait, reason = "an iterator that goes on after its end surprises")]
    pub fn next(&mut self) -> Option<Aligned<T>> {
        self.ready.pop_front()
    }

    /// Takes in all that need not wait.
    fn go_on(&mut self) {
        let mut has_moved = true;
        while has_moved {
            has_moved = false;
            for input in 0..self.inputs.len() {
                while !self.inputs[input].is_at_barrier
                    && let Some(event) = self.inputs[input].waiting.pop_front()
                {
                    has_moved = true;
                    self.take(input, event);
                }
            }
        }
    }

    fn take(&mut self, input: usize, event: Event<T>) {
        match event {
            Event::Record(record) => self.ready.push_back(Aligned::Record { input, record }),
            Event::Barrier(checkpoint) if checkpoint <= self.over => {}
            Event::Barrier(checkpoint) => self.barrier(input, checkpoint),
            Event::Abort(checkpoint) => self.give_up(checkpoint),
            Event::End => self.inputs[input].has_ended = true,
        }
        self.end_alignment();
        if !self.has_ended && self.inputs.iter().all(|input| input.has_ended) {
            self.has_ended = true;
            self.ready.push_back(Aligned::End);
        }
    }

    fn barrier(&mut self, input: usize, checkpoint: u64) {
        match self.aligning {
            // Its input skipped the one that is being aligned.
            Some(present) if present < checkpoint => self.give_up(present),
            // This input skips to one that is older, and will not give the present one any more before the next.
            Some(present) if present > checkpoint => return,
            _ => {}
        }
        self.aligning = Some(checkpoint);
        self.inputs[input].is_at_barrier = true;
    }

    fn end_alignment(&mut self) {
        let Some(checkpoint) = self.aligning else { return };
        if self.inputs.iter().all(|input| input.is_at_barrier || input.has_ended) {
            self.ready.push_back(Aligned::Barrier(checkpoint));
            self.release(checkpoint);
        }
    }

    /// This checkpoint will not be completed, nor will an older one that is being aligned: its barrier was skipped. If a newer one is
    /// being aligned, this one was skipped itself.
    fn give_up(&mut self, checkpoint: u64) {
        if checkpoint <= self.over || self.aligning.is_some_and(|present| present > checkpoint) {
            return;
        }
        if let Some(present) = self.aligning.filter(|present| *present < checkpoint) {
            self.ready.push_back(Aligned::Abort(present));
        }
        self.ready.push_back(Aligned::Abort(checkpoint));
        self.release(checkpoint);
    }

    fn release(&mut self, checkpoint: u64) {
        self.over = checkpoint;
        self.aligning = None;
        self.inputs.iter_mut().for_each(|input| input.is_at_barrier = false);
    }
}

impl<T> fmt::Debug for AlignedInput<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlignedInput")
            .field("aligning", &self.aligning)
            .field("over", &self.over)
            .field("waiting", &self.inputs.iter().map(|input| input.waiting.len()).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
