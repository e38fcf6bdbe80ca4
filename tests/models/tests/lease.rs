//! Leases, visited whole, and what the checker says about them when they are broken.

#![expect(clippy::print_stdout, reason = "how many states were visited is for people")]

use highwater_models::check::{finds, holds};
use highwater_models::lease::{Lease, Rule};

const HOLDS: &str = "who commits holds the lease";
const TOKENS: &str = "tokens grow, and each has one holder";
const ONCE: &str = "no work is committed twice";
const BEATS: &str = "who beats is not taken over";
const REPLACED: &str = "who is dead is replaced in the end";

const TWO: Lease = Lease { workers: 2, beats: 2, work: 2, deaths: 1, unsure: 1, rule: Rule::Real };

#[test]
fn nothing_goes_wrong() {
    for model in [TWO, Lease { workers: 3, beats: 1, work: 1, unsure: 0, ..TWO }] {
        println!("lease, {model:?}: {}", holds(model));
    }
}

#[test]
#[ignore = "takes minutes; ./test deep runs it"]
fn nothing_goes_wrong_in_a_larger_world() {
    let mut states = 0;
    for model in [
        Lease { beats: 3, work: 3, deaths: 2, unsure: 2, ..TWO },
        Lease { workers: 3, beats: 1, work: 1, ..TWO },
    ] {
        let visited = holds(model);
        println!("lease, {model:?}: {visited}");
        states += visited.states;
    }
    println!("FIGURE model-states-lease {states}");
}

#[test]
fn every_broken_lease_is_found() {
    for (rule, property) in [
        (Rule::NoToken, HOLDS),
        (Rule::TokenStays, TOKENS),
        (Rule::NoExpectedVersion, HOLDS),
        (Rule::ComputedExpiry, BEATS),
        (Rule::ForgetsLooks, REPLACED),
        (Rule::DecidesAnewWhenUnsure, ONCE),
    ] {
        let (found, steps) = finds(Lease { rule, ..TWO }, &[property]);
        println!("lease, {rule:?}: not so after {steps} steps: {found}");
    }
}
