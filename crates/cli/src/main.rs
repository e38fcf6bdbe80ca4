//! The `highwater` command. `README.md` beside this crate is the tour.

mod arguments;
mod backfill;
mod batch;
mod cadence;
mod change;
mod changes;
mod checkpoint;
mod completions;
mod console;
mod coverage;
mod dead_letter;
mod doctor;
mod exec;
mod exit_code;
mod failure;
mod format;
mod hwm;
mod infer;
mod lease;
mod limits;
mod log;
mod moment;
mod node;
mod paint;
mod partition;
mod pipeline;
mod plan;
mod run;
mod session;
mod shell;
mod state;
mod status;
mod stream;
mod table;
mod time;
mod views;
mod worker;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Noun};
use console::Console;
use failure::{Failure, Outcome};
use session::Session;

fn main() -> ExitCode {
    // Not for people: this is how `exec` starts its own guard.
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(exec::GUARD_VERB) {
        return ExitCode::from(exec::guard(words));
    }
    let arguments = Arguments::parse();
    let console = Console::new(arguments.global.output, arguments.global.quiet);
    let code = work(&console, arguments).unwrap_or_else(|failure| {
        console.fail(&failure);
        failure.exit_code
    });
    ExitCode::from(code)
}

fn work(console: &Console, arguments: Arguments) -> Outcome<u8> {
    // Completions need no state.
    if let Noun::Completions(completions) = &arguments.noun {
        return completions::print(console, completions).map(|()| exit_code::OK);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::work(format!("this process cannot be set up ({error})")))?;
    runtime.block_on(async {
        let session = Session::open(console, arguments.global, writes(&arguments.noun)).await?;
        let result = speak(&session, arguments.noun).await;
        session.close().await;
        result
    })
}

/// Whether the command makes the store if there is none.
fn writes(noun: &Noun) -> bool {
    match noun {
        Noun::Run(command) => command.creates(),
        Noun::Hwm(command) => command.creates(),
        Noun::Batch(command) => command.creates(),
        Noun::Cadence(command) => command.creates(),
        Noun::Coverage(command) => command.creates(),
        Noun::Partition(command) => command.creates(),
        Noun::Exec(_) => true,
        _ => false,
    }
}

async fn speak(session: &Session<'_>, noun: Noun) -> Outcome<u8> {
    match noun {
        Noun::Pipeline(command) => pipeline::speak(session, command).await?,
        Noun::Run(command) => run::speak(session, command).await?,
        Noun::Node(command) => node::speak(session, command).await?,
        Noun::Hwm(command) => hwm::speak(session, command).await?,
        Noun::Batch(command) => batch::speak(session, command).await?,
        Noun::DeadLetter(command) => dead_letter::speak(session, command).await?,
        Noun::Cadence(command) => cadence::speak(session, command).await?,
        Noun::Plan(command) => plan::speak(session, command).await?,
        Noun::Backfill(command) => backfill::speak(session, command).await?,
        Noun::Coverage(command) => coverage::speak(session, command).await?,
        Noun::Partition(command) => partition::speak(session, command).await?,
        Noun::Log(command) => log::speak(session, command).await?,
        Noun::Worker(command) => worker::speak(session, command).await?,
        Noun::Lease(command) => lease::speak(session, command).await?,
        Noun::Stream(command) => stream::speak(session, command).await?,
        Noun::Checkpoint(command) => checkpoint::speak(session, command).await?,
        Noun::State(command) => state::speak(session, command).await?,
        Noun::Doctor(arguments) => doctor::doctor(session, &arguments).await?,
        Noun::Exec(arguments) => return exec::exec(session, arguments).await,
        Noun::Completions(_) => {}
    }
    Ok(exit_code::OK)
}
