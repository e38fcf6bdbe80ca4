//! `highwater worker`.

mod stop;

use clap::{Args, Subcommand};
use highwater::answer::{StopView, WorkerView};
use highwater::command::Command;

use crate::console::Console;
use crate::failure::Outcome;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, optional, text};
use crate::views::worker::WorkerData;

/// The verbs of `highwater worker`.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkerCommand {
    /// Lists workers that have shown a sign of life, and what they hold.
    List(ListArguments),
    /// Asks a worker to stop: it begins nothing more, and is told to let go at the next safe place. With --grace, what it still
    /// holds then is taken away.
    Stop(stop::StopArguments),
    /// Lets a worker that was asked to stop begin again.
    Allow(stop::AllowArguments),
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: WorkerCommand) -> Outcome<()> {
    match command {
        WorkerCommand::List(arguments) => list(session, &arguments).await,
        WorkerCommand::Stop(arguments) => stop::stop(session, &arguments).await,
        WorkerCommand::Allow(arguments) => stop::allow(session, &arguments).await,
    }
}

async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let answer = session.ask(&arguments.pipeline, Command::ListWorkers).await?;
    let workers = expect_answer!(answer, Workers)?;
    let data: Vec<WorkerData<'_>> = workers.iter().map(WorkerData::from).collect();
    session.console.show_list(&data, || table(session.console, &workers))?;
    if workers.is_empty() {
        session.console.say("no workers");
    }
    Ok(())
}

fn table(console: &Console, workers: &[WorkerView]) -> String {
    if workers.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["WORKER", "PLACE", "LAST BEAT", "~HOLDS", "~ASKED TO STOP"]);
    for worker in workers {
        let held: Vec<String> =
            worker.leases.iter().map(|held| format!("{} (token {})", held.lease, held.token)).collect();
        let beat = worker.beat_at_ms.map_or_else(|| "never".to_owned(), |at_ms| console.when(at_ms));
        grid.row(vec![
            text(&worker.worker).add_attribute(comfy_table::Attribute::Bold),
            optional(worker.place.as_ref()),
            cell(Paint::Plain, beat),
            text(&held.join(", ")),
            text(&worker.stop.as_ref().map(|stop| asked(console, stop)).unwrap_or_default()),
        ]);
    }
    grid.finish()
}

/// Who asked it why, and when what it holds is taken away.
fn asked(console: &Console, stop: &StopView) -> String {
    let by = stop.actor.as_ref().map(|actor| format!("by {actor}: ")).unwrap_or_default();
    let until = stop.fence_at_ms.map(|at_ms| format!(" (may be fenced {})", console.when(at_ms)));
    format!("{by}{}{}", stop.reason, until.unwrap_or_default())
}
