//! Measures Highwater against what people use instead: each row beside its rival, on the same machine, in turns.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

mod duel;
mod memory;
mod node;
mod ours;
mod plan;
mod print;
mod rivals;
mod rows;
mod step_loop;
mod worker;

use plan::Plan;

/// The pipeline that is worked on.
pub(crate) const PIPELINE: &str = "prod/orders_daily";

/// Why a row could not be measured.
pub(crate) type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Measures Highwater against what people use instead, in one table. A ratio above 1 means that Highwater is better.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// Rows to measure; all, when none is named.
    names: Vec<String>,
    /// One JSON object a line, instead of a table.
    #[arg(long)]
    json: bool,
    /// Few and short rounds: shows that all works, and roughly how it stands.
    #[arg(long)]
    quick: bool,
    /// Without the rivals, for a profiler.
    #[arg(long)]
    alone: bool,
    /// Names of the rows and what they measure.
    #[arg(long)]
    list: bool,
    /// Where to write files; on the disk that is to be measured.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    #[command(flatten)]
    work: worker::Work,
    #[command(flatten)]
    memory: memory::Memory,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Problem> {
    if let Some(commits) = arguments.work.run(&arguments.folder)? {
        print::count(commits);
        return Ok(());
    }
    if let Some(bytes) = arguments.memory.run()? {
        print::count(bytes);
        return Ok(());
    }
    let rows = rows::select(&arguments.names)?;
    if arguments.list {
        print::list(&rows);
        return Ok(());
    }
    let plan = Plan::new(arguments.quick, arguments.alone, &arguments.folder)?;
    let mut printer = print::Printer::new(arguments.json);
    for row in rows {
        let duel = (row.measure)(&plan).map_err(|problem| format!("{}: {problem}", row.name))?;
        printer.row(row, duel)?;
    }
    printer.end();
    Ok(())
}
