//! What clients of simulated lives were told can be explained by the sequential reference.

use highwater_sim::{History, Plan, model};

fn check(seed: u64) -> model::Checked {
    let plan = Plan::for_history(seed, 8, 50);
    let history = History::of(&plan).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    model::check(&history).unwrap_or_else(|why| panic!("seed {seed} ({plan}): {why}"))
}

#[test]
fn histories_with_faults_are_linearizable() {
    for seed in 0..20 {
        println!("seed {seed}: {}", check(seed));
    }
}
