//! `highwater-sim`: lives many seeds, or shows one.

mod arguments;
mod many;

use clap::Parser;
use highwater_sim::{Plan, Simulation, shrink};

use arguments::Arguments;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "known-bugs")]
    if arguments.bugs {
        return exit_code(bugs(arguments.seeds.end, &arguments.named));
    }
    let plan = arguments.plan.clone().or(arguments.seed.map(Plan::of_seed));
    let is_well = match plan {
        Some(plan) if arguments.shrink => show(&shrink(&plan).unwrap_or(plan)),
        Some(plan) => show(&plan),
        None => many::live(&arguments),
    };
    exit_code(is_well)
}

fn exit_code(is_well: bool) -> std::process::ExitCode {
    if is_well { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

/// Prints how each known bug was found. True if all were.
#[cfg(feature = "known-bugs")]
#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn bugs(seeds: u64, named: &str) -> bool {
    println!("{:<24}{:>6}{:>7}{:>9}  violated", "bug", "seed", "lives", "steps");
    let hunted: Vec<bool> = highwater_sim::Bug::all()
        .filter(|bug| bug.to_string().contains(named))
        .map(|bug| match highwater_sim::hunt(bug, seeds) {
            Some(found) => {
                println!("{found}");
                true
            }
            None => {
                println!("{bug:<24} not found in {seeds} lives");
                false
            }
        })
        .collect();
    hunted.into_iter().all(|is_found| is_found)
}

/// Prints all that happens in one life. True if everything held.
#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn show(plan: &Plan) -> bool {
    let mut simulation = Simulation::new(plan);
    simulation.keep_transcript();
    let end = simulation.run();
    end.transcript.iter().for_each(|line| println!("{line}"));
    println!("\nplan: {plan}\ndigest: {:016x}\n{}", end.digest, end.figures);
    match &end.violation {
        Some(violation) => println!("VIOLATED {violation}"),
        None => println!("everything held"),
    }
    end.violation.is_none()
}
