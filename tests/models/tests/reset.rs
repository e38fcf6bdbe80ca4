//! Starting a journal anew, visited whole, and what the checker says about it when it is broken.

#![expect(clippy::print_stdout, reason = "how many states were visited is for people")]

use highwater_models::check::{finds, holds};
use highwater_models::reset::{Reset, Rule};

const TOLD: &str = "what was told is there, or a later start was made of it";
const WINNER: &str = "each version has one winner, and each start is made of what was told";
const GOES_ON: &str = "a record can follow";

/// One of each behind a seal.
const SEALED: Reset =
    Reset { writers: 1, appends: 2, resets: 1, readers: 1, sealed: true, crashes: 0, rule: Rule::Real };
const OPEN: Reset = Reset { sealed: false, ..SEALED };

#[test]
fn nothing_goes_wrong() {
    for model in [
        Reset { crashes: 1, ..SEALED },
        Reset { crashes: 1, ..OPEN },
        Reset { writers: 2, appends: 1, readers: 0, ..SEALED },
        Reset { resets: 2, appends: 1, readers: 0, ..SEALED },
    ] {
        println!("reset, {model:?}: {}", holds(model));
    }
}

#[test]
#[ignore = "takes minutes and gigabytes; ./test deep runs it"]
fn nothing_goes_wrong_in_a_larger_world() {
    let mut states = 0;
    for model in [
        Reset { writers: 2, appends: 1, ..SEALED },
        Reset { resets: 2, readers: 0, ..SEALED },
        Reset { writers: 2, appends: 1, crashes: 1, ..OPEN },
        Reset { resets: 2, appends: 1, ..SEALED },
        Reset { resets: 2, readers: 0, crashes: 1, ..SEALED },
    ] {
        let visited = holds(model);
        println!("reset, {model:?}: {visited}");
        states += visited.states;
    }
    println!("FIGURE model-states-reset {states}");
}

#[test]
fn every_broken_reset_is_found() {
    for (model, property) in [
        (Reset { rule: Rule::MakesEmptySegments, ..SEALED }, GOES_ON),
        (Reset { rule: Rule::LinkDecides, ..SEALED }, TOLD),
        (Reset { rule: Rule::IgnoresPending, ..SEALED }, TOLD),
        (Reset { rule: Rule::ReadsWhatIsPending, ..SEALED }, TOLD),
        (Reset { rule: Rule::StopsNothing, ..OPEN }, TOLD),
        (Reset { rule: Rule::LooksOnce, ..OPEN }, TOLD),
        (Reset { rule: Rule::KeepsOthers, resets: 2, readers: 0, ..SEALED }, WINNER),
    ] {
        let (found, steps) = finds(model, &[property]);
        println!("reset, {:?}: not so after {steps} steps: {found}", model.rule);
    }
}
