//! Lives of many seeds, in which everything holds.

use highwater_sim::{Figures, History, Plan, Simulation};

/// Panics with the transcript of the life if something was violated in it.
fn live(plan: &Plan) -> Figures {
    let end = Simulation::new(plan).run();
    assert_eq!(end.violation, None, "run `highwater-sim --plan '{plan}'` to see how it came to that");
    end.figures
}

#[test]
fn promises_hold_in_many_lives() {
    let mut all = Figures::default();
    for seed in 0..10 {
        all.add(&live(&Plan::of_seed(seed)));
    }
    assert!(all.records > 1_000 && all.snapshots > 50 && all.crashes > 10, "too little happened:\n{all}");
}

#[test]
fn the_same_seed_is_the_same_life() {
    for seed in 0..2 {
        highwater_sim::invariants::same_bytes(&Plan::of_seed(seed)).expect("nothing differs");
    }
}

#[test]
fn a_history_holds_what_was_asked_and_answered() {
    let history = History::of(&Plan::for_history(3, 8, 20)).expect("nothing is violated");
    assert!(history.operations.len() > 100);
    assert!(history.operations.iter().any(|operation| matches!(operation.result, Some(Ok(_)))));
    assert!(!history.journals.is_empty());
}
