//! `highwater checkpoint list`.

use clap::Args;
use highwater::CheckpointStatus;
use highwater::answer::CheckpointView;
use highwater::command::{Command, ListCheckpoints};

use crate::console::Console;
use crate::failure::Outcome;
use crate::limits::{LIST_ENTRIES, PAGE_ENTRIES};
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::table::{Grid, optional, size};
use crate::time;
use crate::views::checkpoint::CheckpointData;

/// Names checkpoints.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Most checkpoints shown; 0 for all.
    #[arg(long, value_name = "N", default_value_t = LIST_ENTRIES)]
    limit: u32,
    #[command(flatten)]
    pub(super) at: At,
}

pub(super) async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let (checkpoints, more) = read(session, arguments).await?;
    let data: Vec<CheckpointData<'_>> = checkpoints.iter().map(CheckpointData::new).collect();
    session.console.show_list(&data, || table(session.console, &checkpoints))?;
    if checkpoints.is_empty() {
        session.console.say("no checkpoints");
    }
    if more {
        session.console.say(&format!("there are more than {}; --limit 0 shows all", arguments.limit));
    }
    Ok(())
}

/// The checkpoints, and whether there are more.
async fn read(session: &Session<'_>, arguments: &ListArguments) -> Outcome<(Vec<CheckpointView>, bool)> {
    let wanted = if arguments.limit == 0 { usize::MAX } else { arguments.limit as usize };
    let mut checkpoints: Vec<CheckpointView> = Vec::new();
    let mut cursor = None;
    loop {
        let left = u32::try_from(wanted - checkpoints.len()).unwrap_or(u32::MAX).min(PAGE_ENTRIES);
        let command = ListCheckpoints { statuses: Vec::new(), cursor, limit: left };
        let answer = session.ask(&arguments.pipeline, Command::ListCheckpoints(command)).await?;
        let page = expect_answer!(answer, Checkpoints)?;
        checkpoints.extend(page.checkpoints);
        match page.next {
            Some(next) if checkpoints.len() < wanted => cursor = Some(next),
            next => return Ok((checkpoints, next.is_some())),
        }
    }
}

/// How a status is painted.
pub(super) fn paint(status: CheckpointStatus) -> Paint {
    match status {
        CheckpointStatus::InProgress => Paint::Busy,
        CheckpointStatus::Completed => Paint::Good,
        CheckpointStatus::Aborted => Paint::Bad,
        CheckpointStatus::Discarded => Paint::Faint,
    }
}

fn table(console: &Console, checkpoints: &[CheckpointView]) -> String {
    if checkpoints.is_empty() {
        return String::new();
    }
    let headers =
        [">CHECKPOINT", "STATUS", "SAVEPOINT", "TRIGGERED", ">TOOK", ">SIZE", ">NEW", ">MISSING", "~WHY"];
    let mut grid = Grid::new(console, &headers);
    for checkpoint in checkpoints {
        let took = checkpoint.ended_at_ms.map(|ended| time::duration(ended - checkpoint.triggered_at_ms));
        let missing = (checkpoint.missing > 0).then(|| checkpoint.missing.to_string());
        grid.row(vec![
            cell(Paint::Strong, checkpoint.checkpoint),
            cell(paint(checkpoint.status), checkpoint.status.name()),
            optional(checkpoint.savepoint.as_ref()),
            cell(Paint::Plain, console.when(checkpoint.triggered_at_ms)),
            cell(Paint::Plain, took.unwrap_or_default()),
            cell(Paint::Plain, size(checkpoint.size_bytes)),
            cell(Paint::Faint, size(checkpoint.added_bytes)),
            cell(Paint::Plain, missing.unwrap_or_default()),
            optional(checkpoint.abort_reason.as_ref()),
        ]);
    }
    grid.finish()
}
