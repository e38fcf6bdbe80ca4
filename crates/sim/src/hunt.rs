//! Known bugs, hunted: the test of the simulator.

use std::fmt;

use crate::bug::Bug;
use crate::invariants::Violation;
use crate::plan::Plan;
use crate::simulation::Simulation;

/// How a bug was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The bug.
    pub bug: Bug,
    /// The plan that found it.
    pub plan: Plan,
    /// Lives until then.
    pub lives: u64,
    /// Engine steps until then.
    pub steps: u64,
    /// What was violated.
    pub violation: Violation,
}

/// Lives so many seeds with this bug, until something is violated.
#[must_use]
pub fn hunt(bug: Bug, seeds: u64) -> Option<Found> {
    let mut steps = 0;
    for seed in 0..seeds {
        let plan = Plan { bug: Some(bug), ..Plan::of_seed(seed) };
        let end = Simulation::new(&plan).run();
        steps += end.figures.steps;
        if let Some(violation) = end.violation {
            return Some(Found { bug, plan, lives: seed + 1, steps, violation });
        }
    }
    None
}

impl fmt::Display for Found {
    /// One line of the table: bug, seed, lives, engine steps, what was violated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bug, seed, invariant) = (self.bug.to_string(), self.plan.seed, self.violation.invariant);
        write!(f, "{bug:<24}{seed:>6}{:>7}{:>9}  {invariant}", self.lives, self.steps)
    }
}
