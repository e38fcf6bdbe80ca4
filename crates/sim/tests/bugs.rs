//! The simulator finds every bug that it knows. Needs the feature `known-bugs`.
#![cfg(feature = "known-bugs")]

use highwater_sim::{Bug, hunt};

/// Seeds within which each bug must be found. Most are found in the first life; which life is unlucky for the rarest moves with
/// everything that the simulated workers learn to do.
const SEEDS: u64 = 400;

#[test]
#[expect(clippy::print_stdout, reason = "the table is what somebody reads who runs this")]
fn every_known_bug_is_found() {
    let (mut found, mut missed) = (0, Vec::new());
    println!("{:<24}{:>6}{:>7}{:>9}  violated", "bug", "seed", "lives", "steps");
    for bug in Bug::all() {
        match hunt(bug, SEEDS) {
            Some(how) => {
                println!("{how}");
                found += 1;
            }
            None => missed.push(bug.to_string()),
        }
    }
    println!("FIGURE known-bugs-found {found}\nFIGURE known-bugs-missed {}", missed.len());
    assert!(missed.is_empty(), "not found in {SEEDS} lives: {missed:?}");
}
