//! `highwater run list`.

use clap::Args;
use highwater::RunStatus;
use highwater::answer::RunView;
use highwater::command::{Command, ListRuns};

use super::parse_pair;
use crate::console::Console;
use crate::failure::Outcome;
use crate::limits::{LIST_ENTRIES, PAGE_ENTRIES};
use crate::moment::At;
use crate::paint::{Paint, cell};
use crate::session::{Session, expect_answer};
use crate::status::Status;
use crate::table::{Grid, count, optional, text};
use crate::time;
use crate::views::run::RunData;

/// Filters of the list; all must hold.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Id of the pipeline.
    pipeline: String,
    /// Only runs with this status; may be repeated.
    #[arg(long, value_name = "STATUS", value_parser = parse_status)]
    status: Vec<RunStatus>,
    /// Only runs with this label; may be repeated.
    #[arg(long, value_name = "NAME=TEXT", value_parser = parse_pair)]
    tag: Vec<(String, String)>,
    /// Only runs started then or later: a time, a date, or for example 2h for two hours ago.
    #[arg(long, value_name = "TIME", value_parser = time::parse_instant)]
    since: Option<i64>,
    /// Only runs started before then.
    #[arg(long, value_name = "TIME", value_parser = time::parse_instant)]
    until: Option<i64>,
    /// Most runs shown; 0 for all.
    #[arg(long, value_name = "N", default_value_t = LIST_ENTRIES)]
    limit: u32,
    #[command(flatten)]
    pub(super) at: At,
}

fn parse_status(text: &str) -> Result<RunStatus, String> {
    let known = || RunStatus::ALL.map(RunStatus::name).join(", ");
    let found = RunStatus::ALL.into_iter().find(|status| status.name() == text);
    found.ok_or_else(|| format!("`{text}` is no status of a run; there are {}", known()))
}

pub(super) async fn list(session: &Session<'_>, arguments: &ListArguments) -> Outcome<()> {
    let (runs, more) = read(session, arguments).await?;
    let data: Vec<RunData<'_>> = runs.iter().map(|run| RunData::brief(&arguments.pipeline, run)).collect();
    session.console.show_list(&data, || table(session.console, &runs))?;
    if runs.is_empty() {
        session.console.say("no runs");
    }
    if more {
        session.console.say(&format!("there are more runs than {}; --limit 0 shows all", arguments.limit));
    }
    Ok(())
}

/// The runs, and whether there are more.
async fn read(session: &Session<'_>, arguments: &ListArguments) -> Outcome<(Vec<RunView>, bool)> {
    let wanted = if arguments.limit == 0 { usize::MAX } else { arguments.limit as usize };
    let mut runs: Vec<RunView> = Vec::new();
    let mut cursor = None;
    loop {
        let left = u32::try_from(wanted - runs.len()).unwrap_or(u32::MAX);
        let command = Command::ListRuns(ListRuns {
            statuses: arguments.status.clone(),
            tags: arguments.tag.iter().cloned().collect(),
            since_ms: arguments.since,
            until_ms: arguments.until,
            cursor,
            limit: left.min(PAGE_ENTRIES),
        });
        let page = expect_answer!(session.ask(&arguments.pipeline, command).await?, Runs)?;
        runs.extend(page.runs);
        match page.next {
            Some(next) if runs.len() < wanted => cursor = Some(next),
            next => return Ok((runs, next.is_some())),
        }
    }
}

fn table(console: &Console, runs: &[RunView]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let headers = ["RUN", "STATUS", "STARTED", ">DURATION", ">READ", ">WRITTEN", "TRIGGER", "~ERROR"];
    let mut grid = Grid::new(console, &headers);
    for run in runs {
        let end_ms = run.finished_at_ms.unwrap_or(console.now_ms);
        let error = run.error.as_ref().map(|error| format!("{}: {}", error.class, error.message));
        grid.row(vec![
            text(&run.run).add_attribute(comfy_table::Attribute::Bold),
            run.status.look().cell(console),
            cell(Paint::Plain, console.when(run.started_at_ms)),
            cell(Paint::Plain, time::duration(end_ms.saturating_sub(run.started_at_ms))),
            cell(Paint::Plain, count(run.counts.rows_read)),
            cell(Paint::Plain, count(run.counts.rows_written)),
            optional(run.trigger.as_ref().filter(|_| console.is_wide())),
            optional(error.as_ref().or(run.cancel_reason.as_ref())),
        ]);
    }
    grid.finish()
}
