//! Snapshots and trimming, visited whole, and what the checker says about them when they are broken.

#![expect(clippy::print_stdout, reason = "how many states were visited is for people")]

use highwater_models::check::{finds, holds};
use highwater_models::snapshot::{Rule, Snapshot};

const FOLD: &str = "what is read is the fold of all records";
const READABLE: &str = "every journal can be read";
const ONCE: &str = "a version is given out once";

const TWO: Snapshot = Snapshot { workers: 2, versions: 3, crashes: 0, cuts: 0, damages: 0, rule: Rule::Real };

#[test]
fn nothing_goes_wrong() {
    for model in [TWO, Snapshot { cuts: 1, ..TWO }] {
        println!("snapshot, {model:?}: {}", holds(model));
    }
}

#[test]
#[ignore = "takes minutes and gigabytes; ./test deep runs it"]
fn nothing_goes_wrong_in_a_larger_world() {
    let mut states = 0;
    let larger = [
        Snapshot { versions: 4, ..TWO },
        Snapshot { crashes: 1, cuts: 1, ..TWO },
        Snapshot { cuts: 1, damages: 1, ..TWO },
    ];
    for model in larger {
        let visited = holds(model);
        println!("snapshot, {model:?}: {visited}");
        states += visited.states;
    }
    println!("FIGURE model-states-snapshot {states}");
}

#[test]
fn every_broken_snapshot_is_found() {
    for (rule, crashes, cuts, damages, property) in [
        (Rule::TrimsBeforeDurable, 0, 1, 0, READABLE),
        (Rule::TrimsUpToNewest, 0, 0, 1, READABLE),
        (Rule::ForgetsFloor, 0, 0, 0, ONCE),
        (Rule::SnapshotOfStaged, 1, 0, 0, FOLD),
        (Rule::GoesOnWithoutFile, 0, 0, 0, FOLD),
        (Rule::BelievesOneListing, 0, 0, 0, READABLE),
        (Rule::FoldsOverGap, 0, 0, 0, FOLD),
    ] {
        let (found, steps) = finds(Snapshot { rule, crashes, cuts, damages, ..TWO }, &[property]);
        println!("snapshot, {rule:?}: not so after {steps} steps: {found}");
    }
}

#[test]
#[ignore = "takes minutes and gigabytes; ./test deep runs it"]
fn a_snapshot_that_goes_too_early_is_found_in_a_larger_world() {
    let rule = Rule::RemovesBeforeDurable;
    let (found, steps) = finds(Snapshot { rule, cuts: 1, damages: 1, ..TWO }, &[READABLE]);
    println!("snapshot, {rule:?}: not so after {steps} steps: {found}");
}
