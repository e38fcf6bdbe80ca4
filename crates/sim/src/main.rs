//! `highwater-sim`: lives many seeds, or shows one.

mod arguments;
mod many;

use clap::Parser;
use highwater_sim::{Plan, Simulation, shrink};

use arguments::Arguments;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let plan = arguments.plan.clone().or(arguments.seed.map(Plan::of_seed));
    let is_well = match plan {
        Some(plan) if arguments.shrink => show(&shrink(&plan).unwrap_or(plan)),
        Some(plan) => show(&plan),
        None => many::live(&arguments),
    };
    if is_well { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
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
