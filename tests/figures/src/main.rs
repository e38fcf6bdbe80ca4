//! `highwater-figures`: reads what the long tests printed, and writes the table of what they did.
//!
//! Every long test prints lines `FIGURE <name> <number>`. What a name means, and how much of it is wanted, stands in [`rows`].

mod collect;
mod rows;
mod table;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use table::Run;

/// Collects the figures of the long tests.
#[derive(Debug, Parser)]
struct Arguments {
    /// What the tests printed, in files of this folder whose names end with `.log`.
    logs: PathBuf,
    /// The day, as 2026-11-21.
    #[arg(long)]
    date: String,
    /// What all of it took, in seconds.
    #[arg(long)]
    seconds: u64,
    /// How much of the whole was done, in percent. Less than 100 misses aims, which is no failure then.
    #[arg(long, default_value_t = 100)]
    percent: u64,
    /// Where the table goes.
    #[arg(long)]
    into: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            problems.iter().for_each(|problem| say(problem));
            ExitCode::FAILURE
        }
        Err(problem) => {
            say(&problem);
            ExitCode::FAILURE
        }
    }
}

/// Writes the table, and gives what is wrong with the figures in it.
fn run(arguments: &Arguments) -> Result<Vec<String>, String> {
    let figures = collect::figures(&logs(arguments)?)?;
    let run = Run { date: &arguments.date, seconds: arguments.seconds, percent: arguments.percent };
    let text = table::table(&figures, &run);
    fs::write(&arguments.into, &text)
        .map_err(|error| format!("{} cannot be written: {error}", arguments.into.display()))?;
    Ok(table::problems(&figures, &run))
}

/// What all tests printed.
fn logs(arguments: &Arguments) -> Result<String, String> {
    let problem = |error| {
        format!("{}: {error}; it is the folder into which `./test deep` writes", arguments.logs.display())
    };
    let entries = fs::read_dir(&arguments.logs).map_err(problem)?;
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let logs =
        paths.map_err(problem)?.into_iter().filter(|path| path.extension().is_some_and(|it| it == "log"));
    logs.map(|path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned() + "\n"))
        .collect::<Result<String, _>>()
        .map_err(problem)
}

#[expect(clippy::print_stdout, reason = "a program that tells what is missing")]
fn say(line: &str) {
    println!("{line}");
}
