//! The append, visited whole, and what the checker says about it when it is broken.

#![expect(clippy::print_stdout, reason = "how many states were visited is for people")]

use highwater_models::append::{Append, Rule, Start};
use highwater_models::check::{finds, holds};

const TOLD: &str = "what callers were told is in the journal";
const WINNER: &str = "one winner, who knows it, and no gap";

/// Two writers, two versions, a segment for each, and nothing that fails.
const CALM: Append = Append {
    writers: 2,
    versions: 2,
    per_segment: 1,
    crashes: 0,
    cuts: 0,
    tears: 0,
    start: Start::Empty,
    rule: Rule::Real,
};
/// Writers that overslept the trimming of a segment.
const LATE: Append = Append { writers: 3, versions: 3, start: Start::LateWriters, ..CALM };

#[test]
fn nothing_goes_wrong() {
    for model in [
        CALM,
        LATE,
        Append { per_segment: 2, cuts: 1, ..CALM },
        Append { per_segment: 2, versions: 3, ..CALM },
        Append { cuts: 1, ..CALM },
        Append { tears: 1, ..CALM },
        Append { versions: 1, crashes: 1, cuts: 1, tears: 1, ..CALM },
    ] {
        println!("append, {model:?}: {}", holds(model));
    }
}

#[test]
#[ignore = "takes minutes and gigabytes; ./test deep runs it"]
fn nothing_goes_wrong_in_a_larger_world() {
    let mut states = 0;
    for model in [
        Append { cuts: 1, ..CALM },
        Append { crashes: 1, ..CALM },
        Append { tears: 1, ..CALM },
        Append { versions: 3, ..CALM },
        Append { cuts: 1, ..LATE },
    ] {
        let visited = holds(model);
        println!("append, {model:?}: {visited}");
        states += visited.states;
    }
    println!("FIGURE model-states-append {states}");
}

#[test]
fn every_broken_append_is_found() {
    let cut = Append { cuts: 1, ..CALM };
    for (model, property) in [
        (Append { rule: Rule::AnswersBeforeFlush, ..cut }, TOLD),
        (Append { rule: Rule::BuildsOnUnflushed, ..cut }, TOLD),
        (Append { rule: Rule::NamesNotFlushed, ..cut }, TOLD),
        (Append { rule: Rule::LooksBeforeItWrites, ..CALM }, WINNER),
        (Append { rule: Rule::NoSeal, ..CALM }, WINNER),
        (Append { rule: Rule::NoSecondListing, ..LATE }, WINNER),
        (Append { rule: Rule::LinkDecides, ..LATE }, WINNER),
    ] {
        let (found, steps) = finds(model, &[property]);
        println!("append, {:?}: not so after {steps} steps: {found}", model.rule);
    }
}
