//! `highwater lease`.

mod release;

use clap::{Args, Subcommand};
use highwater::answer::LeaseView;
use highwater::command::Command;

use crate::console::Console;
use crate::failure::Outcome;
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, text};
use crate::time;
use crate::views::lease::LeaseData;

/// The verbs of `highwater lease`.
#[derive(Debug, Subcommand)]
pub(crate) enum LeaseCommand {
    /// Lists the leases that are held.
    List(ListArguments),
    /// Takes a lease away from its holder, who is fenced. Plans only, unless --apply.
    Release(release::ReleaseArguments),
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    #[command(flatten)]
    at: At,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: LeaseCommand) -> Outcome<()> {
    match command {
        LeaseCommand::List(arguments) => list(&session.at(&arguments.at), &arguments.pipeline).await,
        LeaseCommand::Release(arguments) => release::release(session, &arguments).await,
    }
}

async fn list(session: &Session<'_>, pipeline: &str) -> Outcome<()> {
    let leases = read(session, pipeline).await?;
    let data: Vec<LeaseData<'_>> = leases.iter().map(LeaseData::from).collect();
    session.console.show_list(&data, || table(session.console, &leases))?;
    if leases.is_empty() {
        session.console.say("no leases are held");
    }
    Ok(())
}

/// All leases of a pipeline.
async fn read(session: &Session<'_>, pipeline: &str) -> Outcome<Vec<LeaseView>> {
    expect_answer!(session.ask(pipeline, Command::ListLeases).await?, Leases)
}

/// Leases for people.
pub(crate) fn table(console: &Console, leases: &[LeaseView]) -> String {
    if leases.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(console, &["LEASE", "WORKER", ">TOKEN", ">LENGTH", "HELD SINCE", "~TAKEN OVER"]);
    for lease in leases {
        let still = |still_ms: u64| time::duration(i64::try_from(still_ms).unwrap_or(i64::MAX));
        let taken_over = lease.evidence.as_ref();
        let taken_over = taken_over.map(|seen| format!("no beat for {}", still(seen.still_ms)));
        grid.row(vec![
            text(&lease.name).add_attribute(comfy_table::Attribute::Bold),
            text(&lease.worker),
            cell(Paint::Plain, lease.token),
            cell(Paint::Plain, still(lease.lease_ms)),
            cell(Paint::Plain, console.when(lease.acquired_at_ms)),
            cell(Paint::Plain, taken_over.unwrap_or_default()),
        ]);
    }
    grid.finish()
}
