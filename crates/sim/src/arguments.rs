//! What the program is asked.

use std::ops::Range;

use clap::Parser;
use highwater_sim::Plan;

/// Simulates many hosts over one faulty store and checks what must hold.
#[derive(Debug, Parser)]
#[command(name = "highwater-sim")]
pub(crate) struct Arguments {
    /// Seeds to be lived, the end not included.
    #[arg(long, default_value = "0..1000", value_parser = seeds)]
    pub(crate) seeds: Range<u64>,
    /// Stops after so many engine steps, even if there are seeds left.
    #[arg(long, default_value_t = u64::MAX)]
    pub(crate) steps: u64,
    /// Shows the whole life of one seed.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Shows the whole life of one plan.
    #[arg(long)]
    pub(crate) plan: Option<Plan>,
    /// Shows the smallest plan that violates the same as the one that was asked for.
    #[arg(long)]
    pub(crate) shrink: bool,
    /// Hunts every known bug through the seeds, and prints how each was found.
    #[cfg(feature = "known-bugs")]
    #[arg(long)]
    pub(crate) bugs: bool,
    /// With `--bugs`: hunts only those whose name contains this.
    #[cfg(feature = "known-bugs")]
    #[arg(long, default_value = "")]
    pub(crate) named: String,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a number"));
    match text.split_once("..") {
        Some((first, end)) => Ok(number(first)?..number(end)?),
        None => Err("a range of seeds looks like 0..1000".to_owned()),
    }
}
