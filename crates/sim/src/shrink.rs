//! A failing plan made small: fewer hosts, applications, submissions and faults, as long as the same invariant is violated.

use crate::plan::Plan;
use crate::simulation::Simulation;

/// Most lives that are tried.
const TRIES: u32 = 300;

/// The smallest plan found that violates the same invariant. `None` if this one violates nothing.
#[must_use]
pub fn shrink(plan: &Plan) -> Option<Plan> {
    let end = Simulation::new(plan).run();
    let invariant = end.violation?.invariant;
    // Only so many faults happened until then.
    let faults = end.figures.faults.values().sum();
    let mut best = Plan { fault_limit: plan.fault_limit.min(faults), ..plan.clone() };
    let mut tries = TRIES;
    let mut still_fails = |plan: &Plan| {
        tries = tries.saturating_sub(1);
        let violated = || Simulation::new(plan).run().violation.is_some_and(|it| it.invariant == invariant);
        tries > 0 && violated()
    };
    if !still_fails(&best) {
        best = plan.clone();
    }
    while let Some(smaller) = candidates(&best).into_iter().find(|plan| still_fails(plan)) {
        best = smaller;
    }
    Some(best)
}

/// Plans that are a little smaller, the boldest first.
fn candidates(plan: &Plan) -> Vec<Plan> {
    let mut found = Vec::new();
    let mut numbers = |get: fn(&mut Plan) -> &mut u64, least: u64| {
        let present = *get(&mut plan.clone());
        let mut tried = Vec::new();
        for smaller in [least, present / 2, present * 3 / 4, present.saturating_sub(1)] {
            if smaller >= least && smaller < present && !tried.contains(&smaller) {
                tried.push(smaller);
                let mut small = plan.clone();
                *get(&mut small) = smaller;
                found.push(small);
            }
        }
    };
    numbers(|plan| &mut plan.hosts, 1);
    numbers(|plan| &mut plan.clients, 1);
    numbers(|plan| &mut plan.pipelines, 1);
    numbers(|plan| &mut plan.newer, 0);
    numbers(|plan| &mut plan.operations, 1);
    numbers(|plan| &mut plan.fault_limit, 0);
    for fault in &plan.faults {
        let mut small = plan.clone();
        small.faults.remove(fault);
        found.push(small);
    }
    found
}
