//! `highwater backfill`.

use clap::{Args, Subcommand};
use highwater::BackfillAction;
use highwater::answer::BackfillView;
use highwater::command::{ChangeBackfill, Command, ListBackfills};

use crate::coverage::interval;
use crate::failure::Outcome;
use crate::limits::PAGE_ENTRIES;
use crate::moment::At;
use crate::session::{Session, expect_answer};
use crate::shell::word;
use crate::status::Status;
use crate::table::{Grid, text};
use crate::views::plan::BackfillData;

/// The verbs of `highwater backfill`. One is made by `highwater plan backfill --apply`.
#[derive(Debug, Subcommand)]
pub(crate) enum BackfillCommand {
    /// Lists backfills with their progress.
    List(ListArguments),
    /// Shows one backfill.
    Show(ShowArguments),
    /// Hands out nothing of it until it is resumed. Who works goes on.
    Pause(ChangeArguments),
    /// Goes on with it.
    Resume(ChangeArguments),
    /// Hands out nothing of it any more. What was done stays done.
    Cancel(ChangeArguments),
    /// Forgets it. What was done stays done.
    Delete(ChangeArguments),
}

/// Names a pipeline.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    #[command(flatten)]
    at: At,
}

/// Names a backfill.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the backfill.
    backfill: String,
    #[command(flatten)]
    at: At,
}

/// Names a backfill.
#[derive(Args, Debug)]
pub(crate) struct ChangeArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Id of the backfill.
    backfill: String,
}

/// Carries out a verb.
pub(crate) async fn speak(session: &Session<'_>, command: BackfillCommand) -> Outcome<()> {
    match command {
        BackfillCommand::List(ListArguments { pipeline, at }) => list(&session.at(&at), &pipeline).await,
        BackfillCommand::Show(ShowArguments { pipeline, backfill, at }) => {
            show(&session.at(&at), &pipeline, backfill).await
        }
        BackfillCommand::Pause(arguments) => {
            change(session, arguments, BackfillAction::Pause, "paused").await
        }
        BackfillCommand::Resume(arguments) => {
            change(session, arguments, BackfillAction::Resume, "goes on").await
        }
        BackfillCommand::Cancel(arguments) => {
            session.confirm(&format!("cancel backfill {} for good?", arguments.backfill))?;
            change(session, arguments, BackfillAction::Cancel, "cancelled").await
        }
        BackfillCommand::Delete(arguments) => {
            session.confirm(&format!("forget backfill {}?", arguments.backfill))?;
            change(session, arguments, BackfillAction::Delete, "deleted").await
        }
    }
}

async fn list(session: &Session<'_>, pipeline: &str) -> Outcome<()> {
    let command =
        |cursor| Command::ListBackfills(ListBackfills { backfill: None, cursor, limit: PAGE_ENTRIES });
    let read = |answer| expect_answer!(answer, Backfills).map(|page| (page.backfills, page.next));
    let backfills = session.ask_for_all(pipeline, command, read).await?;
    let data: Vec<BackfillData<'_>> =
        backfills.iter().map(|view| BackfillData::new(pipeline, view)).collect();
    session.console.show_list(&data, || table(session, &backfills))?;
    if backfills.is_empty() {
        session.console.say("no backfills; highwater plan backfill makes one");
    }
    Ok(())
}

async fn show(session: &Session<'_>, pipeline: &str, backfill: String) -> Outcome<()> {
    let command = ListBackfills { backfill: Some(backfill), ..ListBackfills::default() };
    let page = expect_answer!(session.ask(pipeline, Command::ListBackfills(command)).await?, Backfills)?;
    for view in &page.backfills {
        session.console.show(&BackfillData::new(pipeline, view), || table(session, &page.backfills))?;
    }
    Ok(())
}

fn table(session: &Session<'_>, backfills: &[BackfillView]) -> String {
    if backfills.is_empty() {
        return String::new();
    }
    let headers =
        ["BACKFILL", "STATUS", "INTERVAL", "NODES", ">DONE", ">RUNNING", ">FAILED", "~REASON", "BY"];
    let mut grid = Grid::new(session.console, &headers);
    for view in backfills {
        grid.row(vec![
            text(&view.backfill).add_attribute(comfy_table::Attribute::Bold),
            view.status.look().cell(session.console),
            text(&interval::words(view.axis, view.interval)),
            text(&view.nodes.join(", ")),
            text(&format!("{} of {}", view.done, view.windows)),
            text(&view.running.to_string()),
            text(&view.failed.to_string()),
            text(&view.reason),
            text(view.actor.as_deref().unwrap_or_default()),
        ]);
    }
    grid.finish()
}

async fn change(
    session: &Session<'_>,
    arguments: ChangeArguments,
    action: BackfillAction,
    said: &str,
) -> Outcome<()> {
    let ChangeArguments { pipeline, backfill } = arguments;
    let verb = match action {
        BackfillAction::Pause => "pause",
        BackfillAction::Resume => "resume",
        BackfillAction::Cancel => "cancel",
        BackfillAction::Delete => "delete",
    };
    let again = format!("highwater backfill {verb} {} {} --reason WHY", word(&pipeline), word(&backfill));
    let command = ChangeBackfill {
        backfill: backfill.clone(),
        action,
        reason: session.reason(&again)?,
        actor: Some(session.actor()),
    };
    let done = expect_answer!(session.ask(&pipeline, Command::ChangeBackfill(command)).await?, Done)?;
    let already = if done.changed { "" } else { " already" };
    session.say_done(&format!("backfill {backfill} {said}{already}"));
    Ok(())
}
