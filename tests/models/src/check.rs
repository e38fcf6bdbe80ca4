//! Running the checker, and saying how much it saw.

use std::fmt;
use std::hash::Hash;

use stateright::{Checker, Expectation, Model};

/// What a complete check visited.
#[derive(Clone, Copy, Debug)]
pub struct Visited {
    /// Different states.
    pub states: usize,
    /// Steps between them, the initial states included.
    pub steps: usize,
    /// Longest shortest way to a state.
    pub depth: usize,
}

impl fmt::Display for Visited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states, {} steps, depth {}", self.states, self.steps, self.depth)
    }
}

/// Visits every state of a model. What must never happen did not, and what must be possible was seen.
///
/// # Panics
///
/// When a property does not hold, with the shortest way there.
pub fn holds<M>(model: M) -> Visited
where
    M: Model + Send + Sync + 'static,
    M::State: fmt::Debug + Clone + Hash + PartialEq + Send + Sync + 'static,
    M::Action: fmt::Debug + Clone + PartialEq + Send + Sync,
{
    let checker = model.checker().spawn_bfs().join();
    for property in checker.model().properties() {
        let found = checker.discovery(property.name);
        match (property.expectation, found) {
            (Expectation::Sometimes, None) => panic!("never seen: {}", property.name),
            (Expectation::Sometimes, Some(_)) | (_, None) => {}
            (_, Some(path)) => panic!("broken: {}\n{}", property.name, steps_to(&path.into_actions())),
        }
    }
    assert!(checker.is_done(), "the checker visits everything");
    Visited { states: checker.unique_state_count(), steps: checker.state_count(), depth: checker.max_depth() }
}

/// Looks for a state in which one of these properties does not hold, and returns which one, and the shortest way there.
///
/// # Panics
///
/// When there is no such state: the checker, or the property, sees nothing.
pub fn finds<M>(model: M, properties: &[&'static str]) -> (&'static str, usize)
where
    M: Model + Send + Sync + 'static,
    M::State: fmt::Debug + Clone + Hash + PartialEq + Send + Sync + 'static,
    M::Action: fmt::Debug + Clone + PartialEq + Send + Sync,
{
    let wanted = properties.iter().copied().collect();
    let checker = model.checker().finish_when(stateright::HasDiscoveries::AnyOf(wanted)).spawn_bfs().join();
    for property in properties {
        if let Some(path) = checker.discovery(property) {
            return (property, path.into_actions().len());
        }
    }
    panic!("{} states, and none breaks {properties:?}", checker.unique_state_count());
}

fn steps_to<A: fmt::Debug>(actions: &[A]) -> String {
    actions.iter().enumerate().map(|(at, action)| format!("{:3}  {action:?}\n", at + 1)).collect()
}
