//! Many lives, and what they had in them.

use std::time::Instant;

use highwater_sim::{Figures, Plan, Simulation, shrink};

use crate::arguments::Arguments;

/// Lives all seeds. True if everything held; otherwise the first violation is shown, shrunk.
#[expect(clippy::print_stdout, reason = "this is what the program is for")]
pub(crate) fn live(arguments: &Arguments) -> bool {
    let began = Instant::now();
    let mut all = Figures::default();
    let mut lives = 0_u64;
    for seed in arguments.seeds.clone() {
        let plan = Plan::of_seed(seed);
        let end = Simulation::new(&plan).run();
        all.add(&end.figures);
        lives += 1;
        if let Some(violation) = end.violation {
            println!("VIOLATED by seed {seed}: {violation}\nplan: {plan}");
            if let Some(small) = shrink(&plan) {
                println!("smaller, and violating the same: {small}\nshow it with --plan '{small}'");
            }
            println!("FIGURE sim-violations 1");
            return false;
        }
        if all.steps >= arguments.steps {
            break;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("lives              {lives:>12}\n{all}");
    println!("{seconds:.1} s, {:.0} engine steps a second", all.steps as f64 / seconds);
    for (name, number) in named(lives, &all) {
        println!("FIGURE sim-{name} {number}");
    }
    true
}

/// The figures by name, for the table of all long tests.
fn named(lives: u64, all: &Figures) -> Vec<(String, u64)> {
    let faults = all.faults.iter().map(|(fault, count)| (format!("fault-{fault}"), *count));
    let named = [
        ("lives", lives),
        ("steps", all.steps),
        ("commands", all.commands),
        ("records", all.records),
        ("crashes", all.crashes),
        ("faults", all.faults.values().sum()),
        ("violations", 0),
    ];
    faults.chain(named.map(|(name, number)| (name.to_owned(), number))).collect()
}
