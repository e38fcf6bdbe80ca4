//! Is there an order? The search of Wing and Gong, with a memory of what was tried (Lowe; porcupine).

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// What calls are made on.
pub trait Object {
    /// Its state.
    type State: Clone;

    /// The states in which call number `call` can leave it, if it takes effect now and everything that is known of its
    /// result is right.
    fn after(&self, state: &Self::State, call: usize) -> Vec<Self::State>;

    /// A number that differs where states differ.
    fn fingerprint(&self, state: &Self::State) -> u64;

    /// Whether nothing is missing in the end.
    fn is_complete(&self, state: &Self::State) -> bool;
}

/// When a call was made, and when it was answered. A call without an answer may have taken effect at any later time, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it was made.
    pub invoked: u64,
    /// When it was answered.
    pub returned: Option<u64>,
}

/// How far the best try came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The longest order that could be explained.
    pub order: Vec<usize>,
    /// Configurations that were tried.
    pub tried: usize,
}

/// Most configurations that are tried; more means that the search is lost, not that there is no order.
pub const CONFIGURATIONS: usize = 2_000_000;

/// An order of calls that explains everything.
#[derive(Clone, Debug)]
pub struct Order<S> {
    /// The calls.
    pub calls: Vec<usize>,
    /// The state before the first of them, and after each.
    pub states: Vec<S>,
}

/// Finds an order in which all answered calls, and as many of the others as is needed, take effect between call and answer.
///
/// # Errors
///
/// How far it came, when there is no such order.
pub fn linearize<O: Object>(object: &O, start: O::State, spans: &[Span]) -> Result<Order<O::State>, Stuck> {
    let mut search =
        Search { object, spans, done: vec![false; spans.len()], order: Vec::new(), seen: HashSet::new() };
    let mut best = Vec::new();
    let mut frames = vec![search.frame(start)];
    while let Some(frame) = frames.last_mut() {
        if search.is_over(&frame.state) {
            let states = frames.into_iter().map(|frame| frame.state).collect();
            return Ok(Order { calls: search.order, states });
        }
        match search.step(frame) {
            Some(after) => frames.push(search.frame(after)),
            None => {
                frames.pop();
                if best.len() < search.order.len() {
                    best.clone_from(&search.order);
                }
                if let Some(call) = search.order.pop() {
                    search.done[call] = false;
                }
            }
        }
    }
    Err(Stuck { order: best, tried: search.seen.len() })
}

/// A state on the way, and what was not tried from it yet.
struct Frame<S> {
    state: S,
    /// Calls, the next one last.
    calls: Vec<usize>,
    /// States after a call that is being tried.
    afters: Vec<(usize, S)>,
}

struct Search<'a, O: Object> {
    object: &'a O,
    spans: &'a [Span],
    done: Vec<bool>,
    order: Vec<usize>,
    /// Configurations that were tried.
    seen: HashSet<u64>,
}

impl<O: Object> Search<'_, O> {
    fn is_over(&self, state: &O::State) -> bool {
        let is_left = |(call, span): (usize, &Span)| span.returned.is_some() && !self.done[call];
        self.object.is_complete(state) && !self.spans.iter().enumerate().any(is_left)
    }

    /// What can be tried from a state: nothing, if it was tried before.
    fn frame(&mut self, state: O::State) -> Frame<O::State> {
        let mut hasher = DefaultHasher::new();
        (&self.done, self.object.fingerprint(&state)).hash(&mut hasher);
        let is_new = self.seen.len() < CONFIGURATIONS && self.seen.insert(hasher.finish());
        let calls = if is_new { self.next_calls() } else { Vec::new() };
        Frame { state, calls, afters: Vec::new() }
    }

    /// Takes the next call from a state, and says what comes of it.
    fn step(&mut self, frame: &mut Frame<O::State>) -> Option<O::State> {
        while frame.afters.is_empty() {
            let call = frame.calls.pop()?;
            let before = self.object.fingerprint(&frame.state);
            let is_read = |after: &O::State| self.object.fingerprint(after) == before;
            let afters = self.object.after(&frame.state, call).into_iter();
            let (mut reads, writes): (Vec<_>, Vec<_>) = afters.partition(is_read);
            // One that was not answered and changes nothing need not have happened.
            reads.truncate(usize::from(self.spans[call].returned.is_some()));
            if !reads.is_empty() && writes.is_empty() {
                // What changes nothing can always come first: if that leads nowhere, nothing does.
                frame.calls.clear();
            }
            frame.afters = writes.into_iter().chain(reads).map(|after| (call, after)).collect();
        }
        let (call, after) = frame.afters.pop()?;
        self.done[call] = true;
        self.order.push(call);
        Some(after)
    }

    /// Calls that may be the next to take effect: made before any of those that are left was answered. Answered ones first.
    fn next_calls(&self) -> Vec<usize> {
        let left = || self.spans.iter().enumerate().filter(|(call, _)| !self.done[*call]);
        let first_return = left().filter_map(|(_, span)| span.returned).min().unwrap_or(u64::MAX);
        let mut calls: Vec<usize> =
            left().filter(|(_, span)| span.invoked < first_return).map(|(call, _)| call).collect();
        calls.sort_by_key(|call| std::cmp::Reverse(self.spans[*call].returned.unwrap_or(u64::MAX)));
        calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A register: writes (true) of a number, and reads of one.
    struct Register(Vec<(bool, u64)>);

    impl Object for Register {
        type State = u64;

        fn after(&self, state: &u64, call: usize) -> Vec<u64> {
            match self.0[call] {
                (true, written) => vec![written],
                (false, read) if read == *state => vec![*state],
                (false, _) => Vec::new(),
            }
        }

        fn fingerprint(&self, state: &u64) -> u64 {
            *state
        }

        fn is_complete(&self, _: &u64) -> bool {
            true
        }
    }

    fn order(calls: &[(bool, u64, u64, Option<u64>)]) -> Option<Vec<usize>> {
        let register = Register(calls.iter().map(|(writes, value, ..)| (*writes, *value)).collect());
        let spans: Vec<Span> = calls
            .iter()
            .map(|(_, _, invoked, returned)| Span { invoked: *invoked, returned: *returned })
            .collect();
        linearize(&register, 0, &spans).ok().map(|order| order.calls)
    }

    #[test]
    fn calls_at_the_same_time_may_come_in_any_order() {
        assert_eq!(
            order(&[(true, 1, 0, Some(9)), (false, 0, 1, Some(3)), (false, 1, 4, Some(8))]),
            Some(vec![1, 0, 2])
        );
    }

    #[test]
    fn a_read_that_is_older_than_a_read_before_it_is_found() {
        assert_eq!(order(&[(true, 1, 0, Some(9)), (false, 1, 1, Some(3)), (false, 0, 4, Some(8))]), None);
    }

    /// Call 0 writes or does not, and its answer does not say which; call 1 reads what it writes.
    struct Perhaps;

    impl Object for Perhaps {
        type State = u64;

        fn after(&self, state: &u64, call: usize) -> Vec<u64> {
            match call {
                0 => vec![*state, 1],
                _ if *state == 1 => vec![1],
                _ => Vec::new(),
            }
        }

        fn fingerprint(&self, state: &u64) -> u64 {
            *state
        }

        fn is_complete(&self, _: &u64) -> bool {
            true
        }
    }

    #[test]
    fn what_may_write_is_not_taken_for_a_read() {
        let spans = [(0, 1), (2, 3)].map(|(invoked, returned)| Span { invoked, returned: Some(returned) });
        assert!(linearize(&Perhaps, 0, &spans).is_ok());
    }

    #[test]
    fn a_call_without_an_answer_may_have_happened_or_not() {
        assert!(order(&[(true, 1, 0, None), (false, 1, 1, Some(3))]).is_some());
        assert!(order(&[(true, 1, 0, None), (false, 0, 1, Some(3))]).is_some());
        assert!(order(&[(true, 1, 5, None), (false, 1, 1, Some(3))]).is_none(), "not before it was made");
    }
}
