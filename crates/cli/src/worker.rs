//! `highwater worker`.

use clap::{Args, Subcommand};
use highwater::answer::WorkerView;
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
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
}

/// Carries out a verb.
pub(crate) async fn speak(
    session: &Session<'_>,
    WorkerCommand::List(arguments): WorkerCommand,
) -> Outcome<()> {
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
    let mut grid = Grid::new(console, &["WORKER", "PLACE", "LAST BEAT", "~HOLDS"]);
    for worker in workers {
        let held: Vec<String> =
            worker.leases.iter().map(|held| format!("{} (token {})", held.lease, held.token)).collect();
        let beat = worker.beat_at_ms.map_or_else(|| "never".to_owned(), |at_ms| console.when(at_ms));
        grid.row(vec![
            text(&worker.worker).add_attribute(comfy_table::Attribute::Bold),
            optional(worker.place.as_ref()),
            cell(Paint::Plain, beat),
            text(&held.join(", ")),
        ]);
    }
    grid.finish()
}
